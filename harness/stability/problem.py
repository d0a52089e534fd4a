"""What a scenario asks to be proved, and its loop, closed with the twin of the plant."""

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import CertificateError
from harness.reference import named_gravity, reference_rows
from harness.scenario.load import Scenario
from harness.scenario.model import FigureEightReference, SlotReference
from kernel.jax64 import jax, jnp
from kernel.modes import Mode
from kernel.proof.loop import ClosedLoop, Reference
from kernel.proof.problem import Problem
from kernel.twin import Twin, orbital_step

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """A scenario's loop and what is asked of it.

    Attributes:
        mode: Control mode that it is about.
        twin: What the plant is taken to be.
        problem: The loop with region and ranges, but without the reference's states.
    """

    mode: Mode
    twin: Twin
    problem: Problem


def asked(scenario: Scenario) -> Asked:
    """A scenario's loop, with the region and ranges of its ``certificate:`` if it has one.

    Without one the loop is that of the stated mass, without delay.

    Raises:
        CertificateError: Its plant has no twin, or no loop is closed.
    """
    mode = _mode(scenario)
    config, spec, dt = scenario.controller_config, scenario.spec, scenario.dt
    made = getattr(scenario.plant_family, "twin", None)
    twin = made(scenario.plant_config, spec, dt) if made else None
    if twin is None:
        raise CertificateError(
            f"{scenario.stem}: no certificate for this plant: {spec.family!r} has no twin"
        )
    build = getattr(scenario.controller_family, "build_unlimited", None)
    if build is None:
        kind = scenario.model.controller["kind"]
        raise CertificateError(
            f"{scenario.stem}: no certificate for this controller: {kind!r} has no build_unlimited"
        )
    controller = build(config, spec, dt, mode)
    loop = ClosedLoop(controller, mode, twin.step, _reference(scenario), dt, twin.lags)
    limit = float(scenario.controller_family.limits(config, spec).min())
    claim, nowhere = scenario.model.certificate, np.empty((len(spec.vehicles), 0, 6))
    if claim is None:
        return Asked(mode, twin, Problem(loop, nowhere, math.inf, math.inf, limit))
    thrust, mass = claim.thrust_gain_percent / 100.0, claim.mass_percent / 100.0
    problem = Problem(
        loop,
        nowhere,
        claim.error_position_m,
        claim.error_velocity_m_s,
        limit,
        gains=((1.0 - thrust) / (1.0 + mass), (1.0 + thrust) / (1.0 - mass)),
        delays=(0, math.ceil(claim.delay_ms / 1e3 / dt * (1.0 - 1e-12))),
        disturbance_m=claim.disturbance_m,
        disturbance_m_s=claim.disturbance_m_s,
    )
    return Asked(mode, twin, problem)


def problem_of(scenario: Scenario) -> tuple[Problem, dict[str, Any]]:
    """What a scenario's ``certificate:`` asks to be proved, and the same in plain data.

    Raises:
        CertificateError: It asks for nothing, or as :func:`asked`.
    """
    if scenario.model.certificate is None:
        raise CertificateError(
            f"{scenario.stem}: nothing is claimed; write 'certificate:' with error_position_m and "
            "error_velocity_m_s, the region about the reference"
        )
    question = asked(scenario)
    rows = _rows(scenario)
    problem = question.problem
    body = scenario.spec.body
    nearest = float(np.abs(rows[..., :3]).max(axis=-1).min())
    if body is not None and problem.error_m >= nearest:
        raise CertificateError(
            f"{scenario.stem}: certificate.error_position_m: a region of {problem.error_m:g} m "
            f"about the reference has the centre of the {body} in it; write less than {nearest:.4g}"
        )
    strays = _strays(problem.loop.reference, rows)
    problem = replace(problem, references=rows[..., :6], strays=strays)
    told: dict[str, Any] = {
        "region": {
            "mode": question.mode.label,
            "error_position_m": problem.error_m,
            "error_velocity_m_s": problem.error_m_s,
            "reference": scenario.model.reference.kind,
            "ticks": scenario.ticks + 1,
            "tick_s": scenario.dt,
            "vehicles": list(scenario.spec.vehicles),
        },
        "ranges": {
            "thrust_had_over_commanded": list(problem.gains),
            "delay_ticks": list(problem.delays),
            "limit_m_s2": problem.limit_m_s2,
            "reference_strays": dict(zip(("m", "m_s", "m_s2"), problem.strays, strict=True)),
        },
        "twin": question.twin.about,
    }
    if question.twin.lags:
        told["thrust_lag_s"] = question.twin.lag_s
    return problem, told


def _mode(scenario: Scenario) -> Mode:
    claim = scenario.model.certificate
    if claim is not None and claim.mode is not None:
        return Mode.from_label(claim.mode)
    flown = [change.mode for change in scenario.model.modes if change.mode != "IDLE"]
    if not flown:
        raise CertificateError(f"{scenario.stem}: only IDLE is flown, in which no loop is closed")
    return Mode.from_label(flown[-1])


def _reference(scenario: Scenario) -> Reference:
    config, dt = scenario.model.reference, scenario.dt
    if not isinstance(config, SlotReference):
        return Reference(
            lambda state: jnp.concatenate([state[:3] + dt * state[3:], state[3:]]),
            lambda position: jnp.zeros(3),
        )
    gravity = named_gravity(config.gravity, scenario.spec)
    # In the plant's own steps: where the models agree, reference and twin are the same expression.
    substeps = getattr(scenario.plant_config, "substeps", 1)
    step = orbital_step(gravity, dt, substeps)
    return Reference(
        lambda state: step(state, jnp.zeros(3)),
        lambda position: jnp.stack(gravity(position[0], position[1], position[2])),
    )


def _rows(scenario: Scenario) -> Array:
    """The reference at every tick, (vehicles, ticks, 9); once where it rests."""
    reference = scenario.model.reference
    rows = reference_rows(reference, scenario.spec, scenario.dt, scenario.ticks)
    first = next(rows)
    moves = isinstance(reference, SlotReference | FigureEightReference) or first[:, 3:].any()
    if not moves:
        return first[:, None]
    every = itertools.islice(itertools.chain([first], rows), scenario.ticks + 1)
    return np.stack(list(every), axis=1)


def _strays(reference: Reference, rows: Array) -> tuple[float, float, float]:
    """By how much a reference strays at most from its own step, m and m/s, and acceleration, m/s².

    A slot is propagated more exactly, and under more bodies, than a step takes it; a curve is left
    by a straight step with all of its acceleration. In floating point: a run is held against it, in
    the same way.
    """
    step, told = (jax.jit(jax.vmap(f)) for f in (reference.step, reference.acceleration))
    found = np.zeros(3)
    for one in rows:
        off = one[1:, :6] - np.asarray(step(one[:-1, :6]))
        sizes = [np.linalg.norm(part, axis=-1) for part in (off[:, :3], off[:, 3:])]
        sizes.append(np.linalg.norm(one[:, 6:] - np.asarray(told(one[:, :3])), axis=-1))
        found = np.maximum(found, [size.max(initial=0.0) for size in sizes])
    return float(found[0]), float(found[1]), float(found[2])
