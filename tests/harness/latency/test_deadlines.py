"""Deadlines: both sides of the limit, runs of misses, allowances, and whose fault it was."""

import numpy as np
import pytest

from harness.latency.deadlines import held_against_deadlines
from harness.scenario.timing import Timing
from harness.trace.timing import AFTER, STAGES

TICK_NS = 1_000_000


def held(late_us, timing=None, **stages_us):
    late = 1000 * np.array(late_us, dtype=np.int64)
    stages = {name: np.zeros(len(late), dtype=np.int64) for name in (*STAGES, *AFTER)}
    stages["controller"] += 1
    stages.update({name: 1000 * np.array(values) for name, values in stages_us.items()})
    return held_against_deadlines(Timing(**(timing or {})), TICK_NS, late, stages)


def test_a_deadline_is_missed_by_what_is_later_and_not_by_what_is_just_in_time():
    told = held([999, 1000, 1001])
    assert told["misses"] == 1
    assert told["misses_percent"] == pytest.approx(100.0 / 3.0)
    assert told["worst_lateness_ms"] == pytest.approx(0.001)


def test_a_deadline_can_be_shorter_than_the_tick():
    assert held([400, 600], {"deadline_ms": 0.5})["misses"] == 1


def test_the_longest_run_of_misses_is_found():
    late, fine = 2000, 10
    told = held([late, late, fine, late, late, late, fine, late])
    assert told["misses"] == 6
    assert told["longest_run"] == 3
    assert held([fine] * 3)["longest_run"] == 0
    assert held([late] * 3)["longest_run"] == 3


@pytest.mark.parametrize(
    ("timing", "late_us", "said"),
    [
        ({"misses_percent": 10.0}, [2000] + [1] * 9, ""),
        ({"misses_percent": 9.0}, [2000] + [1] * 9, "1 of 10 ticks (10 %) missed their deadline"),
        ({}, [2000] + [1] * 999, ""),
        ({}, [2000, 2000] + [1] * 999, "2 of 1001 ticks (0.2 %) missed"),
        ({"misses_percent": 99.0, "misses_in_a_row": 2}, [2000, 2000, 1], ""),
        ({"misses_percent": 99.0, "misses_in_a_row": 1}, [2000, 2000, 1], "2 in a row missed it"),
        ({"misses_percent": 99.0, "lateness_ms": 1.0}, [2000, 1], ""),
        ({"misses_percent": 99.0, "lateness_ms": 0.9}, [2000, 1], "1 ms later than its deadline"),
    ],
)
def test_what_is_beyond_an_allowance_is_told(timing, late_us, said):
    told = held(late_us, timing)
    assert told["within"] is (said == "")
    assert said.lower() in told["sentence"].lower()
    assert bool(told["sentence"]) == bool(said)


def test_the_longest_stage_is_to_blame():
    told = held([1500, 1500, 10], wake_up=[1400, 0, 0], controller=[0, 1300, 1], sending=[0, 90, 0])
    assert told["blame"] == {"wake_up": 1, "controller": 1}


def test_who_had_to_wait_blames_whom_it_waited_for():
    """The plant of tick 0 took long; ticks 1 to 3 begin late because of it."""
    told = held(
        [10, 3000, 2000, 1100, 10],
        plant=[3900, 10, 10, 10, 10],
        behind=[0, 2900, 1900, 1050, 0],
    )
    assert told["blame"] == {"plant": 3}


def test_a_tick_that_is_slow_itself_is_not_excused_by_having_begun_late():
    told = held([10, 3000], plant=[1200, 10], behind=[0, 200], controller=[1, 2800])
    assert told["blame"] == {"controller": 1}


def test_of_a_run_without_ticks_nothing_is_missed():
    told = held([])
    assert told["misses"] == told["misses_percent"] == told["longest_run"] == 0
    assert told["within"]
