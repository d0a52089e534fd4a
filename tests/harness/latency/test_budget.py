"""The budget: which age counts, how it is rounded, and what it is held against."""

import numpy as np
import pytest

from harness.latency.budget import budget, whole_ticks
from harness.trace.ages import ages

TICK_S = 0.1
PROVED = {"delay_margin_ms": 1900.0}


def stamps(ticks, sent_s=0.0, **more):
    """Stamps of a run of some ticks, each scheduled in time; its last observation included."""
    due = 10**12 + np.arange(ticks + 1) * 100_000_000
    told = {"tick": np.arange(ticks + 1), "scheduled_ns": due}
    told["sent_ns"] = due + np.rint(1e9 * np.resize(sent_s, ticks + 1)).astype(np.int64)
    told["sent_ns"][-1] = 0  # it only ends the run
    for name in ("sampled_ns", "applied_ns"):
        told[name] = np.asarray(more.get(name, np.zeros(ticks + 1)), dtype=np.int64)
    return told


def aged(written_trace, age, paced=False, sent_s=0.0, **columns):
    trace = written_trace(command_age=np.array(age), **columns)
    return ages(trace, stamps(len(age) - 1, sent_s), TICK_S, paced)[:, 0]


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [(0.0, 0), (1e-9, 0), (0.001, 1), (0.1, 1), (0.1 + 1e-9, 1), (0.101, 2), (3 * 0.1, 3)],
)
def test_a_delay_counts_in_whole_ticks_rounded_up(seconds, ticks):
    assert whole_ticks(seconds, TICK_S) == ticks


def test_in_lockstep_the_stamps_do_not_count(written_trace):
    np.testing.assert_array_equal(
        aged(written_trace, [0.0, 0.1, 0.2, 0.0], sent_s=5.0), [0, 0.1, 0.2]
    )


def test_a_run_without_a_link_is_as_old_as_the_fixes_that_the_plant_hands_over(written_trace):
    trace = written_trace(measurement_age=np.array([0.0, 0.3, 0.1]))
    np.testing.assert_allclose(ages(trace, stamps(2), TICK_S, False)[:, 0], [0.0, 0.3])


def test_a_plant_that_stopped_being_a_number_has_no_age(written_trace):
    trace = written_trace(measurement_age=np.array([0.3, np.nan, np.inf, 0.0]))
    np.testing.assert_allclose(ages(trace, stamps(3), TICK_S, False)[:, 0], [0.3, 0.0, 0.0])


def test_the_fix_counts_that_the_command_in_force_was_made_of(written_trace):
    age = aged(
        written_trace,
        [0.0, 0.1, 0.2, 0.3, 0.0],
        measurement_age=np.array([0.5, 0.0, 0.0, 0.0, 0.0]),
    )
    np.testing.assert_allclose(age, [0.5, 0.6, 0.7, 0.8])


def test_against_the_wall_clock_a_command_is_as_old_as_when_it_was_sent(written_trace):
    np.testing.assert_allclose(aged(written_trace, [0.0] * 4, True, 0.004), [0.004] * 3, atol=1e-6)


def test_what_was_held_is_in_force_until_the_next_one_comes(written_trace):
    """One command lost: when the next arrives, 4 ms into its tick, the held one is 2 ticks old."""
    age = aged(written_trace, [0.0, 0.1, 0.0, 0.0, 0.0], True, 0.004)
    np.testing.assert_allclose(age, [0.004, 0.1, 0.2, 0.004], atol=1e-6)


def by_stamps(written_trace, ago_ms, after_ms, command_age):
    """Samples so long before their ticks, commands in effect so long after; 0 is not told."""
    ticks = len(ago_ms)
    due = stamps(ticks)["scheduled_ns"]
    after = np.array([*after_ms, 0])
    told = stamps(
        ticks,
        sampled_ns=due - 1_000_000 * np.array([*ago_ms, 0]),
        applied_ns=np.where(after > 0, due + 1_000_000 * after, 0),
    )
    trace = written_trace(command_age=np.array([*command_age, 0.0]))
    return ages(trace, told, TICK_S, True)[:, 0]


def test_where_the_plant_tells_when_it_sampled_and_applied_that_counts(written_trace):
    """At a tick's start the command before is in force still: a tick and its own sample old."""
    found = by_stamps(written_trace, [30, 30, 10], [20, 20, 20], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(found, [0.05, 0.13, 0.13], atol=1e-9)


def test_what_the_way_takes_is_added_to_what_a_command_was_held_up_by(written_trace):
    """At tick 2 a command of tick 0 is put into effect."""
    found = by_stamps(written_trace, [5, 5, 5], [5, 5, 7], [0.0, 0.1, 0.2])
    assert found[2] == pytest.approx(0.005 + 0.2 + 0.007)


def test_a_command_of_which_nobody_told_is_not_in_force_until_the_next(written_trace):
    found = by_stamps(written_trace, [5, 5, 5], [5, 0, 5], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(found, [0.01, 0.205, 0.205], atol=1e-9)


def test_the_oldest_of_all_vehicles_is_held_against_the_margin():
    told = budget(np.array([[0.1, 0.2], [0.4, 0.0]]), 0.0, TICK_S, PROVED)
    assert (told["ticks"], told["margin_ticks"]) == (4, 19)
    assert told["used"] == pytest.approx(4 / 19)
    assert told["age_ms"] == pytest.approx(400.0)
    assert told["age_s_at"] == pytest.approx(0.1)
    assert told["beyond_ticks"] == 0
    assert (
        "4 ticks rounded up: 21.1 % of the 1900 ms (19 ticks) that are proved" in told["sentence"]
    )


def test_what_the_clocks_may_be_wrong_by_is_added_before_it_is_rounded():
    told = budget(np.array([[0.4]]), 0.001, TICK_S, PROVED)
    assert told["ticks"] == 5
    assert "± 1 ms of clocks" in told["sentence"]


def test_ticks_beyond_the_margin_are_counted_as_not_covered():
    age = np.array([[1.9], [1.91], [2.5], [0.0]])
    told = budget(age, 0.0, TICK_S, PROVED)
    assert told["beyond_ticks"] == 2
    assert told["used"] == pytest.approx(25 / 19)
    assert "in 2 of 4 ticks, which the proof does not cover" in told["sentence"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "nothing is proved of this loop"),
        ({"delay_margin_ms": None}, "no delay is proved to be borne"),
        ({"delay_margin_ms": 0.0}, "no delay is proved to be borne"),
    ],
)
def test_without_a_margin_the_age_is_told_and_nothing_is_used(given, why):
    told = budget(np.array([[0.25]]), 0.0, TICK_S, given)
    assert told["used"] is told["margin_ticks"] is told["beyond_ticks"] is None
    assert why in told["sentence"]


def test_a_run_without_ticks_has_used_nothing():
    told = budget(np.empty((0, 1)), 0.0, TICK_S, PROVED)
    assert told["used"] == 0.0
    assert told["age_s_at"] is None
