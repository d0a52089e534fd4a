"""Long series made drawable: every peak is kept, and no line has more points than pixels."""

import itertools

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_BINS = 700


def thinned(t: Array, y: Array, bins: int = _BINS) -> tuple[Array, Array]:
    """The series with, of each stretch, only its smallest and largest sample.

    Args:
        t: Times, ascending, shape (n,).
        y: Values, shape (n,); NaN breaks the line.
        bins: Stretches to divide the samples into.
    """
    n = len(t)
    if n <= 2 * bins:
        return t, y
    edges = np.linspace(0, n, bins + 1).astype(int)
    keep = {0, n - 1}
    for start, end in itertools.pairwise(edges):
        part = y[start:end]
        if np.isnan(part).all():
            keep.add(start)
            continue
        keep.add(start + int(np.nanargmin(part)))
        keep.add(start + int(np.nanargmax(part)))
    index = np.array(sorted(keep))
    return t[index], y[index]


def every(n: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` indices evenly spread over ``range(n)``, both ends included."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def time_axis(duration_s: float) -> tuple[float, str]:
    """Seconds per unit, and the unit's name, that suit an axis of that length."""
    for seconds, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if duration_s >= 5.0 * seconds:
            return seconds, name
    return 1.0, "s"


def span(*seconds: float) -> str:
    """A moment, or a stretch from one to another, in seconds, or in days where they are many."""
    per_unit, unit = (86400.0, "d") if max(seconds) >= 1e5 else (1.0, "s")
    return f"{'–'.join(f'{moment / per_unit:g}' for moment in seconds)} {unit}"
