"""Position and velocity error over the run."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reports.faults import Fault
from reports.figure import INK, SERIES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, log_if_wide, plot_limits, plot_vehicles
from reports.series import thinned

Array = NDArray[np.float64]

TITLE = "Position and velocity error"
LABEL = "Error over time"
SEEN = "as the controller sees it"
_OF_SENSORS = (
    *("dropout", "freeze", "bias", "drift", "noise", "spikes", "quantization"),
    *("clock step", "clock drift", "hang"),
)
"""Kinds of fault that come between what is true and what is measured."""
_APART = 0.01
"""Of the true error, below which the two would be one line."""


def section(run: Run) -> Section:
    """How far the vehicles were from their reference, and how fast they moved relative to it."""
    _, unit = run.axis
    figure, axes = draw(height_in=4.4, rows=2, sharex=True)
    for axis, name, symbol in (
        (axes[0], "error_position", "position error, m"),
        (axes[1], "error_velocity", "velocity error, m/s"),
    ):
        size = run.norm(name)
        told = _measured(run, name)
        shade_faults(axis, run)
        plot_vehicles(axis, run, size, name="" if told is None else run.basis(f"{name}_x"))
        if told is not None:
            _plot_measured(axis, run, told)
        log_if_wide(axis, size if told is None else np.concatenate([size, told]))
        plot_limits(axis, run, f"norm({name})")
        axis.set_ylabel(symbol)
    axes[1].set_xlabel(f"time, {unit}")
    _add_legend(axes)
    size = run.norm("error_position")
    basis = run.basis("error_position_x")
    if not np.isfinite(size).any():
        return Section(TITLE, svg(figure, LABEL), "The error was never a number.")
    at = int(np.nanargmax(np.fmax.reduce(size, axis=1)))
    text = (
        f"The {basis} position error was largest at {figure_value(run.seconds[at], 's')} with "
        f"{figure_value(np.nanmax(size), 'm')} and ended at {figure_value(size[-1].max(), 'm')}. "
        "It is taken against the reference as blended after mode changes."
    )
    told = _measured(run, "error_position")
    if told is not None:
        last = told[-1][np.isfinite(told[-1])]
        end = f": in the end {figure_value(last.max(), 'm')}" if len(last) else " where it differs"
        text += f" Dashed is the error {SEEN}{end}."
    shaded = [fault.name for fault in _passing(run)]
    always = [fault.name for fault in run.faults if fault.name not in shaded]
    text += f" Shaded is the time of its faults: {', '.join(shaded)}." if shaded else ""
    text += f" There all the time: {', '.join(always)}." if always else ""
    return Section(TITLE, svg(figure, LABEL), text)


def _measured(run: Run, name: str) -> Array | None:
    """The error that the controller is told of, where a fault sets it apart from the true one.

    Elsewhere, but for a tick before and after, it is not a number; None where it never is.
    """
    struck = any(f.kind in _OF_SENSORS or f.path == "observation" for f in run.faults)
    if not struck or not run.has(f"measured_{name}_x"):
        return None
    apart = np.linalg.norm(run.vector(f"measured_{name}") - run.vector(name), axis=-1)
    other = apart > _APART * run.norm(name)
    shown = other.copy()
    shown[1:] |= other[:-1]
    shown[:-1] |= other[1:]
    return np.where(shown, run.norm(f"measured_{name}"), np.nan) if other.any() else None


def _plot_measured(axis: Axes, run: Run, size: Array) -> None:
    """A thin dashed line a vehicle, which a run of one vehicle has in the colour of text."""
    for vehicle, label in enumerate(run.vehicles):
        t, y = thinned(run.t, size[:, vehicle])
        alone = len(run.vehicles) == 1
        axis.plot(
            t,
            y,
            color=INK if alone else SERIES[vehicle % len(SERIES)],
            linewidth=1.0,
            linestyle=(0, (3.0, 2.0)),
            label=SEEN if alone else f"{label} {SEEN}",
        )


def _add_legend(axes: list[Axes]) -> None:
    """Below the figure where there are many names, of which either axis may have some."""
    named = max(axes, key=lambda axis: len(axis.get_legend_handles_labels()[1]))
    lines, names = named.get_legend_handles_labels()
    if any(SEEN in name for name in names):
        named.figure.legend(lines, names, loc="outside lower center", ncols=2, fontsize=9)
    elif names:
        axes[0].legend()


def shade_faults(axis: Axes, run: Run) -> None:
    """A light band for each fault that was not there all the time."""
    per_unit, _ = run.axis
    for fault in _passing(run):
        start, end = fault.start_s / per_unit, fault.end_s / per_unit
        axis.axvspan(start, end, color=SERIES[1], alpha=0.12, linewidth=0, zorder=0)


def _passing(run: Run) -> list[Fault]:
    """Faults that began or ended within the run."""
    end_s = float(run.seconds[-1])
    return [fault for fault in run.faults if fault.start_s > 0.0 or fault.end_s < end_s]
