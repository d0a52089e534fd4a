"""Each thruster's force, and the part of the commands that could not be realised."""

import numpy as np

from reports.figure import SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, plot_vehicles
from reports.series import thinned


def section(run: Run) -> Section | None:
    """What every thruster gave, and what was left out."""
    if not run.has("thruster_1_force"):
        return None
    _, unit = run.axis
    figure, axes = draw(height_in=4.4, rows=2, sharex=True)
    number = 1
    while run.has(f"thruster_{number}_force"):
        force = run.column(f"thruster_{number}_force")
        for vehicle, name in enumerate(run.vehicles):
            if not force[:, vehicle].any():
                continue
            which = (number - 1) % len(SERIES)
            label = f"{number}" if len(run.vehicles) == 1 else f"{number} of {name}"
            t, y = thinned(run.t, force[:, vehicle])
            axes[0].plot(t, y, STYLES[which], color=SERIES[which], label=label, linewidth=1.0)
        number += 1
    axes[0].set_ylabel("force, N")
    axes[0].legend(title="thruster", ncols=2)
    left_out = run.norm("unrealised_acceleration")
    plot_vehicles(axes[1], run, left_out)
    axes[1].set_ylabel("left out, m/s²")
    axes[1].set_xlabel(f"time, {unit}")
    asked = float(np.sum(run.norm("commanded_acceleration")))
    share = float(np.sum(left_out)) / asked if asked > 0.0 else 0.0
    text = (
        f"{number - 1} thrusters. Limits, lag, pulses and steps left out at most "
        f"{figure_value(float(left_out.max()), 'm/s²')} of a command, and "
        f"{100.0 * share:.2g} % of all that was commanded."
    )
    return Section("Thrusters", svg(figure, "Force of each thruster"), text)
