"""Short times as a reader wants them, and a logarithmic axis of them."""

import math

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))


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
    """Make an axis of nanoseconds logarithmic, labelled 1 µs, 10 µs, 1 ms."""
    (axis.set_xscale if which == "x" else axis.set_yscale)("log")
    line = axis.xaxis if which == "x" else axis.yaxis
    line.set_major_formatter(FuncFormatter(lambda value, _: short_time(value)))
    line.set_minor_formatter(NullFormatter())
