"""Extremes over sliding windows, in passes over whole arrays that double what they cover."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sliding(values: Array, width: int, extreme: np.ufunc) -> Array:
    """The extreme of every sample and the ``width - 1`` after it, as far as there are any.

    Args:
        values: Samples, shape (n,), n > 0.
        width: Samples in a window.
        extreme: ``np.fmin`` or ``np.fmax``; both leave NaN out.

    Returns:
        Shape (n,).
    """
    if width >= len(values):
        backwards: Array = extreme.accumulate(values[::-1])[::-1]
        return backwards
    out = values.copy()
    covered = 1
    while covered < width:
        step = min(covered, width - covered)
        extreme(out[:-step], out[step:], out=out[:-step])
        covered += step
    return out


def until(held: Array, reached: Array, width: int, both: np.ufunc, either: np.ufunc) -> Array:
    """What the best sample within a window reaches while all samples before it hold.

    Going backwards, ``u = either(reached, both(held, u))``. Such steps compose to steps of the
    same form, so what a stretch of samples does follows from what its two halves do.

    Args:
        held: Samples of the left side, shape (n,), without NaN.
        reached: Samples of the right side, likewise.
        width: Samples in a window.
        both: ``np.minimum``; ``np.maximum`` for the opposite.
        either: The other of the two.

    Returns:
        Shape (n,).
    """
    held, reached = held.copy(), reached.copy()
    covered, width = 1, min(width, len(held))
    while covered < width:
        step = min(covered, width - covered)
        later: Any = both(held[:-step], reached[step:])
        either(reached[:-step], later, out=reached[:-step])
        both(held[:-step], held[step:], out=held[:-step])
        covered += step
    return reached
