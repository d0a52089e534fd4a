"""One YAML 1.2 file as a document whose every value knows its line and column."""

from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError

from harness.errors import Problem, ScenarioError
from harness.scenario.document import Document, KeyPath, Place


class UnusableFileError(ScenarioError):
    """A file that can't be read, or does not hold a mapping.

    Attributes:
        what: What is wrong with the file as a whole.
    """

    def __init__(self, place: Place, what: str, remedy: str = "") -> None:
        self.what = what
        super().__init__([place.problem((), f"{what}; {remedy}" if remedy else what)])


class _Constructor(RoundTripConstructor):
    """Leaves dates as the text they are written in, as YAML 1.2 does."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = False
    return yaml


def read_value(text: str) -> Any:
    """A single value from YAML text.

    Raises:
        ValueError: It is not YAML.
    """
    try:
        return _plain(_yaml().load(StringIO(text)), (), {}, "")
    except Exception as error:
        raise ValueError(f"the value {text!r} is not YAML") from error


def read_yaml(path: Path) -> Document:
    """Read a YAML file that holds a mapping.

    Raises:
        UnusableFileError: The file can't be read or is not a mapping.
        ScenarioError: It is not YAML.
    """
    source = str(path)
    loaded = _parsed(_text(path), source)
    if loaded is None:
        raise UnusableFileError(Place(source), "is empty", "a scenario starts with 'format: 1'")
    if not isinstance(loaded, CommentedMap):
        found = "a list" if isinstance(loaded, CommentedSeq) else "a single value"
        remedy = "a scenario is a mapping of keys"
        raise UnusableFileError(Place(source, 1, 1), f"is {found}", remedy)
    places: dict[KeyPath, Place] = {(): Place(source, 1, 1)}
    return Document(_plain(loaded, (), places, source), places)


def _text(path: Path) -> str:
    here = Place(str(path))
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UnusableFileError(here, "no such file") from None
    except IsADirectoryError:
        raise UnusableFileError(here, "is a folder", "name a scenario file") from None
    except OSError as error:
        raise UnusableFileError(here, f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start})"
        raise UnusableFileError(here, what, "expected a YAML scenario") from error


def _parsed(text: str, source: str) -> Any:
    def refuse(message: str, line: int | None = None, column: int | None = None) -> ScenarioError:
        return ScenarioError([Problem(source, line, column, "", message)])

    try:
        return _yaml().load(text)
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


def _plain(node: Any, path: KeyPath, places: dict[KeyPath, Place], source: str) -> Any:
    """Plain Python values of a ruamel node, noting where each was."""
    if isinstance(node, CommentedMap):
        plain: dict[Any, Any] = {}
        for key, value in node.items():
            name = key if isinstance(key, str | int) else str(key)
            with suppress(KeyError, TypeError):  # merged from an anchor: written elsewhere
                line, column = node.lc.key(key)
                places[(*path, name)] = Place(source, line + 1, column + 1)
            plain[name] = _plain(value, (*path, name), places, source)
        return plain
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            line, column = node.lc.item(index)
            places[(*path, index)] = Place(source, line + 1, column + 1)
        return [_plain(item, (*path, i), places, source) for i, item in enumerate(node)]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
