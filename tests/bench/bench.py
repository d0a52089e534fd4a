"""What the harness costs, as ratios against floors measured in the same process.

Run by ``nox -s bench``. Variants take turns in short blocks, so that a machine that slows down
slows all of them; a ratio is the median over the rounds of each round's own ratio.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from harness.loop import fly
from harness.machine import keep_compiled_code
from harness.recorder import Recorder
from harness.reference import reference_rows
from harness.replay import build_controller, open_sealed, replay
from harness.run import run_scenario
from harness.scenario.load import Scenario, load_scenario
from harness.scenario.shipped import resolve
from harness.schedule import mode_schedule
from sims.bullet import import_pybullet
from sims.orbit.family import gravity_model

CALLS = 2000
TICKS = 16_000
ROUNDS = 15
STARTS = 9


def per_call_ns(function: Callable[[Any], Any], argument: Any) -> float:
    """Median time of a call and its result as a numpy array."""
    times = np.empty(CALLS)
    for i in range(CALLS):
        start = time.perf_counter_ns()
        np.asarray(function(argument))
        times[i] = time.perf_counter_ns() - start
    return float(np.median(times))


def controller_ratio(scenario: Scenario) -> list[float]:
    """The controller's call over an identity function jitted on the same arrays."""
    from kernel.jax64 import jax

    controller = build(scenario)
    packed = np.zeros((controller.vehicles, controller.width))
    packed[:, controller.told["measured_position"]] = 7e6
    width = controller.decided.width + controller.carried.width
    identity = jax.jit(lambda a: a[:, :width] + 0.0)
    per_call_ns(controller.step, packed), per_call_ns(identity, packed)
    ratios = []
    for _ in range(ROUNDS):
        floor = per_call_ns(identity, packed)
        ratios.append(per_call_ns(controller.step, packed) / floor)
    return ratios


def build(scenario: Scenario) -> Any:
    """The scenario's controller, compiled."""
    controller = scenario.controller_family.build(
        scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
    )
    controller.step(np.zeros((controller.vehicles, controller.width)))
    return controller


def minimal_loop(scenario: Scenario, controller: Any, references: list[Any]) -> float:
    """Seconds of the shortest honest loop: forces, sub-steps, state read, one jitted call."""
    p = import_pybullet()
    config: Any = scenario.plant_config
    gravity = gravity_model(config.gravity, scenario.spec.surroundings)
    mass, substeps = config.mass_kg, config.substeps
    world = p.connect(p.DIRECT)
    p.setTimeStep(scenario.dt / substeps, physicsClientId=world)
    state = scenario.spec.initial_state[0]
    shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=[0.5] * 3, physicsClientId=world)
    body = p.createMultiBody(mass, shape, basePosition=state[:3], physicsClientId=world)
    p.changeDynamics(
        body, -1, maxJointVelocity=1e9, linearDamping=0, angularDamping=0, physicsClientId=world
    )
    p.resetBaseVelocity(body, linearVelocity=state[3:].tolist(), physicsClientId=world)
    told, step = controller.told, controller.step
    measured = told.span("measured_position", "measured_velocity")
    reference = told.span("reference_position", "reference_acceleration")
    command = controller.carried["commanded_acceleration"]
    decided = controller.decided.width
    packed = np.zeros((1, controller.width))
    packed[:, told["control_mode"]] = scenario.first_mode
    position = tuple(state[:3])
    start = time.perf_counter()
    for wanted in references:
        velocity = p.getBaseVelocity(body, physicsClientId=world)[0]
        packed[0, measured] = position + velocity
        packed[:, reference] = wanted
        out = np.asarray(step(packed))
        packed[:, told.width :] = out[:, decided:]
        ux, uy, uz = out[0, decided + command.start : decided + command.stop].tolist()
        for _ in range(substeps):
            gx, gy, gz = gravity(*position)
            force = (mass * (gx + ux), mass * (gy + uy), mass * (gz + uz))
            p.applyExternalForce(body, -1, force, position, p.WORLD_FRAME, physicsClientId=world)
            p.stepSimulation(physicsClientId=world)
            position = p.getBasePositionAndOrientation(body, physicsClientId=world)[0]
    seconds = time.perf_counter() - start
    p.disconnect(physicsClientId=world)
    return seconds


