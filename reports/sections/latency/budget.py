"""The latency budget: how old what was flown on was, against the delay that is proved borne."""

import numpy as np
from matplotlib.axes import Axes

from reports.figure import GRID, LIMIT, MUTED, SERIES, draw, svg
from reports.latency import Plain
from reports.run import Run
from reports.sections import Section
from reports.sections.common import name_height
from reports.sections.latency.words import short_time
from reports.sections.stability.words import lasting
from reports.series import thinned

_BEYOND = 1.12


def section(run: Run) -> Section | None:
    """A gauge, and the age over time; only where something could be old or has a margin."""
    told = run.latency.budget
    if told is None or not len(run.latency.age_s):
        return None
    old = run.latency.age_s.max() > 0.0
    if told["used"] is None and not old:
        return None
    figure = _figure(run, told) if old or told["used"] is not None else ""
    return Section(
        "Latency budget",
        figure,
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


def _figure(run: Run, told: Plain) -> str:
    if told["used"] is None:
        figure, (axis,) = draw(width_in=12.0, height_in=2.2)
        _draw_ages(axis, run, told)
        return svg(figure, "Age of what was flown on, over time")
    figure, (gauge, axis) = draw(
        width_in=12.0, height_in=4.0, rows=2, gridspec_kw={"height_ratios": [1.0, 2.0]}
    )
    _draw_gauge(gauge, run, told)
    _draw_ages(axis, run, told)
    return svg(figure, "Latency budget: the oldest age against the proved margin, and over time")


def _draw_gauge(axis: Axes, run: Run, told: Plain) -> None:
    tick_ms = run.latency.tick_ns / 1e6
    used_ms, margin_ms = told["ticks"] * tick_ms, told["margin_ms"]
    given = run.stability.certificate if run.stability is not None else None
    constant_ms = (given or {}).get("constant_delay_margin_ms") or 0.0
    size, unit = (1e3, "s") if margin_ms >= 2000.0 or used_ms >= 2000.0 else (1.0, "ms")
    over = used_ms > margin_ms
    axis.barh(0.0, margin_ms / size, height=0.9, color=GRID, linewidth=0)
    axis.barh(0.0, used_ms / size, height=0.5, color=LIMIT if over else SERIES[0], linewidth=0)
    limit = demanded(run)
    if limit is not None:
        _mark(axis, limit * margin_ms / size, f"demanded: below {100.0 * limit:g} %", LIMIT, ":")
    _mark(axis, margin_ms / size, f"proved, any jitter: {lasting(margin_ms / 1e3)}", SERIES[0], "-")
    if constant_ms > margin_ms:
        _mark(
            axis,
            constant_ms / size,
            f"linear, constant, no proof: {lasting(constant_ms / 1e3)}",
            MUTED,
            "--",
            below=True,
        )
    if told["age_p99_9_ms"] is not None:
        axis.plot([told["age_p99_9_ms"] / size], [0.0], "|", color=MUTED, markersize=16)
    axis.set_xlim(0.0, _BEYOND * max(used_ms, margin_ms, constant_ms) / size)
    axis.set_ylim(-1.25, 1.25)
    axis.set_yticks([])
    axis.grid(visible=False)
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(f"age of what was flown on, {unit}")


def _mark(axis: Axes, at: float, text: str, colour: str, style: str, below: bool = False) -> None:
    axis.plot([at, at], [-0.75, 0.75], style, color=colour, linewidth=1.6)
    axis.annotate(
        text,
        (at, -0.8 if below else 0.8),
        xytext=(4 if below else -4, -1 if below else 1),
        textcoords="offset points",
        ha="left" if below else "right",
        va="top" if below else "bottom",
        color=colour,
        fontsize=9,
    )


def _draw_ages(axis: Axes, run: Run, told: Plain) -> None:
    per_unit, unit = run.axis
    age_ms = 1e3 * run.latency.age_s
    t = run.seconds[: len(age_ms)] / per_unit
    axis.plot(*thinned(t, age_ms), color=SERIES[0], drawstyle="steps-post", linewidth=1.2)
    margin = told["margin_ms"]
    if margin is not None and age_ms.max() > 0.2 * margin:
        axis.axhline(margin, color=LIMIT, linewidth=1.5)
        name_height(axis, margin, "proved to be borne")
    axis.set_ylim(0.0, 1.15 * max(float(axis.get_ylim()[1]), float(np.max(age_ms)), 1e-3))
    axis.set_xlim(0.0, max(float(t[-1]), 1e-9))
    axis.set_xlabel(f"time, {unit}")
    axis.set_ylabel("age, ms")


def _text(run: Run, told: Plain) -> str:
    parts = []
    if told["used"] is not None:
        parts.append(
            "The bar is the oldest age of the flight, in whole ticks; the grey field is what is "
            "proved to be borne, whatever the delay is at each tick."
        )
    if told["age_p99_9_ms"] is not None:
        p99_9 = short_time(1e6 * told["age_p99_9_ms"])
        parts.append(f"All but one tick in a thousand flew on what was at most {p99_9} old.")
    if told["clock_bound_ms"]:
        bound = short_time(1e6 * told["clock_bound_ms"])
        parts.append(f"The plant's clock is known to {bound}, which is added.")
    if told["beyond_ticks"]:
        parts.append(
            f"{told['beyond_ticks']} of {len(run.latency.late)} ticks are beyond the margin: the "
            "proof does not cover them."
        )
    if not run.latency.paced:
        parts.append("In lockstep the ages are those of the run's own time.")
    return " ".join(parts)
