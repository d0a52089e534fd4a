"""From recorded rows to a sealed trace and a verdict, for a run that ended or was killed."""

from pathlib import Path
from typing import Any

from harness.baseline import hold_against
from harness.criteria import Result, evaluate
from harness.disk import write_json
from harness.errors import RunDirectoryError
from harness.formula.judge import evaluate_formula
from harness.journal import parts
from harness.latency.assess import assess_latency
from harness.latency.criteria import evaluate_latency
from harness.scenario.latency_criterion import LatencyCriterion
from harness.scenario.model import AnyCriterion, Criterion, FormulaCriterion, ScenarioModel
from harness.scenario.stability_criterion import AnyStabilityCriterion
from harness.stability.criteria import evaluate_stability
from harness.trace import files
from harness.trace.reader import NotARunDirectoryError, RunDirectory, Trace, read_json
from harness.trace.schema import TraceColumn
from harness.verdict import Verdict, judge


def make_tables(directory: Path, columns: list[TraceColumn]) -> None:
    """Make Parquet of what is still in journals, both cut to the ticks that both have whole.

    The journals stay, so that this can be broken off and done again.

    Raises:
        RunDirectoryError: A table is lost.
        OSError: The disk is full.
    """
    tables = parts(directory, columns)
    ticks = {part.parquet.name: part.ticks() for part in tables}
    for name, found in ticks.items():
        if found is None and any(ticks.values()):
            raise RunDirectoryError(directory, f"has neither {name} nor a journal of it")
    whole = min(found or 0 for found in ticks.values())
    for part in tables:
        if not part.parquet.exists():
            part.compact(whole)


def remove_journals(directory: Path) -> None:
    """Remove what the Parquet files have made superfluous."""
    for name in (files.TRACE_JOURNAL, files.TIMING_JOURNAL):
        (directory / name).unlink(missing_ok=True)


def sealed(directory: Path) -> dict[str, Any]:
    """Rows and end of the hash chain of a directory's trace, as the recorder would say them."""
    chain = RunDirectory.open(directory).trace.row_chain()
    return {"rows": chain.rows, "sha512": chain.hexdigest()}


def conclude(
    directory: Path,
    model: ScenarioModel,
    manifest: dict[str, Any],
    failure: str = "",
    interruption: str = "",
    stability: dict[str, Any] | None = None,
) -> Verdict:
    """Write the manifest, judge the trace, and write the verdict.

    Args:
        directory: The run directory; it has a trace.
        model: What was run.
        manifest: Its manifest, with the seal of the trace.
        failure: What failed, as :func:`harness.verdict.judge` takes it.
        interruption: What interrupted the run, likewise.
        stability: What the run showed of its stability, if it could be held against a twin.

    Raises:
        RecorderError: The disk is full.
    """
    write_json(directory / files.MANIFEST, manifest)
    trace = RunDirectory.open(directory).trace
    certificate = _certificate(directory)
    latency = _latency(directory, model, certificate)

    def held(name: str, criterion: AnyCriterion) -> Result:
        if isinstance(criterion, AnyStabilityCriterion):
            return evaluate_stability(name, criterion, certificate, stability, model.duration_s)
        if isinstance(criterion, LatencyCriterion):
            return evaluate_latency(name, criterion, latency, model.duration_s)
        return _evaluate(name, criterion, trace, model)

    results = [held(name, criterion) for name, criterion in model.expect.items()]
    if model.baseline is not None:
        results += hold_against(model.baseline, trace, results, model.duration_s, model.rate_hz)
    fidelity, warnings = manifest["plant"]["fidelity"], tuple(manifest["warnings"])
    late = ((latency or {}).get("deadlines") or {}).get("sentence", "")
    verdict = judge(tuple(results), fidelity, warnings, failure, interruption, stability, late)
    write_json(directory / files.VERDICT, verdict.to_json())
    return verdict


def _latency(
    directory: Path, model: ScenarioModel, certificate: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The account of a run's time; None where it can't be given, which spoils nothing else.

    Raises:
        RecorderError: The disk is full.
    """
    try:
        return assess_latency(directory, model, certificate)
    except (ArithmeticError, LookupError, ValueError):  # of columns that a plant from elsewhere has
        return None


def _certificate(directory: Path) -> dict[str, Any] | None:
    """The certificate of a run; None where there is none that could be read."""
    try:
        found = read_json(directory / files.CERTIFICATE)
    except NotARunDirectoryError:
        return None
    wanted = ("verdict", "reason", "bound_per_second", "delay_margin_ms")
    return found if all(key in found for key in wanted) else None


def _evaluate(
    name: str, criterion: Criterion | FormulaCriterion, trace: Trace, model: ScenarioModel
) -> Result:
    if isinstance(criterion, FormulaCriterion):
        return evaluate_formula(name, criterion, trace, model.duration_s, model.rate_hz)
    return evaluate(name, criterion, trace, model.duration_s, model.rate_hz)
