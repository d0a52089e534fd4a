"""Deadlines: how many were missed, when, by how much, and which stage was to blame."""

import numpy as np

from harness.trace.timing import AFTER, STAGES
from reports.figure import LIMIT, SERIES, draw, svg
from reports.latency import Plain
from reports.run import Run
from reports.sections import Section
from reports.sections.latency.stages import NAMES
from reports.sections.latency.words import short_time, time_ticks
from reports.series import thinned

_STRETCHES = 150


def section(run: Run) -> Section | None:
    """Misses over time; only of a run against the wall clock."""
    told = run.latency.deadlines
    if told is None:
        return None
    what = {**STAGES, **AFTER}
    points = tuple(
        f"{count:,} of {told['misses']:,}: {NAMES[name]}. {_sentence(what[name])}"
        for name, count in told["blame"].items()
    )
    kept = "No tick missed its deadline." if not told["misses"] else _count(told)
    return Section(
        "Deadlines",
        _figure(run, told) if told["misses"] else "",
        _text(told),
        word="KEPT." if told["within"] else "MISSED.",
        lead=kept if told["within"] else told["sentence"],
        tone="passed" if told["within"] else "late",
        points=points,
    )


def _count(told: Plain) -> str:
    return (
        f"{told['misses']:,} of {told['ticks']:,} ticks ({told['misses_percent']:.3g} %) missed "
        f"their deadline, {told['allowed']['misses_percent']:g} % allowed."
    )


def _text(told: Plain) -> str:
    if not told["misses"]:
        share = told["allowed"]["misses_percent"]
        return f"The deadline is {short_time(1e6 * told['deadline_ms'])}; {share:g} % may miss it."
    marks = "Each mark is a tick, at its lateness after its deadline"
    few = told["misses"] <= 2 * _STRETCHES
    marks += "." if few else "; of each stretch only the least and the most late."
    rows = "; ".join(f"{name} {value}" for name, value in _rows(told))
    return f"{marks} {_sentence(rows)}"


def _rows(told: Plain) -> tuple[tuple[str, str], ...]:
    allowed = told["allowed"]

    def limit(value: float | None, unit: str) -> str:
        return "" if value is None else f" ({value:g}{unit} allowed)"

    return (
        ("deadline", short_time(1e6 * told["deadline_ms"])),
        ("missed", f"{told['misses_percent']:.3g} %{limit(allowed['misses_percent'], ' %')}"),
        ("in a row", f"{told['longest_run']}{limit(allowed['misses_in_a_row'], '')}"),
        (
            "latest",
            f"{short_time(1e6 * told['worst_lateness_ms'])} after it"
            f"{limit(allowed['lateness_ms'], ' ms')}",
        ),
    )


def _figure(run: Run, told: Plain) -> str:
    per_unit, unit = run.axis
    beyond = run.latency.late - round(1e6 * told["deadline_ms"])
    missed = np.flatnonzero(beyond > 0)
    figure, (axis,) = draw(height_in=2.6)
    t, after = thinned(run.seconds[missed] / per_unit, beyond[missed].astype(float), _STRETCHES)
    axis.plot(t, after, "o", color=SERIES[0], markersize=3.5)
    allowed = told["allowed"]["lateness_ms"]
    if allowed:
        axis.axhline(1e6 * allowed, color=LIMIT, linewidth=1.5)
        axis.annotate(
            f"{short_time(1e6 * allowed)}\nallowed",
            (1.0, 1e6 * allowed),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=LIMIT,
        )
    time_ticks(axis, "y")
    axis.set_xlim(0.0, run.seconds[-1] / per_unit)
    axis.set_xlabel(f"time, {unit}")
    axis.set_ylabel("after the deadline")
    return svg(figure, "Deadlines missed over time")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
