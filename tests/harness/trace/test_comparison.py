"""Whole runs held against a base."""

import json
import shutil

import pytest

from harness.trace.compare import IncomparableError
from harness.trace.comparison import compare_runs, differing
from harness.trace.reader import RunDirectory


@pytest.fixture
def copied(run_directory, tmp_path):
    """A copy of a run whose manifest and verdict can be changed."""

    def copy(name="copy", **changes):
        shutil.copytree(run_directory, tmp_path / name)
        for file, change in changes.items():
            path = tmp_path / name / f"{file}.json"
            plain = json.loads(path.read_text(encoding="utf-8"))
            change(plain)
            path.write_text(json.dumps(plain), encoding="utf-8")
        return RunDirectory.open(tmp_path / name)

    return copy


def fail(verdict):
    verdict["criteria"][0]["judgement"] = "FAILED"


def test_a_run_is_as_good_as_itself(run_directory):
    run = RunDirectory.open(run_directory)
    comparison = compare_runs(run, run)
    assert not comparison.regressed
    assert comparison.pinned == ()
    assert comparison.sentence == "Every signal is the same to the last bit."


def test_a_criterion_that_no_longer_holds_is_a_regression(run_directory, copied):
    def passes(verdict):
        for result in verdict["criteria"]:
            result["judgement"] = "PASSED"

    base, new = copied("base", verdict=passes), copied("new", verdict=fail)
    comparison = compare_runs(base, new)
    assert comparison.regressed
    broken = ", ".join(change.name for change in comparison.changes if change.worse)
    assert comparison.changes[0].worse
    assert comparison.sentence == f"Held in the base and no longer: {broken}."
    assert not compare_runs(new, base).regressed


@pytest.mark.parametrize("judgement", ["FAILED", "NOT EVALUATED"])
def test_a_criterion_that_never_held_can_not_regress(copied, judgement):
    def never(verdict):
        for result in verdict["criteria"]:
            result["judgement"] = judgement

    assert not compare_runs(copied("base", verdict=never), copied("new", verdict=never)).regressed


def test_a_criterion_that_was_taken_out_is_a_regression(copied):
    def passes(verdict):
        verdict["criteria"][1]["judgement"] = "PASSED"

    def lacks(verdict):
        passes(verdict)
        del verdict["criteria"][1]

    base, new = copied("base", verdict=passes), copied("new", verdict=lacks)
    assert compare_runs(base, new).regressed
    assert not compare_runs(new, base).regressed


def test_the_scenarios_own_tolerances_are_held(copied):
    def tolerant(manifest):
        manifest["scenario"]["baseline"] = {"run": "there", "tolerances": {"position": 0.0}}

    comparison = compare_runs(copied("base"), copied("new", manifest=tolerant))
    assert comparison.differences[0].signal == "position"
    assert comparison.differences[0].tolerance == 0.0


def test_what_was_pinned_otherwise_is_told(copied):
    def older(manifest):
        manifest["packages"]["jaxlib"] = "0.1"
        manifest["scenario"]["seed"] = 8

    comparison = compare_runs(copied("base"), copied("new", manifest=older))
    assert {key: ours for key, _, ours in comparison.pinned} == {
        "packages.jaxlib": "0.1",
        "scenario.seed": 8,
    }


def test_a_stand_in_is_never_held_against_the_real_thing(copied):
    def stand_in(manifest):
        manifest["plant"]["fidelity"] = "a stand-in"

    with pytest.raises(
        IncomparableError, match=r"was made on 'PyBullet.*the new run on 'a stand-in"
    ):
        compare_runs(copied("base"), copied("new", manifest=stand_in))


def test_parts_that_one_manifest_lacks_differ():
    assert differing({"a": {"b": 1}}, {"a": {}, "c": 2}) == [
        ("a.b", 1, None),
        ("a", None, {}),
        ("c", None, 2),
    ]
