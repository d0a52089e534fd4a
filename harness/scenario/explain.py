"""A scenario as resolved, as YAML, with where each value comes from beside it."""

import os
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from harness.scenario.document import Document, KeyPath, Place
from harness.scenario.yaml_file import read_value

Line = tuple[str, str]
"""A line of YAML, and where its value comes from; empty where it has none."""

Origin = Callable[[KeyPath], str]
"""Where the value at a path comes from."""

_PLAIN = re.compile(r"[^\W\d_]([\w ()./+*^<>=-]*[\w)])?")
_WIDE = 72
_DEEPER = "  "


def explain(resolved: dict[str, Any], document: Document, path: Path) -> list[Line]:
    """The lines of a scenario as resolved.

    Args:
        resolved: The scenario with every default filled in.
        document: The same as written.
        path: The file, which other files are named relative to.
    """

    def origin(at: KeyPath) -> str:
        return _told(_written_at(document, at), path.parent)

    return list(_mapping(resolved, (), "", origin))


def _written_at(document: Document, path: KeyPath) -> Place | None:
    """Where a value was written; None where it is a default."""
    node: Any = document.data
    for length, part in enumerate(path):
        if isinstance(node, dict):
            if part not in node:
                return None
        elif not (isinstance(node, list) and isinstance(part, int) and part < len(node)):
            return document.place(path[:length])  # short for a mapping
        node = node[part]
    return document.place(path)


def _told(place: Place | None, folder: Path) -> str:
    if place is None:
        return "default"
    if place.by == "--set":
        return place.source
    where = f"{os.path.relpath(place.source, folder)}:{place.line}"
    return f"matrix, {where}" if place.by == "matrix" else where


def _mapping(node: dict[str, Any], path: KeyPath, indent: str, origin: Origin) -> Iterator[Line]:
    kind_first = sorted(node.items(), key=lambda entry: entry[0] != "kind")
    for key, value in kind_first:
        yield from _entry(f"{indent}{_scalar(key)}:", value, (*path, key), indent, origin)


def _entry(head: str, value: Any, path: KeyPath, indent: str, origin: Origin) -> Iterator[Line]:
    """One key or list item with its value, on as many lines as it takes."""
    inner = indent + _DEEPER
    if isinstance(value, dict) and value:
        yield head, ""
        yield from _mapping(value, path, inner, origin)
    elif isinstance(value, list) and not _fits(value, path, head, origin):
        yield head, ""
        for index, item in enumerate(value):
            yield from _item(item, (*path, index), inner, origin)
    elif isinstance(value, str) and len(value) > _WIDE and _folds(value):
        yield f"{head} >-", origin(path)
        for line in _wrapped(value):
            yield f"{inner}{line}", ""
    else:
        yield f"{head} {_flow(value)}", origin(path)


def _item(item: Any, path: KeyPath, indent: str, origin: Origin) -> Iterator[Line]:
    if isinstance(item, dict) and item:
        first, *rest = _mapping(item, path, indent + _DEEPER, origin)
        yield f"{indent}- {first[0].lstrip()}", first[1]
        yield from rest
    else:
        yield from _entry(f"{indent}-", item, path, indent, origin)


def _fits(value: list[Any], path: KeyPath, head: str, origin: Origin) -> bool:
    """Whether a list is plain, short, and of one origin."""
    if any(isinstance(item, dict | list) for item in value):
        return False
    origins = {origin((*path, index)) for index in range(len(value))}
    return len(origins) <= 1 and len(head) + len(_flow(value)) <= _WIDE


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    return "{}" if value == {} else _scalar(value)


def _scalar(value: Any) -> str:
    """A single value in one line, in quotes where it would be read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    return value if _is_plain(value) else _quoted(value)


def _is_plain(text: str) -> bool:
    """Whether a text needs no quotes, wherever it stands."""
    return _PLAIN.fullmatch(text) is not None and bool(read_value(text) == text)


def _quoted(text: str) -> str:
    yaml, stream = YAML(), StringIO()
    yaml.width = 2**31
    yaml.dump([DoubleQuotedScalarString(text)], stream)
    return stream.getvalue().removeprefix("- ").rstrip("\n")


def _folds(text: str) -> bool:
    return all(text.split(" ")) and text.isprintable()


def _wrapped(text: str) -> Sequence[str]:
    return textwrap.wrap(text, _WIDE, break_long_words=False, break_on_hyphens=False)
