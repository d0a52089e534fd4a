"""A scenario as written: plain data, and where each part of it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.errors import Problem

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where something was written.

    Attributes:
        source: File name as the user gave it, or ``--set`` and its text.
        line, column: 1-based; None where there is no line to point at.
        by: What put it there.
    """

    source: str
    line: int | None = None
    column: int | None = None
    by: Literal["file", "--set", "matrix"] = "file"

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        """A problem here, about the key at a path."""
        return Problem(self.source, self.line, self.column, dotted(path), message)


@dataclass(frozen=True)
class Document:
    """A document as plain data, and where each part of it was written.

    Attributes:
        data: Plain dictionaries, lists, strings, numbers, booleans and None.
        places: Where every key and item was written, by its path; ``()`` is the file.
        cell: Name of the matrix's cell that this is, such as ``mass_kg=4.2``; else empty.
    """

    data: dict[str, Any]
    places: Mapping[KeyPath, Place]
    cell: str = ""

    def place(self, path: Sequence[str | int]) -> Place:
        """Where a path was written, or else its nearest ancestor."""
        path = tuple(path)
        lengths = range(len(path), -1, -1)
        return next(self.places[path[:n]] for n in lengths if path[:n] in self.places)

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        """A problem at a path, or at its nearest ancestor that was written down."""
        return self.place(path).problem(path, message)

    def with_value(self, path: KeyPath, value: Any, place: Place) -> "Document":
        """The document with one value put in; the last key may be new, its parents may not.

        Raises:
            LookupError: There is no such place.
        """
        data = _put(self.data, path, value, 0)
        kept = {p: at for p, at in self.places.items() if p[: len(path)] != path}
        return replace(self, data=data, places={**kept, path: place})

    def without(self, key: str) -> "Document":
        """The document without one of its keys."""
        return replace(
            self,
            data={name: value for name, value in self.data.items() if name != key},
            places={path: at for path, at in self.places.items() if path[:1] != (key,)},
        )

    def over(self, base: "Document") -> "Document":
        """This document laid over another: mappings merge, everything else replaces."""
        replaced: set[KeyPath] = set()

        def merged(below: Any, above: Any, path: KeyPath) -> Any:
            if not (isinstance(below, dict) and isinstance(above, dict)):
                replaced.add(path)
                return above
            return {
                **below,
                **{
                    key: merged(below[key], value, (*path, key)) if key in below else value
                    for key, value in above.items()
                },
            }

        data = merged(base.data, self.data, ())
        still = {
            path: at
            for path, at in base.places.items()
            if not any(path[:n] in replaced for n in range(len(path) + 1))
        }
        return Document(data, {**still, **self.places})


def dotted(path: Sequence[str | int]) -> str:
    """A path as text: ``plant.mass_kg``."""
    return ".".join(str(part) for part in path)


def key_path(text: str) -> KeyPath:
    """The path that a text such as ``plant.vehicles.0.name`` stands for."""
    parts = text.strip().split(".")
    return tuple(int(p) if p.isascii() and p.isdigit() else p for p in parts)


def _put(node: Any, path: KeyPath, value: Any, at: int) -> Any:
    """A copy of a node with a value at ``path[at:]`` below it."""
    part, last = path[at], at == len(path) - 1
    known = isinstance(part, int) and part < len(node) if isinstance(node, list) else False
    if isinstance(node, dict):
        known = last or part in node
    if not known:
        raise LookupError(f"there is no {dotted(path[: at + 1])}")
    copy = node.copy()
    copy[part] = value if last else _put(node[part], path, value, at + 1)
    return copy
