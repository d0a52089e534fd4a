"""The run that a scenario names as its baseline: found, and fit to be held against."""

from collections.abc import Mapping
from pathlib import Path

from harness.scenario.checks import Complaints
from harness.scenario.complaints import nearest
from harness.scenario.document import Document
from harness.scenario.model import Baseline
from harness.trace.compare import known_signals
from harness.trace.reader import NotARunDirectoryError, RunDirectory
from harness.trace.schema import TraceColumn
from sims.plant import PlantSpec


def found_baseline(
    baseline: Baseline, document: Document, spec: PlantSpec, columns: Mapping[str, TraceColumn]
) -> Baseline:
    """The baseline with its path made absolute.

    A path is relative to the file it is written in, or to the current folder where it was set on
    the command line.

    Args:
        baseline: As written.
        document: Where it was written.
        spec: The plant of the scenario.
        columns: What a run of the scenario will record.

    Raises:
        ScenarioError: There is no whole run directory, it is of another plant, or a tolerance is
            for a signal that one of the two runs does not have.
    """
    complain = Complaints(document)
    place = document.place(("baseline", "run"))
    folder = Path(place.source).parent if place.line is not None else Path()
    path = (folder / baseline.run).resolve()
    try:
        base = RunDirectory.open(path)
        base.verdict()
    except NotARunDirectoryError as error:
        remedy = "make one by 'motorhand run SCENARIO --set baseline=null --out DIR'"
        complain.at(("baseline", "run"), f"{path} {error}; {remedy}")
    else:
        _check(base, baseline, spec, columns, complain)
    complain.raise_if_any()
    return baseline.model_copy(update={"run": str(path)})


def _check(
    base: RunDirectory,
    baseline: Baseline,
    spec: PlantSpec,
    columns: Mapping[str, TraceColumn],
    complain: Complaints,
) -> None:
    theirs = base.manifest["plant"]["fidelity"]
    if theirs != spec.fidelity:
        complain.at(
            ("baseline", "run"),
            f"{baseline.run} was made on {theirs!r}, this scenario flies {spec.fidelity!r}",
        )
    if base.trace.vehicles != spec.vehicles:
        there, here = ", ".join(base.trace.vehicles), ", ".join(spec.vehicles)
        complain.at(
            ("baseline", "run"),
            f"the vehicles are {there} in {baseline.run} and {here} in this scenario",
        )
    ours, shared = known_signals(columns), known_signals(base.trace.columns)
    for name in baseline.tolerances:
        at = ("baseline", "tolerances", name)
        if name not in ours:
            complain.at(at, f"no signal {name!r}; {nearest(name, sorted(ours))}")
        elif name not in shared:
            complain.at(at, f"{baseline.run} has no signal {name!r}; {nearest(name, shared)}")
