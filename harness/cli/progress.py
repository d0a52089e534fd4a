"""Progress of a run: a bar on a terminal, plain lines elsewhere; both with rate and time left.

A run against the wall clock has lines only: the bar is drawn by a thread, which the loop would have
to wait for.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from harness.scenario.load import Scenario

if TYPE_CHECKING:
    from harness.run import Progress

_BAR_EVERY_S = 0.1
_LINE_EVERY_S = 5.0


@contextmanager
def shown_progress(scenario: Scenario) -> "Iterator[Progress]":
    """A progress callback for :func:`harness.run.run_scenario`."""
    if sys.stderr.isatty() and scenario.model.clock == "lockstep":
        with _bar(scenario) as progress:
            yield progress
    else:
        yield _lines(scenario)


def told_once(scenario: Scenario) -> "Callable[[], None]":
    """Says that a proof is under way, when it is called for the first time."""
    told = False

    def proving() -> None:
        nonlocal told
        if not told:
            told = True
            typer.echo(f"{scenario.stem}: proving its loop stable", err=True)

    return proving


def _pace(scenario: Scenario, done: int, elapsed_s: float) -> tuple[str, float]:
    """Rate as text, and seconds left."""
    rate = done / elapsed_s if elapsed_s > 0.0 else 0.0
    left_s = (scenario.ticks - done) / rate if rate > 0.0 else float("nan")
    return f"{rate:,.0f} ticks/s ({rate * scenario.dt:,.0f} x real time)", left_s


def _lines(scenario: Scenario) -> "Progress":
    began: float | None = None  # what comes before the first call is the proof's time
    told = 0.0

    def progress(done: int, ticks: int) -> None:
        nonlocal began, told
        now = time.monotonic()
        if began is None:
            began = told = now
        last = done == ticks
        if not last and now - told < _LINE_EVERY_S:
            return
        told = now
        rate, left_s = _pace(scenario, done, now - began)
        rest = "" if last else f", {left_s:.0f} s left"
        typer.echo(f"{scenario.stem}: {100 * done // ticks} % {rate}{rest}", err=True)

    return progress


@contextmanager
def _bar(scenario: Scenario) -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),  # a cell's name has brackets
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(scenario.stem, total=scenario.ticks, rate="starting")
        began: float | None = None
        shown = 0.0

        def progress(done: int, ticks: int) -> None:
            nonlocal began, shown
            now = time.monotonic()
            if began is None:
                began = now
            if done == ticks or now - shown >= _BAR_EVERY_S:
                shown = now
                rate, _ = _pace(scenario, done, now - began)
                bar.update(task, completed=done, rate=rate)

        yield progress
