"""From a file to a scenario that can be run: everything that can be refused is refused here."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from harness.columns import RowLayout, trace_columns
from harness.controllers.family import ControllerFamily
from harness.errors import Problem, ScenarioError
from harness.formula.check import RunFacts, check
from harness.formula.parse import parse
from harness.formula.syntax import FormulaError, pointed_at
from harness.reference import first_reference
from harness.scenario.complaints import nearest, problems
from harness.scenario.document import Document, Place
from harness.scenario.model import (
    Criterion,
    FormulaCriterion,
    ScenarioFile,
    ScenarioModel,
    SlotReference,
)
from harness.scenario.naming import folder_name, scenario_name
from harness.scenario.read import read_document, read_documents
from harness.scenario.signal import parse_signal
from harness.trace import files
from harness.trace.schema import TraceColumn
from kernel.bodies import BODIES
from kernel.modes import Mode
from kernel.orbits import perigee_radius
from kernel.packing import Layout
from sims.config import BadValueError
from sims.plant import PlantFamily, PlantSpec
from sims.registry import CONTROLLERS, PLANTS, find, names

if TYPE_CHECKING:
    from kernel.metric import NominalMetric

_MOST_TICKS = 2**40
_MOST_VEHICLES = 127
_RESERVED = ("lipschitz", "delay_margin", "observed_lipschitz", "latency")
"""Names that criteria of other kinds will have."""


@dataclass(frozen=True)
class Scenario:
    """A scenario as resolved: past this point nothing in it is doubted.

    Attributes:
        path: The file.
        model: The validated file.
        plant_family, plant_config: The plant and its configuration.
        controller_family, controller_config: The controller and its configuration.
        spec: What the plant is and can do.
        row: Layout of a recorded row.
        columns: Columns of the trace, by name, in order.
        tick_ns: Control tick, ns.
        ticks: Number of ticks; the run has one row more.
        metrics: Metric and contraction of the nominal loop in each mode that has one.
        warnings: What the author should know.
        cell: Name of the matrix's cell that it is, such as ``mass_kg=4.2``; else empty.
    """

    path: Path
    model: ScenarioModel
    plant_family: PlantFamily
    plant_config: BaseModel
    controller_family: ControllerFamily
    controller_config: BaseModel
    spec: PlantSpec
    row: RowLayout
    columns: dict[str, TraceColumn]
    tick_ns: int
    ticks: int
    metrics: "dict[Mode, NominalMetric]"
    warnings: tuple[str, ...]
    cell: str = ""

    @property
    def stem(self) -> str:
        """Short name: the file's, with that of the cell if it is one."""
        return scenario_name(self.path, self.cell)

    @property
    def folder(self) -> str:
        """The short name as the name of a folder that needs no quoting in a shell."""
        return folder_name(self.path, self.cell)

    @property
    def dt(self) -> float:
        """Control tick, s."""
        return self.tick_ns / 1e9

    @property
    def first_mode(self) -> Mode:
        """Mode of the first tick."""
        return Mode.from_label(self.model.modes[0].mode)

    def resolved(self) -> dict[str, Any]:
        """The whole scenario with every default filled in, as plain data."""
        plain = self.model.model_dump(mode="json")
        plain["plant"] = self.plant_config.model_dump(mode="json")
        plain["controller"] = self.controller_config.model_dump(mode="json")
        return plain


def load_scenario(path: Path, sets: Iterable[str] = (), seed: int | None = None) -> Scenario:
    """Read, validate and resolve a scenario file.

    Args:
        path: The file.
        sets: Overrides, ``key.path=value``.
        seed: Overrides the file's seed.

    Raises:
        ScenarioError: With every problem found, each at its line.
    """
    return resolve_document(read_document(path, _with_seed(sets, seed)), path)


def load_scenarios(
    path: Path, sets: Iterable[str] = (), seed: int | None = None, chosen: Sequence[str] = ()
) -> list[Scenario]:
    """Read, validate and resolve every cell of a scenario file; one where it has no matrix.

    Args:
        path: The file.
        sets: Overrides, ``key.path=value``.
        seed: Overrides the file's seed.
        chosen: Cells to keep, as :func:`harness.scenario.matrix.choose` takes them.

    Raises:
        ScenarioError: With every problem found in any cell, each at its line and told once.
    """
    scenarios: list[Scenario] = []
    found: dict[Problem, None] = {}
    for document in read_documents(path, _with_seed(sets, seed), chosen):
        try:
            scenarios.append(resolve_document(document, path))
        except ScenarioError as error:
            found.update(dict.fromkeys(error.problems))
    if found:
        raise ScenarioError(list(found))
    return scenarios


