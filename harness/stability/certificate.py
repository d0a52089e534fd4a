"""Certificates: what is proved of a scenario's loop, as a file that anyone can check.

A check derives everything again from code and scenario. It takes from the file only the metrics
and the list of boxes, and proves anew that they bear what is claimed.
"""

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from flint import ctx

from harness.errors import CertificateError, reason
from harness.scenario.load import Scenario
from harness.stability.problem import problem_of
from kernel.proof.problem import Evidence, Piece, Problem, Proof
from kernel.proof.prove import (
    MOST_BOXES,
    PRECISION_BITS,
    bears,
    concluded,
    constant_margin,
    prove,
    samples,
    with_margin,
)
from kernel.proof.refute import told, why_not_refuted
from kernel.proof.scales import state_scales
from kernel.proof.terms import ProofError
from kernel.proof.verify import Cover, why_not

FORMAT = 1
EXIT = {"PROVED": 0, "CONTRACTION ONLY": 1, "REFUTED": 1, "UNDECIDED": 1}
_PROVED_OF = ("rate_hz", "duration_s", "plant", "controller", "reference", "modes", "certificate")
"""The keys of a scenario that a proof depends on."""
ASSUMES = [
    "the controller's own operations in real arithmetic, its mode blended in, limits off",
    "delays of whole ticks, of the command, changing at every tick",
    "in flight at first: the reference's own commands",
]


def claimed(scenario: Scenario) -> tuple[Problem, dict[str, Any]]:
    """What a certificate of a scenario has to prove, and what it says of that.

    Raises:
        CertificateError: As :func:`harness.stability.problem.problem_of`.
    """
    problem, asked = problem_of(scenario)
    resolved = scenario.resolved()
    named = {
        "file": scenario.path.name,
        "cell": scenario.cell or None,
        "sha256": digest({key: resolved[key] for key in _PROVED_OF}),
    }
    return problem, {"format": FORMAT, "scenario": named, **asked}


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
    problem, subject = claimed(scenario)
    return certificate(problem, subject, prove(problem, margin, watch=watch))


def certificate(problem: Problem, subject: dict[str, Any], proof: Proof) -> dict[str, Any]:
    """A proof as plain data."""
    dt, found, margin = problem.dt, proof.contraction, proof.margin
    constant = proof.constant_margin
    plain = {
        **subject,
        "verdict": proof.verdict,
        "reason": proof.reason,
        "bound_per_second": None if found is None else found.per_tick ** (1.0 / dt),
        "overshoot": None if found is None else proof.overshoot,
        "delay_margin_ms": None if margin is None else 1e3 * dt * margin.delays[1],
        "level_set": None if proof.level_set is None else vars(proof.level_set),
        "assumed_disturbance": {
            "position_m": problem.disturbance_m,
            "velocity_m_s": problem.disturbance_m_s,
            "norm_m": proof.assumed,
        },
        "assumes": ASSUMES,
        "constant_delay_margin_ms": None if constant is None else 1e3 * dt * constant,
        "contraction": _plain(found),
        "margin": _plain(margin),
        "margin_overshoot": None if margin is None else proof.margin_overshoot,
        "refutation": proof.refutation or None,
        "seconds": round(proof.seconds, 3),
        "check": "motorhand certify --check FILE",
    }
    return {**plain, "sha256": digest(plain)}


