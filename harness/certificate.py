"""Certificates: what is proved of a scenario's loop, as a file that anyone can check.

A check derives everything again from code and scenario. It takes from the file only the metrics
and the list of boxes, and proves anew that they bear what is claimed.
"""

import hashlib
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from flint import ctx

from harness.errors import CertificateError, reason
from harness.reference import named_gravity, reference_rows
from harness.scenario.claim import Claim
from harness.scenario.load import Scenario
from harness.scenario.model import SlotReference
from kernel.jax64 import jnp
from kernel.modes import Mode
from kernel.proof.level_set import (
    assumed_disturbance,
    command_slope,
    level_set,
    overshoot,
)
from kernel.proof.loop import ClosedLoop, Reference
from kernel.proof.problem import Evidence, LevelSet, Piece, Problem, Proof
from kernel.proof.prove import MOST_BOXES, PRECISION_BITS, prove
from kernel.proof.refute import why_not_refuted
from kernel.proof.verify import Cover, why_not
from kernel.twin import Step, orbital_step

FORMAT = 1
EXIT = {"PROVED": 0, "CONTRACTION ONLY": 1, "REFUTED": 1, "UNDECIDED": 1}
_SUBJECT = ("format", "scenario", "region", "ranges", "twin")


def problem_of(scenario: Scenario) -> tuple[Problem, dict[str, Any]]:
    """What a scenario's ``certificate:`` asks to be proved, and the same in plain data.

    Raises:
        CertificateError: It asks for nothing, or its plant has no twin.
    """
    claim = scenario.model.certificate
    if claim is None:
        raise CertificateError(
            f"{scenario.stem}: nothing is claimed; write 'certificate:' with error_position_m and "
            "error_velocity_m_s, the region about the reference"
        )
    mode = _mode(scenario, claim)
    made = getattr(scenario.plant_family, "twin", None)
    twin = made(scenario.plant_config, scenario.spec, scenario.dt) if made else None
    if twin is None:
        raise CertificateError(
            f"{scenario.stem}: no certificate for this plant: {scenario.spec.family!r} has no twin"
        )
    config, spec, dt = scenario.controller_config, scenario.spec, scenario.dt
    controller = scenario.controller_family.build_unlimited(config, spec, dt, mode)
    loop = ClosedLoop(controller, mode, twin.step, _reference(scenario, twin.step), dt)
    thrust, mass = claim.thrust_gain_percent / 100.0, claim.mass_percent / 100.0
    gains = (1.0 - thrust) / (1.0 + mass), (1.0 + thrust) / (1.0 - mass)
    ticks = math.ceil(claim.delay_ms / 1e3 / dt * (1.0 - 1e-12))
    limit = float(scenario.controller_family.limits(config, spec).min())
    problem = Problem(
        loop,
        _states(scenario),
        claim.error_position_m,
        claim.error_velocity_m_s,
        limit,
        gains,
        (0, ticks),
        claim.disturbance_m,
        claim.disturbance_m_s,
    )
    resolved = scenario.resolved()
    told = {
        "format": FORMAT,
        "scenario": {
            "file": scenario.path.name,
            "cell": scenario.cell or None,
            "sha256": _hash(resolved),
        },
        "region": {
            "mode": mode.label,
            "error_position_m": claim.error_position_m,
            "error_velocity_m_s": claim.error_velocity_m_s,
            "reference": resolved["reference"]["kind"],
            "ticks": scenario.ticks + 1,
            "tick_s": dt,
            "vehicles": list(spec.vehicles),
        },
        "ranges": {
            "thrust_had_over_commanded": list(gains),
            "delay_ticks": [0, ticks],
            "limit_m_s2": limit,
        },
        "twin": twin.about,
    }
    return problem, told


def certify(scenario: Scenario, margin: bool = True) -> dict[str, Any]:
    """The certificate of a scenario, as plain data.

    Raises:
        CertificateError: As :func:`problem_of`.
    """
    problem, told = problem_of(scenario)
    return certificate(problem, told, prove(problem, margin))


def certificate(problem: Problem, told: dict[str, Any], proof: Proof) -> dict[str, Any]:
    """A proof as plain data."""
    dt, found, margin = problem.dt, proof.contraction, proof.margin
    whole = {
        "verdict": proof.verdict,
        "reason": proof.reason,
        "bound_per_second": None if found is None else found.per_tick ** (1.0 / dt),
        "overshoot": None if found is None else proof.overshoot,
        "delay_margin_ms": None if margin is None else 1e3 * dt * margin.delays[1],
        "level_set": None if proof.level_set is None else vars(proof.level_set),
        "assumed_disturbance": {
            "position_m": problem.disturbance_m,
            "velocity_m_s": problem.disturbance_m_s,
            "norm_m": None if found is None else assumed_disturbance(problem, found.p),
        },
        "constant_delay_margin_ms": _constant(proof, dt),
        "contraction": _evidence(found),
        "margin": _evidence(margin),
        "refutation": proof.refutation or None,
        "seconds": round(proof.seconds, 3),
        "check": "motorhand certify --check FILE",
    }
    plain = {**told, **whole}
    return {**plain, "sha256": _hash(plain)}


