"""Verifies claims of contraction over boxes, in ball arithmetic."""

from collections.abc import Callable, Sequence

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.proof.definite import exact, is_positive_definite
from kernel.proof.loop import Box, Enclosure, axes_of, entries, tick_jacobian
from kernel.proof.problem import Evidence, Piece, Problem
from kernel.proof.small_gain import gain_squared, storage_form
from kernel.proof.terms import ZERO, ProofError, above

Array = NDArray[np.float64]

_GENEROUS = 1e3
_ROUNDING_M, _ROUNDING_M_S = 1e-3, 1e-6
"""By how much more than its own numbers a piece of the reference is covered: another machine's
reference may differ in its last digits."""


class Cover:
    """Enclosures of a problem's loop over stretches of its reference, made once."""

    def __init__(self, problem: Problem, watch: Callable[[], None] = lambda: None) -> None:
        """Nothing is enclosed yet.

        Args:
            problem: The problem.
            watch: Called before each enclosure and each solve; what it raises ends the proof.
        """
        self.watch = watch
        self.problem = problem
        self.error = error_box(problem)
        self._made: dict[Piece, Enclosure | ProofError] = {}
        self._drifts: dict[Piece, arb_mat] = {}

    def whole(self) -> list[Piece]:
        """The stretches that are all of the reference: one a vehicle."""
        vehicles, ticks = self.problem.references.shape[:2]
        return [Piece(vehicle, 0, ticks - 1) for vehicle in range(vehicles)]

    def enclosed(self, piece: Piece) -> Enclosure:
        """The loop's derivatives over a stretch and the region about it.

        Raises:
            ProofError: Something in the loop is not defined, or jumps, there.
        """
        if piece not in self._made:
            self.watch()
            try:
                box = box_of(self.problem, piece, self.error)
                self._made[piece] = self.problem.loop.enclose(box)
            except ProofError as trouble:
                self._made[piece] = trouble
        made = self._made[piece]
        if isinstance(made, ProofError):
            raise made
        return made

    def drift(self, piece: Piece) -> arb_mat:
        """By how much the command's derivatives change within a tick, over a stretch.

        Raises:
            ProofError: It can't be bounded.
        """
        if piece not in self._drifts:
            self._drifts[piece] = self._drift(piece)
        return self._drifts[piece]

    def _drift(self, piece: Piece) -> arb_mat:
        problem, loop = self.problem, self.problem.loop
        states = problem.references[piece.vehicle]
        # With the tick after it, to which the last of them leads.
        after = Piece(piece.vehicle, piece.first, min(piece.last + 1, len(states) - 1))
        steps = np.abs(np.diff(states[after.first : after.last + 1], axis=0))
        wider = 2.0 * np.repeat([_ROUNDING_M, _ROUNDING_M_S], 3)
        # A single one is at rest.
        reference = steps.max(axis=0, initial=0.0) + wider if len(states) > 1 else np.zeros(6)
        within = np.repeat(self.error, 3)
        parts = self.enclosed(piece)
        box = box_of(problem, piece, self.error)
        nominal = loop.nominal(box, arb(0))
        pushed = np.repeat([problem.disturbance_m, problem.disturbance_m_s], 3)
        strayed = np.repeat(problem.strays[:2], 3)
        # Thrust that lags differs from the command on the reference by less than twice its bound.
        deviating = np.concatenate([within[:6], 2.0 * within[9:] if loop.lags else []])
        moved = _most(parts.motion, deviating, still=True) + _most(parts.effect, within[9:])
        moved = moved[:6] + _sizes(nominal.error) + pushed + strayed
        errors = np.concatenate([within[:9], deviating[6:]])
        kept = _most(parts.memory, errors, still=True, first=6) + _sizes(nominal.memory)
        motion = np.nextafter(np.concatenate([moved, kept, reference]), np.inf)
        return loop.drift(box_of(problem, after, self.error), motion)


def _most(matrix: arb_mat, within: Array, still: bool = False, first: int = 0) -> Array:
    """Bounds on |(A − I)x|, or |Ax|, over |x| ≤ within; the rows are those from ``first`` on."""
    bounds = []
    for index, row in enumerate(matrix.tolist()):
        own = [entry - int(still and column == first + index) for column, entry in enumerate(row)]
        sums = (abs(entry) * size for entry, size in zip(own, within.tolist(), strict=True))
        bounds.append(above(sum(sums, ZERO)))
    return np.array(bounds)


def _sizes(entries: Sequence[arb]) -> Array:
    return np.array([above(abs(entry)) for entry in entries])


def whole_metric(p: Array) -> Array:
    """The metric of three axes."""
    return np.asarray(np.kron(p, np.eye(3)))


def box_of(problem: Problem, piece: Piece, error: Array) -> Box:
    """The box of a stretch of the reference."""
    states = problem.references[piece.vehicle, piece.first : piece.last + 1]
    wider = np.repeat([_ROUNDING_M, _ROUNDING_M_S], 3)
    return Box(states.min(axis=0) - wider, states.max(axis=0) + wider, error)


