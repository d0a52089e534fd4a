"""``motorhand explain``: a scenario as resolved, with where each value comes from."""

from collections.abc import Sequence
from pathlib import Path

import typer

from harness.scenario.explain import explain
from harness.scenario.load import resolve_document
from harness.scenario.read import read_document
from harness.scenario.shipped import resolve

_COLUMN = 56


def explain_file(file: Path, sets: Sequence[str], cells: Sequence[str]) -> None:
    """Print the scenario as YAML that is a scenario file again.

    Raises:
        ScenarioError: It is not valid, or several cells are left to choose from.
    """
    path = resolve(file)
    document = read_document(path, sets, cells)
    scenario = resolve_document(document, path)
    lines = explain(scenario.resolved(), document, path)
    column = max(len(text) for text, origin in lines if origin and len(text) <= _COLUMN) + 2
    typer.echo(typer.style(f"# {scenario.stem} as resolved", dim=True))
    for text, origin in lines:
        comment = typer.style(f"# {origin}", dim=True)
        typer.echo(f"{text:{column - 2}}  {comment}" if origin else text)