def harness_loop(scenario: Scenario, controller: Any, recorder: Recorder | None) -> float:
    """Seconds of the same ticks through the harness, reference propagation included."""
    plant = scenario.plant_family.open(
        scenario.plant_config, scenario.spec, scenario.tick_ns, scenario.model.seed
    )
    references = compiled_references(scenario)
    record = recorder.append if recorder else None
    start = time.perf_counter()
    fly(
        plant,
        controller,
        references,
        mode_schedule(scenario),
        TICKS,
        scenario.tick_ns,
        record,
        lambda tick: True,
    )
    seconds = time.perf_counter() - start
    plant.stop("end of bench")
    return seconds


def compiled_references(scenario: Scenario) -> Iterator[Any]:
    """The scenario's reference, compiled; most of its propagation is still to come."""
    rows = reference_rows(scenario.model.reference, scenario.spec, scenario.dt)
    return chain([next(rows)], rows)


@contextmanager
def recording(scenario: Scenario) -> Iterator[Recorder]:
    """A recorder that writes to a folder which goes away."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(
            Path(folder),
            scenario.row,
            list(scenario.columns.values()),
            len(scenario.spec.vehicles),
            {"metrics": {}, "lambda_decay": 0.0},
        )
        recorder.wait_until_ready()
        yield recorder
        recorder.finish()


def loop_ratios(scenario: Scenario) -> tuple[list[float], list[float]]:
    """Rate of the harness over that of the minimal loop, without and with the trace."""
    controller = build(scenario)
    references = list(
        islice(reference_rows(scenario.model.reference, scenario.spec, scenario.dt), TICKS + 1)
    )
    without, with_trace = [], []
    for turn in range(ROUNDS + 1):
        floor = minimal_loop(scenario, controller, references)
        bare = harness_loop(scenario, controller, None)
        with recording(scenario) as recorder:
            traced = harness_loop(scenario, controller, recorder)
        if turn > 0:  # the first is to warm up
            without.append(floor / bare)
            with_trace.append(floor / traced)
    return without, with_trace


def replay_ratio() -> list[float]:
    """Rate of a replay, reading and comparing included, over that of the controller's calls."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        scenario = load_scenario(resolve(Path("iss_slot")))
        run = open_sealed(run_scenario(scenario, Path(folder) / "run").directory)
        controller = build_controller(scenario, run)
        packed = np.zeros((controller.vehicles, controller.width))
        packed[:, controller.told["measured_position"]] = 7e6
        for turn in range(ROUNDS + 1):
            start = time.perf_counter()
            for _ in range(scenario.ticks + 1):
                np.asarray(controller.step(packed))
            floor = time.perf_counter() - start
            done = replay(run, controller)
            if done.differing:
                raise SystemExit("the replay differs from the run")
            if turn > 0:
                ratios.append(floor / done.seconds)
    return ratios


def start_ratio() -> list[float]:
    """``motorhand run`` on ten seconds over importing JAX and PyBullet, both warm."""
    with tempfile.TemporaryDirectory() as folder:
        floor = [sys.executable, "-c", "import jax, pybullet"]
        run = [
            sys.executable,
            "-m",
            "harness.cli.main",
            "run",
            "iss_slot",
            "--set",
            "duration_s=10",
        ]
        run += ["--set", "expect={d: {signal: delta_v, at_most: 9, unit: m/s}}", "--out"]
        ratios = []
        for turn in range(STARTS + 1):
            import_s = _wall_s(floor)
            run_s = _wall_s([*run, f"{folder}/{turn}"])
            if turn > 0:
                ratios.append(run_s / import_s)
        return ratios


def _wall_s(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def tell(what: str, ratios: list[float], goal: str) -> None:
    """One line a figure."""
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    sys.stdout.write(f"{what:55} {middle:5.2f}  ({low:.2f} to {high:.2f})  goal {goal}\n")
    sys.stdout.flush()


def main() -> None:
    """Print every figure."""
    keep_compiled_code()
    scenario = load_scenario(resolve(Path("iss_slot")))
    tell("controller call / jitted identity, p50", controller_ratio(scenario), "<= 1.30")
    without, with_trace = loop_ratios(scenario)
    tell("loop rate without trace / minimal loop", without, ">= 0.75")
    tell("loop rate with trace / minimal loop", with_trace, ">= 0.60")
    tell("replay rate / bare controller calls", replay_ratio(), ">= 0.80")
    tell("motorhand run, 10 s / import jax, pybullet", start_ratio(), "<  4.00")


if __name__ == "__main__":
    main()
