"""A run leaves a whole run directory, however it ends."""

import json
import threading

import numpy as np
import psutil
import pytest

from harness.errors import ExitCode, OutputDirectoryError
from harness.run import make_directory, run_scenario
from harness.schedule import mode_schedule
from harness.trace.reader import RunDirectory
from kernel.modes import Mode

WHOLE = {"manifest.json", "trace.parquet", "timing.parquet", "events.jsonl", "verdict.json"}
WHOLE |= {"latency.json"}


@pytest.fixture
def fly(hover, tmp_path):
    def run(stop=None, progress=lambda done, ticks: None, **scenario):
        return run_scenario(hover(**scenario), tmp_path / "out", progress, stop)

    return run


def names(outcome):
    return [event["event"] for event in RunDirectory.open(outcome.directory).events()]


def rows(outcome):
    return len(RunDirectory.open(outcome.directory).trace.read("tick")["tick"])


def test_a_run_that_holds_its_criteria_passes(fly, glider):
    outcome = fly()
    assert outcome.verdict.word == "PASSED"
    assert rows(outcome) == 21
    assert names(outcome) == ["mode", "end"]
    assert {path.name for path in outcome.directory.iterdir()} == WHOLE
    assert glider.calls[-1] == ("stop", "end of run")


def test_a_run_that_does_not_hold_them_fails(fly):
    outcome = fly(at_most=0.5)
    assert outcome.verdict.word == "FAILED"
    assert outcome.verdict.exit_code is ExitCode.FAILED


def test_the_verdict_file_says_what_was_returned(fly):
    outcome = fly()
    assert RunDirectory.open(outcome.directory).verdict() == json.loads(
        json.dumps(outcome.verdict.to_json())
    )


def test_a_plant_that_fails_in_mid_run_keeps_its_trace(fly, glider):
    outcome = fly(plant="fails_at_tick: 7")
    assert outcome.verdict.word == "PLANT FAILED"
    assert outcome.verdict.exit_code is ExitCode.PLANT_FAILED
    assert outcome.verdict.sentence == "The run ended early: the glider hit a bird."
    assert rows(outcome) == 7
    assert names(outcome) == ["mode", "plant failed", "end"]
    assert glider.calls[-1] == ("stop", "failed")
    assert outcome.verdict.results[0].judgement == "NOT EVALUATED"


def test_a_plant_that_stays_silent_has_failed(fly):
    outcome = fly(plant="silent_at_tick: 3")
    assert outcome.verdict.word == "PLANT FAILED"
    assert rows(outcome) == 3


def test_a_plant_that_gives_no_numbers_has_failed(fly):
    outcome = fly(plant="nan_at_tick: 5")
    assert outcome.verdict.word == "PLANT FAILED"
    assert "not finite" in outcome.verdict.sentence
    assert np.isnan(RunDirectory.open(outcome.directory).trace.vector("position")[5:]).all()


@pytest.mark.parametrize("plant", ["cannot_open: true", "cannot_start: true"])
def test_a_plant_that_never_starts_leaves_a_trace_without_rows(fly, plant):
    outcome = fly(plant=plant)
    assert outcome.verdict.exit_code is ExitCode.PLANT_FAILED
    assert rows(outcome) == 0
    assert {path.name for path in outcome.directory.iterdir()} == WHOLE


def test_a_run_told_to_stop_before_it_began_is_interrupted_with_one_row(fly, glider):
    stop = threading.Event()
    stop.set()
    outcome = fly(stop)
    assert outcome.verdict.word == "INTERRUPTED"
    assert outcome.verdict.exit_code is ExitCode.INTERRUPTED
    assert rows(outcome) == 1
    assert names(outcome) == ["mode", "interrupted", "end"]
    assert glider.calls[-1] == ("stop", "interrupted")


def test_a_run_told_to_stop_ends_soon_and_keeps_its_trace(fly, glider):
    stop = threading.Event()
    glider.at_tick = stop.set
    outcome = fly(stop, duration_s=100, plant="calls_at_tick: 300")
    assert outcome.verdict.word == "INTERRUPTED"
    assert 300 < rows(outcome) < 1000
    ended_s = (rows(outcome) - 1) * 0.1
    assert outcome.verdict.sentence == f"The run was interrupted at {ended_s:g} s."


def test_a_run_told_to_stop_in_its_last_tick_is_whole(fly, glider):
    stop = threading.Event()
    glider.at_tick = stop.set
    assert fly(stop, plant="calls_at_tick: 20").verdict.word == "PASSED"


def test_a_plant_that_breaks_instead_of_failing_leaves_no_process(fly, glider):
    def broken():
        raise ZeroDivisionError

    glider.at_tick = broken
    before = set(psutil.Process().children())
    outcome = fly(plant="calls_at_tick: 5")
    assert outcome.verdict.word == "PLANT FAILED"
    assert "ZeroDivisionError" in outcome.verdict.sentence
    assert rows(outcome) == 5
    assert set(psutil.Process().children()) <= before
    assert glider.calls[-1] == ("stop", "failed")


