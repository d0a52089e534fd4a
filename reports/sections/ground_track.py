"""The ground track on a map."""

import json
from datetime import datetime
from functools import cache
from importlib import resources

import numpy as np
from matplotlib.collections import PolyCollection

from kernel.frames import gcrf_to_itrf, geodetic, utc_julian_date
from reports.figure import LAND, SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.series import every

_POINTS = 1200


@cache
def _land() -> list[list[tuple[float, float]]]:
    """Outlines of the land, longitude and latitude in degrees (Natural Earth, 1:110 million)."""
    text = resources.files("reports").joinpath("land_110m.json").read_text(encoding="utf-8")
    rings: list[list[tuple[float, float]]] = json.loads(text)
    return rings


def section(run: Run) -> Section | None:
    """Points on the Earth below the vehicles; only where the epoch of the run is known."""
    plant = run.manifest["plant"]
    if plant["body"] != "earth" or plant["epoch"] is None or plant["frame"] != "gcrf":
        return None
    position = run.vector("position")
    some = every(len(run.seconds), _POINTS)
    some = some[np.isfinite(position[some]).all(axis=(1, 2))]
    if len(some) == 0:
        return None
    date = utc_julian_date(datetime.fromisoformat(plant["epoch"]))
    turned = gcrf_to_itrf(*date, run.seconds[some])
    positions = np.einsum("tij,tvj->tvi", turned, position[some])
    longitude, latitude, height = geodetic(positions)

    figure, (axis,) = draw(width_in=12.0, height_in=5.6)
    axis.add_collection(PolyCollection(_land(), facecolors=LAND, edgecolors="none"))
    for vehicle, label in enumerate(run.vehicles):
        which = vehicle % len(SERIES)
        x, y = np.degrees(longitude[:, vehicle]), np.degrees(latitude[:, vehicle])
        cuts = np.flatnonzero(np.abs(np.diff(x)) > 180.0) + 1
        axis.plot(
            np.insert(x, cuts, np.nan),
            np.insert(y, cuts, np.nan),
            STYLES[which],
            color=SERIES[which],
            linewidth=2,
            label=label,
        )
        axis.plot(x[0], y[0], "o", color=SERIES[which], markersize=7)
        axis.plot(x[-1], y[-1], "s", color=SERIES[which], markersize=7)
    axis.set_xlim(-180, 180)
    axis.set_ylim(-90, 90)
    axis.set_aspect("equal")
    axis.set_xticks(range(-180, 181, 60), [_degrees(x, "W", "E") for x in range(-180, 181, 60)])
    axis.set_yticks(range(-90, 91, 30), [_degrees(y, "S", "N") for y in range(-90, 91, 30)])
    if len(run.vehicles) > 1:
        axis.legend()
    low, high = height.min() / 1e3, height.max() / 1e3
    text = (
        f"From {plant['epoch'][:19].replace('T', ' ')} UTC, start ●, end ■; "
        f"{low:,.0f} to {high:,.0f}\u202fkm above the ellipsoid. Earth rotation without UT1 − UTC."
    )
    return Section("Ground track", svg(figure, "Ground track on a world map"), text, wide=True)


def _degrees(angle: int, negative: str, positive: str) -> str:
    side = negative if angle < 0 else positive
    return f"{abs(angle)}°{side if angle and abs(angle) != 180 else ''}"
