"""``motorhand replay``: the controller of a run, in this fresh process, on the recorded inputs."""

import struct
from pathlib import Path

import typer

from harness.errors import ExitCode
from harness.machine import keep_compiled_code
from harness.manifest import differences
from harness.replay import Difference, build_controller, deviations, open_sealed, replay
from harness.scenario.load import scenario_of_manifest
from harness.scenario.shipped import resolve


def replay_directory(directory: Path) -> ExitCode:
    """Run a run's controller again and tell whether every bit came out the same.

    Raises:
        RunDirectoryError: It is no whole run directory, or its controller has changed its layout.
        AlteredTraceError: Its trace was altered.
        ScenarioError: Its scenario can't be resolved any more.
    """
    keep_compiled_code()
    run = open_sealed(directory)
    scenario = scenario_of_manifest(run.manifest, directory)
    done = replay(run, build_controller(scenario, run))
    vehicles = f"{done.vehicles} vehicle{'s' if done.vehicles > 1 else ''}"
    pace = f"{done.ticks / done.seconds:,.0f} ticks/s"
    extent = f"{done.ticks} ticks, {vehicles}, {done.values} values compared, {pace}"
    if done.first is None:
        typer.echo(f"{directory}: replayed bit for bit: {extent}")
        return ExitCode.PASSED
    typer.echo(f"{directory}: {done.differing} values came out otherwise: {extent}")
    pinned = differences(run.manifest, scenario)
    otherwise = ["otherwise than in the run:", *(f"  {line}" for line in pinned)]
    same = ["versions, flags, processor, scenario and code are those of the run"]
    for line in [*_described(done.first), *(otherwise if pinned else same)]:
        typer.echo(line)
    return ExitCode.FAILED


def _described(first: Difference) -> list[str]:
    unit = f" {first.column.unit}" if first.column.unit else ""
    return [
        f"first at tick {first.tick} ({first.t_ns / 1e9:.9g} s), "
        f"{first.vehicle}, {first.column.name}:",
        f"  recorded {_exactly(first.recorded)}{unit}",
        f"  now      {_exactly(first.found)}{unit}",
    ]


def _exactly(value: float) -> str:
    return f"{value.hex()} (bits {struct.pack('>d', value).hex()}) = {value!r}"


def compare_controller(directory: Path, file: Path) -> ExitCode:
    """Tell how far another scenario's controller would have come from the recorded commands.

    Raises:
        RunDirectoryError: It is no whole run directory, or lacks what the controller must be told.
        AlteredTraceError: Its trace was altered.
        ScenarioError: The file has no controller that suits the run.
    """
    keep_compiled_code()
    run = open_sealed(directory)
    scenario = scenario_of_manifest(run.manifest, directory, resolve(file))
    found = deviations(run, build_controller(scenario, run))
    typer.echo(f"{directory}: the controller of {file} on the recorded measurements, at most apart")
    width = max((len(one.column.name) for one in found), default=0)
    for one in found:
        size = f"{one.largest:.6g} {one.column.unit}".rstrip()
        where = f"at {one.t_ns / 1e9:.9g} s, {one.vehicle}" if one.largest else "never"
        typer.echo(f"  {one.column.name:{width}}  {size}  {where}")
    return ExitCode.PASSED