def test_a_full_disk_stops_the_plant_and_is_told_in_verdict_and_events(fly, glider, monkeypatch):
    def prepared(directory):
        directory.mkdir()
        (directory / "trace.arrows").symlink_to("/dev/full")

    monkeypatch.setattr("harness.run.make_directory", prepared)
    outcome = fly(duration_s=10_000)
    assert glider.calls[-1] == ("stop", "failed")
    assert outcome.trouble == "the recorder stopped: No space left on device"
    assert outcome.verdict.sentence == f"The run ended early: {outcome.trouble}."
    assert outcome.verdict.exit_code is ExitCode.PLANT_FAILED
    assert "recorder failed" in names(outcome)


def test_what_replay_needs_is_on_disk_before_the_first_tick(fly, glider, tmp_path):
    seen = []
    glider.at_tick = lambda: seen.append(json.loads((tmp_path / "out/manifest.json").read_text()))
    fly(plant="calls_at_tick: 1", stop=threading.Event())
    (manifest,) = seen
    assert len(manifest["initial_carried"]) == 1
    assert {"scenario", "columns", "warnings", "plant", "packages"} <= set(manifest)
    assert "trace" not in manifest


def test_progress_is_told_from_the_first_tick_to_the_last(fly):
    told = []
    fly(progress=lambda done, ticks: told.append((done, ticks)))
    assert told[0] == (0, 20)
    assert told[-1] == (20, 20)


def test_the_plant_gets_the_seed(fly, glider):
    fly(seed=41)
    assert glider.calls[0] == ("open", 41)


def test_modes_are_told_with_their_moments(fly):
    modes = "  - {at_s: 0.5, mode: IDLE}\n  - {at_s: 1.5, mode: NULL-G}"
    outcome = fly(modes=modes)
    events = RunDirectory.open(outcome.directory).events()
    assert [(e["t_ns"], e["mode"]) for e in events[:3]] == [
        (0, "STATION-KEEP"),
        (500_000_000, "IDLE"),
        (1_500_000_000, "NULL-G"),
    ]
    flown = RunDirectory.open(outcome.directory).trace.read("control_mode")["control_mode"][:, 0]
    assert flown.tolist() == [2] * 5 + [0] * 10 + [1] * 6


def test_a_mode_change_falls_on_its_nearest_tick(hover):
    modes = "  - {at_s: 0.5, mode: IDLE}\n  - {at_s: 1.46, mode: NULL-G}"
    assert mode_schedule(hover(modes=modes)) == [
        (0, Mode.STATION_KEEP),
        (5, Mode.IDLE),
        (15, Mode.NULL_G),
    ]


def test_warnings_are_in_events_and_verdict(fly, glider):
    glider.abilities["max_acceleration"] = np.array([1e-3])
    outcome = fly()
    (warning,) = outcome.verdict.warnings
    first = RunDirectory.open(outcome.directory).events()[0]
    assert (first["event"], first["text"]) == ("warning", warning)


def test_two_vehicles_are_two_rows_a_tick(fly):
    trace = RunDirectory.open(fly(plant="vehicles: 2").directory).trace
    assert trace.vehicles == ("glider_0", "glider_1")
    apart = np.diff(trace.vector("position"), axis=1)[0, 0]
    np.testing.assert_array_equal(apart, [0.0, 10.0, 0.0])


def test_a_run_of_one_tick_is_two_rows(fly):
    outcome = fly(duration_s=0.1)
    assert outcome.verdict.word == "PASSED"
    assert rows(outcome) == 2


@pytest.mark.parametrize("make", ["mkdir", "touch"])
def test_what_exists_is_never_overwritten(tmp_path, make):
    path = tmp_path / "there"
    getattr(path, make)()
    with pytest.raises(OutputDirectoryError) as refusal:
        make_directory(path)
    assert str(refusal.value) == (
        f"{path} exists; a run never overwrites one: name another, or remove it"
    )
    assert refusal.value.exit_code is ExitCode.WRONG_INPUT


def test_a_folder_inside_a_file_can_not_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputDirectoryError, match="can't be made: Not a directory"):
        make_directory(tmp_path / "file" / "run")


def test_missing_parents_are_made(tmp_path):
    make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_run_into_what_exists_starts_nothing(hover, glider, tmp_path):
    (tmp_path / "out").mkdir()
    scenario = hover()
    with pytest.raises(OutputDirectoryError):
        run_scenario(scenario, tmp_path / "out")
    assert glider.calls == []
    assert list((tmp_path / "out").iterdir()) == []


def test_files_where_the_user_stands_are_not_taken_for_the_recorders(fly, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    (folder / "harness").mkdir(parents=True)
    (folder / "harness" / "__init__.py").write_text("raise SystemExit('not this one')")
    (folder / "struct.py").write_text("raise SystemExit('nor this')")
    monkeypatch.chdir(folder)
    assert fly().verdict.word == "PASSED"


def test_only_modes_that_were_flown_are_in_the_events(fly):
    stop = threading.Event()

    def ended(done, ticks):
        stop.set()

    outcome = fly(stop, ended, modes="  - {at_s: 1, mode: IDLE}")
    assert outcome.verdict.word == "INTERRUPTED"
    assert names(outcome).count("mode") == 1
