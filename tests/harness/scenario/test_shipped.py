"""What is shipped can be run, is known to editors, and is checked without loading a plant."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from harness.scenario.load import load_scenarios
from harness.scenario.schema import scenario_schema
from harness.scenario.shipped import resolve, shipped_folder, shipped_scenarios

SHIPPED = shipped_scenarios()


@pytest.fixture(scope="module")
def schema():
    return json.loads((shipped_folder() / "scenario.schema.json").read_text(encoding="utf-8"))


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def test_something_is_shipped():
    assert {path.stem for path in SHIPPED} >= {"iss_slot", "iss_kepler_slot"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_valid_and_warns_of_nothing_but_what_it_is_about(path):
    for scenario in load_scenarios(path):
        unstable = [warning for warning in scenario.warnings if "is not stable" in warning]
        assert scenario.warnings == tuple(unstable)
        assert bool(unstable) == (path.stem == "iss_unstable")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_tells_editors_its_schema_in_the_first_line(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=scenario.schema.json"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_satisfies_the_schema(path, schema):
    jsonschema.validate(read(path), schema, cls=jsonschema.Draft202012Validator)


def test_the_committed_schema_is_current(schema):
    assert schema == scenario_schema()


def test_plants_with_parts_of_the_same_name_keep_each_its_own(schema):
    def part(plant, *keys):
        found = schema["$defs"][f"plant:{plant}"]
        for key in keys:
            found = found["properties"][key]
            while "$ref" not in found:
                found = found["anyOf"][0]
            found = schema["$defs"][found["$ref"].removeprefix("#/$defs/")]
        return found["properties"]

    assert "propagated" in part("orbit", "sensors", "gnss")
    assert "satellites" in part("px4", "sensors", "gnss")
    assert not part("orbit", "sensors", "gnss").keys() & {"satellites", "eph_m"}


def test_the_schema_is_one(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("rate_hz",), "ten"),
        (("rate_hz",), 0),
        (("ratehz",), 10),
        (("plant", "masss_kg"), 3),
        (("plant", "kind"), "orbitt"),
        (("controller", "bandwidth"), -1),
        (("reference", "kind"), "slott"),
        (("modes", 0, "mode"), "IDEL"),
        (("expect", "settled_on_the_slot", "at_mots"), 1),
    ],
)
def test_an_editor_sees_what_the_loader_refuses(schema, keys, value):
    plain = place = read(shipped_folder() / "iss_slot.yaml")
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain, schema, cls=jsonschema.Draft202012Validator)


def schema_accepts(schema, plain):
    return jsonschema.Draft202012Validator(schema).is_valid(plain)


def test_an_editor_sees_what_is_missing_from_a_whole_scenario(schema):
    for keys in [("name",), ("plant", "mass_kg"), ("plant", "kind"), ("reference", "kind")]:
        plain = place = read(shipped_folder() / "iss_slot.yaml")
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]
        assert not schema_accepts(schema, plain)


@pytest.mark.parametrize(
    "plain",
    [
        {"format": 1, "include": "x.inc.yaml"},
        {"format": 1, "include": ["x.inc.yaml"], "plant": {"mass_kg": 4.2}, "expect": {"a": {}}},
        {"include": "x.inc.yaml", "plant": {"vehicles": [{"mass_kg": 1}]}},
        {"plant": {"kind": "orbit"}, "controller": {"bandwidth": 0.1}},
        {"format": 1, "matrix": {"plant.mass_kg": [4.2, 8.4], "seed": {"a": 1}}},
    ],
)
def test_an_editor_misses_nothing_where_the_rest_may_be_in_another_file(schema, plain):
    assert schema_accepts(schema, plain)


@pytest.mark.parametrize(
    "plain",
    [
        {"include": []},
        {"include": 3},
        {"include": "x", "plant": {"masss_kg": 3}},
        {"include": "x", "rate_hz": "ten"},
        {"include": "x", "plant": {"kind": "orbitt"}},
        {"matrix": {"seed": []}},
        {"matrix": {"seed": 3}},
        {"matrix": {}},
    ],
)
def test_an_editor_still_sees_what_is_wrong_there(schema, plain):
    assert not schema_accepts(schema, plain)


def test_every_key_of_the_schema_says_what_it_is_for(schema):
    silent = [
        key
        for part in [schema, *schema["$defs"].values()]
        for key, about in part.get("properties", {}).items()
        if not about.get("description") and key != "kind"
    ]
    assert silent == []


def test_checking_a_scenario_loads_neither_jax_nor_a_plant():
    code = (
        "import sys; from pathlib import Path; from harness.scenario.load import load_scenario;"
        "load_scenario(Path(sys.argv[1]));"
        "print([m for m in ('jax', 'jaxlib', 'pybullet', 'pandas', 'matplotlib') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SHIPPED[0])], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_bare_name_is_a_shipped_scenario(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert resolve(Path("iss_slot")) == shipped_folder() / "iss_slot.yaml"
    assert resolve(Path("nothing_like_it")) == Path("nothing_like_it")
    assert resolve(Path("./iss_slot.yaml")) == Path("iss_slot.yaml")


def test_a_file_of_that_name_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("iss_slot").touch()
    assert resolve(Path("iss_slot")) == Path("iss_slot")
