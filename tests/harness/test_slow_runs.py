"""A slow plant: rows reach the disk by the clock, and answers never fill a pipe."""

import select
import time
from pathlib import Path

import numpy as np
import pytest

from harness import recorder as recorder_module
from harness.columns import STAMPS
from harness.recorder import Recorder
from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve

pytestmark = pytest.mark.alone


@pytest.fixture
def recording(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "_RING_EVERY_NS", 0)  # a doorbell a tick
    scenario = load_scenario(resolve(Path("iss_slot")))
    row = scenario.row
    recorder = Recorder(
        tmp_path, row, list(scenario.columns.values()), 1, {"metrics": {}, "lambda_decay": 0.0}
    )
    told = np.zeros((1, row.told.width))
    out = np.zeros((1, row.decided.width + row.carried.width))
    extras = np.zeros((1, row.extras.width))

    def append(tick):
        stamps = (time.monotonic_ns(),) * len(STAMPS)
        recorder.append(tick, tick * 100_000_000, told, out, extras, stamps)

    return recorder, append, tmp_path


def test_rows_reach_the_journal_though_the_doorbell_never_rests(recording):
    recorder, append, folder = recording
    journal, tick = folder / "trace.arrows", 0
    while not (journal.exists() and journal.stat().st_size):
        assert tick < 4000, "nothing was written before a whole batch was there"
        append(tick)
        tick += 1
        select.select([], [], [], 0.01)
    assert recorder.finish()["rows"] == tick


def test_a_recorder_that_answers_often_is_listened_to(recording):
    recorder, append, _ = recording
    for tick in range(300):
        append(tick)
        select.select([], [], [], 0.01)
    # All but the last flushes have been answered, and none of the answers is left in the pipe.
    assert recorder._freed > 0
    assert recorder.finish()["rows"] == 300
