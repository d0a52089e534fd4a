"""Where the time went: a few ticks by stage, and the best and the worst of each stretch."""

import itertools

import numpy as np
from matplotlib.axes import Axes

from harness.trace.timing import AFTER, STAGES
from reports.figure import GRID, MUTED, SCALE, SERIES, draw, svg
from reports.latency import Latency
from reports.run import Run
from reports.sections import Section
from reports.sections.latency.percentiles import QUANTILES
from reports.sections.latency.words import short_time, time_ticks

NAMES = {
    "behind": "the tick before",
    "wake_up": "wake-up",
    "preparing": "preparing",
    "controller": "controller",
    "sending": "sending",
    "plant": "plant",
    "recording": "recording",
}
COLOURS = {
    "behind": MUTED,
    "wake_up": SERIES[0],
    "preparing": SERIES[3],
    "controller": SERIES[1],
    "sending": SERIES[2],
}
_MARKS = {"behind": "s", "wake_up": "o", "preparing": "D", "controller": "^", "sending": "v"}
_STRETCHES = 160
_ROWS = 4
"""Of bars, for which there is room at least."""


def section(run: Run) -> Section | None:
    """The latency by stage; only of a run against the wall clock."""
    latency = run.latency
    if not latency.paced or not len(latency.late):
        return None
    figure, (bars, series) = draw(
        width_in=12.0, height_in=3.6, cols=2, gridspec_kw={"width_ratios": [1.0, 1.25]}
    )
    _draw_bars(bars, latency)
    _draw_series(series, run, latency)
    handles, names = bars.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(STAGES), fontsize=9)
    after = ", ".join(
        f"{NAMES[name]} {short_time(float(np.median(latency.stages[name])))}" for name in AFTER
    )
    text = (
        "Left, real ticks at those quantiles, each by stage. Right, the latest and the earliest "
        "command of each stretch; a mark is the stage that took longest in the latest. After the "
        f"command (p50): {after}; what of that outlasts the tick makes the next one late."
    )
    return Section("Where the time went", svg(figure, "Latency by stage"), text, wide=True)


def ticks_at_quantiles(latency: Latency) -> list[tuple[str, int]]:
    """The tick at each quantile that there are samples for, and the latest."""
    order, n = np.argsort(latency.late, kind="stable"), len(latency.late)
    found = [
        (f"p{100.0 * share:.6g}", int(order[int(np.ceil(n * share - 1e-9)) - 1]))
        for share in QUANTILES
        if share != 0.9 and n * (1.0 - share) >= 1.0 - 1e-9
    ]
    return [*found, ("max", int(order[-1]))]


def _draw_bars(axis: Axes, latency: Latency) -> None:
    shown = ticks_at_quantiles(latency)
    for row, (_, tick) in enumerate(shown):
        left = 0.0
        for name in STAGES:
            share = 100.0 * float(latency.stages[name][tick]) / max(int(latency.late[tick]), 1)
            axis.barh(
                row,
                share,
                left=left,
                height=0.62,
                color=COLOURS[name],
                linewidth=0,
                label=NAMES[name] if row == 0 else None,
            )
            left += share
    axis.set_yticks(
        range(len(shown)), [f"{name}\n{short_time(latency.late[t])}" for name, t in shown]
    )
    axis.set_ylim(max(len(shown), _ROWS) - 0.5, -0.5)
    axis.set_xlim(0.0, 100.0)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("share of the tick's latency, %")


def _draw_series(axis: Axes, run: Run, latency: Latency) -> None:
    per_unit, unit = run.axis
    n = len(latency.late)
    edges = np.linspace(0, n, min(n, _STRETCHES) + 1).astype(int)
    starts = edges[:-1]
    best = np.minimum.reduceat(latency.late, starts)
    worst_at = np.array(
        [a + int(np.argmax(latency.late[a:b])) for a, b in itertools.pairwise(edges.tolist())]
    )
    worst, t = latency.late[worst_at], run.seconds[starts] / per_unit
    axis.fill_between(t, np.maximum(best, 1), np.maximum(worst, 1), step="mid", color=GRID)
    table = np.stack([latency.stages[name] for name in STAGES])
    dominating = np.argmax(table[:, worst_at], axis=0)
    for index, name in enumerate(STAGES):
        some = dominating == index
        if some.any():
            axis.plot(
                run.seconds[worst_at[some]] / per_unit,
                worst[some],
                _MARKS[name],
                color=COLOURS[name],
                markersize=3.5,
                clip_on=False,
            )
    axis.plot(t, np.maximum(best, 1), color=SCALE[1], linewidth=1.0)
    time_ticks(axis, "y")
    low, high = axis.get_ylim()
    axis.set_ylim(low / 1.3, high * 1.3)
    axis.set_xlim(0.0, float(run.seconds[-1]) / per_unit)
    axis.set_xlabel(f"time, {unit}")
    axis.set_ylabel("latency, best and worst")
