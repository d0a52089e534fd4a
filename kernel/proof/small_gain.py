"""Delays of any length by a small-gain argument: sound, and somewhat pessimistic.

Write the late command as the present one less what it changed by meanwhile, u(k−δ) = u(k) − Δ(k),
where Δ(k) is the sum of the last δ changes q(j) = u(j) − u(j−1). Whatever the delays 0…d, changing
at every tick, the energies weighted with L⁻²ᵏ obey Σ|Δ|² ≤ γ² Σ|q|² with

    γ² = d Σ_{j<d} L^{−2j},

by Cauchy and Schwarz. The loop without delay, driven by Δ, is ξ⁺ = Mξ + BΔ with u = Cξ. From one
tick to the next C changes by some D, so that q⁺ = C(ξ⁺ − ξ) + Dξ⁺. If some P ≻ 0 gives

    ‖ξ⁺‖²_P ≤ L² ‖ξ‖²_P − m (γ² L⁻² |q⁺|² − |Δ|²)    for all ξ and Δ and some weight m > 0,

then of two solutions that have the same commands in flight at first

    ‖ξ(k)‖_P ≤ μ Lᵏ ‖ξ(0)‖_P    with    μ² = 1 + m γ² L⁻² sup |Cξ|² / ‖ξ‖²_P,

where μ is the overshoot: a difference that appears is a jump of the command, which is late. Where
commands in flight differ too, ‖ξ(0)‖²_P + m γ² L⁻² Σ|q(j)|² over the last d changes takes the place
of μ²‖ξ(0)‖²_P. The size of the inequality does not grow with the delay. Source: the idea is C.-Y.
Kao and B. Lincoln's, "Simple stability criteria for systems with time-varying delays", Automatica
40, 2004.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.proof.problem import Evidence
from kernel.proof.terms import ZERO

Matrix = NDArray[np.float64]

_LARGEST_EXPONENT = 600.0
_ROOM = 3.0
"""How much more weight than the least the search may give, to have more to spare."""


@dataclass(frozen=True)
class AxisLoop:
    """One axis of a loop, in floating point: ξ⁺ = m ξ + b Δ, u = c ξ.

    Attributes:
        m, b, c: Shapes (n, n), (n, 1) and (1, n).
        d: How c may change in a tick, (1, n).
    """

    m: Matrix
    b: Matrix
    c: Matrix
    d: Matrix


def gain_squared(rate: float, delay: int) -> float:
    """γ² of delays up to so many ticks at a factor a tick."""
    if delay == 0:
        return 0.0
    if rate == 1.0:
        return float(delay) ** 2
    log = -2.0 * math.log(rate)
    if delay * log > _LARGEST_EXPONENT:
        return math.inf
    return delay * math.expm1(delay * log) / math.expm1(log)


def jump_weight(evidence: Evidence) -> float:
    """What |q|² of a change of the command counts beside ‖ξ‖²_P: m γ² L⁻²; 0 of other methods."""
    if evidence.method != "small gain":
        return 0.0
    rate = evidence.per_tick
    return evidence.weight * gain_squared(rate, evidence.delays[1]) / (rate * rate)


def storage_form(
    m: arb_mat,
    b: arb_mat,
    c: arb_mat,
    d: arb_mat,
    rate: float,
    gamma_squared: float,
    weight: float,
    p: arb_mat,
) -> arb_mat:
    """The quadratic form of (ξ, Δ) that must be positive definite.

    Args:
        m: M.
        b: B.
        c: C.
        d: D.
        rate: L.
        gamma_squared: γ².
        weight: What |Δ|² counts beside ‖ξ‖²_P, any positive number.
        p: P.
    """
    states, commands = b.nrows(), b.ncols()
    moved = joined(m, b)
    step = joined(m - _identity(states), b)
    change = c * step + d * moved
    square = arb(rate) * arb(rate)
    counted = arb(weight) * arb(gamma_squared) / square
    form = moved.transpose() * p * moved + change.transpose() * change * counted
    size = states + commands
    own = [[ZERO] * size for _ in range(size)]
    for row, given in enumerate((p * square).tolist()):
        own[row][:states] = given
    for row in range(states, size):
        own[row][row] = arb(weight)
    return arb_mat(own) - form


def joined(left: arb_mat, right: arb_mat) -> arb_mat:
    """Two matrices side by side."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return arb_mat([[*one, *other] for one, other in pairs])


def _identity(size: int) -> arb_mat:
    return arb_mat([[int(row == column) for column in range(size)] for row in range(size)])


