"""From a contraction rate on a box to a claim about trajectories.

While the loop contracts by L a tick about a nominal solution that one tick disturbs by no more than
w, ‖ξ⁺‖_P ≤ L‖ξ‖_P + ‖w‖_P. So a set {‖ξ‖_P ≤ ρ} with ρ(1 − L) ≥ sup‖w‖_P, in which the rate holds
and no command is limited, is never left, and what starts in it ends within sup‖w‖_P/(1 − L).

Where the rate holds but for an overshoot μ, which the small gain allows, w counts μ-fold, and what
starts within ρ/μ, with nothing but the reference's commands in flight, never leaves ρ.
"""

import math
from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.proof.definite import exact
from kernel.proof.loop import axes_of, entries
from kernel.proof.problem import Evidence, LevelSet, Piece, Problem
from kernel.proof.small_gain import jump_weight
from kernel.proof.terms import ZERO, ProofError
from kernel.proof.verify import Cover, axis_reach, box_of, whole_metric

Array = NDArray[np.float64]

_FINEST_TICKS = 8
_NO_ERROR = np.zeros(4)


def norm_bound(p: arb_mat, vector: Sequence[arb]) -> float:
    """An upper bound on ‖x‖_P over a ball of vectors."""
    column = arb_mat([[entry] for entry in vector])
    return _root((column.transpose() * p * column)[0, 0])


def _root(square: arb) -> float:
    """An upper bound on the root of a number that is not negative."""
    return float(square.upper().max(ZERO).sqrt().upper())


def _size(vector: Sequence[arb]) -> float:
    return _root(sum((entry * entry for entry in vector), ZERO))


def command_slope(cover: Cover, evidence: Evidence) -> float:
    """An upper bound on the command, m/s², that an error of ‖ξ‖_P = 1 m asks for."""
    kept = axes_of(cover.problem.loop.states)
    inverse = exact(whole_metric(evidence.p)).inv()
    sub = arb_mat(entries(inverse)[: len(kept), : len(kept)].tolist())
    slope = 0.0
    for piece in evidence.pieces:
        control = arb_mat(entries(cover.enclosed(piece).control)[:, kept].tolist())
        steep = control * sub * control.transpose()
        # The largest eigenvalue is at most the largest sum of a row.
        rows = (sum((abs(entry) for entry in row), ZERO) for row in steep.tolist())
        slope = max(slope, *(_root(row) for row in rows))
    return slope


def overshoot(evidence: Evidence, slope: float) -> float:
    """By how much an error may grow at first: μ of :mod:`kernel.proof.small_gain`, else 1."""
    if evidence.method != "small gain":
        return 1.0
    return math.sqrt(1.0 + jump_weight(evidence) * slope * slope) * (1.0 + 1e-12)


def assumed_disturbance(problem: Problem, p: Array) -> float:
    """An upper bound on ‖w‖_P of all that is not in the twin, m.

    Any direction: by axis each of position and velocity is bounded as a vector's length.
    """
    states = list(problem.loop.states)
    given = np.array([problem.disturbance_m, problem.disturbance_m_s, 0.0])[states]
    root = np.sqrt(np.diag(p)[: len(states)])
    # The root of a diagonal element is the norm of a unit of that state.
    return float(np.nextafter(root @ given * (1.0 + 1e-12), np.inf))


def level_set(cover: Cover, evidence: Evidence, most: int) -> tuple[LevelSet | None, str]:
    """The largest level set, or why there is none.

    Args:
        cover: Of the problem.
        evidence: A verified contraction.
        most: How many boxes may be tried for the nominal solution.
    """
    problem = cover.problem
    if 0 not in problem.loop.states:
        return None, "position is not fed back, so that nothing keeps it in the region"
    rate, p = evidence.per_tick, whole_metric(evidence.p)
    reach = axis_reach(evidence.p)
    metric = exact(p)
    slope = command_slope(cover, evidence)
    again = overshoot(evidence, slope)

    try:
        command, model = _nominal(cover, evidence, metric, most)
    except ProofError as trouble:
        return None, str(trouble)
    assumed = assumed_disturbance(problem, evidence.p)
    disturbance = assumed + model
    candidates = {
        "the region's position": problem.error_m / reach[0],
        "the region's velocity": problem.error_m_s / reach[1],
        "the region's memory": float(cover.error[2] / reach[2]),
        "the region's commands": float((cover.error[3] - command) / max(reach[3:], default=slope)),
        "the limit on thrust": (problem.limit_m_s2 - command) / slope,
    }
    binding = min(candidates, key=lambda name: candidates[name])
    rho = candidates[binding] * (1.0 - 1e-9)
    needed = again * disturbance / (1.0 - rate) * (1.0 + 1e-9)
    if rho < needed or rho <= 0.0:
        if rho <= 0.0:
            return None, (
                f"the command on the reference itself is only known to be below {command:.3g} "
                f"m/s^2, and {problem.limit_m_s2:.3g} are allowed"
            )
        return None, (
            f"{binding} allows ‖ξ‖_P up to {rho:.4g} m, and what one tick disturbs needs "
            f"{needed:.4g} m"
        )
    return LevelSet(
        rho=float(rho / again),
        reach_m=float(rho * reach[0]),
        reach_m_s=float(rho * reach[1]),
        disturbance=float(disturbance),
        assumed=assumed,
        ultimate=float(needed),
        ultimate_m=float(needed * reach[0]),
        binding=binding,
    ), ""


def _nominal(cover: Cover, evidence: Evidence, metric: arb_mat, most: int) -> tuple[float, float]:
    """Bounds on the command on the reference, and on what one tick disturbs there."""
    problem = cover.problem
    late = problem.delays[1] > 0
    gains = [arb(gain) for gain in sorted(set(problem.gains))]
    padding = [ZERO] * (len(evidence.p) * 3 - 9)
    commands, largest = 0.0, 0.0
    for piece in _disturbed(problem, evidence.pieces, most):
        box = box_of(problem, piece, _NO_ERROR)
        now = problem.loop.nominal(box, gains[0])
        commands = max(commands, _size(now.command))
        in_force = None
        if late:
            # A late command was made for where the reference was.
            before = Piece(piece.vehicle, max(0, piece.first - problem.delays[1]), piece.last)
            in_force = problem.loop.nominal(box_of(problem, before, _NO_ERROR), gains[0]).command
        for gain in gains:
            image = problem.loop.nominal(box, gain, in_force)
            largest = max(largest, norm_bound(metric, [*image.error, *image.memory, *padding]))
    return commands, largest


def _disturbed(problem: Problem, pieces: Sequence[Piece], most: int) -> list[Piece]:
    """Pieces small enough for the nominal solution; none where it is exactly zero.

    Without a command on the reference, how much of it is had or how late makes no difference.
    """
    fine = []
    for piece in pieces:
        now = problem.loop.nominal(box_of(problem, piece, _NO_ERROR), arb(problem.gains[0]))
        if not all(entry.is_zero() for entry in (*now.command, *now.error, *now.memory)):
            fine.append(piece)
    if not fine:
        return []
    if problem.delays[1] > 0:
        # A command made before a piece that is not disturbed may be in force in it.
        fine = list(pieces)
    while 2 * len(fine) <= most and max(piece.last - piece.first for piece in fine) > _FINEST_TICKS:
        fine = [half for piece in fine for half in (piece.halves() or (piece,))]
    return fine
