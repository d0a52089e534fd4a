"""How fast the closed-loop error died away, beside what the nominal loop promises."""

import math

import numpy as np

from kernel.decay import Decay, fit_decay
from reports.figure import INK, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import log_if_wide, plot_vehicles
from reports.sections.stability.words import factor, scientific

TITLE = "Decay of the error"


def section(run: Run) -> Section | None:
    """Size of the error in the metric P, the fitted decay, and the nominal contraction.

    Where the run was held against a twin there is more to say, in ``stability.contraction``.
    """
    if run.stability is not None and run.stability.metric is not None:
        return None
    primal = run.column("primal_state")
    if not np.isfinite(primal).any():
        why = "It was never measured in a metric: the loop was open, or contracts in none."
        return Section(TITLE, "", why)
    per_unit, unit = run.axis
    figure, (axis,) = draw()
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
    told = [sentence(vehicle, fit) for vehicle, fit in zip(run.vehicles, fits, strict=True)]
    told += nominal_sentences(run)
    return Section(TITLE, svg(figure, "Error in the metric P"), " ".join(told))


def sentence(vehicle: str, fit: Decay | None) -> str:
    """What the fit of one vehicle's decay says."""
    if fit is None:
        return f"{vehicle}: no decay can be observed: the error does not fall far enough."
    return (
        f"{vehicle}: fitted decay λ̂ = {scientific(fit.rate)}\u202fs⁻¹ (95\u202f% interval "
        f"{scientific(fit.low)} to {scientific(fit.high)}), an estimate from this run."
    )


def nominal_sentences(run: Run) -> list[str]:
    """What the nominal loop of each mode flown promises."""
    told = []
    modes = {change["mode"] for change in run.manifest["scenario"]["modes"]}
    for label, metric in run.manifest["metric"]["modes"].items():
        if label in modes:
            per_tick, dt = metric["per_tick"], run.manifest["tick_ns"] / 1e9
            rate = "the end of an error within one tick"
            if per_tick > 0.0:
                rate = f"a decay of at least {scientific(-math.log(per_tick) / dt)}\u202fs⁻¹"
            told.append(
                f"Nominal in {label}: L = {factor(metric['per_second'])} a second, "
                f"margin {scientific(1.0 - metric['per_second'], 2)}, which is "
                f"{rate} when gravity is modelled exactly "
                "and nothing is limited; it is a property of the loop's model, not a proof about "
                "this plant."
            )
    return told
