"""Δv spent."""

import numpy as np
from numpy.typing import NDArray

from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, plot_limits, plot_vehicles

Array = NDArray[np.float64]

_YEAR_S = 365.25 * 86400.0
_LONG_S = 10.0 * 86400.0


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
    return Section("Δv", svg(figure, "Delta-v over time"), f"{told}.{_a_year(run, spent)}")


def _a_year(run: Run, spent: Array) -> str:
    """What the second half of a long run would come to in a year, when any start is behind it."""
    half = len(spent) // 2
    past_s = float(run.seconds[-1] - run.seconds[half])
    if past_s < _LONG_S:
        return ""
    rates = ", ".join(
        figure_value(float(rate), "m/s") for rate in (spent[-1] - spent[half]) / past_s * _YEAR_S
    )
    return f" At the rate of the second half of the run: {rates} a year."