def largest_gain_squared(
    loops: Sequence[AxisLoop], rate: float, scales: Matrix, share: float
) -> float:
    """The largest γ² that some P allows for several loops; 0 where there is none.

    Args:
        loops: Of equal size.
        rate: L.
        scales: By state and for the command, what makes it of one size with the others.
        share: Tick over the loop's own time.
    """
    search = _Search(loops, rate, scales, share)
    return search.largest_gain_squared()


def storage_metric(
    loops: Sequence[AxisLoop], rate: float, gamma_squared: float, scales: Matrix, share: float
) -> tuple[Matrix, float] | None:
    """P with P[0, 0] = 1 for several loops at a given γ², of small weight and much to spare.

    Returns:
        P, and the weight of |Δ|² beside ‖ξ‖²_P; None where there is none.
    """
    solved = _Search(loops, rate, scales, share).metric(gamma_squared)
    if solved is None:
        return None
    p, weight = solved
    return p / p[0, 0], float(weight / p[0, 0])


class _Search:
    """The linear matrix inequality in coordinates in which its numbers are of one size.

    A tick changes little, and its inequality is divided by the tick's share of the loop's own
    time: so the conditioning does not depend on the rate.
    """

    def __init__(
        self, loops: Sequence[AxisLoop], rate: float, scales: Matrix, share: float
    ) -> None:
        self._states, self._unit = scales[:-1], scales[-1]
        self._rate, self._share = rate, share
        self._cp: Any = import_module("cvxpy")
        n = len(self._states)
        root = np.diag(self._states)
        self._parts = []
        for loop in loops:
            both = np.hstack([loop.m - np.eye(n), loop.b])
            inverse = np.diag(1.0 / np.append(self._states, self._unit))
            step = root @ both @ inverse / share
            still = np.hstack([np.eye(n), np.zeros((n, 1))])
            for sign in (1.0, -1.0) if loop.d.any() else (0.0,):
                drift = sign * loop.d @ (np.diag(1.0 / self._states) @ (still + share * step))
                change = self._unit * (loop.c @ np.diag(1.0 / self._states) @ step + drift / share)
                self._parts.append((step, change))

    def _inequalities(self, p: Any, weight: Any, energy: Any, slack: Any) -> list[Any]:
        """All forms ⪰ slack, each divided by the tick's share; energy is that of q⁺'s rate."""
        n, s = len(self._states), self._share
        still = np.hstack([np.eye(n), np.zeros((n, 1))])
        corner = np.zeros((n + 1, n + 1))
        corner[n, n] = 1.0
        decay = (self._rate**2 - 1.0) / s
        limits = [p >> 0]
        for step, change in self._parts:
            # (L²P − WᵀPW)/s with W = (I 0) + s·step, without the difference of large numbers.
            cross = still.T @ p @ step
            own = decay * (still.T @ p @ still) - cross - cross.T - s * (step.T @ p @ step)
            form = own + weight * corner - energy * (change.T @ change)
            limits.append(form >> slack * np.eye(n + 1))
        return limits

    def largest_gain_squared(self) -> float:
        cp, n = self._cp, len(self._states)
        p, energy = cp.Variable((n, n), symmetric=True), cp.Variable()
        if not self._solved(cp.Maximize(energy), self._inequalities(p, 1.0, energy, 0.0)):
            return 0.0
        reached = float(energy.value)
        return reached * self._rate**2 / self._share**2 if reached > 0.0 else 0.0

    def metric(self, gamma_squared: float) -> tuple[Matrix, float] | None:
        cp, n = self._cp, len(self._states)
        p, weight, slack = cp.Variable((n, n), symmetric=True), cp.Variable(), cp.Variable()
        ratio = gamma_squared * self._share**2 / self._rate**2
        limits = self._inequalities(p, weight, ratio * weight, slack)
        limits += [cp.trace(p) == n, weight >= 0.0]
        if not self._solved(cp.Minimize(weight), [*limits, slack == 0.0]):
            return None
        most = _ROOM * float(weight.value) + 1e-9
        if not self._solved(cp.Maximize(slack), [*limits, weight <= most]):
            return None
        if not slack.value > 0.0:
            return None
        root = np.diag(self._states)
        found = root @ (0.5 * (p.value + p.value.T)) @ root
        return found, float(weight.value) * self._share * self._unit**2

    def _solved(self, goal: Any, limits: list[Any]) -> bool:
        try:
            with warnings.catch_warnings(action="ignore"):
                problem = self._cp.Problem(goal, limits)
                problem.solve(solver=self._cp.CLARABEL)
        except self._cp.SolverError:
            return False
        return problem.status in ("optimal", "optimal_inaccurate")
