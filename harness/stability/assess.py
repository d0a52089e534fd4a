"""What a run shows of its stability, beside what was proved: four numbers and a twin check."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.journal import arrow_array
from harness.scenario.load import Scenario
from harness.scenario.stability_criterion import ObservedCriterion
from harness.stability.coverage import Seen, coverage, in_level_set
from harness.stability.flown import Flown, flown
from harness.stability.local import local
from harness.stability.metric import Metric, nominal, proved_metric
from harness.stability.observed import Observed, fly_again, observed, ticks_to_watch
from harness.stability.problem import Asked, asked
from harness.stability.twin_check import COMPONENTS, TwinCheck
from harness.trace.reader import Trace
from harness.trace.schema import TraceColumn, arrow_schema
from kernel.decay import fit_decay, settled_floor

Array = NDArray[np.float64]
Watch = Callable[[], bool]


def assess(
    scenario: Scenario, given: dict[str, Any] | None, trace: Trace, watch: Watch = lambda: True
) -> tuple[dict[str, Any], pa.Table]:
    """Hold a run against the twin of its plant, and against its certificate.

    Args:
        scenario: What was run.
        given: Its certificate; None where nothing was to be proved.
        trace: Its trace.
        watch: Asked every tick of a second flight whether to go on.

    Returns:
        What there is to say, as plain data, and a table of it by tick.

    Raises:
        CertificateError: The plant has no twin, or no loop is closed.
    """
    question = asked(scenario)
    flights = flown(trace, question.mode)
    metric = proved_metric(given) if given else None
    if metric is None and question.mode in scenario.metrics:
        metric = nominal(scenario.metrics[question.mode])
    numbers: dict[str, Any] = {
        "proved": None
        if given is None
        else {key: given[key] for key in ("bound_per_second", "verdict", "overshoot")},
        "local": None,
        "observed": None,
        "decay": None,
    }
    told: dict[str, Any] = {"mode": question.mode.label, "basis": flights[0].basis, "metric": None}
    if metric is None:
        if given is not None:
            told |= {"covers": False, "coverage": f"{given['verdict']}: {given['reason']}"}
        return {**told, "numbers": numbers}, _table([])
    # Held against the ranges of the proof, or where there is none against the stated values.
    problem = question.problem
    if not metric.proved:
        problem = replace(problem, gains=(1.0, 1.0), delays=(0, 0))
    question = replace(question, problem=problem)
    check = TwinCheck(problem, metric)
    wanted = given is not None or _watched(scenario)
    seen = [_seen(question, metric, check, flight, wanted) for flight in flights]
    told |= {
        "metric": "proved" if metric.proved else "nominal",
        "twin_check": _twin_check(given, seen),
    }
    if given is not None:
        told["covers"], told["coverage"] = coverage(given, metric, seen)
        told["level_set"] = in_level_set(given, metric, seen)
    numbers["decay"] = _decay(seen)
    if wanted:
        numbers["local"] = _local(seen)
        numbers["observed"] = _observed(scenario, given, question, metric, check, seen, watch)
    return {**told, "numbers": numbers}, _table(seen)


def _watched(scenario: Scenario) -> bool:
    """Whether a scenario asks for an observed constant, which takes a second flight."""
    return any(isinstance(asks, ObservedCriterion) for asks in scenario.model.expect.values())


def _seen(question: Asked, metric: Metric, check: TwinCheck, flight: Flown, wanted: bool) -> Seen:
    checked = check.check(flight)
    # The nominal metric knows no thrust that lags, and can't tell what a loop with it does.
    known = metric.lags == question.twin.lags
    ticks = checked.ticks if wanted and known else checked.ticks[:0]
    found = local(question.problem, metric, flight, ticks, checked.had)
    return Seen(flight, checked, found.ticks, found.per_tick ** (1.0 / question.problem.dt))


def _twin_check(given: dict[str, Any] | None, seen: list[Seen]) -> dict[str, Any]:
    flying = [one for one in seen if len(one.checked.ticks)]
    residual = np.concatenate([one.checked.residual for one in seen])
    assumed = None if given is None else given["assumed_disturbance"]["norm_m"]
    told: dict[str, Any] = {"ticks": len(residual), "assumed_m": assumed}
    if not flying:
        return told
    worst = max(flying, key=lambda one: float(one.checked.residual.max()))
    at = worst.checked.ticks[int(np.argmax(worst.checked.residual))]
    parts = {
        name: np.concatenate([one.checked.components[name] for one in flying])
        for name in COMPONENTS
    }
    return told | {
        "p50_m": float(np.median(residual)),
        "max_m": float(residual.max()),
        "at_s": float(worst.flight.seconds[at]),
        "vehicle": worst.flight.vehicle,
        "components": {
            name: {
                "p50": float(np.median(part)),
                "max": float(part.max()),
                "unit": COMPONENTS[name],
            }
            for name, part in parts.items()
        },
    }


def _local(seen: list[Seen]) -> dict[str, Any] | None:
    flying = [one for one in seen if len(one.local_ticks)]
    if not flying:
        return None
    worst = max(flying, key=lambda one: float(one.local_per_second.max()))
    at = worst.local_ticks[int(np.argmax(worst.local_per_second))]
    return {
        "value": float(worst.local_per_second.max()),
        "least": min(float(one.local_per_second.min()) for one in flying),
        "states": sum(len(one.local_ticks) for one in flying),
        "at_s": float(worst.flight.seconds[at]),
        "vehicle": worst.flight.vehicle,
    }


def _decay(seen: list[Seen]) -> dict[str, Any] | None:
    """The slowest of the vehicles' fitted decays."""
    found = [(fit_decay(one.flight.seconds, one.proved_size), one.flight.vehicle) for one in seen]
    fits = [(fit, vehicle) for fit, vehicle in found if fit is not None]
    if not fits:
        return None
    slowest, vehicle = min(fits, key=lambda pair: pair[0].rate)
    return {**asdict(slowest), "vehicle": vehicle}


