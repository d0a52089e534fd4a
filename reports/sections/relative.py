"""Where the other vehicles were relative to the first, in its own orbital axes."""

import numpy as np

from kernel.frames import rtn_axes
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value
from reports.sections.path import draw_path
from reports.series import every

_POINTS = 1500


def section(run: Run) -> Section | None:
    """Relative motion of vehicles that fly together."""
    if len(run.vehicles) < 2 or run.manifest["plant"]["body"] is None:
        return None
    position, velocity = run.vector("position"), run.vector("velocity")
    some = every(len(position), _POINTS)
    try:
        axes_at = rtn_axes(position[some, 0], velocity[some, 0])
    except ValueError:  # a vehicle at rest has no orbital plane
        return None
    apart = position[:, 1:] - position[:, :1]
    path = np.einsum("tij,tvj->tvi", axes_at, apart[some])
    figure = draw_path(path, run.vehicles[1:], ("radial", "along-track", "cross-track"), first=1)
    distance = np.linalg.norm(apart, axis=-1)
    told = [
        f"{vehicle} was {figure_value(float(near), 'm')} to {figure_value(float(far), 'm')} from "
        f"{run.vehicles[0]}."
        for vehicle, near, far in zip(
            run.vehicles[1:], distance.min(axis=0), distance.max(axis=0), strict=True
        )
    ]
    text = f"{' '.join(told)} Start ●, end ■, {run.vehicles[0]} +. The scales of the axes differ."
    return Section(f"Path about {run.vehicles[0]}", figure, text, wide=True)
