"""The spectral bound of a loop whose command is late by a constant delay, however long.

With d ticks of delay the loop ξ⁺ = Aξ + Bu(k−d), u = Cξ has n + d eigenvalues, too many to compute.
They solve det(zI − A − BC z⁻ᵈ) = 0, which is of size n. A loop of slower ticks, of which the delay
is only a few, has about the same ones; from there Newton's method finds those of the loop itself.

It is floating point about one axis of a linear loop: a picture beside a proof, and no proof.
"""

import numpy as np
from numpy.typing import NDArray

from kernel.nominal import Matrix, spectral_radius

Complex = NDArray[np.complex128]

_AS_STATES = 40
"""Ticks of delay up to which commands in flight are states of a matrix."""
_STEPS = 50
_CONVERGED = 1e-9


def delayed_radius(late: Matrix, delay_ticks: int) -> float:
    """Largest modulus among the eigenvalues of a loop under a constant delay, a tick.

    Args:
        late: The tick matrix with one tick of delay, its command last, as
            :func:`kernel.nominal.mode_tick_matrix` gives it.
        delay_ticks: Ticks between a command and its effect, 0 or more.
    """
    a, b, c = late[:-1, :-1], late[:-1, -1:], late[-1:, :-1]
    if delay_ticks <= _AS_STATES:
        return spectral_radius(_with_commands(a, b, c, delay_ticks))
    ticks = -(-delay_ticks // _AS_STATES)
    coarse = _with_commands(*_slower(a, b, ticks), c, round(delay_ticks / ticks))
    eigenvalues = np.linalg.eigvals(coarse)
    # Far inside the circle nothing decides, and z⁻ᵈ overflows.
    near = eigenvalues[np.abs(eigenvalues) > 1e-3].astype(np.complex128)
    roots = _newton(a, b, c, delay_ticks, np.log(near) / ticks)
    return float(np.exp(roots.real.max()))


def _with_commands(a: Matrix, b: Matrix, c: Matrix, delay: int) -> Matrix:
    """The tick matrix with commands in flight as states, oldest last."""
    if delay == 0:
        return np.asarray(a + b @ c)
    n = len(a)
    whole = np.zeros((n + delay, n + delay))
    whole[:n, :n], whole[:n, -1:], whole[n : n + 1, :n] = a, b, c
    whole[n + 1 :, n:-1] = np.eye(delay - 1)
    return whole


def _slower(a: Matrix, b: Matrix, ticks: int) -> tuple[Matrix, Matrix]:
    """The open loop over so many ticks, its command held."""
    n = len(a)
    held = np.eye(n + 1)
    held[:n, :n], held[:n, n:] = a, b
    held = np.linalg.matrix_power(held, ticks)
    return held[:n, :n], held[:n, n:]


def _newton(a: Matrix, b: Matrix, c: Matrix, delay: int, s: Complex) -> Complex:
    """Roots s = ln z of the characteristic equation, those to which the starting points lead."""
    identity = np.eye(len(a), dtype=np.complex128)
    feedback = (b @ c).astype(np.complex128)
    step = np.full(s.shape, np.inf, dtype=np.complex128)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            # z − 1 and A − I keep the digits of a loop that is slow beside its tick.
            late = feedback * np.exp(-s * delay)[:, None, None]
            matrix = np.expm1(s)[:, None, None] * identity - (a - identity) - late
            slope = np.exp(s)[:, None, None] * identity + delay * late
            step = np.linalg.det(matrix) / _determinant_slope(matrix, slope)
            s = s - step
            good = np.isfinite(s)
            s, step = s[good], step[good]
            if np.all(np.abs(step) <= 1e-3 * _CONVERGED * np.abs(s)):
                break
    return s[np.abs(step) <= _CONVERGED * np.maximum(np.abs(s), 1.0 / delay)]


def _determinant_slope(matrix: Complex, slope: Complex) -> Complex:
    """The derivative of determinants, a column at a time."""
    total = np.zeros(len(matrix), dtype=np.complex128)
    for column in range(matrix.shape[-1]):
        moved = matrix.copy()
        moved[..., column] = slope[..., column]
        total += np.linalg.det(moved)
    return total
