"""An included file gives what the including one leaves out, and every value keeps its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.scenario.document import Document, Place
from harness.scenario.load import load_scenario
from harness.scenario.read import read_document

WHOLE = """\
format: 1
name: One that is whole
duration_s: 1
rate_hz: 10
plant:
  kind: orbit
  mass_kg: 4
  thrust_limit_n: 1
  state: {position_m: [6.9e6, 0, 0], velocity_m_s: [0, 5374.4, 5374.4]}
controller: {kind: agp, bandwidth: 0.02}
reference: {kind: slot}
modes: [{at_s: 0, mode: STATION-KEEP}]
expect: {near: {signal: norm(error_position), at_most: 1, unit: m}}
"""


@pytest.fixture
def write(tmp_path):
    def written(**files):
        for name, text in files.items():
            path = tmp_path / f"{name}.yaml"
            path.write_text(text, encoding="utf-8")
        return tmp_path / "main.yaml"

    return written


@pytest.fixture
def refusal(write, monkeypatch, tmp_path):
    """What is told of files, with their names as a user in their folder gives them."""

    def told(**files):
        write(**files)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ScenarioError) as refused:
            read_document(type(tmp_path)("main.yaml"))
        return str(refused.value)

    return told


def test_mappings_merge_and_the_including_file_wins(write):
    path = write(
        main="include: base.yaml\nplant: {mass_kg: 5, tle: null, vehicles: [b]}\nname: mine\n",
        base="name: theirs\nseed: 3\nplant: {mass_kg: 4, gravity: j2, tle: [x], vehicles: [a]}\n",
    )
    assert read_document(path).data == {
        "name": "mine",
        "seed": 3,
        "plant": {"mass_kg": 5, "gravity": "j2", "tle": None, "vehicles": ["b"]},
    }


def test_a_later_include_goes_over_an_earlier(write):
    path = write(main="include: [one.yaml, two.yaml]\n", one="a: 1\nb: 1\n", two="a: 2\n")
    assert read_document(path).data == {"a": 2, "b": 1}


def test_includes_nest_and_are_relative_to_the_file_that_names_them(write, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "inner.inc.yaml").write_text("include: ../last.yaml\nb: 2\n")
    path = write(main="include: sub/inner.inc.yaml\na: 1\n", last="c: 3\na: 9\n")
    assert read_document(path).data == {"a": 1, "b": 2, "c": 3}


def test_one_file_may_be_included_by_two_ways(write):
    path = write(
        main="include: [a.yaml, b.yaml]\n",
        a="include: c.yaml\n",
        b="include: c.yaml\n",
        c="x: 1\n",
    )
    assert read_document(path).data == {"x": 1}


def test_a_scenario_is_whole_only_together(iss_text, write):
    lines = iss_text.splitlines(keepends=True)
    at = lines.index("plant:\n")
    path = write(main="include: rest.yaml\n" + "".join(lines[:at]), rest="".join(lines[at:]))
    assert load_scenario(path).plant_config.mass_kg == 420000


@pytest.mark.parametrize(
    ("own", "included", "place"),
    [
        ("", "mass_kg: -1", "rest.yaml:2:3: plant.mass_kg: found -1"),
        ("plant: {mass_kg: -1}\n", "mass_kg: 3", "main.yaml:2:9: plant.mass_kg: found -1"),
        ("plant: {substeps: 2}\n", "mas_kg: 3", "rest.yaml:2:3: plant.mas_kg: unknown key"),
        ("plant: 3\n", "mass_kg: 3", "main.yaml:2:1: plant: found 3"),
        ("name: null\n", "mass_kg: 3", "main.yaml:2:1: name: found None"),
        (
            "plant:\n  substeps:\n",
            "mass_kg: 3",
            "main.yaml:3:3: plant.substeps: found None",
        ),
    ],
)
def test_an_error_names_the_file_that_the_value_is_from(write, own, included, place):
    path = write(
        main=f"include: [whole.yaml, rest.yaml]\n{own}",
        whole=WHOLE,
        rest=f"plant:\n  {included}\n",
    )
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    told = str(refused.value).replace(f"{path.parent}/", "").splitlines()
    assert [line.partition(";")[0] for line in told] == [place]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"main": "include: main.yaml\n"},
            "main.yaml:1:1: include: goes in a circle: main.yaml → main.yaml",
        ),
        (
            {"main": "include: a.yaml\n", "a": "x: 1\ninclude: [b.yaml]\n", "b": "include: a.yaml"},
            "b.yaml:1:1: include: goes in a circle: a.yaml → b.yaml → a.yaml",
        ),
        (
            {"main": "x: 1\ninclude: [a.yaml, ./none.yaml]\n", "a": "y: 1\n"},
            "main.yaml:2:19: include.1: none.yaml: no such file",
        ),
        ({"main": "include: a.yaml", "a": "- 1"}, "main.yaml:1:1: include: a.yaml: is a list"),
        ({"main": "include: a.yaml", "a": "# -"}, "main.yaml:1:1: include: a.yaml: is empty"),
        ({"main": "include: ."}, "main.yaml:1:1: include: .: is a folder"),
        (
            {"main": 'include: "\\0"'},
            "main.yaml:1:1: include: '\\x00' is no path",
        ),
        (
            {"main": "include: 3\n"},
            "main.yaml:1:1: include: expected the path of a file, or a list of paths",
        ),
        (
            {"main": "include: []\n"},
            "main.yaml:1:1: include: expected the path of a file, or a list of paths",
        ),
        (
            {"main": "include:\n"},
            "main.yaml:1:1: include: expected the path of a file, or a list of paths",
        ),
        (
            {"main": "include: [a.yaml, {b: c}]\n", "a": "x: 1\n"},
            "main.yaml:1:19: include.1: expected the path of a file, or a list of paths",
        ),
        ({"main": "include: a.yaml", "a": "x: [1"}, "a.yaml:1:6: not YAML: expected ',' or ']'"),
        (
            {"main": "include: a.yaml", "a": "x: 1\nmatrix: {seed: [1]}\n"},
            "a.yaml:2:1: matrix: belongs into the scenario itself, not into what it includes",
        ),
    ],
)
def test_a_bad_include_is_told_at_its_line(refusal, files, told):
    assert refusal(**files).startswith(told)


def test_an_included_value_can_be_overridden(write):
    path = write(main="include: a.yaml\n", a="plant: {mass_kg: 4, substeps: 2}\n")
    document = read_document(path, ["plant.mass_kg=5"])
    assert document.data == {"plant": {"mass_kg": 5, "substeps": 2}}
    assert document.place(("plant", "mass_kg")).source == "--set plant.mass_kg=5"
    assert document.place(("plant", "substeps")).source == f"{path.parent}/a.yaml"


def test_what_is_included_can_not_be_set(write):
    with pytest.raises(ScenarioError) as refused:
        read_document(write(main="a: 1\n"), ["include=b.yaml"])
    assert str(refused.value) == "--set include=b.yaml: what a file includes can't be set"


def test_a_list_that_replaces_another_leaves_no_place_of_it_behind(write):
    path = write(main="include: a.yaml\nx: 3\n", a="x: [1, {y: 2}]\n")
    document = read_document(path)
    assert document.place(("x", 1, "y")) == Place(str(path), 2, 1)


trees = st.recursive(
    st.one_of(st.none(), st.integers(), st.lists(st.integers(), max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)
mappings = st.dictionaries(st.sampled_from("abc"), trees)


def document_of(data, name):
    places = {(): Place(name)}

    def note(node, path):
        if isinstance(node, dict):
            for key, value in node.items():
                places[*path, key] = Place(name)
                note(value, (*path, key))

    note(data, ())
    return Document(data, places)


@given(mappings, mappings)
def test_every_value_of_a_merge_is_from_where_its_place_says(above, below):
    merged = document_of(above, "above").over(document_of(below, "below"))

    def at(node, path):
        for key in path:
            node = node[key]
        return node

    def leaves(node, path=()):
        if isinstance(node, dict) and node:
            for key, value in node.items():
                yield from leaves(value, (*path, key))
        else:
            yield path, node

    for path, value in leaves(merged.data):
        if path:
            source = merged.places[path].source
            assert at({"above": above, "below": below}[source], path) == value
    assert all(at(merged.data, path) is not ... for path in merged.places)
    assert all(at(merged.data, path) == value for path, value in leaves(above) if value != {})
