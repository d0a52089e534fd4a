"""A first-order lag: α′ = (u − α)/τ, over a tick in which u is held."""

import math
from typing import NamedTuple


class Lag(NamedTuple):
    """What a tick leaves of a difference α − u of 1.

    Attributes:
        left: The difference at the end of the tick, e^(−Δt/τ).
        once: Its integral over the tick, s.
        twice: Its double integral over the tick, s².
    """

    left: float
    once: float
    twice: float


def lag_over(dt: float, lag_s: float) -> Lag:
    """The lag over a tick, in closed form.

    Args:
        dt: Tick Δt, s.
        lag_s: τ, s, positive.
    """
    once = -lag_s * math.expm1(-dt / lag_s)
    return Lag(math.exp(-dt / lag_s), once, lag_s * (dt - once))
