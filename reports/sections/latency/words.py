"""Short times as a reader wants them, and a logarithmic axis of them."""

import math

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))
_SHORT = 60.0
"""Of an axis from one time to so many of it there is room for more labels than the decades."""


def short_time(nanoseconds: float) -> str:
    """A duration in three digits, in s, ms or µs."""
    for size, unit in _UNITS:
        if abs(nanoseconds) >= size or unit == "µs":
            value = nanoseconds / size
            digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
            text = f"{value:,.{min(digits, 3)}f}"
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text}\u202f{unit}"
    raise AssertionError


def time_ticks(axis: Axes, which: str) -> None:
    """Make an axis of nanoseconds logarithmic, labelled 1 µs, 10 µs; if short, 2 and 5 µs too."""
    (axis.set_xscale if which == "x" else axis.set_yscale)("log")
    line = axis.xaxis if which == "x" else axis.yaxis

    def between(value: float, _: int) -> str:
        low, high = line.get_view_interval()
        return short_time(value) if high < _SHORT * low else ""

    line.set_major_formatter(FuncFormatter(lambda value, _: short_time(value)))
    line.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
    line.set_minor_formatter(FuncFormatter(between))
