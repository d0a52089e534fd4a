"""Ticks begin at their own instants, and a long wait can be broken off."""

import time

import numpy as np

from harness.pace import RealTime

TICK_NS = 2_000_000


def test_no_tick_begins_before_it_is_due_and_nothing_drifts():
    pace = RealTime(TICK_NS)
    pace.start()
    began = []
    for tick in range(200):
        pace.wait(pace.due_ns(tick))
        began.append(time.monotonic_ns() - pace.due_ns(tick))
    assert min(began) >= 0
    assert pace.due_ns(200) - pace.due_ns(0) == 200 * TICK_NS


def test_an_instant_that_has_passed_is_not_waited_for_and_not_moved():
    second = 1_000_000_000
    pace = RealTime(second)
    pace.start()
    pace._start_ns -= 10 * second
    before, late = pace.due_ns(7), time.monotonic_ns()
    for tick in range(8):
        pace.wait(pace.due_ns(tick))
    assert pace.due_ns(7) == before
    assert time.monotonic_ns() - late < second


def test_most_of_a_wait_is_slept():
    pace = RealTime(50_000_000)
    pace.start()
    used = time.thread_time_ns()
    for tick in range(1, 6):
        pace.wait(pace.due_ns(tick))
    assert time.thread_time_ns() - used < 100_000_000  # of 250 ms


def test_a_long_wait_is_broken_off_when_the_run_is_stopped():
    asked = []

    def stopped():
        asked.append(True)
        return len(asked) == 2

    pace = RealTime(3_600_000_000_000, stopped)
    pace.start()
    pace.wait(pace.due_ns(1))
    np.testing.assert_array_equal(asked, [True, True])
