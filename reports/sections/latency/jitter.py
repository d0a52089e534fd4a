"""Jitter of the wake-up, told as cyclictest tells it."""

import numpy as np

from reports.figure import SERIES, draw, log_axis, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.latency.words import time_ticks

_A_DECADE = 16
"""Bars a decade."""


def section(run: Run) -> Section | None:
    """How late ticks began; only of a run against the wall clock."""
    latency = run.latency
    if not latency.paced or not len(latency.late):
        return None
    late = np.maximum(latency.stages["wake_up"], 1)
    figure, (axis,) = draw(height_in=3.2)
    # Whole decades, so that a run of few ticks has an axis too.
    first, last = int(np.log10(late.min())), int(np.log10(late.max())) + 1
    edges = np.geomspace(10.0**first, 10.0**last, _A_DECADE * (last - first) + 1)
    axis.hist(late, bins=edges.tolist(), color=SERIES[0], linewidth=0)
    time_ticks(axis, "x")
    log_axis(axis, "y")
    axis.set_xlim(edges[0], edges[-1])
    axis.set_ylim(bottom=0.7)
    axis.set_xlabel("wake-up after the instant that the tick was due")
    axis.set_ylabel("ticks")
    least, mean, most = (value / 1e3 for value in (late.min(), late.mean(), late.max()))
    return Section(
        "Jitter",
        svg(figure, "Histogram of how late ticks began"),
        "The loop sleeps until shortly before a tick is due and then watches the clock. Ticks for "
        "which it was still busy count from when it was not.",
        code=f"C: {len(late)}  Min: {least:.1f}  Avg: {mean:.1f}  Max: {most:.1f}  µs",
    )