def _with_seed(sets: Iterable[str], seed: int | None) -> list[str]:
    return [*sets, *([] if seed is None else [f"seed={seed}"])]


def scenario_of_manifest(
    manifest: dict[str, Any], directory: Path, controller: Path | None = None
) -> Scenario:
    """The scenario of a run as its manifest has it, without the file it came from.

    Args:
        manifest: The run's manifest.
        directory: The run directory, for messages.
        controller: A scenario file whose ``controller:`` is taken instead.

    Raises:
        ScenarioError: It can't be resolved here, or not with that controller.
    """
    here = Place(str(directory / files.MANIFEST))
    document = Document(manifest["scenario"], {(): here}, manifest.get("cell") or "")
    if controller is not None:
        other = read_document(controller)
        document = replace(
            other, data={**document.data, "controller": other.data.get("controller")}
        )
    return resolve_document(document, Path(manifest["scenario_file"]))


def resolve_document(document: Document, path: Path) -> Scenario:
    """Validate and resolve a scenario as written.

    Raises:
        ScenarioError: With every problem found, each at its line.
    """
    model = _validated(ScenarioModel, document.data, document, ())
    (plant_family, plant_config), (controller_family, controller_config) = _parts(
        document, plant=(PLANTS, model.plant), controller=(CONTROLLERS, model.controller)
    )
    complain = _Complaints(document)
    tick_ns, ticks = _tick(model, complain)
    spec: PlantSpec | None = complain.instead_of_raising(
        ("plant",), lambda: plant_family.describe(plant_config, model.rate_hz)
    )
    complain.raise_if_any()
    assert spec is not None
    _check_capabilities(model, spec, complain)
    _check_mode_ticks(model, tick_ns, complain)
    first = complain.instead_of_raising(
        ("reference",), lambda: first_reference(model.reference, spec)
    )
    _check_slot(model, spec, complain)
    told, decided, carried = controller_family.layouts(controller_config, spec)
    row = RowLayout(told, decided, carried, extras=Layout(spec.columns))
    if (name := row.taken()) is not None:
        complain.at(("plant",), f"plant {spec.family!r} reports a column {name!r}, which is taken")
    metrics = controller_family.metrics(controller_config, tick_ns / 1e9)
    _check_vehicles(spec, complain)
    columns = {column.name: column for column in trace_columns(spec, row)}
    _check_criteria(model, spec, columns, document, complain)
    warnings = _unstable(model, metrics)
    if first is not None:
        mode = Mode.from_label(model.modes[0].mode)
        warnings += (
            complain.instead_of_raising(
                ("controller",),
                lambda: controller_family.warnings(controller_config, spec, mode, first),
            )
            or []
        )
    complain.raise_if_any()
    return Scenario(
        path,
        model,
        plant_family,
        plant_config,
        controller_family,
        controller_config,
        spec,
        row,
        columns,
        tick_ns,
        ticks,
        metrics,
        tuple(warnings),
        document.cell,
    )


