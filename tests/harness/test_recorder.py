"""What the loop hands to the recorder is in the files: every row, every bit, in order."""

import json
import os
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest

import harness.recorder
from harness.columns import STAMPS
from harness.errors import ExitCode, RecorderError
from harness.recorder import MORE, Recorder
from harness.scenario.load import load_scenario
from harness.trace.journal import whole_batches
from harness.trace.reader import Trace

SETTINGS = {"metrics": {}, "lambda_decay": 0.25}
ODD = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1 / 3, -1e308])


class Recording:
    """A recorder of a scenario's rows, and the rows that were handed to it."""

    def __init__(self, scenario, directory):
        self.scenario, self.directory = scenario, directory
        directory.mkdir(exist_ok=True)
        self.vehicles = len(scenario.spec.vehicles)
        columns = list(scenario.columns.values())
        self.recorder = Recorder(directory, scenario.row, columns, self.vehicles, SETTINGS)
        self.names = [column.name for column in scenario.row.raw]
        self.rows, self.stamps = [], []
        self.random = np.random.default_rng(1)

    def append(self, ticks):
        row = self.scenario.row
        inputs = row.told.width
        outputs = inputs + row.decided.width + row.carried.width
        for _ in range(ticks):
            tick = len(self.rows)
            cells = self.random.normal(size=(self.vehicles, len(self.names)))
            cells.flat[self.random.integers(cells.size, size=8)] = ODD
            for flag in ("control_mode", "carried_mode", "limited"):
                cells[:, self.names.index(flag)] = tick % 2
            told = np.full((self.vehicles, inputs + row.carried.width), 1e9)
            told[:, :inputs] = cells[:, :inputs]
            stamps = tuple(1000 * tick + i for i in range(len(STAMPS)))
            self.recorder.append(
                tick, 7 * tick, told, cells[:, inputs:outputs], cells[:, outputs:], stamps
            )
            self.rows.append(cells.copy())
            self.stamps.append(stamps)
        return self

    def trace(self):
        columns = self.scenario.columns
        return Trace(self.directory / "trace.parquet", columns, self.scenario.spec.vehicles)

    def check(self, ticks):
        trace, rows = self.trace(), np.stack(self.rows[:ticks])
        for index, name in enumerate(self.names):
            found = trace.read(name)[name].astype(np.float64)
            assert found.tobytes() == rows[:, :, index].tobytes(), name
        assert trace.read("tick")["tick"][:, 0].tolist() == list(range(ticks))
        assert trace.read("t_ns")["t_ns"][:, -1].tolist() == [7 * tick for tick in range(ticks)]
        vehicles = trace.read("vehicle")["vehicle"]
        assert vehicles.tolist() == [list(range(self.vehicles))] * ticks
        timing = pq.read_table(self.directory / "timing.parquet").to_pydict()
        for index, name in enumerate(STAMPS):
            assert timing[name] == [stamps[index] for stamps in self.stamps[:ticks]]


@pytest.fixture
def recording(hover, tmp_path):
    def start(vehicles=1):
        plant = f"vehicles: {vehicles}, knows_truth: true"
        return Recording(hover(plant=plant), tmp_path / "recording")

    return start


@pytest.mark.parametrize("vehicles", [1, 3])
def test_rows_come_back_bit_for_bit_and_in_order(recording, vehicles):
    recorded = recording(vehicles).append(700)
    result = recorded.recorder.finish()
    recorded.check(700)
    assert result["rows"] == 700 * vehicles
    assert result["sha512"] == recorded.trace().chain()


def test_a_link_with_nothing_to_say_leaves_zeros_wherever_it_said_something_before(
    hover, tmp_path, monkeypatch
):
    """The ring's places are used again and again; capacity is 1024 ticks here."""
    monkeypatch.setattr(harness.recorder, "_RING_BYTES", 1)
    path = hover(plant="knows_truth: true").path
    path.write_text(path.read_text() + "faults: {late: {kind: freeze, at_s: 1}}\n")
    recorded = Recording(load_scenario(path), tmp_path / "recording")
    row = recorded.scenario.row
    told = np.zeros((1, row.told.width + row.carried.width))
    out = np.zeros((1, row.decided.width + row.carried.width))
    said = [tick < 5 or 1500 <= tick < 2600 for tick in range(5000)]
    for tick, something in enumerate(said):
        width = row.extras.width + (row.link.width if something else 0)
        stamps = (1000 * tick,) * len(STAMPS)
        recorded.recorder.append(tick, 7 * tick, told, out, np.ones((1, width)), stamps)
    recorded.recorder.finish()
    for name in ("observation_age", "command_age", "fault_late"):
        found = recorded.trace().read(name)[name][:, 0]
        np.testing.assert_array_equal(found.astype(float), np.array(said, dtype=float))
    assert recorded.trace().read("position_x")["position_x"].all()


def test_a_recording_without_rows_is_a_file_without_rows(recording):
    recorded = recording()
    assert recorded.recorder.finish()["rows"] == 0
    assert recorded.trace().read("tick")["tick"].shape == (0, 1)


