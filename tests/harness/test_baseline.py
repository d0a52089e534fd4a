"""A run that is held against an earlier one, which its scenario names as the baseline."""

import json
import shutil
import threading

import pytest

from harness.errors import ScenarioError
from harness.recover import recover
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import shipped_folder
from harness.trace import files

BASELINE = """
baseline:
  run: {run}
  tolerances:
    position: {tolerance}
expect:"""

FURTHER = ("offset_rtn_m: [0, -100, 0]", "offset_rtn_m: [0, -100.5, 0]")


@pytest.fixture
def against(edited, run_directory):
    """Loads the scenario of the two seconds' run with that run, or another, as its baseline."""

    def load(*edits, run=run_directory, tolerance=0.001, sets=()):
        baseline = BASELINE.format(run=run, tolerance=tolerance)
        short = (("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"))
        return load_scenario(edited(*short, ("\nexpect:", baseline), *edits), sets)

    return load


@pytest.fixture
def altered(run_directory, tmp_path):
    """A copy of the baseline with one of its JSON files changed."""

    def copy(file, change):
        shutil.copytree(run_directory, tmp_path / "altered")
        path = tmp_path / "altered" / file
        plain = json.loads(path.read_text(encoding="utf-8"))
        change(plain)
        path.write_text(json.dumps(plain), encoding="utf-8")
        return tmp_path / "altered"

    return copy


def by_name(outcome):
    return {result.name: result for result in outcome.verdict.results}


def refused(load, *args, **kwargs):
    with pytest.raises(ScenarioError) as caught:
        load(*args, **kwargs)
    (problem,) = caught.value.problems
    return problem


def test_the_same_run_differs_from_its_baseline_by_nothing(against, tmp_path):
    held = by_name(run_scenario(against(tolerance=0), tmp_path / "new"))["baseline: position"]
    assert (held.judgement, held.value, held.limit, held.unit) == ("PASSED", 0.0, 0.0, "m")


def test_a_signal_beyond_its_tolerance_fails_the_run(against, tmp_path):
    further = against(FURTHER, tolerance=0.1)
    outcome = run_scenario(further, tmp_path / "new")
    held = by_name(outcome)["baseline: position"]
    assert outcome.verdict.word == "FAILED"
    assert held.judgement == "FAILED"
    assert held.value == pytest.approx(0.5, rel=1e-3)
    assert held.margin == pytest.approx(0.1 - held.value)


def test_within_its_tolerance_it_does_not(against, tmp_path):
    further = against(FURTHER, tolerance=1.0)
    held = by_name(run_scenario(further, tmp_path / "new"))["baseline: position"]
    assert held.judgement == "PASSED"
    assert held.value == pytest.approx(0.5, rel=1e-3)


def test_a_criterion_that_is_gone_fails_the_run(against, altered, tmp_path):
    def renamed(verdict):
        verdict["criteria"][1].update(name="was_here", judgement="PASSED")
        verdict["criteria"][2].update(name="never_held", judgement="FAILED")

    outcome = run_scenario(against(run=altered(files.VERDICT, renamed)), tmp_path / "new")
    gone = by_name(outcome)["baseline: was_here"]
    assert (gone.judgement, gone.reason) == ("FAILED", "held in the baseline and is gone")
    assert "baseline: never_held" not in by_name(outcome)


def test_an_interrupted_run_is_not_held_to_be_as_good(against, tmp_path):
    stop = threading.Event()
    stop.set()
    outcome = run_scenario(against(), tmp_path / "new", stop=stop)
    assert outcome.verdict.word == "INTERRUPTED"
    assert by_name(outcome)["baseline: position"].judgement == "NOT EVALUATED"


def test_a_baseline_that_went_away_during_the_run_is_not_taken_for_kept(against, altered, tmp_path):
    base = altered(files.VERDICT, lambda verdict: None)
    scenario = against(run=base)
    shutil.rmtree(base)
    outcome = run_scenario(scenario, tmp_path / "new")
    lost = by_name(outcome)["baseline"]
    assert lost.judgement == "NOT EVALUATED"
    assert outcome.verdict.word == "FAILED"


