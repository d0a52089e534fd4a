"""Proves, refutes or leaves undecided that a closed loop contracts, and finds its delay margin."""

import heapq
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from kernel.nominal import spectral_radius
from kernel.proof.definite import middle, radius, symmetric
from kernel.proof.level_set import (
    assumed_disturbance,
    command_slope,
    level_set,
    overshoot,
    sustained,
)
from kernel.proof.loop import Enclosure, tick_jacobian
from kernel.proof.problem import Evidence, Piece, Problem, Proof
from kernel.proof.refute import refutation, told
from kernel.proof.scales import state_scales
from kernel.proof.search import common_metric, relaxed_metric
from kernel.proof.small_gain_search import (
    AxisLoop,
    largest_gain_squared,
    storage_metric,
    wanted_gain_squared,
)
from kernel.proof.terms import ProofError
from kernel.proof.verify import Cover, box_of, covered, whole_metric

Array = NDArray[np.float64]

LONGEST_AS_STATES = 24
"""Ticks of delay up to which commands in flight are states; beyond, the small gain decides."""

PRECISION_BITS = 80
MOST_BOXES = 600
_SAMPLES = 8
_GIVEN_AWAY = 0.05
"""Share of the decay rate found that a claim may leave to the width of its boxes."""
_RELAXED = 0.7
_PARTS = (1.0, 0.9, 0.75, 0.6, 0.45, 0.3, 0.2, 0.1)
"""Of the longest delay that the middle of the boxes bears, what is tried in turn."""
_SPREAD = 1e-3
"""Spread of the axes' position gains, relative, from which they are no longer taken as equal."""


def prove(
    problem: Problem,
    margin: bool = True,
    most_boxes: int = MOST_BOXES,
    watch: Callable[[], None] = lambda: None,
) -> Proof:
    """The answer to a problem.

    Args:
        problem: What to prove.
        margin: Whether to look for the delay margin too.
        most_boxes: Budget of boxes for each claim.
        watch: Called before each box and each solve, of which some take seconds; what it raises
            ends the proof.
    """
    began = time.perf_counter()
    with ctx.workprec(PRECISION_BITS):
        cover = Cover(problem, watch)
        try:
            parts = samples(problem)
        except ProofError as trouble:
            return Proof("UNDECIDED", f"Nothing can be said of the loop: {trouble}.")
        answer = _answered(cover, parts, most_boxes)
        if margin and answer.verdict != "REFUTED":
            found = delay_margin(cover, parts, answer.contraction, most_boxes)
            answer = with_margin(cover, answer, found, constant_margin(problem, parts))
    return replace(answer, seconds=time.perf_counter() - began)


def with_margin(cover: Cover, proof: Proof, found: Evidence | None, constant: int) -> Proof:
    """A proof with verified evidence of a delay margin."""
    again = 1.0 if found is None else overshoot(found, command_slope(cover, found))
    known = constant if constant >= 0 else None
    return replace(proof, margin=found, margin_overshoot=again, constant_margin=known)


def samples(problem: Problem) -> list[Enclosure]:
    """The loop's derivatives at some points of the reference.

    Raises:
        ProofError: They are not defined there.
    """
    vehicles, ticks = problem.references.shape[:2]
    spread = np.unique(np.linspace(0, ticks - 1, _SAMPLES).astype(int)).tolist()
    points = [Piece(vehicle, tick, tick) for vehicle in range(vehicles) for tick in spread]
    return [problem.loop.enclose(box_of(problem, point, np.zeros(4))) for point in points]


def sample_drifts(cover: Cover) -> list[arb_mat]:
    """How fast the command's derivatives change, at some points of the reference.

    Raises:
        ProofError: They can't be bounded there.
    """
    vehicles, ticks = cover.problem.references.shape[:2]
    spread = np.unique(np.linspace(0, max(0, ticks - 2), _SAMPLES).astype(int)).tolist()
    return [cover.drift(Piece(v, tick, tick)) for v in range(vehicles) for tick in spread]


