"""What can be wrong with a scenario's faults and timing beside the rest of it."""

import itertools
import math
from typing import Any

from harness.link.armed import fault_ticks
from harness.scenario.checks import Complaints
from harness.scenario.complaints import nearest
from harness.scenario.latency_criterion import LatencyCriterion
from harness.scenario.model import ScenarioModel
from sims.faults import (
    ActuatorFault,
    ClockFault,
    Death,
    Dropout,
    Fault,
    Freeze,
    PhysicalFault,
    SensorFreeze,
    SensorLoss,
    Stuck,
)
from sims.plant import PlantFamily, PlantSpec

_MOST_AHEAD_S = 1.0


def check_faults(model: ScenarioModel, spec: PlantSpec, complain: Complaints) -> None:
    """Faults outside the run, of vehicles or kinds that there are not, or in contradiction."""
    dt = 1.0 / model.rate_hz
    ticks = round(model.duration_s * model.rate_hz)
    for name, fault in model.faults.items():
        at = ("faults", name)
        _check_window(at, fault, model, complain)
        if fault.vehicle not in ("all", *spec.vehicles):
            complain.at(
                (*at, "vehicle"),
                f"no vehicle {fault.vehicle!r}; {nearest(fault.vehicle, ('all', *spec.vehicles))}",
            )
        elif isinstance(fault, PhysicalFault | Death) and fault.vehicle != "all":
            complain.at((*at, "vehicle"), "it strikes the whole plant; write all, or leave out")
        if isinstance(fault, PhysicalFault):
            kind: str = getattr(fault, "kind", "")
            if kind not in spec.faults:
                can = ", ".join(sorted(spec.faults)) or "none inside the plant"
                complain.at((*at, "kind"), f"plant {spec.family!r} can't have {kind}; it has {can}")
        if isinstance(fault, ClockFault):
            lasts = model.duration_s - fault.at_s if fault.for_s is None else fault.for_s
            ahead = abs(fault.ahead_s(max(lasts, 0.0)))
            if ahead > _MOST_AHEAD_S:
                complain.at(
                    at,
                    f"the clock would be {ahead:.4g} s wrong; at most {_MOST_AHEAD_S:g} s is "
                    "modelled",
                )
    for (one, first), (other, second) in itertools.combinations(model.faults.items(), 2):
        why = _contradiction(first, second)
        if why and _same_time(first, second, dt, ticks) and _same_vehicle(first, second):
            complain.at(("faults", other), f"contradicts {one!r}: {why}")
    deaths = [(name, f) for name, f in model.faults.items() if isinstance(f, Death)]
    for dead, death in deaths:
        for name, fault in model.faults.items():
            if name != dead and fault.at_s >= death.at_s:
                complain.at(("faults", name, "at_s"), f"the plant is dead by then, of {dead!r}")


def _check_window(
    at: tuple[str, str], fault: Fault, model: ScenarioModel, complain: Complaints
) -> None:
    end_s = model.duration_s
    first, end = fault_ticks(fault, 1.0 / model.rate_hz, 0)
    if fault.at_s >= end_s:
        complain.at(
            (*at, "at_s"), f"{fault.at_s:.9g} s is not before the end of the run, {end_s:.9g} s"
        )
        return
    if first >= round(end_s * model.rate_hz):
        last_s = end_s - 1.0 / model.rate_hz
        complain.at((*at, "at_s"), f"{fault.at_s:.9g} s is after the last tick, at {last_s:.9g} s")
        return
    if fault.for_s is None:
        return
    if fault.at_s + fault.for_s > end_s * (1.0 + 1e-12):
        complain.at(
            (*at, "for_s"),
            f"it would last to {fault.at_s + fault.for_s:.9g} s, after the end of the run at "
            f"{end_s:.9g} s; leave it out to last to the end",
        )
    if end <= first:
        complain.at(
            (*at, "for_s"), f"shorter than a tick of {1.0 / model.rate_hz:g} s: never there"
        )


def _contradiction(one: Fault, other: Fault) -> str:
    """Why two faults can't be there at once; empty if they can."""
    if type(one) is type(other) and one.exclusive and one.part == other.part:
        return f"both are {one.kind} at the same time"  # type: ignore[attr-defined]
    if {type(one), type(other)} == {Dropout, Freeze}:
        return "a measurement can't stay what it was and be missing"
    if {type(one), type(other)} == {SensorLoss, SensorFreeze} and one.part == other.part:
        return "a sensor can't give what it gave and nothing"
    thrust = isinstance(one, ActuatorFault) and isinstance(other, ActuatorFault)
    if thrust and Stuck in (type(one), type(other)):
        return "what is stuck can't lag, saturate or lose more"
    return ""


def _same_time(one: Fault, other: Fault, dt: float, ticks: int) -> bool:
    (first, end), (start, stop) = fault_ticks(one, dt, ticks), fault_ticks(other, dt, ticks)
    return first < stop and start < end


def _same_vehicle(one: Fault, other: Fault) -> bool:
    return "all" in (one.vehicle, other.vehicle) or one.vehicle == other.vehicle


def check_timing(
    model: ScenarioModel,
    plant_family: PlantFamily,
    plant_config: Any,
    spec: PlantSpec,
    complain: Complaints,
) -> None:
    """Allowances in contradiction, a prediction without a twin, a budget without a margin."""
    timing = model.timing
    twin = getattr(plant_family, "twin", lambda *_: None)
    if (
        timing.late_observation == "predict"
        and twin(plant_config, spec, 1.0 / model.rate_hz) is None
    ):
        complain.at(
            ("timing", "late_observation"),
            f"plant {spec.family!r} has no twin to predict with; allowed: hold, abort",
        )
    for name, criterion in model.expect.items():
        if isinstance(criterion, LatencyCriterion) and model.certificate is None:
            complain.at(
                ("expect", name),
                "there is no proved delay margin to hold delays against; add 'certificate:' with "
                "error_position_m and error_velocity_m_s",
            )
    if model.clock != "realtime":
        for key in timing.only_if_paced():
            why = "in lockstep no tick is late; write clock: realtime, or leave it out"
            complain.at(("timing", key), why)
        return
    tick_ms = 1e3 / model.rate_hz
    if timing.deadline_ms is not None and timing.deadline_ms > tick_ms * (1.0 + 1e-9):
        complain.at(
            ("timing", "deadline_ms"),
            f"{timing.deadline_ms:g} ms is after the next tick is due; at most {tick_ms:g}",
        )
    _check_allowances(model, complain)


def _check_allowances(model: ScenarioModel, complain: Complaints) -> None:
    keys = {"misses_percent": " %", "misses_in_a_row": "", "lateness_ms": " ms"}
    given = {key: getattr(model.timing, key) for key in keys}
    given = {key: allows for key, allows in given.items() if allows is not None}
    none = next((key for key, allows in given.items() if allows == 0), None)
    some = [key for key, allows in given.items() if allows > 0]
    if none is not None:
        for key in some:
            complain.at(
                ("timing", key),
                f"{given[key]:g}{keys[key]} are allowed, and {none}: 0 allows no miss at all; "
                "leave one out",
            )
        return
    share, row = given.get("misses_percent"), given.get("misses_in_a_row")
    if share is None or row is None:
        return
    allowed = math.floor(share / 100.0 * model.duration_s * model.rate_hz + 1e-9)
    if row > allowed:
        complain.at(
            ("timing", "misses_in_a_row"),
            f"{row} in a row are more than the {allowed} ticks that misses_percent allows in the "
            "whole run",
        )
