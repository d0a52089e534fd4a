"""The latency budget: how old what was flown on was, against the delay that is proved borne."""

import numpy as np
from matplotlib.axes import Axes

from reports.figure import GRID, INK, LIMIT, MUTED, SERIES, draw, svg
from reports.latency import Plain
from reports.run import Run
from reports.sections import Section
from reports.sections.common import name_height
from reports.sections.latency.words import short_time
from reports.series import thinned

_BEYOND = 1.12
_STRETCHES = 350
_FEW = 20
"""Ticks, of which a line alone might show nothing."""


def section(run: Run) -> Section | None:
    """A gauge, and the age over time; only where something could be old or has a margin."""
    told = run.latency.budget
    if told is None or not len(run.latency.age_s):
        return None
    if told["used"] is None and not _old(run):
        return None
    return Section(
        "Latency budget",
        _figure(run, told),
        _text(run, told),
        wide=True,
        word=_word(told),
        lead=told["sentence"],
        tone=_tone(run, told),
    )


def demanded(run: Run) -> float | None:
    """The share of the budget that a criterion allows; the least where there are several."""
    limits = [
        criterion["budget_used_below"]
        for criterion in run.manifest["scenario"]["expect"].values()
        if isinstance(criterion, dict) and criterion.get("budget_used_below") is not None
    ]
    return min(limits, default=None)


def _word(told: Plain) -> str:
    if told["used"] is None:
        return "NO MARGIN."
    share = 100.0 * told["used"]
    return f"{share:.3g} % USED." if share < 1000.0 else "FAR BEYOND."


def _tone(run: Run, told: Plain) -> str:
    if told["used"] is None:
        return "open"
    limit = demanded(run)
    return "passed" if told["used"] < (1.0 if limit is None else limit) else "failed"


def _old(run: Run) -> bool:
    return bool(run.latency.age_s.max() > 0.0)


def _figure(run: Run, told: Plain) -> str:
    if told["used"] is None:
        figure, (axis,) = draw(width_in=12.0, height_in=2.2)
        _draw_ages(axis, run, told)
        return svg(figure, "Age of what was flown on, over time")
    if not _old(run):
        figure, (gauge,) = draw(width_in=12.0, height_in=1.4)
        _draw_gauge(gauge, run, told)
        return svg(figure, "Latency budget: the proved margin, of which nothing was used")
    figure, (gauge, axis) = draw(
        width_in=12.0, height_in=4.0, rows=2, gridspec_kw={"height_ratios": [1.0, 2.0]}
    )
    _draw_gauge(gauge, run, told)
    _draw_ages(axis, run, told)
    return svg(figure, "Latency budget: the oldest age against the proved margin, and over time")


def _draw_gauge(axis: Axes, run: Run, told: Plain) -> None:
    used, margin = told["ticks"] * run.latency.tick_ns / 1e6, told["margin_ms"]
    given = run.stability.certificate if run.stability is not None else None
    constant = (given or {}).get("constant_delay_margin_ms") or 0.0
    share = demanded(run)
    wanted = margin if share is None else share * margin
    limit = min(wanted, margin)
    end = _BEYOND * max(used, margin, constant, wanted)
    size, unit = _unit(end)
    axis.set_xlim(0.0, end / size)
    axis.barh(0.0, margin / size, height=0.9, color=GRID, linewidth=0)
    parts = ((0.0, limit, SERIES[0]), (limit, margin, SERIES[1]), (margin, np.inf, LIMIT))
    for start, stop, colour in parts:
        if used > start:
            width = (min(used, stop) - start) / size
            axis.barh(0.0, width, left=start / size, height=0.5, color=colour, linewidth=0)
    _draw_uncertainty(axis, told, size)
    if share is not None:
        # Where both names have no room beside one another, one stands above the other.
        high = 2 if abs(margin - wanted) < 0.3 * end else 1
        _mark(axis, wanted / size, f"demanded: below {100.0 * share:g} %", LIMIT, ":", high)
    _mark(axis, margin / size, f"proved, any jitter: {_length(margin, size, unit)}", SERIES[0], "-")
    if constant > margin:
        text = f"linear, constant, no proof: {_length(constant, size, unit)}"
        _mark(axis, constant / size, text, MUTED, "--", high=-1)
    axis.set_ylim(-1.25, 1.25)
    axis.set_yticks([])
    axis.grid(visible=False)
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(f"age of what was flown on, {unit}")


