"""From a contraction rate on a box to a claim about trajectories.

While the loop contracts by L a tick about a nominal solution that one tick disturbs by no more than
w, ‖ξ⁺‖_P ≤ L‖ξ‖_P + ‖w‖_P. So a set {‖ξ‖_P ≤ ρ} with ρ(1 − L) ≥ sup‖w‖_P, in which the rate holds
and no command is limited, is never left, and what starts in it ends within sup‖w‖_P/(1 − L).

Where the rate holds but for an overshoot μ, which the small gain allows, w counts μ-fold, and what
starts within ρ/μ, with nothing but the reference's commands in flight, never leaves ρ.
"""

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.proof.definite import exact
from kernel.proof.loop import Enclosure, Nominal, axes_of, entries
from kernel.proof.problem import Evidence, LevelSet, Piece, Problem
from kernel.proof.small_gain import jump_weight
from kernel.proof.terms import ZERO, ProofError, above, ball
from kernel.proof.verify import Cover, axis_reach, box_of, whole_metric

Array = NDArray[np.float64]

_FINEST_TICKS = 8
_UP = 1.0 + 1e-12
"""More than a few roundings of floats can take away."""
_NO_ERROR = np.zeros(4)


def norm_bound(p: arb_mat, vector: Sequence[arb]) -> float:
    """An upper bound on ‖x‖_P over a ball of vectors."""
    column = arb_mat([[entry] for entry in vector])
    return _root((column.transpose() * p * column)[0, 0])


def _root(square: arb) -> float:
    """An upper bound on the root of a number that is not negative."""
    return above(square.upper().max(ZERO).sqrt())


def _stretch(p: arb_mat, matrix: arb_mat) -> arb:
    """An upper bound on ‖Mx‖_P of a vector x of length 1."""
    return _largest(matrix.transpose() * p * matrix).sqrt()


def _largest(form: arb_mat) -> arb:
    """An upper bound on the largest eigenvalue of a symmetric matrix: its largest sum of a row."""
    sums = [sum((abs(entry) for entry in row), ZERO).upper() for row in form.tolist()]
    return max(sums)


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
        slope = max(slope, _root(_largest(control * sub * control.transpose())))
    return slope


def overshoot(evidence: Evidence, slope: float) -> float:
    """By how much an error may grow at first: μ of :mod:`kernel.proof.small_gain`, else 1."""
    jump = jump_weight(evidence)
    return above((1 + arb(jump) * arb(slope) * arb(slope)).sqrt()) if jump else 1.0


def assumed_disturbance(cover: Cover, evidence: Evidence) -> float:
    """An upper bound on ‖w‖_P, m, of what is not in the twin: what a run is held against.

    That is what is declared, and by how much the reference strays from its own step.
    """
    problem, metric = cover.problem, exact(whole_metric(evidence.p))
    known = [problem.disturbance_m + problem.strays[0], problem.disturbance_m_s + problem.strays[1]]
    # The root of a diagonal element is the norm of a unit of that state, in any direction.
    states = [state for state in problem.loop.states if state < len(known)]
    norm = sum((arb(evidence.p[i, i]).sqrt() * known[s] for i, s in enumerate(states)), ZERO)
    if problem.strays[2]:
        for_command = max(
            _strayed(cover.enclosed(piece), cover.problem, metric) for piece in evidence.pieces
        )
        norm += for_command * problem.strays[2] * max(problem.gains)
    return above(norm * (1 + arb(1e-12)))


def _strayed(parts: Enclosure, problem: Problem, metric: arb_mat) -> arb:
    """An upper bound on what thrust that strays by 1 m/s² adds to position and velocity in a tick.

    Where thrust lags it is had later, never more of it than a steady stray leads to.
    """

    def stretched(rows: list[list[arb]]) -> arb:
        whole = [*rows, *[[ZERO] * 3] * (parts.axes - 6)]
        kept = [whole[axis] for axis in axes_of(problem.loop.states)]
        return _stretch(metric, arb_mat([*kept, *[[ZERO] * 3] * (metric.nrows() - len(kept))]))

    effect, motion = parts.effect.tolist(), parts.motion.tolist()
    at_once = stretched(effect[:6])
    if parts.axes == 9:
        return at_once
    left, come = (arb_mat([row[-3:] for row in rows[6:]]) for rows in (motion, effect))
    size_left, size_come = (_largest(one.transpose() * one).sqrt() for one in (left, come))
    return at_once + stretched([row[6:] for row in motion[:6]]) * size_come / (1 - size_left)


