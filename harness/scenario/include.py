"""``include:``: partial files that are merged underneath the file that names them."""

import os
from pathlib import Path

from harness.errors import ScenarioError
from harness.scenario.document import Document, KeyPath
from harness.scenario.yaml_file import UnusableFileError, read_yaml


def read_whole(path: Path) -> Document:
    """Read a file and what it includes; a later include goes over an earlier one.

    Raises:
        ScenarioError: A file can't be read, is no mapping, or includes itself in the end.
    """
    return _read(path, ())


def _read(path: Path, within: tuple[Path, ...]) -> Document:
    own = read_yaml(path)
    if within and "matrix" in own.data:
        message = "belongs into the scenario itself, not into what it includes"
        raise ScenarioError([own.problem(("matrix",), message)])
    base: Document | None = None
    for at, written in _includes(own):
        included = _included(own, at, path, written, (*within, path))
        base = included if base is None else included.over(base)
    own = own.without("include")
    return own if base is None else own.over(base)


def _includes(document: Document) -> list[tuple[KeyPath, str]]:
    """The includes of a document as written, and where."""
    if "include" not in document.data:
        return []
    written = document.data["include"]
    listed: list[tuple[KeyPath, object]] = [(("include",), written)]
    if isinstance(written, list) and written:
        listed = [(("include", index), item) for index, item in enumerate(written)]
    found: list[tuple[KeyPath, str]] = []
    for at, item in listed:
        if not isinstance(item, str) or not item:
            message = "expected the path of a file, or a list of paths"
            raise ScenarioError([document.problem(at, message)])
        found.append((at, item))
    return found


def _included(
    own: Document, at: KeyPath, path: Path, written: str, chain: tuple[Path, ...]
) -> Document:
    file = path.parent / written
    try:
        real = [os.path.realpath(one) for one in (*chain, file)]
    except ValueError:
        raise ScenarioError([own.problem(at, f"{written!r} is no path")]) from None
    if real[-1] in real[:-1]:
        circle = " → ".join(map(str, [*chain[real.index(real[-1]) :], file]))
        raise ScenarioError([own.problem(at, f"goes in a circle: {circle}")])
    try:
        return _read(file, chain)
    except UnusableFileError as error:
        raise ScenarioError([own.problem(at, f"{file}: {error.what}")]) from error
