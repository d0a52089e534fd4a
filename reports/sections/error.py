"""Position and velocity error over the run."""

import numpy as np

from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, log_if_wide, plot_limits, plot_vehicles

TITLE = "Position and velocity error"
LABEL = "Error over time"


def section(run: Run) -> Section:
    """How far the vehicles were from their reference, and how fast they moved relative to it."""
    _, unit = run.axis
    figure, axes = draw(height_in=4.4, rows=2, sharex=True)
    for axis, name, symbol in (
        (axes[0], "error_position", "position error, m"),
        (axes[1], "error_velocity", "velocity error, m/s"),
    ):
        size = run.norm(name)
        plot_vehicles(axis, run, size)
        log_if_wide(axis, size)
        plot_limits(axis, run, f"norm({name})")
        axis.set_ylabel(symbol)
    axes[1].set_xlabel(f"time, {unit}")
    if len(run.vehicles) > 1:
        axes[0].legend()
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
    return Section(TITLE, svg(figure, LABEL), text)
