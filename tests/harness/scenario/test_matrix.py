"""A matrix makes a scenario of every combination, each with a name of its own."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.scenario.document import Document, Place
from harness.scenario.load import load_scenario, load_scenarios
from harness.scenario.matrix import cells
from harness.scenario.naming import folder_name
from harness.scenario.read import read_document, read_documents
from harness.scenario.yaml_file import read_value


@pytest.fixture
def matrix(edited):
    """The shipped scenario with a matrix in place of its seed, which is on line 7."""

    def write(text):
        return edited(("seed: 1\n", f"matrix:\n{text}"))

    return write


MASSES = "  plant.mass_kg: [4.2e5, 8e5]\n"
STARTS = "  plant.offset_rtn_m: {behind: [0, -100, 0], below: [-100, 0, 0]}\n"


@pytest.fixture
def family(matrix):
    return matrix(MASSES + STARTS)


def names(path, *chosen, sets=()):
    return [document.cell for document in read_documents(path, sets, chosen)]


@pytest.fixture
def refusal(matrix):
    def told(text, sets=(), chosen=()):
        path = matrix(text)
        with pytest.raises(ScenarioError) as refused:
            load_scenarios(path, sets, None, chosen)
        return str(refused.value).replace(f"{path}:", "")

    return told


def test_the_cells_are_the_product_in_written_order(family):
    assert names(family) == [
        "mass_kg=420000.0,offset_rtn_m=behind",
        "mass_kg=420000.0,offset_rtn_m=below",
        "mass_kg=800000.0,offset_rtn_m=behind",
        "mass_kg=800000.0,offset_rtn_m=below",
    ]


def test_each_cell_is_a_scenario_with_its_values(family):
    found = [
        (s.stem, s.plant_config.mass_kg, s.plant_config.offset_rtn_m[1])
        for s in load_scenarios(family)
    ]
    assert found[0] == ("scenario[mass_kg=420000.0,offset_rtn_m=behind]", 4.2e5, -100.0)
    assert found[3] == ("scenario[mass_kg=800000.0,offset_rtn_m=below]", 8e5, 0.0)


def test_what_is_resolved_knows_of_no_matrix(family):
    for scenario in load_scenarios(family):
        assert not {"matrix", "include"} & set(scenario.resolved())


def test_without_a_matrix_there_is_one_scenario_and_no_cell(edited):
    (scenario,) = load_scenarios(edited())
    assert (scenario.stem, scenario.cell, scenario.folder) == ("scenario", "", "scenario")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("plant.mass_kg: [4, 4.5, 1e-5]", ["mass_kg=4", "mass_kg=4.5", "mass_kg=1e-05"]),
        ("a: [yes, true, null, STATION-KEEP]", ["a=yes", "a=true", "a=null", "a=STATION-KEEP"]),
        ("a: [[1, 2], {b: 1}, a/b, '']", ["a=#1", "a=#2", "a=#3", "a=#4"]),
        ("a: {one: [1, 2], 2: {b: 1}}", ["a=one", "a=2"]),
        ("plant.vehicles.0.name: [x]", ["name=x"]),
        ("plant.tle.0: [x]", ["plant.tle.0=x"]),
        ("plant.name: [x]\n  a.name: [y]", ["plant.name=x,a.name=y"]),
    ],
)
def test_a_cell_is_named_so_that_it_can_be_read(written, found):
    data = {"plant": {"tle": [1], "vehicles": [{"name": 1}]}, "a": {}}
    matrix = read_value("{" + written.replace("\n", ",") + "}")
    documents = cells(Document({**data, "matrix": matrix}, {(): Place("f")}))
    assert [document.cell for document in documents] == found


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (["mass_kg=420000.0,offset_rtn_m=below"], 1),
        (["scenario[mass_kg=420000.0,offset_rtn_m=below]"], 1),
        (["offset_rtn_m=below"], 2),
        (["offset_rtn_m=below", "mass_kg=420000.0"], 3),
        ([], 4),
    ],
)
def test_cells_are_chosen_by_name_or_by_part_of_it(family, chosen, count):
    assert len(names(family, *chosen)) == count


@pytest.mark.parametrize(
    ("wanted", "remedy"),
    [
        ("mass_kg=42000.0", "did you mean 'mass_kg=420000.0'?"),
        (
            "mass_kg=800000.0,offset_rtn_m=blow",
            "did you mean 'mass_kg=800000.0,offset_rtn_m=below'?",
        ),
        ("scenario[offset_rtn_m=behnd]", "did you mean 'offset_rtn_m=behind'?"),
        (
            "x",
            "there are 'mass_kg=420000.0,offset_rtn_m=behind', "
            "'mass_kg=420000.0,offset_rtn_m=below', 'mass_kg=800000.0,offset_rtn_m=behind', "
            "'mass_kg=800000.0,offset_rtn_m=below'",
        ),
    ],
)
def test_a_cell_that_is_not_there_is_told_with_the_nearest(refusal, wanted, remedy):
    told = refusal(MASSES + STARTS, chosen=[wanted])
    assert told == f"--cell {wanted}: no such cell; {remedy}"


def test_where_there_is_no_matrix_there_is_no_cell(edited):
    with pytest.raises(ScenarioError, match=r"^--cell a=1: there is no matrix$"):
        load_scenarios(edited(), chosen=["a=1"])


def test_where_one_is_wanted_several_are_refused(family):
    with pytest.raises(ScenarioError, match="is 4 scenarios; choose a cell, such as 'mass_kg=42"):
        load_scenario(family)
    assert read_document(family, chosen=["mass_kg=420000.0,offset_rtn_m=below"]).cell


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  plnt.mass_kg: [1]\n", "8:3: matrix: there is no plnt"),
        ("  plant.vehicles.3.name: [a]\n", "8:3: matrix: there is no plant.vehicles.3"),
        ("  plant.mas_kg: [1]\n", "8:18: plant.mas_kg: unknown key; did you mean 'mass_kg'?"),
        ("  plant.mass_kg: [1, -1]\n", "8:22: plant.mass_kg: found -1; expected greater than 0"),
        ("  seed: []\n", "8:3: matrix.seed: expected a list of values, or a mapping from names"),
        ("  seed: {}\n", "8:3: matrix.seed: expected a list of values, or a mapping from names"),
        ("  seed: 3\n", "8:3: matrix.seed: expected a list of values, or a mapping from names"),
        ("  seed: [1, 2, 1]\n", "8:16: matrix.seed.2: 1 is there twice"),
        ("  seed: {1: 3, '1': 4}\n", "8:16: matrix.seed.1: 1 is there twice"),
        ("  seed: [1]\n  ' seed': [2]\n", "9:3: matrix. seed: overlaps seed"),
        ("  plant: [{}]\n  plant.mass_kg: [2]\n", "9:3: matrix.plant.mass_kg: overlaps plant"),
        ("  seed: {a=b: 1}\n", "8:10: matrix.seed.a=b: 'a=b' names no cell; use up to 40 let"),
        ("  {}\n", "7:1: matrix: expected a mapping from keys to lists of values"),
        ("  3\n", "7:1: matrix: expected a mapping from keys to lists of values"),
        ("\n", "7:1: matrix: expected a mapping from keys to lists of values"),
        (f"  seed: {list(range(1001))}\n", "7:1: matrix: has 1001 cells; allowed: at most 1000"),
    ],
)
def test_a_bad_matrix_is_told_at_its_line(refusal, text, told):
    assert refusal(text).startswith(told)


def test_a_thousand_cells_are_allowed(matrix):
    assert len(names(matrix(f"  seed: {list(range(1000))}\n"))) == 1000


def test_what_is_wrong_in_every_cell_is_told_once(matrix):
    path = matrix(MASSES)
    path.write_text(path.read_text().replace("rate_hz: 10", "rate_hz: ten"))
    with pytest.raises(ScenarioError) as refused:
        load_scenarios(path)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("override", ["plant.mass_kg=5", "plant.mass_kg.x=5"])
def test_an_axis_can_not_be_set_aside(refusal, override):
    told = refusal(MASSES, [override])
    message = "plant.mass_kg is an axis of the matrix; choose among its values"
    if override == "plant.mass_kg=5":
        assert told == f"--set {override}: {message}"


def test_around_an_axis_values_can_be_set(matrix):
    first, _ = load_scenarios(matrix(MASSES), ["plant.thrust_limit_n=5", "rate_hz=5"])
    assert (first.plant_config.thrust_limit_n, first.plant_config.mass_kg) == (5.0, 4.2e5)


def test_a_matrix_can_be_set(edited):
    path = edited()
    assert names(path, sets=["matrix={seed: [1, 2]}"]) == ["seed=1", "seed=2"]
    with pytest.raises(ScenarioError, match=r"^--set matrix=\{seed: \[x\]\}: seed: found 'x'"):
        load_scenarios(path, ["matrix={seed: [x]}"])


def test_a_seed_given_aside_goes_to_every_cell(matrix):
    assert [s.model.seed for s in load_scenarios(matrix(MASSES), (), 7)] == [7, 7]


keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(st.dictionaries(keys, st.lists(keys, min_size=1, max_size=3, unique=True), min_size=1))
def test_folders_of_cells_are_names_that_any_file_system_takes(tmp_path_factory, matrix):
    try:
        found = cells(Document({"matrix": matrix}, {(): Place("f")}))
    except ScenarioError:
        return
    folders = [folder_name(Path("f.yaml"), document.cell) for document in found]
    assert len(set(folders)) == len(found)
    for folder in folders:
        (tmp_path_factory.getbasetemp() / folder).mkdir(exist_ok=True)
        assert not set(folder) & set("/\\:*?\"<>| $'[]{}&;")


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True))
def test_a_long_name_keeps_its_folder_short_and_its_own(keys):
    long = {"x" * 39 + end: end for end in "12"}
    document = Document({"matrix": dict.fromkeys(keys, long)}, {(): Place("f")})
    folders = [folder_name(Path("f.yaml"), d.cell) for d in cells(document)]
    assert len(set(folders)) == 2 ** len(keys)
    assert max(map(len, folders)) < 140
