"""How fast the closed-loop error died away, beside what the nominal loop promises."""

import math

import numpy as np

from kernel.decay import Decay, fit_decay
from reports.figure import INK, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import log_if_wide, plot_vehicles


def section(run: Run) -> Section:
    """Size of the error in the metric P, the fitted decay, and the nominal contraction."""
    per_unit, unit = run.axis
    figure, (axis,) = draw()
    primal = run.column("primal_state")
    plot_vehicles(axis, run, primal)
    log_if_wide(axis, primal)
    fits = [fit_decay(run.seconds, primal[:, i]) for i in range(len(run.vehicles))]
    for fit in fits:
        if fit is not None:
            ends = np.array([fit.start_s, fit.end_s])
            size = fit.size * np.exp(-fit.rate * ends)
            axis.plot(ends / per_unit, size, ":", color=INK, linewidth=2.2, label="fitted decay")
    if any(fits):
        axis.legend()
    axis.set_ylabel("error in the metric P, m")
    axis.set_xlabel(f"time, {unit}")
    told = [_sentence(vehicle, fit) for vehicle, fit in zip(run.vehicles, fits, strict=True)]
    told += _nominal(run)
    return Section("Decay of the error", svg(figure, "Error in the metric P"), " ".join(told))


def _sentence(vehicle: str, fit: Decay | None) -> str:
    if fit is None:
        return f"{vehicle}: no decay can be observed: the error does not fall far enough."
    return (
        f"{vehicle}: fitted decay λ̂ = {fit.rate:.3g}\u202fs⁻¹ "
        f"(95\u202f% interval {fit.low:.3g} to {fit.high:.3g}), an estimate from this run."
    )


def _nominal(run: Run) -> list[str]:
    told = []
    modes = {change["mode"] for change in run.manifest["scenario"]["modes"]}
    for label, metric in run.manifest["metric"]["modes"].items():
        if label in modes:
            per_tick, dt = metric["per_tick"], run.manifest["tick_ns"] / 1e9
            rate = "the end of an error within one tick"
            if per_tick > 0.0:
                rate = f"a decay of at least {-math.log(per_tick) / dt:.3g}\u202fs⁻¹"
            told.append(
                f"Nominal in {label}: L = {metric['per_second']:.5f} a second, "
                f"margin {1.0 - metric['per_second']:.2g}, which is "
                f"{rate} when gravity is modelled exactly "
                "and nothing is limited; it is a property of the loop's model, not a proof about "
                "this plant."
            )
    return told
