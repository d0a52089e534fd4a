"""From a scenario file to its documents: includes merged, overrides applied, matrix expanded."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import ScenarioError
from harness.scenario.document import Document, Place, key_path
from harness.scenario.include import read_whole
from harness.scenario.matrix import cells, choose
from harness.scenario.yaml_file import read_value


def read_documents(
    path: Path, sets: Iterable[str] = (), chosen: Sequence[str] = ()
) -> list[Document]:
    """Read a scenario file; one document for each cell of its matrix, or just one.

    Args:
        path: The file.
        sets: Overrides, ``key.path=value``, applied in order.
        chosen: Cells to keep, as :func:`harness.scenario.matrix.choose` takes them.

    Raises:
        ScenarioError: A file can't be read, is not YAML, or is not a mapping; or an override, the
            matrix or the choice names no place in it.
    """
    document = read_whole(path)
    for override in sets:
        document = _overridden(document, override)
    return choose(cells(document), chosen)


def read_document(path: Path, sets: Iterable[str] = (), chosen: Sequence[str] = ()) -> Document:
    """Read a scenario file of which one scenario is wanted.

    Raises:
        ScenarioError: As :func:`read_documents`, and where several cells are left.
    """
    document, *more = read_documents(path, sets, chosen)
    if more:
        message = f"is {1 + len(more)} scenarios; choose a cell, such as {document.cell!r}"
        raise ScenarioError([Place(str(path)).problem((), message)])
    return document


def _overridden(document: Document, override: str) -> Document:
    """The document with one ``key.path=value`` put in."""
    place = Place(f"--set {override}", by="--set")
    key, equals, text = override.partition("=")
    path = key_path(key)
    try:
        if not equals or not key.strip():
            raise ValueError("expected KEY.PATH=VALUE, such as plant.mass_kg=5")
        if path[0] == "include":
            raise ValueError("what a file includes can't be set")
        return document.with_value(path, read_value(text), place)
    except (ValueError, LookupError) as error:
        raise ScenarioError([place.problem((), str(error))]) from error
