"""The rate at which the closed-loop error died away, as the run itself shows it.

It estimates and never proves: an estimate is made only from samples well above the floor that the
error settles to, and given with an interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ABOVE_FLOOR = 5.0
_FEWEST = 50
_POINTS = 2000
_BLOCKS = 20
_RESAMPLES = 400


@dataclass(frozen=True)
class Decay:
    """A fit of |ξ|_P ≈ size·exp(−rate·t).

    Attributes:
        rate: Decay rate, s⁻¹.
        low, high: 95 % interval of the rate, by block bootstrap.
        size: Fitted size at t = 0, m.
        start_s, end_s: First and last sample used, s.
    """

    rate: float
    low: float
    high: float
    size: float
    start_s: float
    end_s: float


def fit_decay(seconds: Array, primal: Array) -> Decay | None:
    """Fit the decay of one vehicle's error, or None where it can't be observed.

    Samples are used from the largest on, until they first come within five times the floor: the
    largest size in the last tenth of the run. They are neighbours in time and far from
    independent, so the interval resamples whole blocks of them.

    Args:
        seconds: Times, s, shape (n,).
        primal: |ξ|_P, m, shape (n,); NaN where it is not defined.
    """
    some = well_above_floor(primal, settled_floor(primal))
    if some is None or len(some) < _FEWEST:
        return None
    t, y = seconds[some], np.log(primal[some])
    if y[0] - y[-1] < 1.0:
        return None
    if len(y) > _POINTS:
        some = np.linspace(0, len(y) - 1, _POINTS).astype(int)
        t, y = t[some], y[some]
    slope, offset = np.polyfit(t, y, 1)
    blocks = np.array_split(np.arange(len(t)), _BLOCKS)
    random = np.random.default_rng(0)
    slopes = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([blocks[i] for i in random.integers(0, _BLOCKS, _BLOCKS)])
        slopes.append(np.polyfit(t[drawn], y[drawn], 1)[0])
    low, high = np.quantile(slopes, [0.025, 0.975])
    return Decay(
        float(-slope), float(-high), float(-low), float(np.exp(offset)), float(t[0]), float(t[-1])
    )


def settled_floor(primal: Array) -> float:
    """The floor that an error settles to: its largest size in the last tenth of the samples."""
    y = primal[np.isfinite(primal)]
    return float(y[-max(1, len(y) // 10) :].max()) if len(y) else 0.0


def well_above_floor(primal: Array, floor: float) -> NDArray[np.int64] | None:
    """Which samples tell of a decay: from the largest on, until five times the floor.

    Args:
        primal: |ξ|_P, m, shape (n,); NaN where it is not defined.
        floor: Size below which it means nothing, m.
    """
    known = np.flatnonzero(np.isfinite(primal) & (primal > 0.0))
    if not len(known):
        return None
    y = primal[known]
    first = int(np.argmax(y))
    below = np.flatnonzero(y[first:] < _ABOVE_FLOOR * floor)
    return known[first : first + int(below[0]) if len(below) else len(y)]
