"""Carrying out one scenario: from a resolved scenario to a whole run directory."""

import shutil
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from harness.conclude import conclude, make_tables, remove_journals, sealed
from harness.disk import free_reserve, reserve, write_json
from harness.errors import OutputDirectoryError, RecorderError, reason
from harness.events import Events
from harness.link.opened import opened
from harness.lock import held
from harness.loop import fly
from harness.manifest import build_manifest
from harness.pace import RealTime
from harness.realtime import GRANTED, collector_off, system_help
from harness.recorder import Recorder
from harness.reference import reference_rows
from harness.scenario.load import Scenario
from harness.schedule import fault_events, mode_schedule
from harness.stability.record import assess_run, certified, published, summary
from harness.trace import files
from harness.trace.reader import NotARunDirectoryError
from harness.trace.schema import TraceColumn
from harness.verdict import Verdict
from sims.plant import KeepsRecords, PlantError, StartGivenUpError, StartsSlowly

Progress = Callable[[int, int], None]
"""Told how many ticks of how many are done."""

_PROGRESS_TICKS = 256


@dataclass(frozen=True)
class Outcome:
    """A run that has ended.

    Attributes:
        directory: Its run directory.
        verdict: What it came to.
        trouble: What kept the recorder from its work and what can be done, if anything did.
    """

    directory: Path
    verdict: Verdict
    trouble: str = ""


def make_directory(directory: Path) -> None:
    """Make a run directory, which must not exist.

    Raises:
        OutputDirectoryError: It exists or can't be made.
    """
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        raise OutputDirectoryError(
            f"{directory} exists; a run never overwrites one: name another, or remove it"
        ) from None
    except OSError as error:
        raise OutputDirectoryError(f"{directory} can't be made: {error.strerror}") from error


def run_scenario(
    scenario: Scenario,
    directory: Path,
    progress: Progress = lambda done, ticks: None,
    stop: threading.Event | None = None,
    proving: Callable[[], None] = lambda: None,
) -> Outcome:
    """Run a scenario and leave a run directory with trace, verdict and manifest.

    Args:
        scenario: What to run.
        directory: Where to; it must not exist.
        progress: Told of progress from within the loop; must be quick.
        stop: Ends the run, marked INTERRUPTED, when set.
        proving: Called again and again while its certificate is proved, before it starts.

    Raises:
        CertificateError: There can be no certificate, and the scenario asks for one.
        KeyboardInterrupt: ``stop`` was set while it was proved; nothing was started.
        OutputDirectoryError: The directory exists or can't be made; nothing was started.
        RecorderError: The recorder can't be started, or the disk is so full that not even a
            verdict could be written; what was recorded is kept.
    """
    stop = stop or threading.Event()

    def watch_proof() -> None:
        proving()
        if stop.is_set():
            raise KeyboardInterrupt

    certificate = certified(scenario, watch_proof)
    make_directory(directory)
    metrics = published(scenario, certificate)
    manifest = build_manifest(scenario, metrics, certificate and summary(certificate))
    events = _begin(directory, manifest, certificate)
    with held(directory) as lock:
        settings = {
            "metrics": metrics,
            "lambda_decay": scenario.controller_family.lambda_decay(scenario.controller_config),
        }
        columns, vehicles = list(scenario.columns.values()), len(scenario.spec.vehicles)
        try:
            recorder = Recorder(directory, scenario.row, columns, vehicles, settings, lock)
            return _run(scenario, directory, manifest, recorder, events, progress, stop)
        finally:
            events.close()


def _begin(directory: Path, manifest: dict[str, Any], certificate: dict[str, Any] | None) -> Events:
    """Set space aside and say what will be run; where the disk is full already, leave nothing."""
    try:
        reserve(directory)
        write_json(directory / files.MANIFEST, manifest)
        if certificate is not None:
            write_json(directory / files.CERTIFICATE, certificate)
        return Events(directory)
    except (OSError, RecorderError) as error:
        shutil.rmtree(directory)
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise OutputDirectoryError(f"{directory} can't be written to: {why}") from error


def _run(
    scenario: Scenario,
    directory: Path,
    manifest: dict[str, Any],
    recorder: Recorder,
    events: Events,
    progress: Progress,
    stop: threading.Event,
) -> Outcome:
    flown, failed, trouble = 0, "", ""
    details: dict[str, Any] = {}

    def note(t_ns: int | None, event: str, **more: Any) -> None:
        nonlocal trouble
        try:
            events.add(t_ns, event, **more)
        except RecorderError as error:
            trouble = trouble or str(error)

    try:
        with ExitStack() as stack:
            stack.enter_context(collector_off())
            flown = _fly(scenario, directory, recorder, manifest, events, progress, stop, stack)
    except RecorderError as error:
        trouble = str(error)
    except PlantError as error:
        if not (isinstance(error, StartGivenUpError) and stop.is_set()):
            failed = str(error)
    except Exception as error:  # whatever a plant or a controller raises ends the run, kept
        failed = f"{type(error).__name__}: {error}"
        details = {"traceback": traceback.format_exc()}
    whole = flown == scenario.ticks
    interrupted = stop.is_set() and not (whole or failed or trouble)
    # Before the recorder ends, which may take a while in which this may be killed.
    if failed:
        note(None, "plant failed", text=failed, **details)
    if interrupted:
        note(flown * scenario.tick_ns, "interrupted")

    seal: dict[str, Any] | None = None
    try:
        seal = recorder.finish()
    except RecorderError as error:
        trouble = trouble or str(error)
    free_reserve(directory)
    if trouble:
        note(None, "recorder failed", text=trouble)
    failure = ""
    if failed or trouble:
        what = "The run ended early" if failed or not whole else "The trace could not be finished"
        why = failed or trouble
        failure = f"{what}: {why}" if "\n" in why else f"{what}: {why}."
    try:
        if seal is None:
            seal = _rescue(directory, list(scenario.columns.values()))
        note(None, "end", rows=seal["rows"], recorder_waits=recorder.waits)
        manifest["trace"] = {**seal, "recorder_waits": recorder.waits}
        when = f"at {flown * scenario.dt:.9g} s" if seal["rows"] else "before it began"
        stability = assess_run(directory, scenario, lambda: whole and not stop.is_set())
        verdict = conclude(
            directory,
            scenario.model,
            manifest,
            failure,
            f"The run was interrupted {when}." if interrupted else "",
            stability,
        )
    except (RecorderError, NotARunDirectoryError) as error:
        raise RecorderError(_remedy(directory, trouble or str(error))) from error
    return Outcome(directory, verdict, trouble and _remedy(directory, trouble))


