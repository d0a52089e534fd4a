"""The search for metrics of the small gain, in floating point. Nothing here is trusted."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.proof.small_gain import gain_squared

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


def wanted_gain_squared(rate: float, delay: int) -> float:
    """γ² as a float; infinite where it has no meaning any more."""
    if delay * -2.0 * math.log(rate) > _LARGEST_EXPONENT:
        return math.inf
    return float(gain_squared(rate, delay).mid())


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
