"""How far the bodies were turned from the axes they are steered to."""

import numpy as np

from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import log_if_wide, plot_vehicles


def section(run: Run) -> Section | None:
    """Attitude error and angular velocity; only where a body turns by itself."""
    if not run.has("attitude_error"):
        return None
    _, unit = run.axis
    figure, axes = draw(height_in=4.4, rows=2, sharex=True)
    error = np.degrees(run.column("attitude_error"))
    rate = np.degrees(run.norm("angular_velocity"))
    for axis, values, label in ((axes[0], error, "error, °"), (axes[1], rate, "rate, °/s")):
        plot_vehicles(axis, run, values)
        log_if_wide(axis, values)
        axis.set_ylabel(label)
    axes[1].set_xlabel(f"time, {unit}")
    if len(run.vehicles) > 1:
        axes[0].legend()
    ends = ", ".join(
        f"{vehicle} {angle:.3g}°" for vehicle, angle in zip(run.vehicles, error[-1], strict=True)
    )
    text = f"Angle from the axes that the body is steered to; at the end {ends}."
    return Section("Attitude", svg(figure, "Attitude error over time"), text)