def _observed(
    scenario: Scenario,
    given: dict[str, Any] | None,
    question: Asked,
    metric: Metric,
    check: TwinCheck,
    seen: list[Seen],
    watch: Watch,
) -> dict[str, Any] | None:
    """The largest of the vehicles' observed constants."""
    dt = question.problem.dt
    found: list[tuple[Observed, str]] = []
    if scenario.repeatable:
        found = _of_two_flights(scenario, dt, metric, check, seen, watch)
    else:
        level = given["level_set"] if given else None
        known = level["ultimate"] if level is not None else 0.0
        for one in seen:
            seconds, floor = one.flight.seconds, max(known, settled_floor(one.proved_size))
            estimate = observed(seconds, one.proved_size, dt, "the error of this run", floor)
            if estimate is not None:
                found.append((estimate, one.flight.vehicle))
    if not found:
        return None
    worst, vehicle = max(found, key=lambda pair: pair[0].value)
    return {**asdict(worst), "vehicle": vehicle}


def _of_two_flights(
    scenario: Scenario,
    dt: float,
    metric: Metric,
    check: TwinCheck,
    seen: list[Seen],
    watch: Watch,
) -> list[tuple[Observed, str]]:
    stretches = [_longest_stretch(one.checked.ticks) for one in seen]
    first = max(start for start, _ in stretches)
    end = min(end for _, end in stretches)
    if end - first < 2:
        return []
    ticks = ticks_to_watch(metric.evidence.per_tick, end - first)
    try:
        pushed = fly_again(scenario, first, first + ticks, watch)
    except Exception:  # whatever a plant or controller raises costs this number alone
        return []
    found = []
    for one, other in zip(seen, pushed, strict=True):
        some = slice(first + 1, min(first + ticks, len(other.seconds)))
        both = one.flight.applies[some] & other.applies[some]
        size = np.where(both, check.difference(one.flight, other, some), np.nan)
        noise = 1e-13 * float(np.abs(one.flight.reference).max())
        estimate = observed(
            one.flight.seconds[some], size, dt, "a second flight with one push more", noise
        )
        if estimate is not None:
            found.append((estimate, one.flight.vehicle))
    return found


def _longest_stretch(ticks: NDArray[np.int64]) -> tuple[int, int]:
    """First and last of the longest run of successive ticks."""
    if not len(ticks):
        return 0, 0
    runs = np.split(ticks, np.flatnonzero(np.diff(ticks) != 1) + 1)
    longest = max(runs, key=len)
    return int(longest[0]), int(longest[-1])


def _table(seen: list[Seen]) -> pa.Table:
    """By vehicle and tick: ‖ξ‖_P, ‖w‖_P and local L; NaN where there is none."""
    undefined = replace(TraceColumn(""), undefined_as_nan=True)
    columns = [
        TraceColumn("tick", "int64"),
        TraceColumn("t_ns", "int64", "ns"),
        TraceColumn("vehicle", "category", categories=tuple(one.flight.vehicle for one in seen)),
        replace(undefined, name="primal_state_m", unit="m", about="error in the metric P"),
        replace(undefined, name="residual_m", unit="m", about="error of the twin's tick in P"),
        replace(undefined, name="local_lipschitz_per_s", unit="1/s"),
    ]
    rows = [_columns(index, one) for index, one in enumerate(seen)]
    values = [np.concatenate(parts) for parts in zip(*rows, strict=True)] or [np.empty(0)] * 6
    arrays = map(arrow_array, columns, values)
    return pa.Table.from_arrays(list(arrays), schema=arrow_schema(columns, {}))


def _columns(vehicle: int, one: Seen) -> list[NDArray[Any]]:
    rows = len(one.checked.size)
    residual, per_second = np.full(rows, np.nan), np.full(rows, np.nan)
    residual[one.checked.ticks] = one.checked.residual
    per_second[one.local_ticks] = one.local_per_second
    t_ns = np.round(one.flight.seconds * 1e9).astype(np.int64)
    return [np.arange(rows), t_ns, np.full(rows, vehicle), one.checked.size, residual, per_second]
