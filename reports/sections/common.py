"""What several sections draw alike."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reports.figure import LIMIT, SERIES, STYLES, log_axis
from reports.run import Run
from reports.series import thinned

Array = NDArray[np.float64]


_NO_LINE = ("rms", "largest difference of")
"""Statistics whose limit is none on the signal's own value."""


def plot_vehicles(axis: Axes, run: Run, values: Array, first: int = 0, name: str = "") -> None:
    """One line a vehicle over time, labelled where there is more than one thing to tell apart."""
    for vehicle, label in enumerate(run.vehicles):
        t, y = thinned(run.t, values[:, vehicle])
        which = (first + vehicle) % len(SERIES)
        parts = [name] if name else []
        parts += [label] if len(run.vehicles) > 1 else []
        axis.plot(t, y, STYLES[which], color=SERIES[which], label=" ".join(parts) or None)


def plot_limits(axis: Axes, run: Run, signal: str) -> None:
    """Each plain limit on a signal, over its window."""
    per_unit, _ = run.axis
    for drawn in _limits(run):
        if drawn["signal"].replace(" ", "") != signal or drawn.get("statistic") in _NO_LINE:
            continue
        start, end = (moment / per_unit for moment in drawn["window_s"])
        limit = drawn["limit"]
        if drawn.get("statistic") == "final":
            marker = "v" if drawn["bound"] == "at most" else "^"
            axis.plot([end], [limit], marker, color=LIMIT, markersize=6, clip_on=False, zorder=4)
        else:
            axis.plot([start, end], [limit, limit], color=LIMIT, linewidth=1.5, zorder=3)
        axis.annotate(
            f"{drawn['bound']} {limit:g}",
            (end, limit),
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            color=LIMIT,
            fontsize=9,
        )


def name_height(axis: Axes, height: float, name: str, left: bool = False) -> None:
    """Name a line that runs across an axis, at its right end or its left."""
    axis.annotate(
        name,
        (0.0 if left else 1.0, height),
        xycoords=("axes fraction", "data"),
        xytext=(4 if left else -4, 4),
        textcoords="offset points",
        ha="left" if left else "right",
        color=LIMIT,
    )


def _limits(run: Run) -> Iterator[dict[str, Any]]:
    """Plain limits, and those that formulas consist of."""
    for result in run.verdict["criteria"]:
        yield from result["thresholds"] if result.get("formula") else [result]


def log_if_wide(axis: Axes, values: Array) -> None:
    """A logarithmic axis where positive values span more than two decades."""
    positive = values[np.isfinite(values) & (values > 0.0)]
    if len(positive) and positive.max() > 100.0 * np.quantile(positive, 0.02):
        log_axis(axis, "y")
        low = max(float(np.quantile(positive, 0.001)), float(positive.max()) * 1e-9)
        axis.set_ylim(bottom=low / 2.0)


def figure_value(value: float, unit: str) -> str:
    """A number with its unit, in three or four digits."""
    plain = 1000.0 <= abs(value) < 1e7
    return f"{value:,.0f}\u202f{unit}" if plain else f"{value:.3g}\u202f{unit}"
