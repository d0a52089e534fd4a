"""The JSON Schema of scenario files, for editors: completion, types, units in every key."""

from typing import Any

from harness.scenario.model import ScenarioFile
from sims.registry import CONTROLLERS, PLANTS, find, names

_TITLE = "motorhand scenario"
_REF = "#/$defs/"
PARTIAL = "partial:"
"""Starts the names of what demands no keys."""


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario with every plant and controller installed here.

    Keys that must be there are demanded of a file with ``format`` that includes nothing and has no
    matrix. Of any other an editor can't know: what is missing may be in another file.
    """
    whole = ScenarioFile.model_json_schema()
    parts = whole.pop("$defs")
    for key, group in (("plant", PLANTS), ("controller", CONTROLLERS)):
        choices = []
        for name in names(group):
            part = find(group, name).config_model.model_json_schema()
            own = part.get("$defs", {})
            # Two plants may each have a class of the same name.
            if any(parts.get(title, known) != known for title, known in own.items()):
                part = _owned(part, name)
            parts.update(part.pop("$defs", {}))
            parts[f"{key}:{name}"] = part
            choices.append({"$ref": f"{_REF}{key}:{name}"})
        about = whole["properties"][key].get("description", "")
        whole["properties"][key] = {"description": about, "oneOf": choices}
    criteria, faults = whole["properties"]["expect"], whole["properties"]["faults"]
    criteria["additionalProperties"] = _or_null(criteria["additionalProperties"])
    named = faults["patternProperties"]
    faults["patternProperties"] = {name: _or_null(part) for name, part in named.items()}
    faults["additionalProperties"] = False
    parts["scenario"] = whole
    partial = {f"{PARTIAL}{name}": _lenient(part) for name, part in parts.items()}
    elsewhere = [{"required": [key]} for key in ("include", "matrix")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": _TITLE,
        "if": {"required": ["format"], "not": {"anyOf": elsewhere}},
        "then": {"$ref": f"{_REF}scenario"},
        "else": {"$ref": f"{_REF}{PARTIAL}scenario"},
        "$defs": {**parts, **partial},
    }


def _owned(part: dict[str, Any], owner: str) -> dict[str, Any]:
    """The same schema with definitions that carry their owner's name."""

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: renamed(value) for key, value in node.items()}
        if isinstance(node, list):
            return [renamed(item) for item in node]
        if isinstance(node, str) and node.startswith(_REF):
            return node.replace(_REF, f"{_REF}{owner}.", 1)
        return node

    whole: dict[str, Any] = renamed(part)
    whole["$defs"] = {f"{owner}.{title}": known for title, known in whole["$defs"].items()}
    return whole


def _or_null(part: dict[str, Any]) -> dict[str, Any]:
    """What may also be taken back."""
    return {"anyOf": [part, {"type": "null"}]}


def _lenient(node: Any) -> Any:
    """The same schema without a demand for keys, referring to others of its kind."""
    if isinstance(node, list):
        return [_lenient(item) for item in node]
    if not isinstance(node, dict):
        return node
    lenient: dict[str, Any] = {}
    for key, value in node.items():
        if key == "$ref":
            lenient[key] = value.replace(_REF, f"{_REF}{PARTIAL}")
        elif key == "oneOf":  # without the key that tells them apart, several may suit
            lenient["anyOf"] = _lenient(value)
        elif key == "properties":
            lenient[key] = {name: _lenient(part) for name, part in value.items()}
        elif key not in ("required", "discriminator"):
            lenient[key] = _lenient(value)
    return lenient
