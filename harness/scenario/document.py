"""A YAML 1.2 document whose every value knows its line and column."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError

from harness.errors import Problem, ScenarioError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A document as plain data, and where each part of it was written.

    Attributes:
        source: File name as the user gave it.
        data: Plain dictionaries, lists, strings, numbers, booleans and None.
        marks: 1-based line and column of every key and item, by its path.
        overrides: Text of the ``--set`` that a path comes from.
    """

    source: str
    data: dict[str, Any]
    marks: Mapping[KeyPath, tuple[int, int]]
    overrides: Mapping[KeyPath, str]

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        """A problem at a path, or at its nearest ancestor that was written down."""
        path = tuple(path)
        key = ".".join(str(part) for part in path)
        for length in range(len(path), -1, -1):
            if (override := self.overrides.get(path[:length])) is not None:
                return Problem(f"--set {override}", None, None, key, message)
            if (mark := self.marks.get(path[:length])) is not None:
                return Problem(self.source, *mark, key, message)
        return Problem(self.source, None, None, key, message)


class _Constructor(RoundTripConstructor):
    """Leaves dates as the text they are written in, as YAML 1.2 does."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = False
    return yaml


def read_document(path: Path, sets: Iterable[str] = ()) -> Document:
    """Read a YAML file and apply ``key.path=value`` overrides.

    Raises:
        ScenarioError: The file can't be read, is not YAML, or is not a mapping; or an override
            names no place in it.
    """
    source = str(path)

    def refuse(message: str, line: int | None = None, column: int | None = None) -> ScenarioError:
        return ScenarioError([Problem(source, line, column, "", message)])

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise refuse("no such file") from None
    except IsADirectoryError:
        raise refuse("is a folder; name a scenario file") from None
    except OSError as error:
        raise refuse(f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise refuse(f"is not UTF-8 text (byte {error.start}); expected a YAML scenario") from error

    try:
        loaded = _yaml().load(text)
    except DuplicateKeyError as error:
        mark = error.problem_mark
        key = str(error.problem).split('"')[1] if '"' in str(error.problem) else "?"
        raise refuse(f"key {key!r} is written twice", mark.line + 1, mark.column + 1) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = str(error.problem or error.context or "is not YAML")
        if "\\t" in what or "'\t'" in what:
            what = "a tab can't indent YAML; use spaces"
        place = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise refuse(f"not YAML: {what}", *place) from error
    except RecursionError:
        raise refuse("not YAML that a person would write: nested too deeply") from None
    except Exception as error:  # a tag's constructor may raise anything
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise refuse(f"not YAML: {first}") from error

    if loaded is None:
        raise refuse("is empty; a scenario starts with 'format: 1'")
    if not isinstance(loaded, CommentedMap):
        found = "a list" if isinstance(loaded, CommentedSeq) else "a single value"
        raise refuse(f"is {found}; a scenario is a mapping of keys", 1, 1)

    marks: dict[KeyPath, tuple[int, int]] = {(): (1, 1)}
    data = _plain(loaded, (), marks)
    overrides: dict[KeyPath, str] = {}
    for override in sets:
        _apply(data, override, overrides)
    return Document(source, data, marks, overrides)


def _plain(node: Any, path: KeyPath, marks: dict[KeyPath, tuple[int, int]]) -> Any:
    """Plain Python values of a ruamel node, noting where each was."""
    if isinstance(node, CommentedMap):
        plain: dict[Any, Any] = {}
        for key, value in node.items():
            name = key if isinstance(key, str | int) else str(key)
            with suppress(KeyError, TypeError):  # merged from an anchor: written elsewhere
                line, column = node.lc.key(key)
                marks[(*path, name)] = (line + 1, column + 1)
            plain[name] = _plain(value, (*path, name), marks)
        return plain
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            line, column = node.lc.item(index)
            marks[(*path, index)] = (line + 1, column + 1)
        return [_plain(item, (*path, index), marks) for index, item in enumerate(node)]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _apply(data: dict[str, Any], override: str, overrides: dict[KeyPath, str]) -> None:
    """Put one ``key.path=value`` into the data."""

    def refuse(message: str) -> ScenarioError:
        return ScenarioError([Problem(f"--set {override}", None, None, "", message)])

    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise refuse("expected KEY.PATH=VALUE, such as plant.mass_kg=5")
    path: KeyPath = tuple(
        int(part) if part.isascii() and part.isdigit() else part for part in key.strip().split(".")
    )
    try:
        value = _plain(_yaml().load(StringIO(text)), (), {})
    except Exception as error:
        raise refuse(f"the value {text!r} is not YAML") from error
    place: Any = data
    for done, part in enumerate(path[:-1]):
        try:
            place = place[part]
        except (KeyError, IndexError, TypeError):
            raise refuse(f"there is no {'.'.join(map(str, path[: done + 1]))}") from None
    last = path[-1]
    in_list = isinstance(place, list) and isinstance(last, int) and last < len(place)
    if not (isinstance(place, dict) or in_list):
        raise refuse(f"there is no {key.strip()}")
    place[last] = value
    overrides[path] = override