def error_box(problem: Problem) -> Array:
    """Half-widths of position, velocity, memory and command errors, (4,).

    The region bounds position and velocity. Memory and commands, and thrust that lags, enter the
    loop linearly, but for gravity's change over a tick under thrust; they may be generous, and a
    level set fits in them.
    """
    memory = _GENEROUS * problem.error_m * max(1.0, problem.dt)
    command = _GENEROUS * problem.limit_m_s2 * max(1.0, *problem.gains)
    return np.array([problem.error_m, problem.error_m_s, memory, command])


def axis_reach(p: Array) -> Array:
    """How far each state of an axis reaches in {‖ξ‖_P ≤ 1}: roots of the inverse's diagonal."""
    inverse = exact(p).inv()
    return np.array([above(inverse[i, i].sqrt()) for i in range(len(p))])


def holds(cover: Cover, evidence: Evidence, piece: Piece) -> bool:
    """Whether a claim of contraction holds over a stretch of the reference.

    Thrust enters linearly, and the forms are convex in the derivatives: the ends of the range of
    gains stand for all of it.

    Raises:
        ProofError: Something in the loop is not defined, or jumps, there.
    """
    problem, parts = cover.problem, cover.enclosed(piece)
    p = exact(whole_metric(evidence.p))
    square = arb(evidence.per_tick) * arb(evidence.per_tick)
    least, most = evidence.delays
    for gain in sorted(set(problem.gains)):
        if evidence.method == "small gain":
            form = delayed_form(problem, evidence, parts, cover.drift(piece), arb(gain), p)
            if not is_positive_definite(form):
                return False
            continue
        for delay in range(least, most + 1):
            j = tick_jacobian(parts, arb(gain), delay, most, problem.loop.states)
            if not is_positive_definite(p * square - j.transpose() * p * j):
                return False
    return True


def delayed_form(
    problem: Problem, evidence: Evidence, parts: Enclosure, drift: arb_mat, gain: arb, p: arb_mat
) -> arb_mat:
    """The form of :mod:`kernel.proof.small_gain` over an enclosure."""
    states = problem.loop.states
    kept = axes_of(states)
    drive = np.full((parts.axes, 3), ZERO, dtype=object)
    drive[parts.moving] = entries(parts.effect * -gain)
    return storage_form(
        tick_jacobian(parts, gain, 0, 0, states),
        arb_mat(drive[kept].tolist()),
        arb_mat(entries(parts.control)[:, kept].tolist()),
        arb_mat(entries(drift)[:, kept].tolist()),
        evidence.per_tick,
        gain_squared(evidence.per_tick, evidence.delays[1]),
        evidence.weight,
        p,
    )


def covered(
    cover: Cover, evidence: Evidence, most: int, wanted: Sequence[Piece]
) -> tuple[list[Piece], str]:
    """Stretches over each of which a claim holds, made by halving those given.

    Args:
        cover: Of the problem.
        evidence: The claim; its pieces are not read.
        most: How many boxes may be tried.
        wanted: Where to begin.

    Returns:
        The stretches, and why some are missing; the latter empty if none is.
    """
    left, done, tried = list(wanted)[::-1], [], 0
    while left:
        piece = left.pop()
        tried += 1
        why = "the loop does not contract at this rate"
        try:
            if holds(cover, evidence, piece):
                done.append(piece)
                continue
        except ProofError as trouble:
            why = str(trouble)
        halves = piece.halves()
        if halves is None or tried + len(left) >= most:
            where = f"ticks {piece.first} to {piece.last} of vehicle {piece.vehicle}"
            return done, f"{why} ({where}; {tried} boxes tried)"
        left += halves[::-1]
    return done, ""


def why_not(cover: Cover, evidence: Evidence) -> str:
    """Why a claim with its stretches does not hold; empty if it does."""
    if why := _malformed(cover.problem, evidence) or _uncovered(cover.problem, evidence):
        return why
    if not (evidence.weight > 0.0 and is_positive_definite(exact(evidence.p))):
        return "P is not positive definite"
    done, why = covered(cover, evidence, len(evidence.pieces), evidence.pieces)
    return "" if len(done) == len(evidence.pieces) else why


def _malformed(problem: Problem, evidence: Evidence) -> str:
    least, most = evidence.delays
    commands = most if evidence.method == "metric" else 0
    if not 0 <= least <= most or len(evidence.p) != len(problem.loop.states) + commands:
        return f"P is not of the size that delays of {least} to {most} ticks need"
    if not 0.0 < evidence.per_tick < 1.0:
        return f"{evidence.per_tick} a tick is no contraction"
    if not np.array_equal(evidence.p, evidence.p.T):
        return "P is not symmetric"
    return ""


def _uncovered(problem: Problem, evidence: Evidence) -> str:
    vehicles, ticks = problem.references.shape[:2]
    for piece in evidence.pieces:
        if not (0 <= piece.vehicle < vehicles and 0 <= piece.first <= piece.last < ticks):
            return f"there is no stretch {piece.first} to {piece.last} of vehicle {piece.vehicle}"
    for vehicle in range(vehicles):
        expected = 0
        mine = (piece for piece in evidence.pieces if piece.vehicle == vehicle)
        for piece in sorted(mine, key=lambda piece: piece.first):
            if piece.first > expected:
                break
            expected = max(expected, piece.last + 1)
        if expected != ticks:
            return f"no box covers tick {expected} of vehicle {vehicle}"
    return ""
