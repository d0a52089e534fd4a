"""What can be wrong with a scenario whose parts are each right by themselves."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import Problem, ScenarioError
from harness.figure_eight import hardest_acceleration
from harness.formula.check import RunFacts, check
from harness.formula.parse import parse
from harness.formula.syntax import FormulaError, pointed_at
from harness.scenario.complaints import nearest
from harness.scenario.document import Document
from harness.scenario.latency_criterion import LatencyCriterion
from harness.scenario.model import (
    Criterion,
    FigureEightReference,
    FormulaCriterion,
    ScenarioModel,
    SlotReference,
)
from harness.scenario.signal import parse_signal
from harness.scenario.stability_criterion import ObservedCriterion, StabilityCriterion
from harness.scenario.ticks import first_tick, last_tick
from harness.trace.schema import TraceColumn
from kernel.bodies import BODIES
from kernel.modes import Mode
from kernel.orbits import perigee_radius
from sims.config import BadValueError
from sims.plant import PlantFamily, PlantSpec

if TYPE_CHECKING:
    from kernel.metric import NominalMetric

Array = NDArray[np.float64]

_MOST_TICKS = 2**40
_MOST_VEHICLES = 127


class Complaints:
    """Problems found so far, so that an author sees all of them at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: list[Problem] = []

    def at(self, path: Sequence[str | int], message: str) -> None:
        """Something is wrong with the value at a path."""
        self._found.append(self._document.problem(path, message))

    def instead_of_raising(self, path: Sequence[str | int], make: Callable[[], Any]) -> Any:
        """The value, or None and a complaint where making it is refused."""
        try:
            return make()
        except BadValueError as error:
            self.at((*path, *error.key), str(error))
        except (ValueError, ArithmeticError) as error:
            self.at(path, str(error))
        return None

    def raise_if_any(self) -> None:
        """Tell the author, if there is anything to tell."""
        if self._found:
            raise ScenarioError(self._found)


def control_tick(model: ScenarioModel, complain: Complaints) -> tuple[int, int]:
    """Tick in whole nanoseconds, and the number of ticks."""
    if not 1e-6 <= model.rate_hz <= 1e6:
        complain.at(("rate_hz",), f"{model.rate_hz:g} Hz is no control rate; allowed: 1e-6 to 1e6")
        return 1, 1
    tick_ns = round(1e9 / model.rate_hz)
    wanted = model.duration_s * model.rate_hz
    if wanted > _MOST_TICKS:
        complain.at(("duration_s",), f"{wanted:.3g} ticks are more than any machine will finish")
        return tick_ns, 1
    ticks = max(1, round(wanted))
    if abs(ticks - wanted) > 1e-6 + 1e-12 * wanted:
        complain.at(
            ("duration_s",),
            f"{model.duration_s:.9g} s is no whole number of ticks at {model.rate_hz:g} Hz; "
            f"nearest: {ticks / model.rate_hz:.9g}",
        )
    return tick_ns, ticks


def check_capabilities(model: ScenarioModel, spec: PlantSpec, complain: Complaints) -> None:
    """Rate, clock and modes that the plant does not have."""
    slowest, fastest = spec.rate_hz
    if not slowest <= model.rate_hz <= fastest:
        complain.at(
            ("rate_hz",),
            f"plant {spec.family!r} runs at {slowest:g} to {fastest:g} Hz, not {model.rate_hz:g}",
        )
    if model.clock not in spec.clocks:
        complain.at(
            ("clock",),
            f"plant {spec.family!r} has no {model.clock} clock; "
            f"allowed: {', '.join(sorted(spec.clocks))}",
        )
    for index, change in enumerate(model.modes):
        if change.mode not in spec.modes:
            complain.at(
                ("modes", index, "mode"),
                f"plant {spec.family!r} can't fly {change.mode}; "
                f"allowed: {', '.join(sorted(spec.modes))}",
            )
        if change.at_s > model.duration_s:
            complain.at(
                ("modes", index, "at_s"), f"{change.at_s:.9g} s is after the end of the run"
            )


def after_landing(model: ScenarioModel, spec: PlantSpec) -> list[str]:
    """A warning for a mode that comes once the flight may have ended."""
    if not spec.lands_in_idle:
        return []
    flown, landing_s = False, None
    for change in model.modes:
        if change.mode == "IDLE":
            if flown and landing_s is None:
                landing_s = change.at_s
        elif landing_s is None:
            flown = True
        else:
            return [
                f"plant {spec.family!r} lands in IDLE from {landing_s:.9g} s on, if it has flown "
                f"by then, and can't fly {change.mode} at {change.at_s:.9g} s; "
                "plant.flight.land: false lets it hold"
            ]
    return []


def unstable_modes(model: ScenarioModel, metrics: "dict[Mode, NominalMetric]") -> list[str]:
    """A warning for each mode flown whose nominal loop is not stable."""
    flown = {Mode.from_label(change.mode) for change in model.modes} - {Mode.IDLE}
    return [
        f"the nominal loop in {mode.label} is not stable at {model.rate_hz:g} Hz: nothing can be "
        "said of its contraction; a smaller bandwidth or a faster rate would be"
        for mode in sorted(flown - set(metrics))
    ]


