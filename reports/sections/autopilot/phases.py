"""A flight's phases, read from its trace."""

import itertools
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reports.figure import GRID, MUTED
from reports.run import Run

AIRBORNE = ("TAKE-OFF", "HOLD", "HAND-OVER", "AGP", "HAND-BACK", "LANDING", "FAILSAFE")
"""Phases in which a vehicle flies."""
_NAMED_SHARE = 0.07
Ticks = NDArray[np.bool_]


class Stretch(NamedTuple):
    """A phase from its first tick to the first of the next.

    Attributes:
        name: The phase.
        first, end: Ticks.
    """

    name: str
    first: int
    end: int


def phases(run: Run) -> list[Stretch]:
    """The phases in the order in which they came."""
    codes = run.column("flight_phase")[:, 0]
    names = run.directory.trace.columns["flight_phase"].categories
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    pairs = itertools.pairwise(edges)
    return [Stretch(names[int(codes[first])], first, end) for first, end in pairs if end > first]


def in_the_air(run: Run) -> Ticks:
    """At which ticks the vehicle was in the air."""
    return _in(run, AIRBORNE)


def flown(run: Run) -> Ticks:
    """At which ticks AGP flew it."""
    return _in(run, ("AGP",))


def _in(run: Run, wanted: tuple[str, ...]) -> Ticks:
    names = run.directory.trace.columns["flight_phase"].categories
    codes = [code for code, name in enumerate(names) if name in wanted]
    return np.isin(run.column("flight_phase")[:, 0], codes)


def draw_phases(axis: Axes, run: Run, named: bool = True) -> None:
    """Shade every other phase, and name those that are long enough to bear a name."""
    whole = float(run.t[-1]) or 1.0
    for index, (name, first, end) in enumerate(phases(run)):
        start, stop = float(run.t[first]), float(run.t[min(end, len(run.t) - 1)])
        if index % 2:
            axis.axvspan(start, stop, color=GRID, alpha=0.45, linewidth=0.0, zorder=0)
        if named and stop - start > _NAMED_SHARE * whole:
            axis.annotate(
                name,
                (0.5 * (start + stop), 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color=MUTED,
                fontsize=8.5,
            )
