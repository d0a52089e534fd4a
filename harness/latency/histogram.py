"""Histograms of durations that can be merged: HDR, three digits, from 1 ns to an hour."""

from typing import Any

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

LOWEST_NS, HIGHEST_NS, DIGITS = 1, 3_600_000_000_000, 3


def histogram(durations_ns: NDArray[Any]) -> Any:
    """The histogram of some durations; what is out of range counts as the nearest in it."""
    made = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
    values, counts = np.unique(_kept(durations_ns), return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        made.record_value(value, count)
    return made


def encoded(durations_ns: NDArray[Any]) -> str:
    """The histogram as text, in HdrHistogram's own V2 encoding."""
    return str(histogram(durations_ns).encode().decode())


def _kept(durations_ns: NDArray[Any]) -> NDArray[np.int64]:
    """The durations to more digits than the histogram keeps: there are then far fewer of them."""
    values = np.clip(durations_ns, LOWEST_NS, HIGHEST_NS).astype(np.int64)
    # One of 2**13 steps an octave; the histogram has 2**10.
    excess = np.maximum(np.floor(np.log2(values)).astype(np.int64) - 13, 0)
    return np.asarray((values >> excess) << excess)
