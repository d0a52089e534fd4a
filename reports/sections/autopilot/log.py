"""The autopilot's own log of the flight (ULog), read by pyulog."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from harness.trace import files
from reports.figure import LIMIT, SERIES, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.autopilot.phases import draw_phases
from reports.sections.common import name_height
from reports.series import thinned

_RATIOS = {
    "pos_test_ratio": "position",
    "vel_test_ratio": "velocity",
    "hgt_test_ratio": "height",
    "hdg_test_ratio": "heading",
}
_WANTED = ["estimator_status", "hover_thrust_estimate", "cpuload"]
_LEVELS = {"WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"}
_MOST_TOLD = 12


def section(run: Run) -> Section | None:
    """Innovation test ratios and the hover thrust, from the newest log in the run directory."""
    found = sorted((run.directory.path / files.PLANT).glob("log/**/*.ulg"))
    if not found:
        return None
    title, path = "The autopilot's log", found[-1]
    try:
        log = _read(path)
    except Exception as error:  # a file that was cut off or is none fails in many ways
        why = f"{type(error).__name__}: {error}"
        return Section(title, "", f"{path.name} can't be read: {why}", wide=True)
    start = float(run.column("autopilot_time")[0, 0]) if run.has("autopilot_time") else 0.0
    told = [
        f"{message.timestamp * 1e-6 - start:.2f} s: {message.message.strip()}"
        for message in log.logged_messages
        if message.log_level_str() in _LEVELS
    ]
    more = len(told) - _MOST_TOLD
    points = (*told[:_MOST_TOLD], *([f"and {more} more"] if more > 0 else []))
    return Section(title, _figure(run, log, start), _text(run, path, log), wide=True, points=points)


def _read(path: Path) -> Any:
    from pyulog import ULog

    return ULog(str(path), _WANTED)


def _series(log: Any, name: str) -> dict[str, Any] | None:
    for dataset in log.data_list:
        if dataset.name == name and len(dataset.data["timestamp"]):
            data: dict[str, Any] = dataset.data
            return data
    return None


def _figure(run: Run, log: Any, start_s: float) -> str:
    per_unit, unit = run.axis
    ratios, hover = _series(log, "estimator_status"), _series(log, "hover_thrust_estimate")
    rows = (ratios is not None) + (hover is not None)
    if not rows:
        return ""
    figure, axes = draw(width_in=12.0, height_in=0.6 + 1.9 * rows, rows=rows, sharex=True)

    def moments(data: dict[str, Any]) -> Any:
        return (data["timestamp"] * 1e-6 - start_s) / per_unit

    if ratios is not None:
        for which, (key, name) in enumerate(_RATIOS.items()):
            if key in ratios:
                t, y = thinned(moments(ratios), np.asarray(ratios[key], dtype=float))
                axes[0].plot(t, y, STYLES[which], color=SERIES[which], label=name, linewidth=1.0)
        axes[0].axhline(1.0, color=LIMIT, linewidth=1.0)
        name_height(axes[0], 1.0, "measurement refused")
        axes[0].set_ylabel("test ratio")
        axes[0].set_ylim(bottom=0.0)
        axes[0].legend(ncols=4)
    if hover is not None:
        t, y = thinned(moments(hover), np.asarray(hover["hover_thrust"], dtype=float))
        axes[-1].plot(t, y, color=SERIES[0])
        axes[-1].set_ylabel("hover thrust")
    for index, axis in enumerate(axes):
        draw_phases(axis, run, named=index == 0)
    axes[-1].set_xlim(0.0, float(run.t[-1]) or 1.0)
    axes[-1].set_xlabel(f"time, {unit}")
    return svg(figure, "What the autopilot logged: innovation test ratios and hover thrust")


def _text(run: Run, path: Path, log: Any) -> str:
    lasts = (log.last_timestamp - log.start_timestamp) * 1e-6
    lost = sum(dropout.duration for dropout in log.dropouts) / 1e3
    where = path.relative_to(run.directory.path)
    text = f"{where}, {lasts:.1f} s"
    text += f", {lost:.3g} s of it lost in {len(log.dropouts)} gaps." if log.dropouts else "."
    hover = _series(log, "hover_thrust_estimate")
    known = (
        [] if hover is None else [share for share in hover["hover_thrust"] if math.isfinite(share)]
    )
    if known:
        text += (
            f" At the end it took the thrust that holds it up to be {float(known[-1]):.3f} of full."
        )
    if log.file_corruption:
        text += " Part of it is corrupt and was left out."
    return text