def _draw_uncertainty(axis: Axes, told: Plain, size: float) -> None:
    """The age of all but one tick in a thousand as a line, and what clocks add as a bracket."""
    if told["age_p99_9_ms"] is not None:
        place = told["age_p99_9_ms"] / size
        axis.plot([place] * 2, [-0.25, 0.25], color=INK, linewidth=1.2)
    if told["clock_bound_ms"]:
        ends = np.array([told["age_ms"], told["age_ms"] + told["clock_bound_ms"]]) / size
        axis.plot(ends, [0.0, 0.0], "|-", color=INK, linewidth=1.2, markersize=6)


def _mark(axis: Axes, at: float, text: str, colour: str, style: str, high: int = 1) -> None:
    """A line across the gauge with its name above, in which row, or below it."""
    axis.plot([at, at], [-0.75, 0.75], style, color=colour, linewidth=1.6)
    left, above = at < 0.45 * axis.get_xlim()[1], high > 0
    axis.annotate(
        text,
        (at, 0.82 if above else -0.82),
        xytext=(0 if left else 2, 1 + 12 * (high - 1) if above else -1),
        textcoords="offset points",
        ha="left" if left else "right",
        va="bottom" if above else "top",
        color=colour,
        fontsize=9,
    )


def _draw_ages(axis: Axes, run: Run, told: Plain) -> None:
    per_unit, time_unit = run.axis
    age_ms, margin = 1e3 * run.latency.age_s, told["margin_ms"]
    size, unit = _unit(float(age_ms.max()))
    t, age = thinned(run.seconds[: len(age_ms)] / per_unit, age_ms / size, _STRETCHES)
    few = "." if len(age_ms) < _FEW else ""
    axis.plot(t, age, marker=few, color=SERIES[0], drawstyle="steps-post", linewidth=1.2)
    top = float(age.max())
    if margin is not None and age_ms.max() > 0.2 * margin:
        axis.axhline(margin / size, color=LIMIT, linewidth=1.5)
        name_height(axis, margin / size, "proved to be borne")
        top = max(top, margin / size)
    axis.set_ylim(0.0, max(1.15 * top, 1e-6))
    axis.set_xlim(0.0, max(float(run.t[-1]), 1e-9))
    axis.set_xlabel(f"time, {time_unit}")
    axis.set_ylabel(f"age, {unit}")


def _unit(most_ms: float) -> tuple[float, str]:
    """Milliseconds in the unit of an axis that goes so far, and its name."""
    return (1e3, "s") if most_ms >= 2500.0 else (1.0, "ms")


def _length(milliseconds: float, size: float, unit: str) -> str:
    return f"{milliseconds / size:.4g}\u202f{unit}"


def _text(run: Run, told: Plain) -> str:
    if not _old(run):
        return (
            "The field is what is proved to be borne, whatever the delay is at each tick. In this "
            "run every command rested on what was measured just before."
        )
    parts = []
    if told["used"] is not None:
        parts.append(
            "The bar is the oldest age of the flight, in whole ticks; the field behind it is what "
            "is proved to be borne, whatever the delay is at each tick."
        )
    if told["age_p99_9_ms"] is not None:
        p99_9 = short_time(1e6 * told["age_p99_9_ms"])
        line = " (the line in the bar)" if told["used"] is not None else ""
        parts.append(f"All but one tick in a thousand flew on what was at most {p99_9} old{line}.")
    if told["clock_bound_ms"]:
        bound = short_time(1e6 * told["clock_bound_ms"])
        parts.append(f"The plant's clock is known to {bound}, which is added.")
    if told["beyond_ticks"]:
        parts.append(
            f"{told['beyond_ticks']:,} of {len(run.latency.late):,} ticks are beyond the margin: "
            "the proof does not cover them."
        )
    if not run.latency.paced:
        parts.append("In lockstep the ages are those of the run's own time.")
    return " ".join(parts)
