"""``motorhand run``: everything is validated before anything starts."""

import gc
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import typer

from harness.cli.progress import shown_progress, told_once
from harness.errors import ExitCode, OutputDirectoryError, Problem, ScenarioError, reason
from harness.machine import keep_compiled_code
from harness.scenario.load import Scenario, load_scenarios
from harness.scenario.shipped import resolve
from harness.trace import files
from harness.verdict import Verdict

_BY_SEVERITY = (
    ExitCode.PASSED,
    ExitCode.DEGRADED,
    ExitCode.FAILED,
    ExitCode.INTERLOCK,
    ExitCode.PLANT_FAILED,
    ExitCode.INTERRUPTED,
)
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COLOURS = {"PASSED": typer.colors.GREEN, "FAILED": typer.colors.RED}


def run_files(
    paths: Sequence[Path],
    out: Path | None,
    seed: int | None,
    sets: Sequence[str],
    cells: Sequence[str],
    allow_degraded: bool = False,
) -> ExitCode:
    """Run scenario files in order, cell by cell, and tell what came of each.

    Returns:
        The gravest exit code among the runs; DEGRADED counts as PASSED where it is allowed.

    Raises:
        ScenarioError: With the problems of all files; nothing was started.
        OutputDirectoryError: A run directory exists or can't be made.
    """
    scenarios = _load_all(paths, sets, seed, cells)
    directories = _directories(scenarios, out)
    keep_compiled_code()

    codes: list[ExitCode] = []
    with stop_on_signal() as stop, _collector_off():
        # These load for a while: not before the input is known to be right.
        from harness.run import run_scenario
        from reports.page import write_report

        for scenario, directory in zip(scenarios, directories, strict=True):
            for warning in scenario.warnings:
                typer.echo(f"{scenario.stem}: warning: {warning}", err=True)
            with shown_progress(scenario) as progress:
                outcome = run_scenario(scenario, directory, progress, stop, told_once(scenario))
            _tell(scenario, outcome.verdict)
            codes.append(outcome.verdict.exit_code)
            if outcome.trouble:
                typer.echo(f"error: {outcome.trouble}", err=True)
            try:
                typer.echo(f"report: {write_report(directory)}")
            except OSError as error:
                unwritten = directory / files.REPORT
                typer.echo(f"error: {unwritten} can't be written: {reason(error)}", err=True)
                codes.append(ExitCode.PLANT_FAILED)
            if outcome.trouble:
                break  # the others would fare no better
            if directory is not directories[-1]:
                gc.collect()
            if stop.is_set() and directory is not directories[-1]:
                codes.append(ExitCode.INTERRUPTED)
                break
    gravest = max(codes, key=_BY_SEVERITY.index)
    return ExitCode.PASSED if allow_degraded and gravest is ExitCode.DEGRADED else gravest


def _tell(scenario: Scenario, verdict: Verdict) -> None:
    colour = _COLOURS.get(verdict.word, typer.colors.YELLOW)
    word = typer.style(verdict.word, fg=colour, bold=True)
    typer.echo(f"{word}: {scenario.stem}: {verdict.sentence}")


def _load_all(
    paths: Sequence[Path], sets: Sequence[str], seed: int | None, cells: Sequence[str]
) -> list[Scenario]:
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            scenarios.extend(load_scenarios(resolve(path), sets, seed, cells))
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)
    return scenarios


def _directories(scenarios: Sequence[Scenario], out: Path | None) -> list[Path]:
    """Where each run goes; none of them exists yet."""
    if out is not None:
        directories = [out] if len(scenarios) == 1 else [out / s.folder for s in scenarios]
    else:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        directories = [unused(Path("runs") / f"{s.folder}-{now}") for s in scenarios]
    for index, directory in enumerate(directories):
        if os.path.lexists(directory):
            raise OutputDirectoryError(
                f"{directory} exists; a run never overwrites one: name another, or remove it"
            )
        if directory in directories[:index]:
            raise OutputDirectoryError(f"two runs would go to {directory}: rename one scenario")
    return directories


def unused(directory: Path) -> Path:
    """The folder, or the first of ``-2``, ``-3``, … that does not exist."""
    candidate, count = directory, 1
    while os.path.lexists(candidate):
        count += 1
        candidate = directory.with_name(f"{directory.name}-{count}")
    return candidate


@contextmanager
def _collector_off() -> Iterator[None]:
    """No garbage collection during the runs, and none of what they leave.

    A tick makes no reference cycles. Going through all that JAX and Matplotlib consist of, again
    and again while they load and once more on exit, took a quarter of a short run's time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event set by Ctrl-C, a termination request or a lost terminal; a second one gives up."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in _ENDING}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
