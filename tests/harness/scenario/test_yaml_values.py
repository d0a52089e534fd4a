"""Values mean what YAML 1.2 says, and every one knows its line."""

from datetime import UTC, datetime

import pytest

from harness.scenario.load import load_scenario
from harness.scenario.read import read_document


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "values.yaml"
        path.write_text(text, encoding="utf-8")
        return read_document(path)

    return of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1.5e3", 1500.0),
        ("0x10", 16),
        ("0o17", 15),
        ("017", 17),
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("1:30", "1:30"),
        ("2019-12-09", "2019-12-09"),
        ("2019-12-09T16:38:29Z", "2019-12-09T16:38:29Z"),
        ("2001-99-99", "2001-99-99"),
        (".inf", float("inf")),
        ("Δv", "Δv"),
        ("'5'", "5"),
        ("[1, on]", [1, "on"]),
        ("{a: 1e1}", {"a": 10.0}),
    ],
)
def test_a_value_means_what_yaml_1_2_says(read, text, value):
    (found,) = read(f"value: {text}\n").data.values()
    assert found == value
    assert type(found) is type(value)


def test_values_are_plain_python(read):
    data = read("a: [1.0, 'b', {c: true}]\n").data
    assert [type(item) for item in data["a"]] == [float, str, dict]
    assert type(data) is dict


def test_every_key_and_item_knows_its_line_and_column(read):
    document = read("a: 1\nb:\n  c: [2,\n      3]\n")
    places = {path: (at.line, at.column) for path, at in document.places.items()}
    assert places[("a",)] == (1, 1)
    assert places[("b",)] == (2, 1)
    assert places[("b", "c")] == (3, 3)
    assert places[("b", "c", 1)] == (4, 7)


def test_a_problem_without_a_line_of_its_own_is_told_at_its_parent(read):
    problem = read("a: 1\nb:\n  c: 2\n").problem(("b", "d", "e"), "is missing")
    assert (problem.line, problem.column, problem.key) == (2, 1, "b.d.e")


def test_what_is_merged_into_a_mapping_counts(edited):
    path = edited(
        (
            "    - name: iss\n",
            "    - &first {name: iss, mass_kg: 7}\n    - {<<: *first, name: zarya}\n",
        )
    )
    first, second = load_scenario(path).plant_config.vehicles
    assert (first.mass_kg, second.mass_kg, second.name) == (7.0, 7.0, "zarya")


def test_an_alias_repeats_its_anchor(edited):
    path = edited(
        ("offset_rtn_m: [0, -100, 0]", "offset_rtn_m: &o [0, -100, 0]\n  offset_rtn_m_s: *o")
    )
    config = load_scenario(path).plant_config
    assert config.offset_rtn_m == config.offset_rtn_m_s == (0.0, -100.0, 0.0)


def test_an_epoch_is_written_as_a_moment(edited, iss_text):
    tle = iss_text[iss_text.index("  tle:") : iss_text.index("  offset_rtn_m")]
    path = edited(
        (
            tle,
            "  state:\n    position_m: [6.8e6, 0, 0]\n    velocity_m_s: [0, 7600, 0]\n"
            "    epoch: 2019-12-09T16:38:29Z\n",
        )
    )
    assert load_scenario(path).spec.epoch == datetime(2019, 12, 9, 16, 38, 29, tzinfo=UTC)
