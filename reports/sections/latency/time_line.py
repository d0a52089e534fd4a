"""What happened when: faults, observations that did not arrive, deadlines missed and modes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from reports.faults import Fault
from reports.figure import GRID, INK, LIMIT, MUTED, SERIES, draw, svg
from reports.run import Run
from reports.sections import Section

Array = NDArray[np.float64]

_FRESH = "FRESH"
"""What the controller was told where its observation had arrived."""
_STRETCHES = 400
"""Most that are drawn of a lane one by one."""
_LEAST_SHARE, _LEAST_WIDTH = 0.2, 0.001
"""Of a lane's height and of the axis, so that what was rare and short is still seen."""
_LETTER = 0.008
"""Width of a letter, of the axis."""
_HIGH = 0.62


@dataclass(frozen=True)
class Lane:
    """One thing that was or was not, tick by tick.

    Attributes:
        name: What it is.
        there: At which ticks, (ticks,).
        colour: Its colour.
        note: What stands at its end.
        window_s: From when to when it was to be there, s; None for what nobody scheduled.
    """

    name: str
    there: NDArray[np.bool_]
    colour: str
    note: str
    window_s: tuple[float, float] | None = None


def section(run: Run) -> Section | None:
    """Lanes over time; only of a run with faults, or with observations that did not arrive."""
    found = [*_of_faults(run), *_of_observations(run)]
    if not found:
        return None
    found += _of_deadlines(run)
    _, unit = run.axis
    figure, (axis,) = draw(width_in=12.0, height_in=0.75 + 0.27 * (len(found) + 1))
    axis.set_xlim(0.0, max(float(run.t[-1]), 1e-9))
    drawn = [_draw_lane(axis, run, row, lane) for row, lane in enumerate(found)]
    _draw_modes(axis, run, len(found))
    axis.set_yticks(range(len(found) + 1), [*(lane.name for lane in found), "mode"])
    axis.set_ylim(len(found) + 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False, axis="y")
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(f"time, {unit}")
    return Section(
        "Time line",
        svg(figure, "Faults and what came of them over time"),
        _text(run, all(drawn)),
        wide=True,
        rows=tuple((lane.name, lane.note) for lane in found),
    )


def stretches(
    there: NDArray[np.bool_], most: int = _STRETCHES
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where a lane is, from tick to tick, and the share of ticks there, at most so many of them.

    Args:
        there: Yes or no, (ticks,).
        most: Beyond so many, even parts of the run are taken, with the share of ticks in each.

    Returns:
        First tick and first tick after, (n, 2), and shares, (n,).
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(np.int8), [0]])))
    if len(edges) <= 2 * most:
        return edges.reshape(-1, 2), np.ones(len(edges) // 2)
    parts = np.unique(np.linspace(0, len(there), most + 1).astype(np.int64))
    shares = np.add.reduceat(there.astype(np.float64), parts[:-1]) / np.diff(parts)
    some = shares > 0.0
    return np.stack([parts[:-1], parts[1:]], axis=1)[some], shares[some]


def _of_faults(run: Run) -> Iterator[Lane]:
    for fault in run.faults:
        note = f"{_kind(fault)}, {_ticks(fault.acted)}"
        yield Lane(fault.name, fault.acted, SERIES[1], note, (fault.start_s, fault.end_s))


def _of_observations(run: Run) -> Iterator[Lane]:
    if not run.has("observation"):
        return
    told = run.column("observation")
    for code, category in enumerate(run.directory.trace.columns["observation"].categories):
        there = (told == code).any(axis=1)
        if category != _FRESH and there.any():
            yield Lane(f"{category.lower()} observation", there, SERIES[0], _ticks(there))


def _of_deadlines(run: Run) -> Iterator[Lane]:
    if run.latency.deadlines is None:
        return
    missed = run.latency.late > round(1e6 * run.latency.deadlines["deadline_ms"])
    if missed.any():
        yield Lane("deadline missed", missed, LIMIT, _ticks(missed))


def _draw_lane(axis: Axes, run: Run, row: int, lane: Lane) -> bool:
    """Draw a lane; returns whether each stretch of it is there by itself."""
    end = axis.get_xlim()[1]
    if lane.window_s is not None:
        first, last = (moment / run.axis[0] for moment in lane.window_s)
        axis.barh(row, last - first, left=first, height=_HIGH, color=lane.colour, alpha=0.22)
    ticks, shares = stretches(lane.there)
    places = ticks.astype(np.float64) * (run.latency.tick_ns / 1e9 / run.axis[0])
    places[:, 1] = np.maximum(places[:, 1] - places[:, 0], _LEAST_WIDTH * end)
    if len(places):
        high = _HIGH * np.maximum(shares, _LEAST_SHARE)
        bars = _bars(places, row + 0.5 * _HIGH, high)
        axis.add_patch(PathPatch(bars, facecolor=lane.colour, linewidth=0))
    axis.annotate(
        lane.note,
        (1.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        color=MUTED,
        fontsize=9,
    )
    return bool(np.all(shares == 1.0))


def _bars(places: Array, bottom: float, high: Array) -> Path:
    """Bars on one line, each at its start and so wide, as a single path: a page has hundreds."""
    left, right = places[:, 0], places.sum(axis=1)
    top, low = bottom - high, np.full(len(left), bottom)
    x = np.stack([left, right, right, left, left], axis=1)
    y = np.stack([low, low, top, top, low], axis=1)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(np.stack([x.ravel(), y.ravel()], axis=1), codes * len(left))


def _draw_modes(axis: Axes, run: Run, row: int) -> None:
    """Each mode by name; in a narrow one the name has no room."""
    labels = run.directory.trace.columns["control_mode"].categories
    modes, t = run.column("control_mode")[:, 0], run.t
    starts = [0, *(np.flatnonzero(np.diff(modes)) + 1)]
    for start, end in zip(starts, [*starts[1:], len(modes) - 1], strict=True):
        label = labels[int(modes[start])]
        axis.barh(row, t[end] - t[start], left=t[start], height=_HIGH, color=GRID, linewidth=0)
        if start:
            axis.axvline(t[start], color=MUTED, linewidth=0.8, linestyle=":")
        if t[end] - t[start] > _LETTER * len(label) * axis.get_xlim()[1]:
            middle = 0.5 * (t[start] + t[end])
            axis.text(middle, row, label, ha="center", va="center", color=INK, fontsize=8.5)


def _kind(fault: Fault) -> str:
    whom = "" if fault.vehicle == "all" else f" of {fault.vehicle}"
    return f"{fault.kind}{f' of {fault.path}s' if fault.path else ''}{whom}"


def _ticks(there: NDArray[np.bool_]) -> str:
    count = int(there.sum())
    return f"{count:,} tick{'' if count == 1 else 's'}"


def _text(run: Run, single: bool) -> str:
    told = ["Solid is when it was so."]
    if run.faults:
        told = ["Faint is when a fault was to be there, solid the ticks at which it acted."]
    if not single:
        told.append("Where many ticks share a place, the height is the share of them.")
    return " ".join([*told, *(f"{f.name.capitalize()}: {f.about}." for f in run.faults if f.about)])
