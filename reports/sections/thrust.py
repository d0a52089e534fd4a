"""Commanded against delivered thrust acceleration."""

import numpy as np

from reports.figure import LIMIT, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.autopilot.phases import flown
from reports.sections.common import figure_value, log_if_wide, name_height, plot_vehicles


def section(run: Run) -> Section:
    """What was asked of the actuators, what they gave, and how long the command was limited."""
    _, unit = run.axis
    figure, (axis,) = draw()
    commanded = run.norm("commanded_acceleration")
    plot_vehicles(axis, run, commanded, name="commanded")
    told = []
    if run.has("delivered_acceleration_x"):
        delivered = run.norm("delivered_acceleration")
        delivered[0] = np.nan  # nothing was commanded before the first tick
        plot_vehicles(axis, run, delivered, first=len(run.vehicles), name="delivered")
        # A row's delivery answers the command of the row before it.
        answer = (
            run.vector("delivered_acceleration")[1:] - run.vector("commanded_acceleration")[:-1]
        )
        if run.has("flight_phase"):  # in other phases an autopilot flies by itself
            answer = answer[flown(run)[1:] & flown(run)[:-1]]
        if len(answer):
            gap = float(np.linalg.norm(answer, axis=-1).max())
            told.append(
                "What was commanded was delivered."
                if gap <= 1e-12 * float(commanded.max())
                else "What was delivered differs from what was commanded by at most "
                f"{figure_value(gap, 'm/s²')}."
            )
    limits = run.manifest["plant"]["max_acceleration_m_s2"]
    shown = {limit for limit in limits if limit < 20.0 * commanded.max()}
    for limit in shown:
        axis.axhline(limit, color=LIMIT)
    log_if_wide(axis, commanded)
    for limit in shown:
        whose = [v for v, own in zip(run.vehicles, limits, strict=True) if own == limit]
        name = "limit" if len(whose) == len(limits) else f"limit of {', '.join(whose)}"
        name_height(axis, limit, name)
    axis.set_ylabel("thrust acceleration, m/s²")
    axis.set_xlabel(f"time, {unit}")
    axis.legend(loc="best")
    limited = float(run.column("limited").mean())
    told.append(
        "The command was never limited."
        if limited == 0.0
        else f"The command was limited {100.0 * limited:.1f} % of the time."
    )
    label = "Commanded and delivered acceleration over time"
    return Section("Thrust acceleration", svg(figure, label), " ".join(told))
