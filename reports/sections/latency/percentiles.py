"""How late: the curve of all quantiles, on an axis on which each nine is as wide as the last."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter
from numpy.typing import NDArray

from harness.trace.reader import RunDirectory
from reports.figure import LIMIT, MUTED, SERIES, STYLES, draw, svg
from reports.latency import Latency
from reports.run import Run
from reports.sections import Section
from reports.sections.common import name_height
from reports.sections.latency.words import short_time, time_ticks

Array = NDArray[Any]

_POINTS = 400
QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999)


def curve(durations: Array) -> tuple[Array, Array]:
    """Nines (the decimal logarithm of how many samples there are for each beyond) and durations.

    The largest has none beyond it; it stands above the last that has one.
    """
    ordered = np.sort(np.maximum(durations, 1))
    n = len(ordered)
    some = [*np.geomspace(1, n, min(n, _POINTS)), *(n * (1.0 - share) for share in QUANTILES)]
    beyond = np.unique(np.maximum(some, 1.0).round().astype(np.int64))[::-1]
    values = ordered[np.maximum(n - beyond - 1, 0)]
    return np.append(np.log10(n / beyond), np.log10(n)), np.append(values, ordered[-1])


def quantiles(durations: Array) -> list[tuple[str, float]]:
    """Quantiles that so many samples can show, and the largest."""
    ordered, n = np.sort(durations), len(durations)
    shown = [share for share in QUANTILES if n * (1.0 - share) >= 1.0 - 1e-9]
    told = [
        (f"p{100.0 * share:.6g}", float(ordered[int(np.ceil(n * share - 1e-9)) - 1]))
        for share in shown
    ]
    return [*told, ("max", float(ordered[-1]))]


def section(run: Run) -> Section | None:
    """Quantiles of the latency; only of a run against the wall clock."""
    latency = run.latency
    if not latency.paced or not len(latency.late):
        return None
    figure, (axis,) = draw(height_in=3.8)
    _draw(axis, latency.late, "this run", 0)
    text = "From the instant that a tick was due to its command sent, late ticks included."
    if run.beside is not None:
        text += _draw_earlier(axis, run, run.beside, lambda other: other.late, 1)
    floor = _floor(run)
    if floor is not None:
        axis.plot(*floor, ":", color=MUTED, label="this machine's floor")
        text += (
            " The floor is what the machine took for a tick with no controller and no plant, as "
            "measured before."
        )
    if latency.deadlines is not None:
        deadline = 1e6 * latency.deadlines["deadline_ms"]
        axis.axhline(deadline, color=LIMIT, linewidth=1.5)
        # Where the curve is not: it climbs to the right.
        left = deadline > np.median(latency.late)
        name_height(axis, deadline, f"deadline {short_time(deadline)}", left)
    _finish(axis, "latency")
    told = quantiles(latency.late)
    _mark(axis, told, len(latency.late))
    return Section(
        "Latency",
        svg(figure, "Latency by percentile"),
        f"{', '.join(f'{name} {short_time(value)}' for name, value in told)}. {text} "
        f"{_few(len(latency.late))}",
    )


def lockstep_section(run: Run) -> Section | None:
    """How long ticks took, which in lockstep touches no result."""
    latency = run.latency
    if latency.paced or not len(latency.late):
        return None
    loop = _whole_ticks(latency)
    figure, (axis,) = draw(height_in=3.6)
    _draw(axis, loop, "whole tick", 0)
    _draw(axis, latency.stages["controller"], "controller", 1)
    beside = "" if run.beside is None else _draw_earlier(axis, run, run.beside, _whole_ticks, 2)
    _finish(axis, "time")
    told = dict(quantiles(loop))
    rate = len(loop) / (np.sum(loop) * 1e-9)
    most = ", ".join(
        f"{short_time(value)} ({name})" for name, value in told.items() if name in ("p50", "p99")
    )
    text = (
        f"A whole tick took {most + ', ' if most else ''}{short_time(told['max'])} at most; the "
        f"controller {short_time(float(np.median(latency.stages['controller'])))} (p50). "
        f"{rate:,.0f} ticks a second, {rate * latency.tick_ns * 1e-9:,.0f} × real time. In "
        f"lockstep these times do not touch the result.{beside}"
    )
    return Section("Loop time", svg(figure, "Loop time by percentile"), text)


def _whole_ticks(latency: Latency) -> Array:
    return np.diff(latency.stamps["received_ns"])


def _draw_earlier(
    axis: Axes, run: Run, beside: RunDirectory, times: Callable[[Latency], Array], which: int
) -> str:
    """Lay an earlier run's curve over this one's; returns why not, where their clocks differ."""
    earlier = Latency.read(beside)
    day, clock = beside.manifest["started"][:16].split("T")
    name = f"{beside.manifest['stem']} of {day}, {clock} UTC"
    if earlier.paced != run.latency.paced:
        kept = "to the wall clock" if earlier.paced else "to no clock"
        return f" The earlier run, {name}, kept {kept}: its times are others."
    if len(earlier.late):
        _draw(axis, times(earlier), name, which)
    return ""


def _draw(axis: Axes, durations: Array, label: str, which: int) -> None:
    nines, values = curve(durations)
    axis.plot(nines, values, STYLES[which], color=SERIES[which], label=label)


def _mark(axis: Axes, told: list[tuple[str, float]], n: int) -> None:
    """Dots on the curve at the quantiles told, from the median to the largest."""
    beyond = [1.0 - share for share in QUANTILES[: len(told) - 1]] + [1.0 / n]
    nines = -np.log10(beyond)
    axis.plot(nines, [value for _, value in told], "o", color=SERIES[0], markersize=4)


def _finish(axis: Axes, what: str) -> None:
    time_ticks(axis, "y")
    low, high = axis.get_ylim()
    axis.set_ylim(low / 1.2, high * 1.6)
    most = max(1, int(np.ceil(axis.get_xlim()[1] - 0.1)))
    axis.xaxis.set_major_locator(FixedLocator(list(range(most + 1))))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda nines, _: _percent(round(nines))))
    axis.set_xlim(0.0, axis.get_xlim()[1])
    axis.set_xlabel("share of ticks that took no longer")
    axis.set_ylabel(what)
    if len(axis.get_legend_handles_labels()[1]) > 1:
        axis.figure.legend(loc="outside lower center", ncols=2, fontsize=9)


def _percent(nines: int) -> str:
    return "0 %" if nines == 0 else f"{100.0 * (1.0 - 10.0**-nines):.12g} %"


def _few(ticks: int) -> str:
    fine = [share for share in QUANTILES if ticks * (1.0 - share) >= 1.0 - 1e-9]
    if len(fine) == len(QUANTILES):
        return ""
    finest = f"p{100.0 * QUANTILES[len(fine)]:.6g}"
    are = "tick is" if ticks == 1 else "ticks are"
    return f"{ticks:,} {are} too few to tell {finest}."


def _floor(run: Run) -> tuple[Array, Array] | None:
    """The curve of the machine's floor, where the manifest keeps one."""
    tick = ((run.manifest.get("floor") or {}).get("parts") or {}).get("tick") or {}
    if "histogram" not in tick:
        return None
    from hdrh.histogram import HdrHistogram

    kept = HdrHistogram.decode(tick["histogram"])
    n = kept.get_total_count()
    nines = np.linspace(0.0, np.log10(n), 60)
    values = [kept.get_value_at_percentile(100.0 * (1.0 - 10.0**-x)) for x in nines]
    return nines, np.array(values)
