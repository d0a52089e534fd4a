"""Where runs go: never into what is there, and no two into one."""

from pathlib import Path

import pytest

from harness.cli.run import _directories, unused
from harness.errors import OutputDirectoryError
from harness.scenario.load import load_scenario, load_scenarios


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def two(edited):
    return [load_scenario(edited(name=name)) for name in ("one.yaml", "two.yaml")]


def test_a_single_run_goes_right_where_it_is_told(two):
    assert _directories(two[:1], Path("out")) == [Path("out")]


def test_several_go_into_folders_of_their_names(two):
    assert _directories(two, Path("out")) == [Path("out/one"), Path("out/two")]


def test_two_of_one_name_are_refused(two):
    with pytest.raises(OutputDirectoryError, match="two runs would go to out/one"):
        _directories([two[0], two[0]], Path("out"))


def test_two_of_one_name_are_not_mixed_without_a_place_either(two):
    with pytest.raises(OutputDirectoryError, match="two runs would go to"):
        _directories([two[0], two[0]], None)


def test_what_exists_is_refused(two):
    Path("out").mkdir()
    with pytest.raises(OutputDirectoryError, match="out exists"):
        _directories(two[:1], Path("out"))
    assert _directories(two, Path("out")) == [Path("out/one"), Path("out/two")]


def test_a_name_that_is_taken_is_counted_up():
    assert unused(Path("a")) == Path("a")
    Path("a").mkdir()
    assert unused(Path("a")) == Path("a-2")
    Path("a-2").mkdir()
    assert unused(Path("a")) == Path("a-3")


def test_cells_go_into_folders_that_need_no_quotes(edited):
    path = edited(("seed: 1\n", "matrix: {plant.mass_kg: [4e5, 5e5], seed: [1]}\n"), name="m.yaml")
    assert _directories(load_scenarios(path), Path("out")) == [
        Path("out/m-mass_kg=400000.0,seed=1"),
        Path("out/m-mass_kg=500000.0,seed=1"),
    ]
