"""How long a tick took on this machine."""

import numpy as np

from reports.figure import INK, SERIES, draw, log_axis, svg
from reports.run import Run
from reports.sections import Section


def section(run: Run) -> Section | None:
    """Histogram of the time from one observation to the next."""
    stamps = run.directory.timing()
    loop_us = np.diff(stamps["received_ns"]) * 1e-3
    if len(loop_us) == 0:
        return None
    controller_us = (stamps["controller_out_ns"] - stamps["controller_in_ns"]) * 1e-3
    figure, (axis,) = draw()
    edges = np.geomspace(max(controller_us.min(), 0.1), max(loop_us.max(), controller_us.max()), 90)
    for values, name, which in ((loop_us, "whole tick", 0), (controller_us, "controller", 1)):
        axis.hist(
            values,
            bins=edges.tolist(),
            histtype="step",
            linewidth=1.5,
            color=SERIES[which],
            linestyle=("-", "--")[which],
            label=name,
        )
    log_axis(axis, "x")
    log_axis(axis, "y")
    axis.set_xlabel("time, µs")
    axis.set_ylabel("ticks")
    p50, p99, p999 = np.percentile(loop_us, [50, 99, 99.9])
    for value, name in ((p50, "p50"), (p99, "p99"), (loop_us.max(), "max")):
        axis.axvline(value, color=INK, linewidth=0.8, linestyle=":")
        axis.annotate(
            name,
            (value, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2, -10),
            textcoords="offset points",
            fontsize=9,
        )
    axis.legend(loc="center right")
    rate = len(loop_us) / (np.sum(loop_us) * 1e-6)
    text = (
        f"A whole tick took {p50:,.0f}\u202fµs (p50), {p99:,.0f}\u202fµs (p99), "
        f"{p999:,.0f}\u202fµs (p99.9), {loop_us.max():,.0f}\u202fµs at most; the controller "
        f"{np.percentile(controller_us, 50):,.0f}\u202fµs (p50). {rate:,.0f} ticks a second, "
        f"{rate * run.manifest['tick_ns'] * 1e-9:,.0f} × real time."
    )
    if run.manifest["clock"]["kind"] == "lockstep":
        text += " In lockstep these times do not touch the result."
    return Section("Loop time", svg(figure, "Histogram of loop times"), text)
