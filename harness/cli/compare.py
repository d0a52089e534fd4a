"""``motorhand compare``: runs held against a base."""

from collections.abc import Sequence
from pathlib import Path

import typer

from harness.errors import ExitCode, OutputDirectoryError, RunDirectoryError
from harness.trace.compare import IncomparableError
from harness.trace.reader import NotARunDirectoryError, RunDirectory


def compare_directories(base: Path, others: Sequence[Path], page: Path) -> ExitCode:
    """Write the page and tell what came of each comparison.

    Returns:
        FAILED where a run is worse than the base.

    Raises:
        RunDirectoryError: A folder is no whole run directory, or can't be held against the base.
        OutputDirectoryError: The page can't be written.
    """
    for path in (base, *others):
        try:
            RunDirectory.open(path).verdict()
        except NotARunDirectoryError as error:
            raise RunDirectoryError(path, str(error)) from error
    from reports.comparison import write_comparison

    try:
        comparisons = write_comparison(base, list(others), page)
    except IncomparableError as error:
        raise RunDirectoryError(base, f"can't be compared with {error}") from error
    except OSError as error:
        raise OutputDirectoryError(f"{page} can't be written: {error.strerror}") from error
    for path, comparison in zip(others, comparisons, strict=True):
        colour = typer.colors.RED if comparison.regressed else typer.colors.GREEN
        word = "REGRESSED" if comparison.regressed else "AS GOOD"
        typer.echo(f"{typer.style(word, fg=colour, bold=True)}: {path}: {comparison.sentence}")
    typer.echo(f"comparison: {page}")
    worse = any(comparison.regressed for comparison in comparisons)
    return ExitCode.FAILED if worse else ExitCode.PASSED
