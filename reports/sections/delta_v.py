"""Δv spent."""

from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, plot_limits, plot_vehicles


def section(run: Run) -> Section | None:
    """Thrust acceleration delivered, integrated over the run."""
    if not run.has("delta_v"):
        return None
    _, unit = run.axis
    figure, (axis,) = draw()
    spent = run.column("delta_v")
    plot_vehicles(axis, run, spent)
    plot_limits(axis, run, "delta_v")
    axis.set_ylim(bottom=0.0)
    axis.set_ylabel("Δv, m/s")
    axis.set_xlabel(f"time, {unit}")
    if len(run.vehicles) > 1:
        axis.legend()
    told = ", ".join(
        f"{vehicle} spent {figure_value(float(total), 'm/s')}"
        for vehicle, total in zip(run.vehicles, spent[-1], strict=True)
    )
    return Section("Δv", svg(figure, "Delta-v over time"), f"{told}.")
