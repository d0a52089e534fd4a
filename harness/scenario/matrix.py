"""``matrix:``: one file, a scenario for every combination of some values.

::

    matrix:
      plant.mass_kg: [4.2, 8.4]
      plant.offset_rtn_m: {behind: [0, -100, 0], below: [-100, 0, 0]}

are four *cells*: ``mass_kg=4.2,offset_rtn_m=behind`` and so on, the last axis going fastest.
"""

import difflib
import itertools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import Problem, ScenarioError
from harness.scenario.document import Document, KeyPath, Place, dotted, key_path

MOST_CELLS = 1000

_NAME = re.compile(r"[\w.+-]{1,40}")


@dataclass(frozen=True)
class _Value:
    name: str
    value: Any
    place: Place


@dataclass(frozen=True)
class _Axis:
    path: KeyPath
    at: KeyPath
    values: list[_Value]


def cells(document: Document) -> list[Document]:
    """The document once for each cell, without its matrix; just itself where it has none.

    Raises:
        ScenarioError: The matrix names no place, has no or too many cells, or is contradicted by
            a ``--set``.
    """
    if "matrix" not in document.data:
        return [document]
    axes = _axes(document)
    if (count := math.prod(len(axis.values) for axis in axes)) > MOST_CELLS:
        message = f"has {count} cells; allowed: at most {MOST_CELLS}"
        raise ScenarioError([document.problem(("matrix",), message)])
    base, labels = document.without("matrix"), _labels(axes)
    found = []
    for values in itertools.product(*(axis.values for axis in axes)):
        cell = base
        for axis, value in zip(axes, values, strict=True):
            cell = cell.with_value(axis.path, value.value, value.place)
        names = (f"{label}={v.name}" for label, v in zip(labels, values, strict=True))
        found.append(replace(cell, cell=",".join(names)))
    return found


def choose(documents: Sequence[Document], wanted: Sequence[str]) -> list[Document]:
    """The cells that are asked for, in the matrix's order; all where none is.

    Args:
        documents: What :func:`cells` found.
        wanted: Names of cells, with or without the scenario's; or parts of one, such as
            ``mass_kg=4.2`` for all cells with that.

    Raises:
        ScenarioError: There is no such cell.
    """
    if not wanted:
        return list(documents)
    chosen: set[str] = set()
    for name in wanted:
        inside = name[name.index("[") + 1 : -1] if name.endswith("]") and "[" in name else name
        matching = {d.cell for d in documents if d.cell and _has(d.cell, inside)}
        if not matching:
            raise ScenarioError([Place(f"--cell {name}").problem((), _missing(documents, inside))])
        chosen |= matching
    return [document for document in documents if document.cell in chosen]


def _has(cell: str, parts: str) -> bool:
    return cell == parts or set(parts.split(",")) <= set(cell.split(","))


def _missing(documents: Sequence[Document], name: str) -> str:
    names = [document.cell for document in documents if document.cell]
    if not names:
        return "there is no matrix"
    parts = {part for cell in names for part in cell.split(",")}
    if close := difflib.get_close_matches(name, sorted({*names, *parts}), n=1):
        return f"no such cell; did you mean {close[0]!r}?"
    known = ", ".join(repr(cell) for cell in names[:4]) + (", …" if len(names) > 4 else "")
    return f"no such cell; there are {known}"


def _axes(document: Document) -> list[_Axis]:
    matrix = document.data["matrix"]
    if not isinstance(matrix, dict) or not matrix:
        message = "expected a mapping from keys to lists of values, such as plant.mass_kg: [4, 8]"
        raise ScenarioError([document.problem(("matrix",), message)])
    axes: list[_Axis] = []
    problems: list[Problem] = []
    for key, written in matrix.items():
        at: KeyPath = ("matrix", key)
        axis = _Axis(key_path(str(key)), at, _values(document, at, written, problems))
        _check_place(document, axis, axes, problems)
        axes.append(axis)
    if problems:
        raise ScenarioError(problems)
    return axes


def _values(document: Document, at: KeyPath, written: Any, problems: list[Problem]) -> list[_Value]:
    if not isinstance(written, list | dict) or not written:
        message = "expected a list of values, or a mapping from names to values"
        problems.append(document.problem(at, message))
        return []
    named = (
        [(key, str(key), value) for key, value in written.items()]
        if isinstance(written, dict)
        else [(index, _named(value, index), value) for index, value in enumerate(written)]
    )
    found: dict[str, _Value] = {}
    for part, name, value in named:
        if isinstance(written, dict) and not _NAME.fullmatch(name):
            message = f"{name!r} names no cell; use up to 40 letters, digits and . _ + -"
            problems.append(document.problem((*at, part), message))
        if name in found:
            problems.append(document.problem((*at, part), f"{name} is there twice"))
        found[name] = _Value(name, value, replace(document.place((*at, part)), by="matrix"))
    return list(found.values())


def _named(value: Any, index: int) -> str:
    """A scalar's own text where that is short and plain, else its number in the list."""
    text = value if isinstance(value, str) else json.dumps(value, default=repr)
    return text if _NAME.fullmatch(text) else f"#{index + 1}"


def _check_place(
    document: Document, axis: _Axis, others: Sequence[_Axis], problems: list[Problem]
) -> None:
    """That the axis is somewhere, and that nothing else is put there."""
    try:
        document.without("matrix").with_value(axis.path, None, Place(""))
    except LookupError as error:
        problems.append(document.place(axis.at).problem(("matrix",), str(error)))
    for other in others:
        shorter = min(len(axis.path), len(other.path))
        if axis.path[:shorter] == other.path[:shorter]:
            problems.append(document.problem(axis.at, f"overlaps {dotted(other.path)}"))
    for path, place in document.places.items():
        if place.by == "--set" and path[: len(axis.path)] == axis.path:
            message = f"{dotted(axis.path)} is an axis of the matrix; choose among its values"
            problems.append(place.problem((), message))


def _labels(axes: Sequence[_Axis]) -> list[str]:
    """The last part of each axis' path; the whole path where that is a number or not unique."""
    last = [axis.path[-1] for axis in axes]
    return [
        dotted(axis.path) if isinstance(key, int) or last.count(key) > 1 else str(key)
        for axis, key in zip(axes, last, strict=True)
    ]
