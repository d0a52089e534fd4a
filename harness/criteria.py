"""Criteria held against a trace: value, limit, when worst, and whether it could be judged."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.scenario.model import Criterion
from harness.scenario.signal import Signal, parse_signal
from harness.scenario.ticks import first_tick, last_tick
from harness.trace.reader import Trace

Array = NDArray[Any]
Judgement = Literal["PASSED", "FAILED", "NOT EVALUATED"]


@dataclass(frozen=True)
class Threshold:
    """A limit that a formula puts on a signal over a window, for whoever draws the signal.

    Attributes:
        signal: The signal as written.
        bound: ``at most``, ``below``, ``at least`` or ``above``.
        limit: The limit, in the signal's unit.
        window_s: Start and end of the window.
    """

    signal: str
    bound: str
    limit: float
    window_s: tuple[float, float]


@dataclass(frozen=True)
class Result:
    """A criterion and what the run made of it.

    Of a formula, signal, value, bound and limit are those of the comparison that decided, at the
    moment at which it did.

    Attributes:
        name: The criterion's name in the scenario.
        judgement: Whether it held, or could not be judged.
        reason: One phrase on why, where it did not hold.
        signal, statistic, unit, about: As in the scenario; a formula has no statistic.
        basis: ``true`` or ``measured`` where the signal could be either.
        vehicle: The vehicle that decided it.
        value: The statistic, in ``unit``, or the value of a category; None where there was nothing
            to take it of.
        bound: ``at most`` or ``at least``; of a formula also ``below``, ``above``, ``equal to``
            or ``other than``.
        limit: The limit, in ``unit``; None where no comparison decided.
        margin: How much was to spare, in ``unit``; negative where it failed. Of a formula, its
            robustness; None where that is not finite.
        worst_s: When the signal came closest to its limit, or was furthest beyond it.
        window_s: Start and end of the window.
        undefined: Samples in the window at which the signal is not defined.
        requirement: What it shows to be met, as the scenario names it.
        formula: The formula as written; empty for a plain limit.
        predicate: The comparison of the formula that decided, as written.
        thresholds: Plain limits that the formula consists of.
    """

    name: str
    judgement: Judgement
    reason: str
    signal: str
    statistic: str
    unit: str
    about: str
    basis: str
    vehicle: str
    value: float | str | None
    bound: str
    limit: float | str | None
    margin: float | None
    worst_s: float | None
    window_s: tuple[float, float]
    undefined: int
    requirement: str = ""
    formula: str = ""
    predicate: str = ""
    thresholds: tuple[Threshold, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``verdict.json``."""
        return asdict(self)


@dataclass(frozen=True)
class _Taken:
    """A statistic of one vehicle's samples."""

    value: float
    worst_s: float
    undefined: int


def evaluate(
    name: str, criterion: Criterion, trace: Trace, duration_s: float, rate_hz: float
) -> Result:
    """Judge one criterion.

    A limit on the largest or smallest value that is already broken fails even where the run ended
    early; whatever else would have needed the rest of the window is not evaluated.

    Args:
        name: The criterion's name.
        criterion: What is demanded.
        trace: The run's trace.
        duration_s: Length of the run as the scenario has it, s.
        rate_hz: Control rate.
    """
    signal = parse_signal(criterion.signal, trace.columns)
    end_s = duration_s if criterion.until_s is None else criterion.until_s
    times = trace.t_ns
    first, last = first_tick(criterion.after_s, rate_hz), last_tick(end_s, rate_hz)
    window = slice(first, last + 1)
    upper = criterion.at_most is not None
    limit = criterion.at_most if criterion.at_most is not None else criterion.at_least
    assert limit is not None

    values = signal_values(signal, trace)[window]
    seconds = times[window] / 1e9
    named = {v: i for i, v in enumerate(trace.vehicles) if criterion.vehicle in ("all", "any", v)}
    taken = {
        vehicle: _take(criterion.statistic, values[:, i], seconds, signal, upper)
        for vehicle, i in named.items()
    }
    margins = {v: _margin(t, limit, upper) for v, t in taken.items() if t is not None}

    def result(judgement: Judgement, reason: str, vehicle: str) -> Result:
        decided = taken.get(vehicle)
        return Result(
            name=name,
            judgement=judgement,
            reason=reason,
            signal=criterion.signal,
            statistic=criterion.statistic,
            unit=criterion.unit,
            about=criterion.about,
            basis=signal.basis,
            vehicle=vehicle,
            value=decided.value if decided and np.isfinite(decided.value) else None,
            bound="at most" if upper else "at least",
            limit=limit,
            margin=margins[vehicle] if decided and np.isfinite(margins[vehicle]) else None,
            worst_s=decided.worst_s if decided else None,
            window_s=(criterion.after_s, end_s),
            undefined=max((t.undefined for t in taken.values() if t), default=0),
            requirement=criterion.requirement,
        )

    if not margins or (len(margins) < len(named) and criterion.vehicle != "any"):
        lost = next(v for v in named if v not in margins)
        why = "the signal is not defined there" if len(seconds) else short(times, end_s)
        return result("NOT EVALUATED", why, lost)
    # All must hold: the worst decides. Any may hold: the best does.
    decisive = (max if criterion.vehicle == "any" else min)(margins, key=lambda v: margins[v])
    broken = not margins[decisive] >= 0.0
    final_already = criterion.statistic == ("max" if upper else "min")
    if len(times) <= last and not (broken and final_already and criterion.vehicle != "any"):
        return result("NOT EVALUATED", short(times, end_s), decisive)
    if not np.isfinite(taken[decisive].value):  # type: ignore[union-attr]
        return result("FAILED", "the signal is not a number", decisive)
    return result("FAILED" if broken else "PASSED", "beyond its limit" if broken else "", decisive)


def signal_values(signal: Signal, trace: Trace) -> Array:
    """The signal at every row, (ticks, vehicles)."""
    parts: Mapping[str, Array] = trace.read(*signal.columns)
    if signal.function == "norm":
        return np.sqrt(sum(np.square(part) for part in parts.values()))
    (values,) = parts.values()
    values = values.astype(np.float64)
    return np.abs(values) if signal.function == "abs" else values


def _take(
    statistic: str, values: Array, seconds: Array, signal: Signal, upper: bool
) -> _Taken | None:
    undefined = np.isnan(values) if signal.undefined_as_nan else np.zeros(len(values), bool)
    if undefined.all():
        return None
    ended_undefined = bool(undefined[-1])
    values, seconds = values[~undefined], seconds[~undefined]
    if np.isnan(values).any():
        return _Taken(float("nan"), float(seconds[np.isnan(values)][0]), 0)
    if statistic == "final":
        if ended_undefined:
            return None
        at = len(values) - 1
        value = values[at]
    elif statistic == "rms":
        at = int(np.argmax(np.abs(values)) if upper else np.argmin(np.abs(values)))
        value = np.sqrt(np.mean(np.square(values)))
    else:
        at = int(np.argmax(values) if statistic == "max" else np.argmin(values))
        value = values[at]
    return _Taken(float(value), float(seconds[at]), int(undefined.sum()))


def _margin(taken: _Taken, limit: float, upper: bool) -> float:
    margin = limit - taken.value if upper else taken.value - limit
    return -np.inf if np.isnan(margin) else margin


def short(times: Array, end_s: float) -> str:
    """How far a run came that ended early."""
    reached = f"{times[-1] / 1e9:.9g} s" if len(times) else "no observation"
    return f"the run reached {reached} of {end_s:.9g} s"
