"""Making a whole run directory of what a killed run left."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.conclude import conclude, make_tables, remove_journals, sealed
from harness.errors import RecorderError, RunDirectoryError, ScenarioError, reason
from harness.events import Events
from harness.lock import held
from harness.scenario.load import scenario_of_manifest
from harness.scenario.model import ScenarioModel
from harness.trace import files
from harness.trace.reader import NotARunDirectoryError, RunDirectory, read_manifest
from harness.trace.schema import TraceColumn
from harness.verdict import Verdict

_WHOLE = (files.TRACE, files.TIMING, files.EVENTS, files.VERDICT)


@dataclass(frozen=True)
class Recovered:
    """What a recovery found.

    Attributes:
        rows: Rows of the trace.
        verdict: What the run came to; None where the directory was whole already.
    """

    rows: int
    verdict: Verdict | None


def recover(directory: Path) -> Recovered:
    """Make a run directory whole, all but its report; can be broken off and done again.

    Raises:
        RunDirectoryError: It is no run directory, or others are at work in it.
        RecorderError: The disk is full; nothing is lost.
    """
    try:
        manifest = read_manifest(directory)
    except NotARunDirectoryError as error:
        why = ": no run was begun there, or it was killed before anything was recorded"
        raise RunDirectoryError(directory, f"{error}{why * directory.is_dir()}") from error
    with held(directory):
        try:
            return _recover(directory, manifest)
        except (KeyError, TypeError, ValueError, NotARunDirectoryError) as error:
            said = str(error).splitlines()[0]
            raise RunDirectoryError(directory, f"can't be recovered: {said}") from error
        except OSError as error:
            what = f"{directory} can't be made whole: {reason(error)}; nothing is lost"
            raise RecorderError(what) from error


def _recover(directory: Path, manifest: dict[str, Any]) -> Recovered:
    partials, journals = list(directory.glob("*.partial")), list(directory.glob("*.arrows"))
    lost = [name for name in _WHOLE if not (directory / name).exists()]
    if "trace" in manifest and not (partials or journals or lost):
        return Recovered(manifest["trace"]["rows"], None)
    if "trace" in manifest and files.TRACE in lost and not journals:
        raise RunDirectoryError(directory, f"has lost its {files.TRACE}: the run had ended with it")
    for partial in partials:
        partial.unlink()
    model = ScenarioModel.model_validate(manifest["scenario"])
    make_tables(directory, [TraceColumn.from_json(plain) for plain in manifest["columns"]])

    waits = manifest.get("trace", {}).get("recorder_waits")
    seal = {**sealed(directory), "recorder_waits": waits, "recovered": True}
    events = Events(directory)
    try:
        events.add(None, "recovered", rows=seal["rows"])
    finally:
        events.close()
    failure, interruption = _ending(RunDirectory.open(directory))
    manifest = {**manifest, "trace": seal}
    stability = _assessed(directory, manifest, model)
    verdict = conclude(directory, model, manifest, failure, interruption, stability)
    remove_journals(directory)
    return Recovered(seal["rows"], verdict)


def _assessed(
    directory: Path, manifest: dict[str, Any], model: ScenarioModel
) -> dict[str, Any] | None:
    """What the run shows of its stability, where its plant and controller are at hand."""
    try:
        scenario = scenario_of_manifest(manifest, directory)
    except ScenarioError as error:
        if model.certificate is None:
            return None
        why = str(error).splitlines()[0]
        return {"covers": False, "coverage": f"Stability could not be assessed: {why}."}
    from harness.stability.record import assess_run  # loads JAX

    return assess_run(directory, scenario)


def _ending(run: RunDirectory) -> tuple[str, str]:
    """What failed, or else what interrupted the run; neither where its trace is complete."""
    happened = {event["event"]: event for event in run.events()}
    times = run.trace.read("t_ns")["t_ns"][:, 0]
    at = f"at {times[-1] / 1e9:.9g} s" if len(times) else "before its first tick"
    if (failed := happened.get("plant failed")) is not None:
        return f"The run ended early: {failed['text']}.", ""
    if len(times) == run.manifest["ticks"] + 1:
        return "", ""
    if (failed := happened.get("recorder failed")) is not None:
        return f"The run ended early: {failed['text']}.", ""
    if "interrupted" in happened:
        return "", f"The run was interrupted {at}."
    return "", f"The run was killed {at}."
