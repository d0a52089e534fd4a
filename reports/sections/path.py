"""The path relative to the reference: radial, along-track, cross-track."""

import numpy as np

from kernel.frames import rtn_axes
from reports.figure import INK, SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.series import every

_POINTS = 1500


def section(run: Run) -> Section | None:
    """Where the vehicle was relative to its slot, in the slot's own axes."""
    reference, moving = run.vector("reference_position"), run.vector("reference_velocity")
    if run.manifest["plant"]["body"] is None:
        return None
    some = every(len(reference), _POINTS)
    try:
        axes_at = rtn_axes(reference[some], moving[some])
    except ValueError:  # a reference at rest has no orbital plane
        return None
    apart = (run.vector("position") - reference)[some]
    path = np.einsum("tvij,tvj->tvi", axes_at, apart)

    figure, axes = draw(width_in=12.0, height_in=3.7, cols=3)
    names = ("radial", "along-track", "cross-track")
    for axis, (across, up) in zip(axes, ((1, 0), (1, 2), (2, 0)), strict=True):
        for vehicle, label in enumerate(run.vehicles):
            which = vehicle % len(SERIES)
            x, y = path[:, vehicle, across], path[:, vehicle, up]
            axis.plot(x, y, STYLES[which], color=SERIES[which], label=label)
            axis.plot(x[0], y[0], "o", color=SERIES[which], markersize=6)
            axis.plot(x[-1], y[-1], "s", color=SERIES[which], markersize=6)
        axis.plot(0, 0, "+", color=INK, markersize=11, markeredgewidth=1.5)
        axis.set_xlabel(f"{names[across]}, m")
        axis.set_ylabel(f"{names[up]}, m")
        axis.margins(0.12)
        axis.locator_params(nbins=5)
    if len(run.vehicles) > 1:
        axes[0].legend()
    text = "Start ●, end ■, reference +. The scales of the axes differ."
    label = "Path in radial, along-track and cross-track"
    return Section("Path about the reference", svg(figure, label), text, wide=True)
