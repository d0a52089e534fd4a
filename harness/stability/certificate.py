"""Certificates: what is proved of a scenario's loop, as a file that anyone can check.

A check derives everything again from code and scenario. It takes from the file only the metrics
and the list of boxes, and proves anew that they bear what is claimed.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from flint import ctx

from harness.errors import CertificateError, reason
from harness.scenario.load import Scenario
from harness.stability.problem import problem_of
from kernel.proof.level_set import (
    assumed_disturbance,
    command_slope,
    level_set,
    overshoot,
)
from kernel.proof.problem import Evidence, LevelSet, Piece, Problem, Proof
from kernel.proof.prove import MOST_BOXES, PRECISION_BITS, prove
from kernel.proof.refute import why_not_refuted
from kernel.proof.verify import Cover, why_not

FORMAT = 1
EXIT = {"PROVED": 0, "CONTRACTION ONLY": 1, "REFUTED": 1, "UNDECIDED": 1}
_PROVED_OF = ("rate_hz", "duration_s", "plant", "controller", "reference", "modes", "certificate")
"""The keys of a scenario that a proof depends on."""
_SUBJECT = ("format", "scenario", "region", "ranges", "twin")


def claimed(scenario: Scenario) -> tuple[Problem, dict[str, Any]]:
    """What a certificate of a scenario has to prove, and what it says of that.

    Raises:
        CertificateError: As :func:`harness.stability.problem.problem_of`.
    """
    problem, told = problem_of(scenario)
    resolved = scenario.resolved()
    subject = {
        "file": scenario.path.name,
        "cell": scenario.cell or None,
        "sha256": digest({key: resolved[key] for key in _PROVED_OF}),
    }
    return problem, {"format": FORMAT, "scenario": subject, **told}


def certify(
    scenario: Scenario, margin: bool = True, watch: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The certificate of a scenario, as plain data.

    Args:
        scenario: The scenario.
        margin: Whether to look for the delay margin too.
        watch: As :func:`kernel.proof.prove.prove` takes it.

    Raises:
        CertificateError: As :func:`harness.stability.problem.problem_of`.
    """
    problem, told = claimed(scenario)
    return certificate(problem, told, prove(problem, margin, watch=watch))


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
    return {**plain, "sha256": digest(plain)}


def check(scenario: Scenario, given: dict[str, Any]) -> list[str]:
    """Why a certificate does not hold for a scenario; empty if it does.

    Raises:
        CertificateError: It is of another format, or not a certificate.
    """
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        was = given.get("format") if isinstance(given, dict) else None
        raise CertificateError(f"a certificate of format {was}; this reads format {FORMAT}")
    problem, told = claimed(scenario)
    wrong = [f"{key} is not the scenario's" for key in _SUBJECT if given.get(key) != told[key]]
    plain = {key: value for key, value in given.items() if key != "sha256"}
    if given.get("sha256") != digest(plain):
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
    found, margin = (evidence_of(given[key]) for key in ("contraction", "margin"))
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


def evidence_of(plain: dict[str, Any] | None) -> Evidence | None:
    """Evidence as a certificate has it.

    Raises:
        KeyError, TypeError, ValueError: It is not whole.
    """
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


def digest(plain: Any) -> str:
    """Hash of plain data."""
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