def check(scenario: Scenario, given: dict[str, Any]) -> list[str]:
    """Why a certificate does not hold for a scenario; empty if it does.

    Whatever it says is derived again from its metrics and boxes; only how long it took, and why
    nothing was found, is its own.

    Raises:
        CertificateError: It is of another format, or not a certificate.
    """
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        was = given.get("format") if isinstance(given, dict) else None
        raise CertificateError(f"a certificate of format {was}; this reads format {FORMAT}")
    problem, subject = claimed(scenario)
    # What it is about comes first: the rest would only follow from it.
    wrong = [
        f"{key} is not the scenario's" for key in subject if not _same(given.get(key), subject[key])
    ]
    plain = {key: value for key, value in given.items() if key != "sha256"}
    if given.get("sha256") != digest(plain):
        wrong.append("it was altered: its hash does not match")
    if type(given.get("seconds")) not in (int, float):
        wrong.append("seconds is no number")
    if wrong:
        return wrong
    try:
        with ctx.workprec(PRECISION_BITS):
            proof, wrong = _proved_again(problem, given)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise CertificateError(
            f"not a whole certificate: {type(error).__name__}: {error}"
        ) from error
    if proof is None:
        return wrong
    derived = certificate(problem, subject, proof)
    own = {"seconds", "sha256"} | ({"reason"} if proof.verdict == "UNDECIDED" else set())
    return [
        f"{key} does not follow from its evidence"
        for key in sorted((derived.keys() | given.keys()) - own)
        if not _same(given.get(key), derived.get(key))
    ]


def _proved_again(problem: Problem, given: dict[str, Any]) -> tuple[Proof | None, list[str]]:
    """What the metrics and boxes of a certificate bear, or why they do not bear their claims."""
    cover = Cover(problem)
    if given["verdict"] == "REFUTED":
        claim = _refutation(given["refutation"])
        why = why_not_refuted(problem, claim, MOST_BOXES)
        refuted = Proof("REFUTED", told(problem, claim), refutation=claim)
        return (None, [f"not refuted: {why}"]) if why else (refuted, [])
    found, margin = (evidence_of(given[key]) for key in ("contraction", "margin"))
    try:
        parts = samples(problem)
    except ProofError as trouble:
        return (None, [str(trouble)]) if found or margin else (Proof("UNDECIDED", ""), [])
    unit = float(state_scales(problem, parts, 0)[0]) ** 2
    wrong = []
    for name, evidence in (("contraction", found), ("delay margin", margin)):
        if evidence is None:
            continue
        why = why_not(cover, evidence)
        if not math.isclose(evidence.p[0, 0], unit, rel_tol=1e-6):
            why = "its metric is not in metres"
        if why:
            wrong.append(f"the {name} does not hold: {why}")
    if found and (found.delays[0] > problem.delays[0] or found.delays[1] < problem.delays[1]):
        wrong.append("the contraction does not include all delays")
    if margin and (margin.delays[0] or not bears(cover, margin)):
        wrong.append("the delay margin does not begin at no delay, or not bound everything")
    if wrong:
        return None, wrong
    proof = Proof("UNDECIDED", "") if found is None else concluded(cover, found, MOST_BOXES)
    if given["constant_delay_margin_ms"] is None:
        return proof, []
    return with_margin(cover, proof, margin, constant_margin(problem, parts)), []


def _refutation(plain: dict[str, Any]) -> dict[str, Any]:
    """A refutation with what belongs to it and nothing else."""
    return {
        "form": [[float(entry) for entry in row] for row in plain["form"]],
        "direction": [float(entry) for entry in plain["direction"]],
        "growth_per_tick": float(plain["growth_per_tick"]),
        "delay_ticks": int(plain["delay_ticks"]),
        "gain": float(plain["gain"]),
    }


def _same(one: Any, other: Any) -> bool:
    """Whether plain data is the same; numbers to the ninth digit, which machines may differ in."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return type(one) is type(other) and bool(one == other)


def read_certificate(file: Path) -> dict[str, Any]:
    """A certificate as it is in a file.

    Raises:
        CertificateError: It can't be read, or is no JSON.
    """
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CertificateError(f"{file}: {reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise CertificateError(f"{file}: not a certificate: {error}") from error
    if not isinstance(plain, dict) or "verdict" not in plain:
        raise CertificateError(f"{file}: not a certificate")
    return plain


def _plain(evidence: Evidence | None) -> dict[str, Any] | None:
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
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
