"""The course of the flight: its phases, its height, and what the autopilot said."""

import numpy as np

from reports.figure import SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.autopilot.phases import draw_phases, flown, phases
from reports.sections.common import figure_value
from reports.series import thinned

SAID = "autopilot said"
"""The event under which an autopilot's own words are kept."""
_MOST_SAID = 12
_WARNING = 4


def section(run: Run) -> Section | None:
    """Height as it was and as the autopilot had it; only where an autopilot flew."""
    if not run.has("flight_phase"):
        return None
    _, unit = run.axis
    figure, (axis,) = draw(width_in=12.0, height_in=3.1)
    lines = [("estimated", -run.vector("measured_position")[:, 0, 2])]
    if run.basis("position_x") == "true":
        lines.insert(0, ("true", -run.vector("position")[:, 0, 2]))
    lines.append(
        ("wanted", np.where(flown(run), -run.vector("reference_position")[:, 0, 2], np.nan))
    )
    for which, (name, height) in enumerate(lines):
        t, y = thinned(run.t, height)
        axis.plot(t, y, STYLES[which], color=SERIES[which], label=name)
    draw_phases(axis, run)
    axis.set_ylabel("height, m")
    axis.set_xlabel(f"time, {unit}")
    axis.set_xlim(0.0, float(run.t[-1]) or 1.0)
    axis.legend(ncols=3, loc="lower center")
    rows = []
    for name, first, end in phases(run):
        start, stop = run.seconds[first], run.seconds[min(end, len(run.seconds) - 1)]
        rows.append((name, f"from {start:.2f} s for {stop - start:.2f} s"))
    return Section(
        "Course of the flight",
        svg(figure, "Height over time, phase by phase"),
        _text(run),
        wide=True,
        rows=tuple(rows),
        points=_said(run),
    )


def _text(run: Run) -> str:
    who = run.manifest["plant"].get("identity", {}).get("autopilot", "An autopilot")
    agp = flown(run)
    if not agp.any():
        return f"{who} flew; AGP did not."
    error = run.norm("error_position")[agp, 0]
    return (
        f"{who} took off, held, and handed over; AGP flew for "
        f"{figure_value(float(agp.sum()) * _tick_s(run), 's')}, at the end "
        f"{figure_value(float(error[-1]), 'm')} from where it should be."
    )


def _tick_s(run: Run) -> float:
    return float(run.seconds[1] - run.seconds[0]) if len(run.seconds) > 1 else 0.0


def _said(run: Run) -> tuple[str, ...]:
    """Warnings and worse, in the autopilot's words."""
    told = [
        f"{event['t_ns'] / 1e9:.2f} s: “{event['text']}”"
        for event in run.directory.events()
        if event["event"] == SAID and event["severity"] <= _WARNING
    ]
    more = len(told) - _MOST_SAID
    return (*told[:_MOST_SAID], *([f"and {more} more, in events.jsonl"] if more > 0 else []))
