"""The size of the error over time, with the set it is kept in and the bound it is kept under."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from kernel.decay import Decay
from reports.figure import INK, LIMIT, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.common import log_if_wide, name_height, plot_vehicles
from reports.sections.decay import TITLE, nominal_sentences, sentence
from reports.stability import Stability

Array = NDArray[np.float64]


def section(run: Run) -> Section | None:
    """How the error shrank, beside what was proved of it."""
    stability = run.stability
    if stability is None or stability.metric is None:
        return None
    proved = stability.metric == "proved"
    per_unit, unit = run.axis
    figure, (axis,) = draw(height_in=4.6 if proved else 3.2)
    size = stability.size
    plot_vehicles(axis, run, size, name="" if len(run.vehicles) > 1 else "this run")
    told = []
    drawn = [size]
    if proved and stability.level_set is not None:
        drawn += _draw_proved(axis, run, stability)
        told.append(_about_envelope(stability))
    found = stability.numbers["decay"]
    fit = None if found is None else Decay(**{k: v for k, v in found.items() if k != "vehicle"})
    if fit is not None:
        ends = np.array([fit.start_s, fit.end_s])
        line = fit.size * np.exp(-fit.rate * ends)
        axis.plot(ends / per_unit, line, ":", color=INK, linewidth=2.2, label="fitted decay")
    log_if_wide(axis, np.concatenate([values.ravel() for values in drawn]))
    if axis.get_yscale() == "log":
        axis.set_ylim(top=3.0 * max(float(np.nanmax(values)) for values in drawn))
    who = run.vehicles[0] if found is None else found["vehicle"]
    told.append(sentence(who, fit))
    if not proved:
        told += nominal_sentences(run)
    falls = proved and axis.get_yscale() == "log" and len(run.vehicles) == 1
    if len(axis.get_legend_handles_labels()[0]) > 1:
        axis.legend(loc="lower left" if falls else "best")
    axis.set_ylabel("error ‖ξ‖_P, m" if proved else "error in the metric P, m")
    axis.set_xlabel(f"time, {unit}")
    title = "Contraction over time" if proved else TITLE
    return Section(title, svg(figure, "Error in the metric P"), " ".join(told))


def envelope(stability: Stability, vehicle: str, seconds: Array) -> Array | None:
    """The proved bound on ‖ξ‖_P over time, NaN before it begins; None where it never does.

    From the level set on ‖ξ‖_P stays below its size at entry, commands in flight included, times
    Lᵗ; what the ticks add stays below the ultimate bound.
    """
    given, level = stability.certificate, stability.level_set
    inside = stability.shown.get("level_set") or {}
    start = inside.get("size_at_entry_m", {}).get(vehicle)
    if given is None or level is None or start is None:
        return None
    since = seconds - inside["entered_s"][vehicle]
    shrunk = given["bound_per_second"] ** np.maximum(since, 0.0)
    bound = start * shrunk + level["ultimate"] * (1.0 - shrunk)
    return np.where(since >= 0.0, bound, np.nan)


def _draw_proved(axis: Axes, run: Run, stability: Stability) -> list[Array]:
    """Level set, ultimate bound and envelopes; returns the values drawn."""
    level = stability.level_set
    assert level is not None
    drawn: list[Array] = []
    for vehicle in run.vehicles:
        bound = envelope(stability, vehicle, run.seconds)
        if bound is not None:
            axis.plot(
                run.t,
                bound,
                "--",
                color=LIMIT,
                linewidth=1.8,
                label=None if drawn else "proved bound",
            )
            drawn.append(bound)
    for height, label, style in (
        (level["rho"], "level set ρ", "-"),
        (level["ultimate"], "ultimate bound", "-."),
    ):
        axis.axhline(height, color=LIMIT, linewidth=1.2, linestyle=style)
        name_height(axis, height, label)
    return [*drawn, np.array([level["rho"], level["ultimate"]])]


def _about_envelope(stability: Stability) -> str:
    entered = (stability.shown.get("level_set") or {}).get("entered_s") or {}
    known = [moment for moment in entered.values() if moment is not None]
    never = [vehicle for vehicle, moment in entered.items() if moment is None]
    if not known:
        return "The run was never in the level set, so that nothing bounds it."
    since = f"from {max(known):.9g}\u202fs on" if max(known) > 0.0 else "from the start"
    told = f"In the level set {since}"
    if never:
        told += f", but {' and '.join(never)} never"
    told += ". The dashed red line is what was proved of it"
    if stability.covered:
        return f"{told}; the error stays below."
    return f"{told}, and no promise here, as this run is not covered."