class _Complaints:
    """Problems found so far, so that an author sees all of them at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: list[Problem] = []

    def at(self, path: Sequence[str | int], message: str) -> None:
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
        if self._found:
            raise ScenarioError(self._found)


def _validated(model: type[Any], data: Any, document: Document, prefix: Sequence[str]) -> Any:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        written = ScenarioFile if model is ScenarioModel else model
        raise ScenarioError(problems(error, written, document, prefix)) from None


def _parts(document: Document, **wanted: tuple[str, dict[str, Any]]) -> list[tuple[Any, Any]]:
    """The parts of the scenario that other packages may define, complained of together."""
    found: list[tuple[Any, Any]] = []
    refused: list[Problem] = []
    for key, (group, data) in wanted.items():
        try:
            found.append(_part(group, key, data, document))
        except ScenarioError as error:
            refused.extend(error.problems)
    if refused:
        raise ScenarioError(refused)
    return found


def _part(group: str, key: str, data: dict[str, Any], document: Document) -> tuple[Any, Any]:
    """The family that ``kind`` names, and its configuration."""
    kind = data.get("kind")
    if kind is None:
        message = f"is missing; one of: {', '.join(names(group))}"
        raise ScenarioError([document.problem((key, "kind"), message)])
    if kind not in names(group):
        message = f"no {key} {kind!r}; {nearest(str(kind), names(group))}"
        raise ScenarioError([document.problem((key, "kind"), message)])
    try:
        family = find(group, kind)
    except Exception as error:
        message = f"{key} {kind!r} can't be loaded: {type(error).__name__}: {error}"
        raise ScenarioError([document.problem((key, "kind"), message)]) from error
    return family, _validated(family.config_model, data, document, (key,))


def _tick(model: ScenarioModel, complain: _Complaints) -> tuple[int, int]:
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
            f"{model.duration_s:g} s is no whole number of ticks at {model.rate_hz:g} Hz; "
            f"nearest: {ticks / model.rate_hz:.9g}",
        )
    return tick_ns, ticks


def _check_capabilities(model: ScenarioModel, spec: PlantSpec, complain: _Complaints) -> None:
    slowest, fastest = spec.rate_hz
    if not slowest <= model.rate_hz <= fastest:
        complain.at(
            ("rate_hz",),
            f"plant {spec.family!r} runs at {slowest:g} to {fastest:g} Hz, not {model.rate_hz:g}",
        )
    if model.clock == "realtime" and "realtime" in spec.clocks:
        complain.at(("clock",), "runs against the wall clock can't be made yet; allowed: lockstep")
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
            complain.at(("modes", index, "at_s"), f"{change.at_s:g} s is after the end of the run")


def _unstable(model: ScenarioModel, metrics: "dict[Mode, NominalMetric]") -> list[str]:
    flown = {Mode.from_label(change.mode) for change in model.modes} - {Mode.IDLE}
    return [
        f"the nominal loop in {mode.label} is not stable at {model.rate_hz:g} Hz: nothing can be "
        "said of its contraction; a smaller bandwidth or a faster rate would be"
        for mode in sorted(flown - set(metrics))
    ]


def _check_vehicles(spec: PlantSpec, complain: _Complaints) -> None:
    if len(spec.vehicles) > _MOST_VEHICLES:
        complain.at(
            ("plant",), f"{len(spec.vehicles)} vehicles; a run carries at most {_MOST_VEHICLES}"
        )
    for name in sorted({"all", "any"} & set(spec.vehicles)):
        complain.at(("plant",), f"a vehicle can't be named {name!r}: criteria use that word")


def _check_mode_ticks(model: ScenarioModel, tick_ns: int, complain: _Complaints) -> None:
    ticks = [round(change.at_s * 1e9 / tick_ns) for change in model.modes]
    for index in range(1, len(ticks)):
        if ticks[index] == ticks[index - 1]:
            complain.at(
                ("modes", index, "at_s"),
                f"{model.modes[index].at_s:g} s falls into the tick of the entry before",
            )


def _check_slot(model: ScenarioModel, spec: PlantSpec, complain: _Complaints) -> None:
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


def _check_criteria(
    model: ScenarioModel,
    spec: PlantSpec,
    columns: dict[str, TraceColumn],
    document: Document,
    complain: _Complaints,
) -> None:
    run = RunFacts(columns, spec.vehicles, model.rate_hz, model.duration_s)
    for name, criterion in model.expect.items():
        at = ("expect", name)
        if name in _RESERVED:
            complain.at(at, f"the name is reserved; allowed: any but {', '.join(_RESERVED)}")
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


def _check_limit(
    at: tuple[str, str],
    criterion: Criterion,
    model: ScenarioModel,
    columns: dict[str, TraceColumn],
    complain: _Complaints,
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
    first, last = criterion.after_s * model.rate_hz, end_s * model.rate_hz
    if first <= last and math.floor(last + 1e-6) < first - 1e-6:
        complain.at((*at, "after_s"), "no tick falls into the window")
    for key in ("after_s", "until_s"):
        moment = getattr(criterion, key)
        if moment is not None and moment > model.duration_s:
            complain.at(
                (*at, key),
                f"{moment:g} s is after the end of the run at {model.duration_s:g} s",
            )
