"""The path relative to the reference, in its orbital axes or the frame's own, or along a curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.frames import rtn_axes
from reports.figure import INK, SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.series import every

Array = NDArray[np.float64]

_POINTS = 1500


def section(run: Run) -> Section | None:
    """Where the vehicle was relative to its slot, in the slot's own axes, or about a curve."""
    reference_config = run.manifest["scenario"]["reference"]
    if reference_config["kind"] == "figure_eight":
        return _along_curve(run, reference_config)
    some = every(len(run.seconds), _POINTS)
    reference = run.vector("reference_position")[some]
    path = run.vector("position")[some] - reference
    names = ["x", "y", "z"]
    if run.manifest["plant"]["body"] is not None:
        try:
            axes_at = rtn_axes(reference, run.vector("reference_velocity")[some])
        except ValueError:  # a reference at rest has no orbital plane
            return None
        path = np.einsum("tvij,tvj->tvi", axes_at, path)
        names = ["radial", "along-track", "cross-track"]
    text = "Start ●, end ■, reference +. The scales of the axes differ."
    figure = draw_path(path, run.vehicles, names)
    return Section("Path about the reference", figure, text, wide=True)


def _along_curve(run: Run, curve: dict[str, Any]) -> Section | None:
    """The path about the curve's centre, with the curve itself, from where that begins."""
    begun = np.flatnonzero(run.seconds >= curve["starts_at_s"])
    if not len(begun):
        return None
    some = begun[every(len(begun), _POINTS)]
    both = (run.vector("position")[some], run.vector("reference_position")[some, :1])
    path = np.concatenate(both, axis=1) - np.array(curve["centre_m"])
    text = "Start ●, end ■, centre of the curve +. The scales of the axes differ."
    figure = draw_path(path, [*run.vehicles, "reference"], ["x", "y", "z"])
    return Section("Path along the reference", figure, text, wide=True)


def draw_path(path: Array, vehicles: Sequence[str], names: Sequence[str], first: int = 0) -> str:
    """Three views of paths in three dimensions, as an ``<svg>`` element.

    Args:
        path: m, (points, vehicles, 3).
        vehicles: Names of the paths.
        names: Names of the three axes.
        first: Which colour the first path has.
    """
    figure, axes = draw(width_in=12.0, height_in=3.7, cols=3)
    for axis, (across, up) in zip(axes, ((1, 0), (1, 2), (2, 0)), strict=True):
        for vehicle, label in enumerate(vehicles):
            which = (first + vehicle) % len(SERIES)
            x, y = path[:, vehicle, across], path[:, vehicle, up]
            axis.plot(x, y, STYLES[which], color=SERIES[which], label=label)
            axis.plot(x[0], y[0], "o", color=SERIES[which], markersize=6)
            axis.plot(x[-1], y[-1], "s", color=SERIES[which], markersize=6)
        axis.plot(0, 0, "+", color=INK, markersize=11, markeredgewidth=1.5)
        axis.set_xlabel(f"{names[across]}, m")
        axis.set_ylabel(f"{names[up]}, m")
        axis.margins(0.12)
        axis.locator_params(nbins=5)
    if len(vehicles) > 1:
        axes[0].legend()
    return svg(figure, f"Path in {', '.join(names)}")