def _rescue(directory: Path, columns: list[TraceColumn]) -> dict[str, Any]:
    """What is in the trace that a failed recorder left; Parquet, if there is room for it.

    Raises:
        NotARunDirectoryError: Nothing that could be read.
    """
    try:
        make_tables(directory, columns)
        remove_journals(directory)
    except OSError:
        pass  # then the journals are the trace
    return sealed(directory)


def _remedy(directory: Path, trouble: str) -> str:
    if (directory / files.TRACE).exists() and (directory / files.TIMING).exists():
        return trouble
    return f"{trouble}; when there is room, 'motorhand recover {directory}' makes it whole"


def _known_floor(scenario: Scenario, manifest: dict[str, Any]) -> list[str]:
    """How good a clock can be here, for the manifest, and what to be warned of."""
    from harness.floor import cannot_hold, machine_floor

    try:
        manifest["floor"] = machine_floor()
    except RecorderError as error:
        return [f"this machine's floor could not be measured: {error}"]
    slow = cannot_hold(manifest["floor"], scenario.model.rate_hz)
    return [slow] if slow else []


def _system_help(scenario: Scenario, manifest: dict[str, Any], stack: ExitStack) -> list[str]:
    """What the system gives to a run against the wall clock, and what to be warned of."""
    told = stack.enter_context(system_help(scenario.model.timing))
    manifest["clock"]["asked"] = told
    return [f"timing.{key}: {what}" for key, what in told.items() if what != GRANTED]


def _fly(
    scenario: Scenario,
    directory: Path,
    recorder: Recorder,
    manifest: dict[str, Any],
    events: Events,
    progress: Progress,
    stop: threading.Event,
    stack: ExitStack,
) -> int:
    for warning in scenario.warnings:
        events.add(0, "warning", text=warning)
    controller = scenario.controller_family.build(
        scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
    )
    # Whatever compiles does so here: the first tick must not pay for it.
    controller.step(np.zeros((controller.vehicles, controller.width)))
    # With this a run can be replayed, so it is on disk before there is anything to replay.
    manifest["initial_carried"] = controller.initial_carried.tolist()
    write_json(directory / files.MANIFEST, manifest)
    references = reference_rows(
        scenario.model.reference, scenario.spec, scenario.dt, scenario.ticks
    )
    references = chain([next(references)], references)
    schedule = mode_schedule(scenario)
    modes = dict(schedule)
    recorder.wait_until_ready()
    every = max(1, min(_PROGRESS_TICKS, round(scenario.model.rate_hz)))
    paced = scenario.model.clock == "realtime"
    warnings = _known_floor(scenario, manifest) if paced else []
    plant, references, behind = opened(scenario, references)
    keeps = behind if isinstance(behind, KeepsRecords) else None
    if keeps is not None:
        keeps.keep_records(
            directory / files.PLANT, lambda t_ns, event, more: events.add(t_ns, event, **more)
        )
    if isinstance(behind, StartsSlowly):
        behind.heed(stop.is_set)

    def warn(warnings: list[str]) -> None:
        for warning in warnings:
            events.add(0, "warning", text=warning)
        manifest["warnings"] += warnings

    def beginning() -> None:
        # Once the plant has started, so that no process of its own is bound with the loop.
        warn(_system_help(scenario, manifest, stack))

    pace = RealTime(scenario.tick_ns, stop.is_set, beginning=beginning) if paced else None
    happenings = fault_events(scenario)

    def watch(tick: int) -> bool:
        if tick in modes:
            events.add(tick * scenario.tick_ns, "mode", mode=modes[tick].label)
        for event, name in happenings.get(tick, ()):
            events.add(tick * scenario.tick_ns, event, fault=name)
        if tick % every == 0 or tick == scenario.ticks:
            progress(tick, scenario.ticks)
        return not stop.is_set()

    ended = "failed"
    try:
        warn(warnings)
        flown = fly(
            plant,
            controller,
            references,
            schedule,
            scenario.ticks,
            scenario.tick_ns,
            recorder.append,
            watch,
            pace,
        )
        ended = "end of run" if flown == scenario.ticks else "interrupted"
    finally:
        plant.stop(ended)
        if keeps is not None:
            manifest["plant"]["identity"] = keeps.identity()
    return flown
