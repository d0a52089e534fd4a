"""``motorhand recover``: tables, verdict and report of a run that could not make them itself."""

from pathlib import Path

import typer

from harness.errors import RecorderError, reason
from harness.recover import recover
from harness.trace import files


def recover_directory(directory: Path) -> None:
    """Recover a run directory and tell what became of it.

    Raises:
        RunDirectoryError: It is no run directory, or others are at work in it.
        RecorderError: The disk is full; nothing is lost.
    """
    from reports.page import write_report

    found = recover(directory)
    report = directory / files.REPORT
    if found.verdict is None and report.exists():
        typer.echo(f"{directory} is whole already ({found.rows} rows); nothing was changed")
        return
    try:
        write_report(directory)
    except OSError as error:
        raise RecorderError(f"{report} can't be written: {reason(error)}") from error
    typer.echo(f"{directory} is whole again: {found.rows} rows")
    if found.verdict is not None:
        typer.echo(f"{found.verdict.word}: {found.verdict.sentence}")
    typer.echo(f"report: {report}")
