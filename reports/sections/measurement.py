"""What the controller was told against what was true."""

import numpy as np

from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, plot_vehicles


def section(run: Run) -> Section | None:
    """Error of the measured position and velocity; only where something was measured."""
    if run.basis("position_x") != "true":
        return None
    apart = {
        name: np.linalg.norm(run.vector(f"measured_{name}") - run.vector(name), axis=-1)
        for name in ("position", "velocity")
    }
    if not any(np.any(size > 0.0) for size in apart.values()):
        return None
    _, unit = run.axis
    figure, axes = draw(height_in=4.4, rows=2, sharex=True)
    for axis, (name, label) in zip(
        axes, (("position", "position, m"), ("velocity", "velocity, m/s")), strict=True
    ):
        plot_vehicles(axis, run, apart[name])
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0.0)
    axes[1].set_xlabel(f"time, {unit}")
    if len(run.vehicles) > 1:
        axes[0].legend()
    rms = {name: float(np.sqrt(np.nanmean(np.square(size)))) for name, size in apart.items()}
    text = (
        f"Measured less true: {figure_value(rms['position'], 'm')} and "
        f"{figure_value(rms['velocity'], 'm/s')} root mean square. "
    )
    if run.has("measurement_age"):
        oldest = figure_value(float(run.column("measurement_age").max()), "s")
        text += f"A fix was up to {oldest} old when the controller got it."
    return Section("Measurement error", svg(figure, "Measured less true state"), text.strip())
