"""Two traces held against each other: what differs, by how much, when and whose."""

import math

import numpy as np
import pytest

from harness.trace.compare import IncomparableError, compare_traces, separation


def only(differences, signal):
    (found,) = [difference for difference in differences if difference.signal == signal]
    return found


def test_equal_traces_differ_in_nothing(written_trace):
    values = {"depth": [1.0, math.nan, math.inf], "up": [True, False, True]}
    told = compare_traces(written_trace(**values), written_trace(**values))
    assert [(d.signal, d.largest) for d in told] == [("depth", 0.0), ("up", 0.0)]


def test_the_largest_difference_is_told_with_its_moment_and_vehicle(written_trace):
    base = written_trace(("one", "two"), depth=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    new = written_trace(("one", "two"), depth=[[1.0, 2.1], [3.0, 3.5], [5.2, 6.0]])
    told = only(compare_traces(base, new), "depth")
    assert told.largest == pytest.approx(0.5)
    assert (told.at_s, told.vehicle, told.unit) == (1.0, "two", "m")
    assert told.rms == pytest.approx(math.sqrt((0.1**2 + 0.5**2 + 0.2**2) / 6))


def test_vectors_differ_by_the_length_of_the_difference(written_trace):
    base = written_trace(gap_x=[1.0], gap_y=[2.0], gap_z=[3.0])
    new = written_trace(gap_x=[1.0], gap_y=[5.0], gap_z=[-1.0])
    (told,) = compare_traces(base, new)
    assert (told.signal, told.largest) == ("gap", 5.0)


@pytest.mark.parametrize(("tolerance", "within"), [(0.4999, False), (0.5, True), (0.5001, True)])
def test_a_tolerance_is_kept_up_to_its_value(written_trace, tolerance, within):
    base, new = written_trace(depth=[1.0, 2.0]), written_trace(depth=[1.0, 2.5])
    told = only(compare_traces(base, new, {"depth": tolerance}), "depth")
    assert (told.tolerance, told.within) == (tolerance, within)


def test_what_has_a_tolerance_comes_first(written_trace):
    values = {"a": [1.0], "b": [1.0], "c": [1.0]}
    told = compare_traces(written_trace(**values), written_trace(**values), {"c": 1, "b": 1})
    assert [d.signal for d in told] == ["c", "b", "a"]


def test_a_component_can_have_a_tolerance_of_its_own(written_trace):
    base = written_trace(gap_x=[1.0], gap_y=[2.0], gap_z=[3.0])
    new = written_trace(gap_x=[1.0], gap_y=[2.0], gap_z=[4.0])
    told = compare_traces(base, new, {"gap_x": 0.0, "gap": 0.5})
    assert [(d.signal, d.within) for d in told] == [("gap_x", True), ("gap", False)]


def test_a_number_against_none_is_out_of_any_tolerance(written_trace):
    base, new = written_trace(depth=[1.0, math.nan]), written_trace(depth=[1.0, 2.0])
    told = only(compare_traces(base, new, {"depth": 1e300}), "depth")
    assert (told.largest, told.within, told.at_s) == (math.inf, False, 1.0)


def test_flags_differ_by_the_share_of_ticks(written_trace):
    base = written_trace(up=[True, True, False, False])
    new = written_trace(up=[True, False, False, False])
    told = only(compare_traces(base, new, {"up": 0.25}), "up")
    assert (told.largest, told.unit, told.within, told.at_s) == (0.25, "of ticks", True, 1.0)


def test_runs_of_another_rate_are_compared_between_the_samples_of_the_base(written_trace):
    base = written_trace(tick_ns=10**9, depth=[0.0, 10.0, 20.0], up=[False, True, True])
    ours = [0.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.5]
    new = written_trace(tick_ns=25 * 10**7, depth=ours, up=[False] * 4 + [True] * 5)
    told = compare_traces(base, new)
    assert only(told, "depth").largest == pytest.approx(0.5)
    assert only(told, "depth").at_s == 2.0
    assert only(told, "up").largest == 0.0


def test_a_shorter_run_is_compared_as_far_as_both_go(written_trace):
    base, new = written_trace(depth=[0.0, 1.0, 2.0, 3.0]), written_trace(depth=[0.0, 1.5])
    t_ns, size = separation(base, new, "depth")
    assert (t_ns.tolist(), size[:, 0].tolist()) == ([0, 10**9], [0.0, 0.5])


def test_other_vehicles_can_not_be_compared(written_trace):
    base, new = written_trace(("one",), depth=[1.0]), written_trace(("two",), depth=[1.0])
    with pytest.raises(IncomparableError, match="one in the base and two in the new run"):
        compare_traces(base, new)


def test_a_tolerance_for_what_a_run_does_not_have_is_refused(written_trace):
    base, new = written_trace(depth=[1.0]), written_trace(depth=[1.0], height=[2.0])
    with pytest.raises(IncomparableError, match="the base has no signal 'height'"):
        compare_traces(base, new, {"height": 1.0})


def test_runs_without_a_common_time_can_not_be_compared(written_trace):
    with pytest.raises(IncomparableError, match="no time in common"):
        compare_traces(written_trace(depth=[1.0]), written_trace(depth=np.empty((0, 1))))