def check(scenario: Scenario, given: dict[str, Any]) -> list[str]:
    """Why a certificate does not hold for a scenario; empty if it does.

    Raises:
        CertificateError: It is of another format, or not a certificate.
    """
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        was = given.get("format") if isinstance(given, dict) else None
        raise CertificateError(f"a certificate of format {was}; this reads format {FORMAT}")
    problem, told = problem_of(scenario)
    wrong = [f"{key} is not the scenario's" for key in _SUBJECT if given.get(key) != told[key]]
    plain = {key: value for key, value in given.items() if key != "sha256"}
    if given.get("sha256") != _hash(plain):
        wrong.append("it was altered: its hash does not match")
    if wrong:
        return wrong
    try:
        with ctx.workprec(PRECISION_BITS):
            return list(_unproved(problem, given))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise CertificateError(
            f"not a whole certificate: {type(error).__name__}: {error}"
        ) from error


def _unproved(problem: Problem, given: dict[str, Any]) -> list[str]:
    """What is claimed and can't be proved from the metrics and boxes given."""
    cover, wrong = Cover(problem), []
    verdict, dt = given["verdict"], problem.dt
    found, margin = (_read(given[key]) for key in ("contraction", "margin"))
    if verdict == "REFUTED":
        claim = given["refutation"] or {}
        why = why_not_refuted(problem, claim, MOST_BOXES)
        return [f"not refuted: {why}"] if why else []
    if found is not None:
        wrong += _contraction_unproved(cover, found, given)
    elif verdict in ("PROVED", "CONTRACTION ONLY") or given["bound_per_second"] is not None:
        wrong.append("there is no evidence for its bound")
    if verdict == "PROVED" and found is not None and not wrong:
        level, why = level_set(cover, found, MOST_BOXES)
        if level is None or vars(level) != vars(LevelSet(**given["level_set"])):
            wrong.append(f"the level set does not hold: {why or 'its numbers are others'}")
    elif verdict != "PROVED" and given["level_set"] is not None:
        wrong.append("a level set without a proof")
    claimed = None if margin is None else 1e3 * dt * margin.delays[1]
    if given["delay_margin_ms"] != claimed:
        wrong.append("the delay margin is not that of its evidence")
    if margin is not None:
        why = "it does not begin at no delay" if margin.delays[0] else why_not(cover, margin)
        if why:
            wrong.append(f"the delay margin does not hold: {why}")
    return wrong


def _contraction_unproved(cover: Cover, found: Evidence, given: dict[str, Any]) -> list[str]:
    """What is claimed of the contraction and can't be proved."""
    problem, wrong = cover.problem, []
    if found.delays[0] > problem.delays[0] or found.delays[1] < problem.delays[1]:
        wrong.append("the contraction does not include all delays")
    if why := why_not(cover, found):
        wrong.append(f"the contraction does not hold: {why}")
    if given["bound_per_second"] != found.per_tick ** (1.0 / problem.dt):
        wrong.append("the bound is not that of the contraction")
    if not wrong and given["overshoot"] != overshoot(found, command_slope(cover, found)):
        wrong.append("the overshoot is not that of the contraction")
    if given["assumed_disturbance"] != {
        "position_m": problem.disturbance_m,
        "velocity_m_s": problem.disturbance_m_s,
        "norm_m": assumed_disturbance(problem, found.p),
    }:
        wrong.append("the assumed disturbance is not the scenario's")
    return wrong


def read_certificate(file: Path) -> dict[str, Any]:
    """A certificate as it is in a file.

    Raises:
        CertificateError: It can't be read, or is no JSON.
    """
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CertificateError(f"{file}: {reason(error)}") from error
    except ValueError as error:
        raise CertificateError(f"{file}: not a certificate: {error}") from error
    if not isinstance(plain, dict) or "verdict" not in plain:
        raise CertificateError(f"{file}: not a certificate")
    return plain


def _mode(scenario: Scenario, claim: Claim) -> Mode:
    if claim.mode is not None:
        return Mode.from_label(claim.mode)
    flown = [change.mode for change in scenario.model.modes if change.mode != "IDLE"]
    if not flown:
        raise CertificateError(f"{scenario.stem}: only IDLE is flown, in which no loop is closed")
    return Mode.from_label(flown[-1])


def _reference(scenario: Scenario, twin: Step) -> Reference:
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


def _states(scenario: Scenario) -> Any:
    """The reference at every tick, (vehicles, ticks, 6); once where it rests."""
    rows = reference_rows(scenario.model.reference, scenario.spec, scenario.dt, scenario.ticks)
    first = next(rows)
    if not isinstance(scenario.model.reference, SlotReference) and not first[:, 3:].any():
        return first[:, None, :6]
    every = itertools.islice(itertools.chain([first], rows), scenario.ticks + 1)
    return np.stack([row[:, :6] for row in every], axis=1)


def _constant(proof: Proof, dt: float) -> float | None:
    return None if proof.constant_margin is None else 1e3 * dt * proof.constant_margin


def _evidence(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    return {
        "method": evidence.method,
        "per_tick": evidence.per_tick,
        "delay_ticks": list(evidence.delays),
        "metric": evidence.p.tolist(),
        "weight": evidence.weight,
        "boxes": [[piece.vehicle, piece.first, piece.last] for piece in evidence.pieces],
    }


def _read(plain: dict[str, Any] | None) -> Evidence | None:
    if plain is None:
        return None
    p = np.array(plain["metric"], dtype=float)
    if p.ndim != 2 or p.shape[0] != p.shape[1] or not np.array_equal(p, p.T):
        raise ValueError("the metric is not symmetric")
    least, most = map(int, plain["delay_ticks"])
    pieces = tuple(Piece(*map(int, box)) for box in plain["boxes"])
    if plain["method"] not in ("metric", "small gain"):
        raise ValueError(f"no method {plain['method']!r}")
    return Evidence(
        plain["method"], float(plain["per_tick"]), (least, most), p, pieces, float(plain["weight"])
    )


def _hash(plain: Any) -> str:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
