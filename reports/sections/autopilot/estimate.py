"""The autopilot's estimate beside the true state, and what its estimator said of itself."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reports.figure import SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.autopilot.phases import draw_phases, in_the_air
from reports.sections.common import figure_value
from reports.series import thinned

FLAG = "estimator_"
_AXES = ("north", "east", "down")


def section(run: Run) -> Section | None:
    """Estimated less true by axis, and flags; only where an estimator told of itself."""
    if not run.has("estimator_attitude") or run.basis("position_x") != "true":
        return None
    _, unit = run.axis
    flags = [name for name in run.directory.trace.columns if name.startswith(FLAG)]
    told = {name: run.column(name)[:, 0].astype(bool) for name in flags}
    shown = [name for name, there in told.items() if there.any() and not there.all()]
    always = [_words(name) for name, there in told.items() if there.all()]
    ratios = (2.1, 1.3, 0.2 * len(shown)) if shown else (2.1, 1.3)
    figure, axes = draw(
        width_in=12.0,
        height_in=3.9 + 0.2 * len(shown),
        rows=len(ratios),
        sharex=True,
        height_ratios=ratios,
    )
    off = (run.vector("measured_position") - run.vector("position"))[:, 0]
    for which, name in enumerate(_AXES):
        t, y = thinned(run.t, off[:, which])
        axes[0].plot(t, y, STYLES[which], color=SERIES[which], label=name)
    axes[0].set_ylabel("position, m")
    axes[0].legend(ncols=3)
    t, y = thinned(run.t, np.degrees(_turn(run)))
    axes[1].plot(t, y, color=SERIES[0])
    axes[1].set_ylabel("attitude, °")
    axes[1].set_ylim(bottom=0.0)
    if shown:
        _draw_flags(axes[2], run, {name: told[name] for name in shown})
    axes[-1].set_xlabel(f"time, {unit}")
    axes[0].set_xlim(0.0, float(run.t[-1]) or 1.0)
    for index, axis in enumerate(axes[:2]):
        draw_phases(axis, run, named=index == 0)
    flown = in_the_air(run)
    if not flown.any():
        flown = np.ones(len(run.t), dtype=bool)
    size = np.linalg.norm(off[flown], axis=-1)
    oldest = float(run.column("measurement_age")[flown].max())
    return Section(
        "The autopilot's estimate",
        svg(figure, "Estimated less true position and attitude, and the estimator's flags"),
        f"In the air its position was off by {figure_value(float(size.max()), 'm')} at most and "
        f"{figure_value(float(np.sqrt(np.mean(size**2))), 'm')} root mean square, its attitude by "
        f"{figure_value(float(np.degrees(_turn(run)[flown].max())), '°')} at most; the estimate "
        f"was up to {figure_value(oldest, 's')} old. Flags set throughout: "
        f"{', '.join(always) or 'none'}.",
        wide=True,
    )


def _draw_flags(axis: Axes, run: Run, flags: dict[str, NDArray[np.bool_]]) -> None:
    last = len(run.t) - 1
    for row, there in enumerate(flags.values()):
        edges = np.flatnonzero(np.diff([0, *there.astype(int), 0])).reshape(-1, 2)
        bars = [(float(run.t[a]), float(run.t[min(b, last)] - run.t[a])) for a, b in edges]
        axis.broken_barh(bars, (row - 0.3, 0.6), color=SERIES[1])
    axis.set_yticks(range(len(flags)), [_words(name) for name in flags])
    axis.set_ylim(len(flags) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")


def _words(flag: str) -> str:
    return flag[len(FLAG) :].replace("_", " ")


def _turn(run: Run) -> NDArray[np.float64]:
    """Angle between estimated and true attitude, rad."""
    told, true = (
        np.stack([run.column(f"{name}_{part}")[:, 0] for part in "wxyz"], axis=-1)
        for name in ("estimated_attitude", "attitude")
    )
    return np.asarray(2.0 * np.arccos(np.clip(np.abs(np.sum(told * true, axis=-1)), 0.0, 1.0)))
