"""``explain`` prints what a scenario comes to: a scenario again, with the origin of every value."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.explain import explain_file
from harness.errors import ScenarioError
from harness.scenario.document import Document, Place
from harness.scenario.explain import explain
from harness.scenario.load import load_scenario, load_scenarios
from harness.scenario.shipped import shipped_scenarios
from harness.scenario.yaml_file import read_value, read_yaml

HERE = Path("f")


@pytest.fixture
def told(capsys):
    """The lines printed, as pairs of YAML and comment."""

    def lines(path, sets=(), chosen=()):
        explain_file(path, sets, chosen)
        printed = capsys.readouterr().out.splitlines()
        return dict(
            tuple(p.strip() for p in line.rsplit("  # ", 1)) for line in printed if "  # " in line
        )

    return lines


@pytest.mark.parametrize("path", shipped_scenarios(), ids=lambda path: path.stem)
def test_what_is_printed_is_the_same_scenario_again(path, capsys, tmp_path):
    sets = ["controller.bandwidth=5e-2", "name=on"]
    for before in load_scenarios(path, sets):
        explain_file(path, sets, [before.cell] if before.cell else [])
        again = tmp_path / path.name
        again.write_text(capsys.readouterr().out, encoding="utf-8")
        assert load_scenario(again).resolved() == before.resolved()


def test_every_value_says_where_it_is_from(edited, tmp_path, told):
    (tmp_path / "more.inc.yaml").write_text("plant:\n  substeps: 3\n")
    path = edited(
        ("seed: 1\n", "include: more.inc.yaml\nmatrix:\n  controller.bandwidth: [0.01, 0.02]\n")
    )
    lines = told(path, ["plant.mass_kg=5e5", "seed=3"], ["bandwidth=0.01"])
    assert lines["substeps: 3"] == "more.inc.yaml:2"
    assert lines["bandwidth: 0.01"] == "matrix, scenario.yaml:9"
    assert lines["mass_kg: 500000.0"] == "--set plant.mass_kg=5e5"
    assert lines["seed: 3"] == "--set seed=3"
    assert lines["body: earth"] == "default"
    assert lines["rate_hz: 10.0"] == "scenario.yaml:12"
    assert lines["- name: iss"].startswith("scenario.yaml:")
    assert lines["description: >-"].startswith("scenario.yaml:")


def test_the_comments_stand_in_one_column(capsys, edited):
    explain_file(edited(), [], [])
    _, *lines = capsys.readouterr().out.splitlines()
    commented = [line for line in lines if "  # " in line]
    aligned = [line for line in commented if len(line.rsplit("  # ", 1)[0].rstrip()) <= 56]
    assert len(aligned) > 30
    assert len({line.rindex("  # ") for line in aligned}) == 1
    for line in set(lines) - set(commented):
        assert line.endswith(":") or line.startswith("  "), line


def test_a_matrix_is_explained_cell_by_cell(edited):
    path = edited(("seed: 1\n", "matrix: {seed: [1, 2]}\n"))
    with pytest.raises(ScenarioError, match="is 2 scenarios; choose a cell, such as 'seed=1'"):
        explain_file(path, [], [])
    assert len(load_scenarios(path)) == 2


def test_a_list_of_several_origins_is_told_item_by_item(edited, told):
    lines = told(edited(), ["plant.offset_rtn_m.1=-7"])
    assert lines["- -7.0"] == "--set plant.offset_rtn_m.1=-7"


def test_a_text_that_stands_for_a_mapping_is_where_its_parts_are_from():
    document = Document(
        {"expect": {"a": "x < 1"}}, {(): Place("f", 1, 1), ("expect", "a"): Place("f", 9, 3)}
    )
    resolved = {"expect": {"a": {"formula": "x < 1", "vehicle": "all"}}}
    lines = explain(resolved, document, path=HERE)
    assert ("    formula: x < 1", "f:9") in lines


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.text(st.sampled_from(list("ab :#-'\"[]{},&*!|>%@`?\n\t\\")), max_size=100),
        st.lists(st.sampled_from(["word", "- x", "a: b", "#c", "'d'"]), max_size=30).map(" ".join),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), values, min_size=1, max_size=3))
def test_any_values_come_back_as_they_were(tmp_path_factory, data):
    document = Document(data, {(): Place("f", 1, 1)})
    text = "\n".join(
        f"{line}  # {at}" if at else line for line, at in explain(data, document, HERE)
    )
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_yaml(path).data == data


def test_a_float_stays_one():
    ((line, _),) = explain({"a": 1e-05}, Document({}, {(): Place("f")}), HERE)
    assert read_value(line) == {"a": 1e-05}
