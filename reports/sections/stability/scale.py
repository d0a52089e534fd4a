"""Even ticks on an axis of factors near 1, in as many digits as tell them apart."""

import math

import numpy as np
from matplotlib.ticker import MaxNLocator

from reports.sections.stability.words import factor


def factor_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str], float]:
    """Ticks from one factor to another, their labels, and how far they are from one another."""
    found = np.asarray(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    step = float(np.diff(found).min())
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    # Steps of 2.5 take one digit more than those of 1, 2 and 5.
    whole = abs(step / power - round(step / power)) < 1e-3
    ticks = [float(tick) for tick in found if low <= tick <= high]
    ticks = [1.0 if abs(tick - 1.0) < 1e-3 * step else tick for tick in ticks]
    return ticks, [factor(tick, step=power if whole else power / 10.0) for tick in ticks], step
