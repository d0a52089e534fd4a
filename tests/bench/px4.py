"""What a flight with a real PX4 costs, against a loop that does nothing but feed it.

Run by ``nox -s bench`` where a PX4 is found. The minimal loop sends sensors of a vehicle that
stands still and reads the motors' commands, with the same packer and parser. Both take turns, each
with a PX4 of its own; ratios are of a round's own.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from harness.machine import keep_compiled_code
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve
from harness.trace.reader import RunDirectory
from sims.mavlink.columns import MOTORS
from sims.mavlink.config import Px4Config
from sims.mavlink.family import Px4Family
from sims.mavlink.hil import SimulatorLink
from sims.mavlink.instance import claim
from sims.mavlink.locate import NoPx4Error, find_px4
from sims.mavlink.plant import Px4Plant
from sims.mavlink.session import MODEL
from sims.mavlink.sitl import Process
from sims.mavlink.vehicle import environment, parameters
from sims.mavlink.world import gnss_message, sensor_message
from sims.quadrotor.gnss import Fix
from sims.quadrotor.sensors import Air, Readings

ROUNDS = 3
BOOT_STEPS, STEPS = 2_500, 7_500
STEP_US = 4_000


@contextmanager
def fed_px4(folder: Path, config: Px4Config) -> Iterator[tuple[Process, SimulatorLink]]:
    """A PX4 that waits for sensors."""
    claimed = claim()
    given = environment(MODEL, parameters(config))
    process = Process(find_px4(), claimed.instance, folder, given, on_one_core=True)
    link = SimulatorLink(claimed.listener, process.check, MOTORS)
    try:
        link.accept(20.0)
        yield process, link
    finally:
        link.close()
        process.end()


def minimal_loop(config: Px4Config) -> tuple[float, float]:
    """Steps a second, and PX4's own CPU a step, s."""
    noise = random.Random(1).gauss
    with (
        tempfile.TemporaryDirectory() as folder,
        fed_px4(Path(folder) / "px4", config) as (px4, link),
    ):
        for step in range(BOOT_STEPS + STEPS):
            if step == BOOT_STEPS:
                start, cpu = time.perf_counter(), cpu_s(px4.pid)
            t_us = STEP_US * (step + 1)
            link.send(sensor_message(t_us, standing(noise)))
            if step % 25 == 0:
                link.send(gnss_message(t_us, STANDING))
            link.answer(t_us)
        return STEPS / (time.perf_counter() - start), (cpu_s(px4.pid) - cpu) / STEPS


def standing(noise: Any) -> Readings:
    """Sensors of a vehicle that stands still."""
    return Readings(
        (noise(0.0, 0.05), noise(0.0, 0.05), noise(-9.80665, 0.05)),
        (noise(0.0, 0.003), noise(0.0, 0.003), noise(0.0, 0.003)),
        (noise(0.2152, 0.002), noise(0.0042, 0.002), noise(0.4274, 0.002)),
        Air(noise(955.98, 0.01), 489.4, 25.0),
    )


STANDING = Fix(0, 3, 473977418, 85455939, 489400, 90, 150, 0, 0, 0, 0, 65535, 12)


def cpu_s(pid: int) -> float:
    """CPU time that a process has used, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Timed(Px4Plant):
    """The plant, with the thread's CPU time at every exchange."""

    marks: list[int] = []  # noqa: RUF012

    def exchange(self, command: Any, deadline_ns: int) -> Any:
        """Note the time of the thread, and go on."""
        self.marks.append(time.thread_time_ns())
        return super().exchange(command, deadline_ns)


def flight() -> tuple[float, float, str]:
    """Steps a second, our CPU a step (p50 over ticks, s), and which PX4."""
    Timed.marks.clear()
    scenario = load_scenario(resolve(Path("px4_hover")), ["plant.server=real"])
    steps = round(scenario.tick_ns / 1e3 / STEP_US)
    with tempfile.TemporaryDirectory() as folder:
        run_scenario(scenario, Path(folder) / "run")
        run = RunDirectory.open(Path(folder) / "run")
        answered = run.timing()["answered_ns"]
        modes = run.trace.columns["flight_phase"].categories
        agp = run.trace.read("flight_phase")["flight_phase"][:, 0] == modes.index("AGP")
        ticks = np.flatnonzero(agp)[5:-5]
        wall_s = (answered[ticks[-1]] - answered[ticks[0]]) / 1e9
        autopilot = str(run.manifest["plant"]["identity"]["autopilot"])
    own = np.diff(Timed.marks)[ticks] / steps / 1e9
    return steps * (len(ticks) - 1) / wall_s, float(np.median(own)), autopilot


def tell(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def main() -> None:
    """Print the ratios."""
    keep_compiled_code()
    try:
        tell(f"PX4: {find_px4().where}")
    except NoPx4Error as error:
        tell(f"no PX4, nothing to measure: {error}")
        return
    Px4Family.open = (  # type: ignore[method-assign]
        lambda self, config, spec, tick_ns, seed: Timed(config, find_px4(), tick_ns, seed)
    )
    config = Px4Config(kind="px4")
    rates, shares = [], []
    for _ in range(ROUNDS):
        floor, px4_s = minimal_loop(config)
        rate, own_s, autopilot = flight()
        rates.append(rate / floor)
        shares.append(own_s / px4_s)
        tell(
            f"minimal loop {floor:,.0f} steps/s, PX4 {1e6 * px4_s:.0f} µs of CPU a step; flight "
            f"{rate:,.0f} steps/s, ours {1e6 * own_s:.0f} µs a step ({autopilot})"
        )
    for name, ratios, goal in (
        ("free-running lockstep / minimal loop", rates, ">= 0.80"),
        ("our CPU a step / PX4's, p50", shares, "<= 0.40"),
    ):
        middle = statistics.median(ratios)
        tell(f"{name:<40} {middle:.2f}  ({min(ratios):.2f} to {max(ratios):.2f})  goal {goal}")


if __name__ == "__main__":
    main()
