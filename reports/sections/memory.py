"""The memory of the law, and the control mode over the run."""

import itertools

import numpy as np

from reports.figure import INK, MUTED, SERIES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import figure_value, log_if_wide, plot_vehicles
from reports.stability import scaled_gains


def section(run: Run) -> Section:
    """How much the forgetting integral held, under which mode."""
    _, unit = run.axis
    figure, (axis, band) = draw(
        height_in=3.2, rows=2, sharex=True, gridspec_kw={"height_ratios": [5, 1]}
    )
    memory = run.norm("integral_state")
    plot_vehicles(axis, run, memory)
    log_if_wide(axis, memory)
    axis.set_ylabel("memory |z|, m·s")
    if len(run.vehicles) > 1:
        axis.legend()

    labels = run.directory.trace.columns["control_mode"].categories
    modes = run.column("control_mode")[:, 0]
    starts = [0, *(np.flatnonzero(np.diff(modes)) + 1), len(modes) - 1]
    for start, end in itertools.pairwise(starts):
        left, right = run.t[start], run.t[end]
        mode = int(modes[start])
        band.axvspan(left, right, color=SERIES[mode % len(SERIES)], alpha=0.25, linewidth=0)
        band.axvline(left, color=MUTED, linewidth=0.8)
        band.text((left + right) / 2, 0.5, labels[mode], ha="center", va="center", color=INK)
    band.set_ylim(0, 1)
    band.set_yticks([])
    band.grid(visible=False)
    band.set_ylabel("mode")
    band.set_xlabel(f"time, {unit}")
    forgets = float(run.column("lambda_decay")[0, 0])
    text = (
        f"The memory forgets at λ = {forgets:.3g}\u202fs⁻¹ and held at most "
        f"{figure_value(float(memory.max()), 'm·s')}."
    )
    if run.manifest["controller"]["kind"] == "agp":
        offset = scaled_gains(run.manifest["controller"]).resting_offset()
        text += f" A constant disturbance leaves an offset of {figure_value(offset, 'm')} per m/s²."
    return Section("Memory and mode", svg(figure, "Memory and control mode over time"), text)
