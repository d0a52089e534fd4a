"""The plant's own clock: how far it is from this machine's, and how well that is known."""

import numpy as np

from reports.figure import GRID, SERIES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.latency.words import short_time
from reports.series import every, thinned

_STRETCHES = 300


def section(run: Run) -> Section | None:
    """Offset over time in its bounds; only where the plant tells its own time."""
    stamps = run.latency.stamps
    offset, bound = stamps["clock_offset_ns"] / 1e6, stamps["clock_bound_ns"] / 1e6
    known = np.flatnonzero(bound > 0.0)
    if not len(known):
        return None
    per_unit, unit = run.axis
    middle = float(np.median(offset[known]))
    t, off = run.seconds[known] / per_unit, offset[known] - middle
    starts = every(len(known), _STRETCHES)
    low = np.minimum.reduceat(off - bound[known], starts)
    high = np.maximum.reduceat(off + bound[known], starts)
    figure, (axis,) = draw(height_in=2.8)
    axis.fill_between(t[starts], low, high, step="post", color=GRID, linewidth=0)
    axis.plot(*thinned(t, off, _STRETCHES), color=SERIES[0], linewidth=1.0)
    axis.set_xlabel(f"time, {unit}")
    axis.set_ylabel("offset less its median, ms")
    text = (
        f"The plant's clock is {short_time(1e6 * abs(middle))} "
        f"{'ahead of' if middle >= 0 else 'behind'} this machine's (median). The field is half the "
        "round trip of each measurement, which "
        f"bounds its error: {short_time(1e6 * float(bound[known].max()))} at most. Stamps of the "
        "plant are shifted by the offset; what it may be wrong by is added to the age of what was "
        "flown on."
    )
    return Section("Clock offset", svg(figure, "Offset of the plant's clock over time"), text)
