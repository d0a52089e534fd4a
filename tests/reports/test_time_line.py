"""The time line has what went wrong and when, tick by tick, and nothing where nothing did."""

import html
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.trace.reader import RunDirectory
from reports.faults import read_faults
from reports.figure import page_style
from reports.run import Run
from reports.sections.latency import time_line
from reports.sections.latency.time_line import stretches

UNPROVED = ("certificate=null", "expect.proved_stable=null", "expect.latency=null")
FAULTS = (
    "faults.dark={kind: dropout, at_s: 1, for_s: 0.5, about: the tunnel}",
    "faults.biased_fix={kind: bias, at_s: 2, for_s: 1, position_m: [0.5, 0, 0]}",
    "faults.later={kind: freeze, at_s: 2.9}",
)
flags = arrays(np.bool_, st.integers(1, 300))


@pytest.fixture(scope="module")
def broken(certified):
    """Three seconds in lockstep with a slow radio, a dark half and a biased one."""
    brief = ("duration_s=3", "expect.on_station.after_s=0", "expect.on_station.at_most=9")
    return certified("late_commands", *UNPROVED, *brief, *FAULTS)


def made(directory):
    with page_style():
        return time_line.section(Run(RunDirectory.open(directory)))


def test_a_run_in_which_nothing_went_wrong_has_no_time_line(failed):
    assert made(failed) is None


def test_every_fault_is_there_with_as_many_ticks_as_the_run_counted(broken):
    told = json.loads((broken / "latency.json").read_text())
    rows = dict(made(broken).rows)
    assert rows == {
        "slow radio": f"latency of commands, {told['faults']['slow_radio']} ticks",
        "dark": f"dropout, {told['faults']['dark']} ticks",
        "biased fix": f"bias, {told['faults']['biased_fix']} ticks",
        "later": "freeze, 2 ticks",
        "held observation": f"{told['observations']['held']} ticks",
    }
    assert told["observations"]["held"] == 5


def test_what_a_fault_stands_for_is_told(broken):
    assert "Dark: the tunnel." in made(broken).text


def test_the_page_has_it_before_the_errors(broken):
    page = (broken / "report.html").read_text(encoding="utf-8")
    headings = [html.unescape(h) for h in re.findall(r"<h2>(.*?)</h2>", page)]
    assert headings.index("Time line") < headings.index("Position and velocity error")
    assert ">biased fix<" in page


def test_events_of_faults_are_told_by_name(broken):
    page = (broken / "report.html").read_text(encoding="utf-8")
    assert "fault begins biased_fix" in page
    assert "fault ends dark" in page


def test_deadlines_missed_and_observations_predicted_have_a_lane(troubled):
    rows = dict(made(troubled).rows)
    assert rows["predicted observation"] == "20 ticks"
    assert rows["deadline missed"] == "200 ticks"


def test_a_fault_is_known_from_when_to_when_it_was_to_be_there(broken):
    found = {fault.name: fault for fault in read_faults(RunDirectory.open(broken))}
    assert (found["dark"].start_s, found["dark"].end_s) == (1.0, 1.5)
    assert (found["slow radio"].start_s, found["slow radio"].end_s) == (0.0, 3.0)
    assert np.flatnonzero(found["biased fix"].acted).tolist() == list(range(20, 30))


@given(flags)
def test_few_stretches_are_taken_as_they_are(there):
    ticks, shares = stretches(there, most=len(there))
    again = np.zeros(len(there), dtype=bool)
    for start, end in ticks:
        again[start:end] = True
    np.testing.assert_array_equal(again, there)
    assert (shares == 1.0).all()


@given(flags, st.integers(1, 20))
def test_of_many_stretches_no_tick_is_lost(there, most):
    ticks, shares = stretches(there, most)
    assert len(ticks) <= most
    assert (shares * np.diff(ticks, axis=1)[:, 0]).sum() == pytest.approx(there.sum())
    assert (shares > 0.0).all()