def test_a_recovered_run_is_held_against_it_too(against, tmp_path):
    directory = run_scenario(against(), tmp_path / "new").directory
    (directory / files.VERDICT).unlink()
    verdict = recover(directory).verdict
    assert verdict is not None
    assert "baseline: position" in {result.name for result in verdict.results}


def test_its_path_is_relative_to_the_file_that_names_it(edited, run_directory, tmp_path):
    shutil.copytree(run_directory, tmp_path / "lib" / "base")
    (tmp_path / "lib" / "base.inc.yaml").write_text("baseline: {run: base}\n")
    path = edited(("format: 1", "include: lib/base.inc.yaml\nformat: 1"))
    found = load_scenario(path).model.baseline
    assert found is not None
    assert found.run == str(tmp_path / "lib" / "base")


def test_set_on_the_command_line_it_is_relative_to_the_current_folder(
    edited, run_directory, tmp_path, monkeypatch
):
    shutil.copytree(run_directory, tmp_path / "cwd" / "base")
    monkeypatch.chdir(tmp_path / "cwd")
    found = load_scenario(edited(), ["baseline={run: base}"]).model.baseline
    assert found is not None
    assert found.run == str(tmp_path / "cwd" / "base")


def test_it_can_be_left_out_to_make_a_new_one(against, tmp_path):
    assert against(run=tmp_path / "nowhere", sets=["baseline=null"]).model.baseline is None


def test_a_baseline_that_is_not_there_is_named_with_what_makes_one(against, tmp_path):
    problem = refused(against, run=tmp_path / "nowhere")
    assert problem.key == "baseline.run"
    assert problem.line is not None
    assert problem.message == (
        f"{tmp_path / 'nowhere'} is no folder; "
        "make one by 'motorhand run SCENARIO --set baseline=null --out DIR'"
    )


def test_a_folder_of_something_else_is_no_baseline(against):
    problem = refused(against, run=shipped_folder())
    assert "has no manifest.json; make one by" in problem.message


def test_nor_is_a_run_whose_trace_was_cut_off(against, altered):
    base = altered(files.VERDICT, lambda verdict: None)
    trace = (base / files.TRACE).read_bytes()
    (base / files.TRACE).write_bytes(trace[: len(trace) // 2])
    assert "trace.parquet can't be read" in refused(against, run=base).message


def test_nor_is_a_run_that_never_ended(against, altered):
    base = altered(files.VERDICT, lambda verdict: None)
    (base / files.VERDICT).unlink()
    assert "has no verdict.json" in refused(against, run=base).message


def test_a_baseline_from_a_plant_of_another_fidelity_is_refused(against, altered):
    def other(manifest):
        manifest["plant"]["fidelity"] = "a toy"

    problem = refused(against, run=altered(files.MANIFEST, other))
    assert problem.key == "baseline.run"
    assert "was made on 'a toy', this scenario flies 'PyBullet rigid bodies" in problem.message


def test_a_baseline_of_other_vehicles_is_refused(against):
    problem = refused(against, ("- name: iss", "- name: mir"))
    assert problem.message.startswith("the vehicles are iss in ")
    assert problem.message.endswith(" and mir in this scenario")


def test_a_tolerance_for_an_unknown_signal_names_the_nearest(against):
    problem = refused(against, ("    position: 0.001", "    positoin: 0.001"))
    assert problem.key == "baseline.tolerances.positoin"
    assert problem.message == "no signal 'positoin'; did you mean 'position'?"


@pytest.mark.parametrize("tolerance", ["-1", ".nan", ".inf", "wide"])
def test_a_tolerance_is_a_finite_number_from_zero(against, tolerance):
    assert refused(against, tolerance=tolerance).key == "baseline.tolerances.position"
