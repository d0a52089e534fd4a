"""The search for metrics, in floating point. Nothing here is trusted: what it finds is proved."""

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import matrix_balance, solve_discrete_lyapunov

from kernel.nominal import spectral_radius

Matrix = NDArray[np.float64]

_STEPS = 6
_WORST_CONDITION = 1e6
_MOST_WORK = 400_000
"""Inequalities times the cube of their size, beyond which one solve would take minutes."""


def contraction(matrices: Sequence[Matrix], p: Matrix) -> float:
    """Largest factor by which any of some matrices stretches a vector in a metric."""
    root = np.linalg.cholesky(p).T
    inverse = np.linalg.inv(root)
    return max(float(np.linalg.norm(root @ a @ inverse, 2)) for a in matrices)


def common_metric(
    matrices: Sequence[Matrix],
    scales: Matrix,
    steps: int = _STEPS,
    watch: Callable[[], None] = lambda: None,
) -> tuple[Matrix, float] | None:
    """A metric in which some matrices contract, and the factor by which all of them do.

    Args:
        matrices: Of one size.
        scales: By state, what makes it of one size with the others.
        steps: Bisections for the smallest factor; 0 takes any below 1.
        watch: Called before each solve; what it raises ends the search.

    Returns:
        P ≻ 0 and the factor, below 1; None where none was found.
    """
    spectral = max(map(spectral_radius, matrices))
    if not spectral < 1.0:
        return None
    root: Matrix = np.diag(scales)
    if len(matrices) == 1:
        whole = root @ _own_metric(scales[:, None] * matrices[0] / scales) @ root
        definite = np.linalg.eigvalsh(whole)[0] > 0.0
        return (whole, contraction(matrices, whole)) if definite else None
    shared = _Shared(matrices, watch)
    found = shared.at(1.0, root)
    if found is None:
        return None
    # Between what can't be reached and what was.
    low, high = spectral, 1.0
    for _ in range(steps):
        rate = 0.5 * (low + high)
        better = shared.at(rate, np.asarray(np.linalg.cholesky(found).T))
        if better is None:
            low = rate
        else:
            found, high = better, rate
    factor = contraction(matrices, found)
    return (found, factor) if factor < 1.0 else None


def relaxed_metric(
    matrices: Sequence[Matrix],
    scales: Matrix,
    share: float,
    watch: Callable[[], None] = lambda: None,
) -> tuple[Matrix, float] | None:
    """A metric that gives only a share of the decay, and bears the most beside it."""
    spectral = max(map(spectral_radius, matrices))
    if not spectral < 1.0:
        return None
    found = _Shared(matrices, watch).at(spectral**share, np.diag(scales))
    return None if found is None else (found, contraction(matrices, found))


def _own_metric(a: Matrix) -> Matrix:
    """A metric in which one stable matrix contracts by its spectral radius, or nearly so.

    In the basis of its eigenvectors a matrix stretches by its eigenvalues and no more.
    """
    return _form(a, lambda moduli: np.ones(len(moduli)), spectral_radius(a) ** 0.99, 1.0)


def growing_form(a: Matrix, growth: float) -> Matrix:
    """A form that grows by more than a square a tick, positive on what is outside that circle."""
    return _form(a, lambda moduli: np.where(moduli > growth, 1.0, -1.0), growth, -1.0)


def _form(a: Matrix, signs: Callable[[Matrix], Matrix], circle: float, sign: float) -> Matrix:
    """A form that is diagonal in the basis of the eigenvectors.

    Where that basis is nearly singular, as at a double eigenvalue, the discrete Lyapunov equation
    of the matrix over a circle serves.
    """
    balanced, (units, _) = matrix_balance(a, permute=False, separate=True)
    values, vectors = np.linalg.eig(balanced)
    if np.linalg.cond(vectors) < _WORST_CONDITION:
        inverse = np.linalg.inv(vectors)
        p: Matrix = np.real(inverse.conj().T @ (signs(np.abs(values))[:, None] * inverse))
    else:
        with warnings.catch_warnings(action="ignore"):
            p = np.asarray(solve_discrete_lyapunov((balanced / circle).T, sign * np.eye(len(a))))
    p = p / np.outer(units, units)
    return 0.5 * (p + p.T)


class _Shared:
    """The linear matrix inequalities L²P − AᵀPA ≻ 0 of several A, in given coordinates."""

    def __init__(self, matrices: Sequence[Matrix], watch: Callable[[], None]) -> None:
        self._matrices = matrices
        self._watch = watch

    def at(self, rate: float, root: Matrix) -> Matrix | None:
        """A metric in which all contract by a factor; None where none was found.

        Args:
            rate: The factor.
            root: Coordinates in which the numbers are of one size; a root of a metric that
                nearly does is best.
        """
        n = len(root)
        if len(self._matrices) * n**3 > _MOST_WORK:
            return None
        self._watch()
        cp: Any = import_module("cvxpy")
        inverse = np.linalg.inv(root)
        p = cp.Variable((n, n), symmetric=True)
        slack = cp.Variable()
        # Each A being stable, P ≻ 0 follows.
        limits = [cp.trace(p) == n]
        for matrix in self._matrices:
            a = root @ matrix @ inverse
            limits.append(rate**2 * p - a.T @ p @ a >> slack * np.eye(n))
        try:
            with warnings.catch_warnings(action="ignore"):
                cp.Problem(cp.Maximize(slack), limits).solve(solver=cp.CLARABEL)
        except cp.SolverError:
            return None
        if p.value is None or slack.value is None or slack.value <= 0.0:
            return None
        whole: Matrix = root.T @ (0.5 * (p.value + p.value.T)) @ root
        return whole if np.linalg.eigvalsh(whole)[0] > 0.0 else None
