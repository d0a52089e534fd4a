"""Delays of any length by a small-gain argument: sound, and somewhat pessimistic.

Write the late command as the present one less what it changed by meanwhile, u(k−δ) = u(k) − Δ(k),
where Δ(k) is the sum of the last δ changes q(j) = u(j) − u(j−1). Whatever the delays 0…d, changing
at every tick, the energies weighted with L⁻²ᵏ obey Σ|Δ|² ≤ γ² Σ|q|² with

    γ² = d Σ_{j<d} L^{−2j},

by Cauchy and Schwarz. So if for the loop without delay, its error ξ extended by the last command
and driven by Δ, some P ≻ 0 gives

    ‖ξ⁺‖²_P ≤ L² ‖ξ‖²_P − m (γ² |q|² − |Δ|²)    for all ξ and Δ and some weight m > 0,

then ‖ξ(k)‖_P ≤ Lᵏ ‖ξ(0)‖_P for two solutions that had the same commands in flight at first. The
size of the inequality does not grow with the delay. Source: the idea is C.-Y. Kao and B. Lincoln's,
"Simple stability criteria for systems with time-varying delays", Automatica 40, 2004.
"""

import math
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.proof.terms import ZERO

Matrix = NDArray[np.float64]
Loop = tuple[Matrix, Matrix, Matrix]


def gain_squared(rate: float, delay: int) -> float:
    """γ² of delays up to so many ticks at a factor a tick."""
    if delay == 0:
        return 0.0
    if rate == 1.0:
        return float(delay) ** 2
    log = -2.0 * math.log(rate)
    return delay * math.expm1(delay * log) / math.expm1(log)


def storage_form(
    a: arb_mat,
    b: arb_mat,
    control: arb_mat,
    rate: float,
    gamma_squared: float,
    weight: float,
    p: arb_mat,
) -> arb_mat:
    """The quadratic form of (ξ, Δ) that must be positive definite.

    Args:
        a: The loop without delay, ξ⁺ = a ξ + b Δ; its last states are the last command.
        b: How Δ drives it.
        control: Derivative of the command by the states before it.
        rate: L.
        gamma_squared: γ².
        weight: What |Δ|² counts beside ‖ξ‖²_P, any positive number.
        p: P.
    """
    states, commands = b.nrows(), b.ncols()
    size = states + commands
    whole = joined(a, b)
    change = [[ZERO] * size for _ in range(commands)]
    for row, given in enumerate(control.tolist()):
        change[row][: len(given)] = given
        change[row][len(given) + row] = arb(-1)
    changes = arb_mat(change)
    counted = arb(weight) * arb(gamma_squared)
    form = whole.transpose() * p * whole + changes.transpose() * changes * counted
    own = [[ZERO] * size for _ in range(size)]
    for row, given in enumerate((p * (arb(rate) * arb(rate))).tolist()):
        own[row][:states] = given
    for row in range(states, size):
        own[row][row] = arb(weight)
    return arb_mat(own) - form


def joined(left: arb_mat, right: arb_mat) -> arb_mat:
    """Two matrices side by side."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return arb_mat([[*one, *other] for one, other in pairs])


def largest_gain_squared(loops: Sequence[Loop], rate: float, scales: Matrix, share: float) -> float:
    """The largest γ² that some P allows for several loops; 0 where there is none.

    Args:
        loops: Each (a, b, control) of one axis, as :func:`storage_form` takes them, with one and
            the same control.
        rate: L.
        scales: By state, what makes it of one size with the others.
        share: Tick over the loop's own time.
    """
    solved = _solved(loops, rate, scales, share, None)
    return 0.0 if solved is None else solved[1]


def storage_metric(
    loops: Sequence[Loop], rate: float, gamma_squared: float, scales: Matrix, share: float
) -> tuple[Matrix, float] | None:
    """P with P[0, 0] = 1 for several loops at a given γ², with as much to spare as can be.

    Returns:
        P, and the weight of |Δ|² beside ‖ξ‖²_P; None where there is none.
    """
    solved = _solved(loops, rate, scales, share, gamma_squared)
    if solved is None:
        return None
    p = solved[0]
    return p / p[0, 0], float(1.0 / p[0, 0])


def _solved(
    loops: Sequence[Loop], rate: float, scales: Matrix, share: float, gamma_squared: float | None
) -> tuple[Matrix, float] | None:
    cp: Any = import_module("cvxpy")
    n = len(scales)
    unit = scales[-1]
    p = cp.Variable((n, n), symmetric=True)
    sought = cp.Variable()
    # Instead of the last command, the rate at which commands change: of one size at any tick.
    rates = unit / share
    energy, slack = (sought, 0.0) if gamma_squared is None else (gamma_squared * share**2, sought)
    limits = [p >> 0]
    change = np.zeros((n + 1, n + 1))
    change[n - 1, n - 1] = 1.0
    root = np.diag(scales)
    root[-1] = rates * np.append(loops[0][2], -1.0)
    for a, b, _ in loops:
        whole = np.hstack([root @ a @ np.linalg.inv(root), root @ b / unit])
        own = cp.bmat([[rate**2 * p, np.zeros((n, 1))], [np.zeros((1, n)), np.eye(1)]])
        form = own - whole.T @ p @ whole - energy * change
        limits.append(form >> slack * np.eye(n + 1))
    try:
        with warnings.catch_warnings(action="ignore"):
            cp.Problem(cp.Maximize(sought), limits).solve(solver=cp.CLARABEL)
    except cp.SolverError:
        return None
    if p.value is None or sought.value is None or not sought.value > 0.0:
        return None
    found = root.T @ (0.5 * (p.value + p.value.T)) @ root / unit**2
    reached = sought.value / share**2 if gamma_squared is None else sought.value
    return found, float(reached)
