"""The usual figures of a distribution, and only those that so many samples can show."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999, "p99_99": 0.9999}


def figures_us(durations_ns: NDArray[Any]) -> dict[str, float | int | None]:
    """Count, least, mean, quantiles and largest, µs; None where there are too few samples.

    A quantile is a sample: the smallest that no more than the rest of the samples exceed.
    """
    n = len(durations_ns)
    ordered = np.sort(durations_ns) / 1e3
    told: dict[str, float | int | None] = {"n": n, "min": None, "mean": None}
    if n:
        told |= {"min": float(ordered[0]), "mean": float(ordered.mean())}
    for name, share in QUANTILES.items():
        enough = n * (1.0 - share) >= 1.0 - 1e-9
        told[name] = float(ordered[int(np.ceil(n * share - 1e-9)) - 1]) if enough else None
    return {**told, "max": float(ordered[-1]) if n else None}
