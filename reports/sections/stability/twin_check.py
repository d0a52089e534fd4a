"""The twin held against the run: how far each tick went otherwise than the proof's model says."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reports.figure import LIMIT, draw, log_axis, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import name_height, plot_vehicles
from reports.sections.stability.words import quantity
from reports.series import span
from reports.stability import Stability

Array = NDArray[np.float64]


def section(run: Run) -> Section | None:
    """The model's error over time, and what was assumed of it."""
    stability = run.stability
    if stability is None or stability.metric is None:
        return None
    found = stability.shown["twin_check"]
    if not found["ticks"]:
        return Section("Twin check", "", "No tick could be checked: the loop was always limited.")
    _, unit = run.axis
    figure, (axis,) = draw(height_in=3.8 if stability.metric == "proved" else 3.2)
    off = np.where(stability.residual > 0.0, stability.residual, np.nan)
    plot_vehicles(axis, run, off)
    assumed = found["assumed_m"]
    _scale(axis, off, assumed)
    if assumed is not None:
        axis.axhline(assumed, color=LIMIT, linewidth=1.5)
        name_height(axis, assumed, "assumed")
    if len(run.vehicles) > 1:
        axis.legend()
    axis.set_ylabel("model error of a tick ‖w‖_P, m")
    axis.set_xlabel(f"time, {unit}")
    return Section(
        "Twin check", svg(figure, "Model error of each tick over time"), _told(stability)
    )


def _scale(axis: Axes, off: Array, assumed: float | None) -> None:
    """Whole decades, with the least typical error and the largest of all in them."""
    known = off[np.isfinite(off)]
    if not len(known):
        return
    log_axis(axis, "y")
    least = max(float(np.quantile(known, 0.01)), 0.1 * float(np.median(known)))
    ends = [least, float(known.max())]
    ends += [assumed] if assumed else []
    low, high = np.floor(np.log10(min(ends) / 1.5)), np.ceil(np.log10(1.5 * max(ends)))
    axis.set_ylim(10.0**low, 10.0**high)


def _told(stability: Stability) -> str:
    found = stability.shown["twin_check"]
    told = [
        f"Over {found['ticks']:,} ticks the model was off by {quantity(found['p50_m'], 'm')} "
        f"(median), at most by {quantity(found['max_m'], 'm')}, at {span(found['at_s'])} "
        f"({found['vehicle']})."
    ]
    parts = [
        f"{name} {quantity(part['max'], part['unit'])}"
        for name, part in found["components"].items()
        if part["max"] > 0.0
    ]
    if parts:
        told.append(f"By component at most: {', '.join(parts)}.")
    assumed = found["assumed_m"]
    if assumed is not None:
        within = "within" if found["max_m"] <= assumed else "beyond"
        told.append(f"That is {within} the {quantity(assumed, 'm')} that the proof assumes.")
        told.append("The certificate covers this run." if stability.covered else _uncovered(within))
    return " ".join(told)


def _uncovered(within: str) -> str:
    why = ", for another reason, which stands above" if within == "within" else ""
    return f"The certificate does not cover this run{why}."
