"""The same scenario and seed give the same trace, to the last bit, in any process."""

import json
import subprocess
import sys

import pytest

from harness.run import run_scenario
from harness.trace.reader import RunDirectory

CODE = """
import sys
from pathlib import Path
from harness.run import run_scenario
from harness.scenario.load import load_scenario
run_scenario(load_scenario(Path(sys.argv[1])), Path(sys.argv[2]))
"""
EARLIER = (("duration_s: 5574 ", "duration_s: 20 "), ("after_s: 2800", "after_s: 10"))


def bits(directory):
    trace = RunDirectory.open(directory).trace
    return {name: trace.read(name)[name].tobytes() for name in trace.columns}


def test_two_processes_give_the_same_trace(edited, tmp_path):
    path = edited(*EARLIER)
    found = []
    for name in ("one", "two"):
        directory = tmp_path / name
        command = [sys.executable, "-c", CODE, str(path), str(directory)]
        subprocess.run(command, check=True, capture_output=True)
        found.append(json.loads((directory / "manifest.json").read_text())["trace"]["sha512"])
    assert found[0] == found[1]
    assert bits(tmp_path / "one") == bits(tmp_path / "two")


@pytest.fixture
def sha512(short, tmp_path):
    made = iter(range(99))

    def of(*edits, sets=(), seed=None):
        directory = tmp_path / f"out{next(made)}"
        run_scenario(short(*edits, sets=sets, seed=seed), directory)
        return RunDirectory.open(directory).manifest["trace"]["sha512"]

    return of


def test_runs_of_one_process_do_not_disturb_each_other(sha512):
    first = sha512()
    other = sha512(sets=["plant.offset_rtn_m=[0, -100.5, 0]"])
    assert sha512() == first
    assert other != first


def test_a_plant_without_chance_gives_the_same_trace_under_any_seed(sha512):
    assert sha512(seed=2) == sha512(seed=1)


@pytest.mark.parametrize(
    "override",
    [
        "plant.offset_rtn_m=[0, -100.00000001, 0]",
        "plant.substeps=3",
        "plant.gravity=point_mass",
        "controller.bandwidth=0.0200001",
        "reference.gravity=point_mass",
        "modes=[{at_s: 0, mode: NULL-G}]",
    ],
)
def test_whatever_alters_the_run_alters_its_chain(sha512, run_directory, override):
    plain = RunDirectory.open(run_directory).manifest["trace"]["sha512"]
    assert sha512(sets=[override]) != plain


def test_what_does_not_alter_the_run_leaves_its_chain(sha512, run_directory):
    plain = RunDirectory.open(run_directory).manifest["trace"]["sha512"]
    assert sha512(sets=["name=another", "expect.settled_on_the_slot.at_most=7"]) == plain
