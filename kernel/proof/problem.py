"""What is to be proved, and what was."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kernel.proof.loop import ClosedLoop

Array = NDArray[np.float64]
Verdict = Literal["PROVED", "CONTRACTION ONLY", "REFUTED", "UNDECIDED"]


@dataclass(frozen=True)
class Problem:
    """A claim to be proved of a closed loop.

    Attributes:
        loop: The loop, limits off.
        references: The reference at every tick, position and velocity, (vehicles, ticks, 6).
        error_m, error_m_s: Half-widths of the region about the reference, by axis.
        limit_m_s2: Smallest limit on the command of any vehicle.
        gains: Least and greatest thrust had over thrust commanded.
        delays: Least and greatest delay between observation and command in force, ticks.
        disturbance_m, disturbance_m_s: Largest error of position and of velocity that anything
            not in the twin makes in one tick.
        strays: By how much the reference strays at most from its own step in a tick, position in m
            and velocity in m/s, and from its own acceleration, m/s².
    """

    loop: ClosedLoop
    references: Array
    error_m: float
    error_m_s: float
    limit_m_s2: float
    gains: tuple[float, float] = (1.0, 1.0)
    delays: tuple[int, int] = (0, 0)
    disturbance_m: float = 0.0
    disturbance_m_s: float = 0.0
    strays: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def dt(self) -> float:
        """Tick, s."""
        return self.loop.dt


@dataclass(frozen=True, order=True)
class Piece:
    """A stretch of a vehicle's reference, both ends included."""

    vehicle: int
    first: int
    last: int

    def halves(self) -> "tuple[Piece, Piece] | None":
        """Two stretches that make it up; None of a single tick."""
        if self.first == self.last:
            return None
        middle = (self.first + self.last) // 2
        return (
            Piece(self.vehicle, self.first, middle),
            Piece(self.vehicle, middle + 1, self.last),
        )


@dataclass(frozen=True)
class Evidence:
    """What a claim of contraction rests on: to be checked, not trusted.

    It says ‖ξ(k)‖_P ≤ μ Lᵏ ‖ξ(0)‖_P of the difference ξ of two solutions, where the overshoot μ
    is 1 but for the small gain, see there.

    Attributes:
        method: ``metric``: one P for every delay, commands in flight being states; ``small gain``:
            one P for the loop without delay.
        per_tick: L a tick.
        delays: Least and greatest delay, ticks.
        p: Metric of one axis; the whole one is P ⊗ I₃.
        pieces: The stretches of the reference, over each of which it was verified.
        weight: Of the small gain's inequality.
    """

    method: Literal["metric", "small gain"]
    per_tick: float
    delays: tuple[int, int]
    p: Array
    pieces: tuple[Piece, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class LevelSet:
    """The set {‖ξ‖_P ≤ ρ} from which no trajectory leaves {‖ξ‖_P ≤ μρ}, μ being the overshoot.

    Attributes:
        rho: ρ, m: what starts in it with the reference's own commands in flight stays.
        reach_m, reach_m_s: Largest position and velocity error in the latter, on any axis.
        disturbance: sup ‖w‖_P of what one tick adds, m.
        ultimate: Ultimate bound on ‖ξ‖_P, m.
        ultimate_m: Largest position error in that, on any axis.
        binding: What keeps it from being larger.
    """

    rho: float
    reach_m: float
    reach_m_s: float
    disturbance: float
    ultimate: float
    ultimate_m: float
    binding: str


@dataclass(frozen=True)
class Proof:
    """The answer.

    Attributes:
        verdict: One word, or two.
        reason: Why, in a sentence.
        contraction: The evidence, where the loop contracts on the region.
        level_set: The level set, where there is one.
        overshoot: μ of the contraction.
        assumed: ‖w‖_P, m, of all that is not in the twin, as assumed: what a run is held against.
        margin: The evidence of the longest delay found, from no delay on, limits off.
        margin_overshoot: μ of that.
        constant_margin: Longest constant delay of the linearised loop, ticks.
        refutation: A quadratic form that grows, and along what; where refuted.
        seconds: How long it took.
    """

    verdict: Verdict
    reason: str
    contraction: Evidence | None = None
    level_set: LevelSet | None = None
    overshoot: float = 1.0
    assumed: float | None = None
    margin: Evidence | None = None
    margin_overshoot: float = 1.0
    constant_margin: int | None = None
    refutation: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
