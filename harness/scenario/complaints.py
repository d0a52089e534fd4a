"""Turning a validation error into what a scenario's author needs: place, finding, remedy."""

import difflib
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import Problem
from harness.scenario.document import Document
from harness.scenario.model import CRITERION_KINDS

_TOLD = 25
"""Names that a message lists; of more it gives those that are most like what was written."""


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean …?`` for a misspelt word, or else what is allowed, or most like it of many."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if len(known) <= _TOLD:
        return f"allowed: {', '.join(known)}"
    return f"most like it: {', '.join(difflib.get_close_matches(word, known, n=5, cutoff=0.0))}"


def problems(
    error: ValidationError, model: type[BaseModel], document: Document, prefix: Sequence[str] = ()
) -> list[Problem]:
    """One problem for each complaint of pydantic, at its line."""
    details = error.errors(include_url=False)
    found = []
    for detail in details:
        if detail["type"] == "too_short" and any(_inside(other, detail) for other in details):
            continue  # it is short because of what is wrong inside it
        written = [*prefix, *_as_written(detail["loc"], document, prefix)]
        if detail["type"] == "extra_forbidden":
            beside = _models_at(model, detail["loc"][:-1])
            keys = {name for candidate in beside for name in candidate.model_fields}
            message = f"unknown key; {nearest(str(detail['loc'][-1]), keys)}"
        elif detail["type"] == "missing":
            message = "is missing"
        elif detail["type"] == "union_tag_not_found":
            kinds = (_tag(candidate) for candidate in _models_at(model, detail["loc"]))
            message = f"has no kind; allowed: {', '.join(sorted(filter(None, kinds)))}"
        elif detail["type"] == "union_tag_invalid":
            context = detail["ctx"]
            beside = _models_at(model, detail["loc"][:-1])
            keys = {name for candidate in beside for name in candidate.model_fields}
            what = written[-1] if written[-1] in keys else "kind"  # a fault has a name of its own
            written.append("kind")
            known = context["expected_tags"].replace("'", "").split(", ")
            message = f"no {what} {context['tag']!r}; {nearest(context['tag'], known)}"
        else:
            message = _found_and_expected(detail["type"], detail["msg"], detail["input"])
        found.append(document.problem(written, message))
    return found


def _inside(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    at = len(outer["loc"])
    return len(inner["loc"]) > at and inner["loc"][:at] == outer["loc"]


def _found_and_expected(kind: str, text: str, value: Any) -> str:
    if kind == "value_error":
        return text.removeprefix("Value error, ")
    shown = repr(value) if not isinstance(value, dict | list) else f"a {_noun(value)}"
    expected = text.replace("Input should be", "expected").replace("Field required", "is missing")
    return f"found {shown}; {expected[0].lower()}{expected[1:]}"


def _noun(value: Any) -> str:
    return "mapping" if isinstance(value, dict) else "list"


def _as_written(
    loc: Sequence[str | int], document: Document, prefix: Sequence[str]
) -> list[str | int]:
    """The location without the union tags that pydantic puts into it."""
    place: Any = document.data
    for key in prefix:
        place = place[key]
    path: list[str | int] = []
    for index, part in enumerate(loc):
        inside = (isinstance(place, dict) and part in place) or (
            isinstance(place, list) and isinstance(part, int) and part < len(place)
        )
        if inside:
            place = place[part]
            path.append(part)
        elif index == len(loc) - 1 and not _is_pydantics(part, place):
            path.append(part)
    return path


def _is_pydantics(part: str | int, place: Any) -> bool:
    """Whether the last part of a location names what is there, and no key in it."""
    tag = place.get("kind") if isinstance(place, dict) else None
    return part in CRITERION_KINDS or part in (tag, "[key]")


def _models_at(model: type[BaseModel], loc: Sequence[str | int]) -> list[type[BaseModel]]:
    """The models that can stand at a location."""
    models = [model]
    for part in loc:
        if part in CRITERION_KINDS:
            models = [CRITERION_KINDS[str(part)]]
            continue
        inner: list[type[BaseModel]] = []
        for candidate in models:
            if part in candidate.model_fields:
                inner.extend(_models_in(candidate.model_fields[str(part)].annotation))
        tagged = [m for m in models if _tag(m) == part]
        models = inner or tagged or models
    return models


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _tag(model: type[BaseModel]) -> Any:
    kind = model.model_fields.get("kind")
    return (
        typing.get_args(kind.annotation)[0] if kind and typing.get_args(kind.annotation) else None
    )
