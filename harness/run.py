"""Carrying out one scenario: from a resolved scenario to a whole run directory."""

import json
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from harness.criteria import evaluate
from harness.errors import MotorhandError, OutputDirectoryError
from harness.loop import fly
from harness.manifest import build_manifest
from harness.recorder import Recorder
from harness.reference import reference_rows
from harness.scenario.load import Scenario
from harness.trace import files
from harness.trace.reader import RunDirectory
from harness.verdict import Verdict, judge
from kernel.modes import Mode
from sims.plant import PlantError

Progress = Callable[[int, int], None]
"""Told how many ticks of how many are done."""

_PROGRESS_TICKS = 256


@dataclass(frozen=True)
class Outcome:
    """A run that has ended.

    Attributes:
        directory: Its run directory.
        verdict: What it came to.
    """

    directory: Path
    verdict: Verdict


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
) -> Outcome:
    """Run a scenario and leave a run directory with trace, verdict and manifest.

    Args:
        scenario: What to run.
        directory: Where to; it must not exist.
        progress: Told of progress from within the loop; must be quick.
        stop: Ends the run, marked INTERRUPTED, when set.

    Raises:
        OutputDirectoryError: The directory exists or can't be made; nothing was started.
        RecorderError: The trace could not be written.
    """
    make_directory(directory)
    stop = stop or threading.Event()
    events = _Events(directory / files.EVENTS)
    metrics = _published(scenario)
    manifest = build_manifest(scenario, metrics)
    _write_json(directory / files.MANIFEST, manifest)
    recorder = Recorder(
        directory,
        scenario.row,
        list(scenario.columns.values()),
        len(scenario.spec.vehicles),
        {
            "metrics": metrics,
            "lambda_decay": scenario.controller_family.lambda_decay(scenario.controller_config),
        },
    )
    for warning in scenario.warnings:
        events.add(0, "warning", text=warning)
    flown, failure = 0, ""
    try:
        flown = _fly(scenario, recorder, manifest, events, progress, stop)
    except PlantError as error:
        failure = str(error)
        events.add(None, "plant failed", text=failure)
    except MotorhandError:
        raise
    except Exception as error:  # whatever a plant or a controller raises ends the run, kept
        failure = f"{type(error).__name__}: {error}"
        events.add(None, "plant failed", text=failure, traceback=traceback.format_exc())
    finally:
        recorded = recorder.finish()
    interrupted = stop.is_set() and flown < scenario.ticks and not failure
    ended_s = flown * scenario.dt
    if interrupted:
        events.add(flown * scenario.tick_ns, "interrupted")
    events.add(None, "end", rows=recorded["rows"], recorder_waits=recorder.waits)
    events.close()
    manifest["trace"] = {**recorded, "recorder_waits": recorder.waits}
    _write_json(directory / files.MANIFEST, manifest)

    trace = RunDirectory.open(directory).trace
    results = tuple(
        evaluate(name, criterion, trace, scenario.model.duration_s)
        for name, criterion in scenario.model.expect.items()
    )
    verdict = judge(
        results,
        scenario.spec.fidelity,
        scenario.warnings,
        failure,
        ended_s if interrupted else None,
    )
    _write_json(directory / files.VERDICT, verdict.to_json())
    return Outcome(directory, verdict)


def _published(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Metric and contraction by mode, as manifest and recorder keep them."""
    return {
        mode.label: {
            "p": metric.p.tolist(),
            "per_tick": metric.per_tick,
            "per_second": metric.per_second,
            "spectral_per_second": metric.spectral_per_second,
        }
        for mode, metric in scenario.metrics.items()
    }


def _fly(
    scenario: Scenario,
    recorder: Recorder,
    manifest: dict[str, Any],
    events: "_Events",
    progress: Progress,
    stop: threading.Event,
) -> int:
    controller = scenario.controller_family.build(
        scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
    )
    # Whatever compiles does so here: the first tick must not pay for it.
    controller.step(np.zeros((controller.vehicles, controller.width)))
    manifest["initial_carried"] = controller.initial_carried.tolist()
    references = reference_rows(
        scenario.model.reference, scenario.spec, scenario.dt, scenario.ticks
    )
    references = chain([next(references)], references)
    schedule = mode_schedule(scenario)
    modes = dict(schedule)
    every = max(1, min(_PROGRESS_TICKS, round(scenario.model.rate_hz)))
    plant = scenario.plant_family.open(
        scenario.plant_config, scenario.spec, scenario.tick_ns, scenario.model.seed
    )

    def watch(tick: int) -> bool:
        if tick in modes:
            events.add(tick * scenario.tick_ns, "mode", mode=modes[tick].label)
        if tick % every == 0 or tick == scenario.ticks:
            progress(tick, scenario.ticks)
        return not stop.is_set()

    reason = "failed"
    try:
        flown = fly(
            plant,
            controller,
            references,
            schedule,
            scenario.ticks,
            scenario.tick_ns,
            recorder.append,
            watch,
        )
        reason = "end of run" if flown == scenario.ticks else "interrupted"
    finally:
        plant.stop(reason)
    return flown


def mode_schedule(scenario: Scenario) -> list[tuple[int, Mode]]:
    """Tick and mode of every mode change."""
    return [
        (round(change.at_s * 1e9 / scenario.tick_ns), Mode.from_label(change.mode))
        for change in scenario.model.modes
    ]


class _Events:
    """``events.jsonl``: what happened, a line each, on disk as it happens."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def add(self, t_ns: int | None, event: str, **details: Any) -> None:
        self._file.write(json.dumps({"t_ns": t_ns, "event": event, **details}) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _write_json(path: Path, plain: dict[str, Any]) -> None:
    """Write a file that appears whole or not at all."""
    partial = path.with_suffix(".partial")
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    partial.replace(path)