def sustained(cover: Cover, evidence: Evidence) -> float:
    """An upper bound on the velocity error, m/s, that errors which are not fed back can keep up.

    In NULL-G these are position and memory, anywhere in the region. Gravity's gradient leads from
    position to velocity whatever the controller does; 0 where everything is fed back.
    """
    problem = cover.problem
    free = axes_of([state for state in range(3) if state not in problem.loop.states])
    if not free:
        return 0.0
    kept, late = axes_of(problem.loop.states), evidence.delays[1] > 0
    within = np.array([arb(half) for half in np.repeat(cover.error[:3], 3)[free]], dtype=object)
    commands, gain, worst = len(evidence.p) - len(problem.loop.states), ball(*problem.gains), 0.0
    for piece in evidence.pieces:
        parts = cover.enclosed(piece)
        still, asked = np.full((2, parts.axes, parts.axes), ZERO, dtype=object)
        still[np.ix_(parts.moving, parts.moving)] = entries(parts.motion)
        asked[parts.moving] = entries(parts.effect * parts.control * gain)
        # A late command was made for another position: nothing of it need cancel.
        rows = abs(still) + abs(asked) if late else abs(still + asked)
        adds = [*rows[np.ix_(kept, free)] @ within, *[ZERO] * 3 * commands]
        if commands:
            adds[len(kept) : len(kept) + 3] = abs(entries(parts.control))[:, free] @ within
        worst = max(worst, norm_bound(exact(whole_metric(evidence.p)), adds))
    disturbance = arb(worst) + assumed_disturbance(cover, evidence)
    again = overshoot(evidence, command_slope(cover, evidence))
    kept_up = again * disturbance / (1 - arb(evidence.per_tick))
    return above(kept_up * axis_reach(evidence.p)[0])


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
    command += problem.strays[2]
    disturbance = (assumed_disturbance(cover, evidence) + model) * _UP
    # Thrust asked for now is bounded by commands in flight, where these are states.
    thrusts = reach[3:] if len(reach) > len(problem.loop.states) else [*reach[3:], slope]
    candidates = {
        "the region's position": problem.error_m / reach[0],
        "the region's velocity": problem.error_m_s / reach[1],
        "the region's memory": float(cover.error[2] / reach[2]),
        # Thrust, which is more than commands by the largest gain; had, in flight or asked for now.
        "the region's commands": float(
            (cover.error[3] / max(1.0, *problem.gains) - command) / max(thrusts)
        ),
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
        rho=float(rho / again / _UP),
        reach_m=float(rho * reach[0] * _UP),
        reach_m_s=float(rho * reach[1] * _UP),
        disturbance=float(disturbance),
        ultimate=float(needed),
        ultimate_m=float(needed * reach[0] * _UP),
        binding=binding,
    ), ""


def _nominal(cover: Cover, evidence: Evidence, metric: arb_mat, most: int) -> tuple[float, float]:
    """Bounds on the command on the reference, and on what one tick disturbs there."""
    problem = cover.problem
    late = problem.delays[1] > 0
    gain = ball(*problem.gains)
    padding = [ZERO] * 3 * (len(evidence.p) - len(problem.loop.states))
    commands, largest = 0.0, 0.0
    for piece in _disturbed(problem, evidence.pieces, most):
        box = box_of(problem, piece, _NO_ERROR)
        now = problem.loop.nominal(box, gain)
        commands = max(commands, _size(now.command))
        in_force = None
        if late:
            # A late command was made for where the reference was.
            before = Piece(piece.vehicle, max(0, piece.first - problem.delays[1]), piece.last)
            in_force = problem.loop.nominal(box_of(problem, before, _NO_ERROR), gain).command
        image = problem.loop.nominal(box, gain, in_force)
        lagging = _behind_the_next_command(problem, piece, image)
        largest = max(
            largest, norm_bound(metric, [*image.error, *image.memory, *lagging, *padding])
        )
    return commands, largest


def _behind_the_next_command(problem: Problem, piece: Piece, image: Nominal) -> list[arb]:
    """Thrust that lags, a tick later, less what is asked for on the reference then."""
    if not image.thrust:
        return []
    last = problem.references.shape[1] - 1
    after = Piece(piece.vehicle, min(piece.first + 1, last), min(piece.last + 1, last))
    asked = problem.loop.nominal(box_of(problem, after, _NO_ERROR), arb(0)).command
    return [had - wanted for had, wanted in zip(image.thrust, asked, strict=True)]


def _disturbed(problem: Problem, pieces: Sequence[Piece], most: int) -> list[Piece]:
    """Pieces small enough for the nominal solution; none where it is exactly zero.

    Without a command on the reference, how much of it is had or how late makes no difference.
    """
    fine = []
    for piece in pieces:
        now = problem.loop.nominal(box_of(problem, piece, _NO_ERROR), ball(*problem.gains))
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
