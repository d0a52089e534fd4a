"""Units in which the states of a loop are of one size, for the searches in floating point."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernel.proof.definite import middle
from kernel.proof.loop import Enclosure
from kernel.proof.problem import Problem

Array = NDArray[np.float64]


def axis_matrix(whole: Array) -> Array:
    """The mean of the three axes of a Jacobian."""
    mean: Array = np.mean([whole[axis::3, axis::3] for axis in range(3)], axis=0)
    return mean


def state_scales(problem: Problem, parts: Sequence[Enclosure], commands: int) -> Array:
    """What makes the states of an axis of one size: the loop's own time, and metres."""
    slopes = axis_matrix(np.mean([middle(part.control) for part in parts], axis=0))[0]
    k_r, k_v = abs(slopes[0]), abs(slopes[1])
    accelerations = commands + int(problem.loop.lags)
    if 0 in problem.loop.states:
        tau = k_v / k_r if k_r > 0.0 else 1.0
        return np.array([1.0, tau, 1.0 / tau] + [tau * tau] * accelerations)
    tau = 1.0 / k_v if k_v > 0.0 else 1.0
    return np.array([tau] + [tau * tau] * accelerations)