def beyond_authority(model: ScenarioModel, spec: PlantSpec, limits: Array) -> list[str]:
    """A warning for each vehicle whose curve bends more than its command can.

    Args:
        model: The scenario.
        spec: The plant.
        limits: Limit of each vehicle's command, m/s², (vehicles,).
    """
    if not isinstance(model.reference, FigureEightReference):
        return []
    gravity = np.array(spec.uniform_gravity or (0.0, 0.0, 0.0))
    asked = hardest_acceleration(model.reference, gravity)
    return [
        f"{name}: the figure eight asks for up to {asked:.3g} m/s^2 and the command is limited to "
        f"{limit:.3g}; a longer period_s or ramp_s would not saturate"
        for name, limit in zip(spec.vehicles, limits, strict=True)
        if asked > limit
    ]


def check_vehicles(spec: PlantSpec, complain: Complaints) -> None:
    """Too many vehicles, and names that mean something else."""
    if len(spec.vehicles) > _MOST_VEHICLES:
        complain.at(
            ("plant",), f"{len(spec.vehicles)} vehicles; a run carries at most {_MOST_VEHICLES}"
        )
    for name in sorted({"all", "any"} & set(spec.vehicles)):
        complain.at(("plant",), f"a vehicle can't be named {name!r}: criteria use that word")


def check_mode_ticks(model: ScenarioModel, tick_ns: int, complain: Complaints) -> None:
    """Modes that would come and go within one tick."""
    ticks = [round(change.at_s * 1e9 / tick_ns) for change in model.modes]
    for index in range(1, len(ticks)):
        if ticks[index] == ticks[index - 1]:
            complain.at(
                ("modes", index, "at_s"),
                f"{model.modes[index].at_s:.9g} s falls into the tick of the entry before",
            )


def check_slot(model: ScenarioModel, spec: PlantSpec, complain: Complaints) -> None:
    """A slot that leads through the ground."""
    if not isinstance(model.reference, SlotReference) or spec.body is None:
        return
    if spec.nominal_state is None:
        return
    for name, state in zip(spec.vehicles, spec.nominal_state, strict=True):
        depth = spec.surface_m - perigee_radius(state, BODIES[spec.body].mu)
        if depth > 0.0:
            complain.at(
                ("reference",),
                f"the slot of {name} passes {depth / 1e3:,.1f} km inside the {spec.body}",
            )


def check_criteria(
    model: ScenarioModel,
    spec: PlantSpec,
    columns: dict[str, TraceColumn],
    document: Document,
    complain: Complaints,
) -> None:
    """Signals, units, windows and formulas that the run will not have or be able to judge."""
    run = RunFacts(columns, spec.vehicles, model.rate_hz, model.duration_s)
    for name, criterion in model.expect.items():
        at = ("expect", name)
        if isinstance(criterion, LatencyCriterion):
            continue
        if isinstance(criterion, StabilityCriterion):
            if model.certificate is None and not isinstance(criterion, ObservedCriterion):
                complain.at(
                    at,
                    "nothing is to be proved of this scenario; add 'certificate:' with "
                    "error_position_m and error_velocity_m_s",
                )
            continue
        if criterion.vehicle not in ("all", "any", *spec.vehicles):
            complain.at(
                (*at, "vehicle"),
                f"no vehicle {criterion.vehicle!r}; "
                f"{nearest(criterion.vehicle, ('all', 'any', *spec.vehicles))}",
            )
        if isinstance(criterion, FormulaCriterion):
            alone = isinstance(document.data["expect"][name], str)
            try:
                check(parse(criterion.formula), criterion.formula, run)
            except FormulaError as error:
                complain.at(at if alone else (*at, "formula"), pointed_at(criterion.formula, error))
        else:
            _check_limit(at, criterion, model, columns, complain)


def check_stability(
    model: ScenarioModel, plant_family: PlantFamily, spec: PlantSpec, complain: Complaints
) -> None:
    """Claims and criteria on stability that no run of this could be held against."""
    flown = [change.mode for change in model.modes if change.mode != "IDLE"]
    has_twin = hasattr(plant_family, "twin")
    for name, criterion in model.expect.items():
        if isinstance(criterion, ObservedCriterion) and not has_twin:
            complain.at(
                ("expect", name),
                f"plant {spec.family!r} has no twin that errors could be measured with",
            )
    if model.certificate is None:
        return
    if not has_twin:
        complain.at(("certificate",), f"no certificate for this plant: {spec.family!r} has no twin")
    if not flown:
        complain.at(("certificate",), "only IDLE is flown, in which no loop is closed")
    elif model.certificate.mode not in (None, *flown):
        complain.at(
            ("certificate", "mode"),
            f"{model.certificate.mode} is not flown; allowed: {', '.join(dict.fromkeys(flown))}",
        )


def _check_limit(
    at: tuple[str, str],
    criterion: Criterion,
    model: ScenarioModel,
    columns: dict[str, TraceColumn],
    complain: Complaints,
) -> None:
    signal = complain.instead_of_raising(
        (*at, "signal"), partial(parse_signal, criterion.signal, columns)
    )
    if signal is not None and criterion.unit != signal.unit:
        complain.at(
            (*at, "unit"),
            f"{criterion.signal} is in {signal.unit or 'no unit'!r}, not {criterion.unit!r}",
        )
    end_s = model.duration_s if criterion.until_s is None else criterion.until_s
    first, last = first_tick(criterion.after_s, model.rate_hz), last_tick(end_s, model.rate_hz)
    if criterion.after_s <= end_s and last < first:
        complain.at((*at, "after_s"), "no tick falls into the window")
    for key in ("after_s", "until_s"):
        moment = getattr(criterion, key)
        if moment is not None and moment > model.duration_s:
            complain.at(
                (*at, key),
                f"{moment:.9g} s is after the end of the run at {model.duration_s:.9g} s",
            )
