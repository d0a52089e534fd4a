"""The JSON Schema of scenario files, for editors: completion, types, units in every key."""

from typing import Any

from harness.scenario.model import ScenarioModel
from sims.registry import CONTROLLERS, PLANTS, find, names

_TITLE = "motorhand scenario"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario with every plant and controller installed here."""
    schema = ScenarioModel.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": _TITLE}
    for key, group in (("plant", PLANTS), ("controller", CONTROLLERS)):
        choices = []
        for name in names(group):
            part = find(group, name).config_model.model_json_schema()
            schema["$defs"].update(part.pop("$defs", {}))
            schema["$defs"][f"{key}:{name}"] = part
            choices.append({"$ref": f"#/$defs/{key}:{name}"})
        about = schema["properties"][key].get("description", "")
        schema["properties"][key] = {"description": about, "oneOf": choices}
    return schema