def axis_matrices(parts: Sequence[Enclosure], wholes: Sequence[Array]) -> list[Array]:
    """Jacobians of single axes that stand for those of three: equal ones, or two extremes.

    Gravity's gradient makes the axes differ. It is symmetric, and turned into its own axes the
    three are separate; those with the least and the greatest position gain are taken.
    """
    found: list[tuple[float, Array]] = []
    for part, whole in zip(parts, wholes, strict=True):
        gains, turn = np.linalg.eigh(symmetric(middle(part.control)[:, :3]))
        turned = np.kron(np.eye(len(whole) // 3), turn)
        own = turned.T @ whole @ turned
        found += [(float(gain), own[axis::3, axis::3]) for axis, gain in enumerate(gains)]
    found.sort(key=lambda pair: pair[0])
    least, greatest = found[0], found[-1]
    if greatest[0] - least[0] <= _SPREAD * abs(greatest[0]):
        return [np.mean([matrix for _, matrix in found], axis=0)]
    return [least[1], greatest[1]]


def jacobians(
    problem: Problem, parts: Sequence[Enclosure], least: int, most: int
) -> Iterator[list[Array]]:
    """For every delay and both ends of the range of gains, the Jacobians of some enclosures."""
    for gain in sorted(set(problem.gains)):
        for delay in range(least, most + 1):
            yield [
                middle(tick_jacobian(part, arb(gain), delay, most, problem.loop.states))
                for part in parts
            ]


def _answered(cover: Cover, parts: Sequence[Enclosure], most_boxes: int) -> Proof:
    problem = cover.problem
    least, most = problem.delays
    refuted = refutation(problem, parts, most_boxes)
    if refuted is not None:
        return Proof("REFUTED", told(problem, refuted), refutation=refuted)
    found, why = None, ""
    if least == 0 < most or most > LONGEST_AS_STATES:
        found, why = _by_small_gain(cover, parts, most, most_boxes)
    if found is None and most <= LONGEST_AS_STATES:
        found, why = _by_metric(cover, parts, (least, most), most_boxes)
    if found is None:
        return Proof("UNDECIDED", f"It is neither proved nor refuted: {why}.")
    return concluded(cover, found, most_boxes)


def concluded(cover: Cover, found: Evidence, most_boxes: int) -> Proof:
    """What verified evidence comes to."""
    problem = cover.problem
    level, why = level_set(cover, found, most_boxes)
    again = overshoot(found, command_slope(cover, found))
    rate = f"by {found.per_tick ** (1.0 / problem.dt):.5g} a second"
    if again > 1.0:
        rate += f", but for an overshoot of {100.0 * (again - 1.0):.3g} %"
    proof = Proof("PROVED", "", found, level, again, assumed_disturbance(cover, found))
    if level is not None:
        end = f"down to {level.ultimate_m:.2g} m"
        return replace(
            proof, reason=f"Every error in the level set shrinks at least {rate}, {end}."
        )
    if 0 in problem.loop.states:
        near = f"Two solutions in the region draw near, {rate}, with limits off; {why}."
        return replace(proof, verdict="CONTRACTION ONLY", reason=near)
    kept_up = sustained(cover, found)
    if not kept_up < problem.error_m_s:
        return Proof(
            "UNDECIDED",
            "It is neither proved nor refuted: errors of position in the region may keep up "
            f"{kept_up:.3g} m/s, which is beyond the region's {problem.error_m_s:g}.",
        )
    near = (
        f"Two velocities at one position draw near, {rate}, with limits off; errors of position "
        f"in the region keep up at most {kept_up:.2g} m/s. For {why}."
    )
    return replace(proof, verdict="CONTRACTION ONLY", reason=near)


def _by_metric(
    cover: Cover, parts: Sequence[Enclosure], delays: tuple[int, int], boxes: int, steps: int = 6
) -> tuple[Evidence | None, str]:
    """Verified evidence that the loop contracts for a range of delays, or why there is none."""
    problem = cover.problem
    groups = list(jacobians(problem, parts, *delays))
    single = [matrix for group in groups for matrix in axis_matrices(parts, group)]
    scales = state_scales(problem, parts, delays[1])
    why = "no quadratic metric was found in which the loop contracts"
    # The tightest metric is the most sensitive to the width of boxes; the other bears more.
    for share, budget in ((None, boxes // 8), (_RELAXED, boxes)):
        if share is None or steps == 0:
            found = common_metric(single, scales, steps, cover.watch)
        else:
            found = relaxed_metric(single, scales, share, cover.watch)
        if found is None:
            break
        # √(ξᵀPξ) is in metres: the first state counts as its own.
        p = symmetric(found[0] * (scales[0] ** 2 / found[0][0, 0]))
        done, why = _fitted(cover, Evidence("metric", found[1], delays, p), budget)
        if done is not None:
            return done, ""
    return None, why


def _fitted(cover: Cover, draft: Evidence, boxes: int) -> tuple[Evidence | None, str]:
    """Evidence at the rate that its metric gives over boxes as fine as there may be."""
    pieces, rate = _split(cover, draft, boxes)
    if not rate < 1.0:
        if math.isinf(rate):
            _, why = covered(cover, draft, 2 * boxes, cover.whole())
            return None, why
        return None, f"the metric found does not contract over {len(pieces)} boxes"
    why = ""
    for more in (1e-3, 1e-2, 1e-1):
        claim = replace(draft, per_tick=float(rate + more * (1.0 - rate)))
        done, why = covered(cover, claim, 2 * boxes, pieces)
        if not why:
            return replace(claim, pieces=tuple(done)), ""
    return None, why


def _split(cover: Cover, draft: Evidence, boxes: int) -> tuple[list[Piece], float]:
    """Stretches, the worst always halved, until the rate is near that of the draft."""
    root = np.linalg.cholesky(whole_metric(draft.p)).T
    inverse = np.linalg.inv(root)

    def rate(piece: Piece) -> float:
        try:
            parts = cover.enclosed(piece)
        except ProofError:
            return math.inf
        problem, worst = cover.problem, 0.0
        for gain in sorted(set(problem.gains)):
            for delay in range(draft.delays[0], draft.delays[1] + 1):
                most = draft.delays[1]
                j = tick_jacobian(parts, arb(gain), delay, most, problem.loop.states)
                wide = np.linalg.norm(np.abs(root) @ radius(j) @ np.abs(inverse), 2)
                worst = max(worst, float(np.linalg.norm(root @ middle(j) @ inverse, 2) + wide))
        return worst

    target = draft.per_tick + _GIVEN_AWAY * (1.0 - draft.per_tick)
    heap = [(-rate(piece), piece) for piece in cover.whole()]
    heapq.heapify(heap)
    while -heap[0][0] > target and len(heap) < boxes:
        halves = heap[0][1].halves()
        if halves is None:
            break
        heapq.heapreplace(heap, (-rate(halves[0]), halves[0]))
        heapq.heappush(heap, (-rate(halves[1]), halves[1]))
    return sorted(piece for _, piece in heap), max(-heap[0][0], draft.per_tick)


def axis_loops(
    problem: Problem, parts: Sequence[Enclosure], drifts: Sequence[arb_mat] = ()
) -> list[AxisLoop]:
    """For each gain single axes that stand for the loop, as the small gain takes it."""
    states = problem.loop.states
    most = max(
        (np.abs(radius(drift)) for drift in drifts),
        key=np.max,
        default=np.zeros((3, parts[0].axes)),
    )
    d = np.array([[np.linalg.norm(most[:, 3 * state : 3 * state + 3], 2) for state in states]])
    loops = []
    for gain in sorted(set(problem.gains)):
        groups = []
        for late in (0, 1):
            group = [middle(tick_jacobian(part, arb(gain), late, 1, states)) for part in parts]
            groups.append(axis_matrices(parts, group))
        for now, late in zip(*groups, strict=True):
            loops.append(AxisLoop(now[:-1, :-1], -late[:-1, -1:], now[-1:, :-1], d))
    return loops


def _by_small_gain(
    cover: Cover,
    parts: Sequence[Enclosure],
    delay: int,
    boxes: int,
    shares: Sequence[float] = (0.6, 0.3, 0.1),
    begin: Sequence[Piece] = (),
) -> tuple[Evidence | None, str]:
    """Verified evidence by the small gain, at one of some shares of the decay without delay."""
    problem, begin = cover.problem, begin or cover.whole()
    try:
        loops = axis_loops(problem, parts, sample_drifts(cover))
    except ProofError as trouble:
        return None, str(trouble)
    scales = state_scales(problem, parts, 1)
    share_of_time = problem.dt / math.sqrt(scales[-1])
    spectral = max(spectral_radius(loop.m) for loop in loops)
    if not spectral < 1.0:
        return None, "the loop is not stable without delay"
    why = f"the small gain does not bear {delay} ticks of delay, which may be pessimistic"
    for share in shares:
        rate = spectral**share
        wanted = wanted_gain_squared(rate, delay)
        if not largest_gain_squared(loops, rate, scales, share_of_time) > 1.02 * wanted:
            continue
        stored = storage_metric(loops, rate, 1.01 * wanted, scales, share_of_time)
        if stored is None:
            continue
        # √(ξᵀPξ) is in metres: the first state counts as its own.
        p, weight = symmetric(stored[0]) * scales[0] ** 2, stored[1] * scales[0] ** 2
        claim = Evidence("small gain", float(rate), (0, delay), p, weight=weight)
        pieces, why = covered(cover, claim, boxes + len(begin), begin)
        if not why:
            return replace(claim, pieces=tuple(pieces)), ""
    return None, why


def delay_margin(
    cover: Cover, parts: Sequence[Enclosure], known: Evidence | None, boxes: int
) -> Evidence | None:
    """Evidence of the longest delay found, from none on and changing at every tick."""
    problem = cover.problem
    best = known if known is not None and known.delays[0] == 0 else None
    reached = -1 if best is None else best.delays[1]
    try:
        loops = axis_loops(problem, parts, sample_drifts(cover))
    except ProofError:
        loops = []
    scales = state_scales(problem, parts, 1)
    share_of_time = problem.dt / math.sqrt(scales[-1])
    share = 0.1
    rate = max((spectral_radius(loop.m) for loop in loops), default=1.0) ** share
    if rate < 1.0:
        ticks = _longest(largest_gain_squared(loops, rate, scales, share_of_time) / 1.02, rate)
        begin = () if best is None else best.pieces
        for part in _PARTS:
            candidate = int(part * ticks)
            if candidate <= max(reached, 0):
                break
            found, _ = _by_small_gain(cover, parts, candidate, boxes, [share], begin)
            if found is not None and bears(cover, found):
                best, reached = found, candidate
                break
    # Near the end of what commands in flight as states can bear, a tick counts.
    low, high = reached, constant_margin(problem, parts) + 1
    if high > LONGEST_AS_STATES:
        return best
    while high - low > 1:
        candidate = (low + high) // 2
        found, _ = _by_metric(cover, parts, (0, candidate), boxes, steps=0)
        if found is None or not bears(cover, found):
            high = candidate
        else:
            best, low = found, candidate
    return best


def bears(cover: Cover, found: Evidence) -> bool:
    """Whether evidence of a contraction bounds what is not fed back too."""
    return 0 in cover.problem.loop.states or sustained(cover, found) < cover.problem.error_m_s


def _longest(gain: float, rate: float) -> int:
    low, high = 0, 1
    while wanted_gain_squared(rate, high) <= gain:
        low, high = high, 2 * high
    while high - low > 1:
        middle_ticks = (low + high) // 2
        if wanted_gain_squared(rate, middle_ticks) <= gain:
            low = middle_ticks
        else:
            high = middle_ticks
    return low


def constant_margin(problem: Problem, parts: Sequence[Enclosure], most: int = 100_000) -> int:
    """Longest constant delay for which the loop and all shorter ones are stable, ticks.

    Of the linearised loop, an axis by itself, in floating point: for comparison, not proved.
    """
    return min(_longest_constant(loop, most) for loop in axis_loops(problem, parts))


def _longest_constant(loop: AxisLoop, most: int) -> int:
    """Longest constant delay of one loop: where its open loop first crosses the unit circle.

    Around the loop goes H(z) z⁻ᵈ with H = C (zI − A₀)⁻¹ B; at a frequency with |H| = 1 a delay of
    arg H/ω ticks brings a root to the circle.
    """
    from scipy.optimize import brentq  # half a second that no run needs

    control, effect, states = loop.c, -loop.b, loop.c.shape[1]
    if spectral_radius(loop.m) >= 1.0:
        return -1
    still = loop.m - effect @ control

    def around(omega: Array | float) -> NDArray[np.complex128]:
        z = np.exp(1j * np.atleast_1d(omega))[:, None, None]
        both = np.linalg.solve(z * np.eye(states) - still, effect.astype(np.complex128))
        return np.asarray((control @ both)[:, 0, 0])

    grid = np.geomspace(1e-8, np.pi, 4000)
    sizes = np.abs(around(grid)) - 1.0
    longest = float(most)
    for index in np.flatnonzero(sizes[:-1] * sizes[1:] < 0.0):
        ends = grid[index], grid[index + 1]
        omega = brentq(lambda w: abs(around(w)[0]) - 1.0, *ends, xtol=1e-15)
        longest = min(longest, (np.angle(around(omega)[0]) % (2.0 * np.pi)) / omega)
    return math.ceil(longest) - 1
