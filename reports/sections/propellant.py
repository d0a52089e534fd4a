"""Mass of the vehicles and the propellant they used."""

import math

import numpy as np

from kernel.bodies import STANDARD_GRAVITY_M_S2
from reports.figure import draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, plot_vehicles


def section(run: Run) -> Section | None:
    """How the mass fell, and what specific impulse that comes to."""
    if not run.has("mass"):
        return None
    _, unit = run.axis
    figure, (axis,) = draw()
    mass, spent = run.column("mass"), run.column("delta_v")[-1]
    plot_vehicles(axis, run, mass)
    axis.set_ylabel("mass, kg")
    axis.set_xlabel(f"time, {unit}")
    if len(run.vehicles) > 1:
        axis.legend()
    told = []
    for vehicle, before, after, delta_v in zip(run.vehicles, mass[0], mass[-1], spent, strict=True):
        told.append(f"{vehicle} used {figure_value(before - after, 'kg')}.")
        if after < before * (1.0 - 1e-12):
            impulse = delta_v / math.log(before / after) / STANDARD_GRAVITY_M_S2
            told.append(
                f"By the rocket equation its Δv of {figure_value(delta_v, 'm/s')} came at a "
                f"specific impulse of {figure_value(impulse, 's')}; thrusters that work against "
                "one another lower it."
            )
    if not np.isfinite(mass).all():
        told = ["The mass was not always a number."]
    return Section("Propellant", svg(figure, "Mass over time"), " ".join(told))