def test_only_the_fresh_part_of_the_input_is_recorded(recording):
    recorded = recording().append(1)
    recorded.recorder.finish()
    names = [column.name for column in recorded.scenario.row.carried.columns]
    for name in set(names) - {"carried_mode"}:
        assert recorded.trace().read(name)[name][0, 0] != 1e9


def test_a_ring_that_is_full_makes_the_loop_wait_and_loses_nothing(recording, monkeypatch):
    monkeypatch.setattr(harness.recorder, "_RING_BYTES", 1)
    recorded = recording()
    assert recorded.recorder._ring.capacity == 1024
    recorded.append(2 * 1024 + 100)
    recorded.recorder.finish()
    assert recorded.recorder.waits > 0
    recorded.check(2 * 1024 + 100)


def test_a_ring_with_room_makes_nobody_wait(recording):
    recorded = recording().append(300)
    recorded.recorder.finish()
    assert recorded.recorder.waits == 0


def test_journals_are_gone_when_the_files_are_whole(recording):
    recorded = recording().append(10)
    recorded.recorder.finish()
    assert {path.name for path in recorded.directory.iterdir()} == {
        "trace.parquet",
        "timing.parquet",
    }


def test_the_files_say_unit_frame_and_format(recording):
    recorded = recording().append(1)
    recorded.recorder.finish()
    schema = pq.read_schema(recorded.directory / "trace.parquet")
    assert schema.metadata[b"format"] == b"1"
    assert schema.field("position_x").metadata[b"unit"] == b"m"
    assert schema.field("position_x").metadata[b"frame"] == b"gcrf"
    assert schema.field("position_x").metadata[b"basis"] == b"true"
    assert schema.names == list(recorded.scenario.columns)


@pytest.mark.parametrize("journal", ["trace.arrows", "timing.arrows"])
def test_a_full_disk_ends_the_recording_with_its_reason(hover, tmp_path, journal):
    directory = tmp_path / "full"
    directory.mkdir()
    (directory / journal).symlink_to("/dev/full")
    recorded = Recording(hover(), directory)
    with pytest.raises(RecorderError, match="No space left on device") as refusal:
        recorded.append(10_000).recorder.finish()
    assert refusal.value.exit_code is ExitCode.PLANT_FAILED


def test_a_recorder_that_can_not_be_started_is_told(recording, monkeypatch):
    monkeypatch.setattr(harness.recorder.sys, "executable", "/nowhere/python")
    with pytest.raises(RecorderError, match="can't be started"):
        recording()


@pytest.mark.alone
def test_a_recorder_that_was_killed_ends_the_run(recording):
    recorded = recording().append(10)
    os.kill(recorded.recorder._process.pid, signal.SIGKILL)
    recorded.recorder._process.wait()
    with pytest.raises(RecorderError, match="the recorder stopped"):
        recorded.append(1000)
    with pytest.raises(RecorderError, match="the recorder stopped"):
        recorded.recorder.finish()


@pytest.mark.alone
def test_a_recorder_that_was_killed_leaves_a_loop_that_waits_for_room(recording, monkeypatch):
    monkeypatch.setattr(harness.recorder, "_RING_BYTES", 1)
    recorded = recording()
    recorded.append(1024)
    os.kill(recorded.recorder._process.pid, signal.SIGKILL)
    with pytest.raises(RecorderError, match="the recorder stopped"):
        recorded.append(1024)


@pytest.mark.alone
def test_a_doorbell_hung_up_without_a_word_leaves_every_row(recording):
    recorded = recording(vehicles=2).append(500)
    assert 256 <= recorded.recorder._announced < 500
    process = recorded.recorder._process
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()
    recorded.check(500)


@pytest.mark.alone
def test_a_loop_that_was_killed_with_both_pipes_leaves_every_row(recording):
    recorded = recording().append(500)
    process = recorded.recorder._process
    process.stdout.close()
    process.stdin.close()
    process.wait(60)
    recorded.check(500)


@pytest.mark.alone
def test_rows_reach_the_disk_within_a_second_without_another_word(recording):
    recorded = recording()
    recorded.recorder.wait_until_ready()
    recorded.append(3)
    recorded.recorder._announce_at = 2**62
    written = time.monotonic()
    recorded.append(2)
    journal = recorded.directory / "timing.arrows"
    while sum(map(len, whole_batches(journal))) < 5:
        assert time.monotonic() < written + 1.0
    os.kill(recorded.recorder._process.pid, signal.SIGKILL)


@pytest.mark.alone
def test_ctrl_c_is_not_for_the_recorder(recording):
    recorded = recording().append(10)
    recorded.recorder._announce(MORE)
    process = recorded.recorder._process
    answered, _, _ = select.select([process.stdout], [], [], 60)
    assert answered  # it is up and at work
    os.kill(process.pid, signal.SIGINT)
    assert recorded.append(10).recorder.finish()["rows"] == 20
    assert os.getpgid(0) != process.pid


@pytest.mark.alone
def test_a_recorder_that_is_told_nothing_at_all_ends_quietly(tmp_path):
    command = [sys.executable, "-m", "harness.recorder_process", "0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_answer_is_json_behind_the_counts(recording):
    recorded = recording().append(1)
    assert json.dumps(recorded.recorder.finish())
