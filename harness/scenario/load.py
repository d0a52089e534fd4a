"""From a file to a scenario that can be run: everything that can be refused is refused here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from harness.columns import RowLayout, trace_columns
from harness.controllers.family import ControllerFamily
from harness.errors import Problem, ScenarioError
from harness.link.columns import link_layout
from harness.reference import first_reference
from harness.scenario.checks import (
    Complaints,
    after_landing,
    beyond_authority,
    check_capabilities,
    check_criteria,
    check_mode_ticks,
    check_slot,
    check_stability,
    check_vehicles,
    control_tick,
    unstable_modes,
)
from harness.scenario.complaints import nearest, problems
from harness.scenario.document import Document, Place
from harness.scenario.fault_checks import check_faults, check_timing
from harness.scenario.model import ScenarioFile, ScenarioModel
from harness.scenario.naming import folder_name, scenario_name
from harness.scenario.read import read_document, read_documents
from harness.trace import files
from harness.trace.schema import TraceColumn
from kernel.modes import Mode
from kernel.packing import Layout
from sims.plant import PlantFamily, PlantSpec
from sims.registry import CONTROLLERS, PLANTS, find, names

if TYPE_CHECKING:
    from kernel.metric import NominalMetric


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
    def linked(self) -> bool:
        """Whether anything can be late, lost or at fault between loop and plant."""
        return needs_link(self.model)

    @property
    def repeatable(self) -> bool:
        """Whether a second run would be the same to the last bit."""
        return self.spec.deterministic and self.model.clock == "lockstep"

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


def needs_link(model: ScenarioModel) -> bool:
    """Whether a run needs a link between loop and plant, and has its columns."""
    return bool(model.faults) or model.clock == "realtime"


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
    return _resolved(document, Path(manifest["scenario_file"]))


def resolve_document(document: Document, path: Path) -> Scenario:
    """Validate and resolve a scenario as written.

    Raises:
        ScenarioError: With every problem found, each at its line.
    """
    scenario = _resolved(document, path)
    if scenario.model.baseline is None:
        return scenario
    from harness.scenario.baseline import found_baseline

    found = found_baseline(scenario.model.baseline, document, scenario.spec, scenario.columns)
    return replace(scenario, model=scenario.model.model_copy(update={"baseline": found}))


def _resolved(document: Document, path: Path) -> Scenario:
    model = _validated(ScenarioModel, document.data, document, ())
    (plant_family, plant_config), (controller_family, controller_config) = _parts(
        document, plant=(PLANTS, model.plant), controller=(CONTROLLERS, model.controller)
    )
    complain = Complaints(document)
    tick_ns, ticks = control_tick(model, complain)
    spec: PlantSpec | None = complain.instead_of_raising(
        ("plant",), lambda: plant_family.describe(plant_config, model.rate_hz)
    )
    complain.raise_if_any()
    assert spec is not None
    check_capabilities(model, spec, complain)
    check_mode_ticks(model, tick_ns, complain)
    first = complain.instead_of_raising(
        ("reference",), lambda: first_reference(model.reference, spec)
    )
    check_slot(model, spec, complain)
    told, decided, carried = controller_family.layouts(controller_config, spec)
    link = link_layout(model.faults) if needs_link(model) else Layout(())
    row = RowLayout(told, decided, carried, Layout(spec.columns), link)
    if (name := row.taken()) is not None:
        complain.at(("plant",), f"plant {spec.family!r} reports a column {name!r}, which is taken")
    metrics = controller_family.metrics(controller_config, tick_ns / 1e9)
    check_vehicles(spec, complain)
    columns = {column.name: column for column in trace_columns(spec, row)}
    check_criteria(model, spec, columns, document, complain)
    check_stability(model, plant_family, spec, complain)
    check_faults(model, spec, complain)
    check_timing(model, plant_family, plant_config, spec, complain)
    warnings = unstable_modes(model, metrics)
    warnings += after_landing(model, spec)
    warnings += beyond_authority(model, spec, controller_family.limits(controller_config, spec))
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
