"""Ticks that a window in seconds stands for.

Seconds need not be exact, and a tick is rounded to whole nanoseconds: what counts is the number of
the tick at the rate that the scenario asks for, not the time stamp.
"""

import math

_SLACK = 1e-6
"""Share of a tick by which a window may miss one and still mean it."""


def first_tick(start_s: float, rate_hz: float) -> int:
    """The first tick of a window that starts then."""
    return math.ceil(start_s * rate_hz - _SLACK)


def last_tick(end_s: float, rate_hz: float) -> int:
    """The last tick of a window that ends then."""
    return math.floor(end_s * rate_hz + _SLACK)
