"""``motorhand``: run scenarios, check them, and look at what a run left behind.

Asking for help loads neither JAX nor a plant: each command imports what it needs.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ExitCode, MotorhandError, Problem, RunDirectoryError, ScenarioError

app = typer.Typer(
    help="Hardware-in-the-loop simulation and test harness for the AGP controller.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Scenario files, or names of shipped ones.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Override a value, such as plant.mass_kg=5."
    ),
]
Cells = Annotated[
    list[str] | None,
    typer.Option(
        "--cell", metavar="NAME", help="Of a matrix, only this cell, or all with mass_kg=5."
    ),
]


@app.command()
def run(
    files: Files,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory to make; with several files, the folder for theirs."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Override the scenario's seed.")] = None,
    sets: Sets = None,
    cells: Cells = None,
    allow_degraded: Annotated[
        bool, typer.Option("--allow-degraded", help="End with 0 though the loop was late.")
    ] = False,
) -> None:
    """Run scenarios; each leaves a run directory with a trace, a verdict and a report."""
    from harness.cli.run import run_files

    raise typer.Exit(run_files(files, out, seed, sets or [], cells or [], allow_degraded))


@app.command()
def validate(files: Files, sets: Sets = None, cells: Cells = None) -> None:
    """Check scenarios without running them."""
    from harness.scenario.load import load_scenarios
    from harness.scenario.shipped import resolve

    problems: list[Problem] = []
    for file in files:
        try:
            scenarios = load_scenarios(resolve(file), sets or [], None, cells or [])
        except ScenarioError as error:
            problems.extend(error.problems)
            continue
        for scenario in scenarios:
            name = f"{file}[{scenario.cell}]" if scenario.cell else f"{file}"
            typer.echo(f"{name}: valid ({scenario.ticks} ticks at {scenario.model.rate_hz:g} Hz)")
            for warning in scenario.warnings:
                typer.echo(f"{name}: warning: {warning}")
    if problems:
        raise ScenarioError(problems)


@app.command()
def certify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A scenario file; with --check a certificate, or a run directory with one.",
        ),
    ],
    checking: Annotated[
        bool, typer.Option("--check", help="Prove again what a certificate claims.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Certificate to write.")] = Path("certificate.json"),
    scenario: Annotated[
        Path | None,
        typer.Option(help="With --check, the scenario; the one that it names if left out."),
    ] = None,
    sets: Sets = None,
    cells: Cells = None,
) -> None:
    """Prove a scenario's loop stable over a region, or check such a proof."""
    from harness.cli.certify import certify_file, check_file

    if checking:
        raise typer.Exit(check_file(file, scenario, sets or [], cells or []))
    raise typer.Exit(certify_file(file, out, sets or [], cells or []))


@app.command(name="list")
def list_scenarios() -> None:
    """List the shipped scenarios; their names can be given to ``run``."""
    from harness.scenario.load import load_scenarios
    from harness.scenario.shipped import shipped_scenarios

    paths = shipped_scenarios()
    width = max(len(path.stem) for path in paths)
    for path in paths:
        first, *more = load_scenarios(path)
        facts = f"{first.spec.family}, {first.model.duration_s:.9g} s"
        count = f", {1 + len(more)} cells" if more else ""
        typer.echo(f"{path.stem:{width}}  {first.model.name} ({facts}{count})")


@app.command()
def explain(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Scenario file, or name of a shipped one.")
    ],
    cells: Cells = None,
    sets: Sets = None,
) -> None:
    """Print a scenario as resolved, with where each value comes from; it is a scenario again."""
    from harness.cli.explain import explain_file

    explain_file(file, sets or [], cells or [])


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for an editor."""
    from harness.scenario.schema import scenario_schema

    typer.echo(json.dumps(scenario_schema(), indent=1, ensure_ascii=False))


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    beside: Annotated[
        Path | None,
        typer.Option(
            metavar="EARLIER",
            help="An earlier run, whose latency is laid beside; the baseline if left out.",
        ),
    ] = None,
) -> None:
    """Make the report of a run directory anew."""
    from harness.trace.reader import NotARunDirectoryError
    from reports.page import write_report
    from reports.run import earlier

    try:
        found = None if beside is None else earlier(beside)
    except NotARunDirectoryError as error:
        raise RunDirectoryError(beside or directory, str(error)) from error
    try:
        typer.echo(write_report(directory, found))
    except NotARunDirectoryError as error:
        raise RunDirectoryError(directory, str(error)) from error
    except OSError as error:
        raise RunDirectoryError(directory, f"can't be written: {error.strerror}") from error


@app.command()
def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="Run directory held to be right.")],
    new: Annotated[
        list[Path], typer.Argument(metavar="NEW...", help="Run directories held against it.")
    ],
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("comparison.html"),
) -> None:
    """Hold runs against a base: criteria, signals, times, stability; a page and an exit code.

    Ends with 1 where a criterion that held in the base does not, or a signal leaves the tolerance
    that the scenario's baseline has for it.
    """
    from harness.cli.compare import compare_directories

    raise typer.Exit(compare_directories(base, new, out))


@app.command()
def recover(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="What a killed run left.")],
) -> None:
    """Make a whole run directory of what a killed run, or a full disk, left."""
    from harness.cli.recover import recover_directory

    recover_directory(directory)


@app.command(name="latency-test")
def latency_test(
    seconds: Annotated[float, typer.Option(help="About how long to measure, s.")] = 10.0,
    out: Annotated[Path | None, typer.Option(help="JSON file to write it to as well.")] = None,
) -> None:
    """Measure this machine's latency floor, keep it for runs, and tell which rates it can hold."""
    from harness.cli.latency_test import tell_floor

    tell_floor(seconds, out)


@app.command(
    name="autopilot-standin",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
def autopilot_standin(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[OPTIONS]", help="Its own; --help lists them.")
    ] = None,
) -> None:
    """Run the stand-in for PX4: it speaks its protocol to a simulator, and says who it is."""
    from harness.cli.autopilot_standin import run_standin

    raise typer.Exit(run_standin(arguments or []))


@app.command()
def replay(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    controller: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ask instead what this scenario's controller had done."),
    ] = None,
) -> None:
    """Run a run's controller again on its recorded inputs and compare every bit."""
    from harness.cli.replay import compare_controller, replay_directory

    if controller is None:
        raise typer.Exit(replay_directory(directory))
    raise typer.Exit(compare_controller(directory, controller))


def main() -> None:
    """Entry of the ``motorhand`` command: named errors become one line and an exit code."""
    try:
        app()
    except MotorhandError as error:
        lines = str(error).splitlines() or [type(error).__name__]
        for line in lines:
            typer.echo(f"error: {line}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
