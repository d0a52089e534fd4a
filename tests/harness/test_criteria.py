"""A criterion is held against every sample of its window, and says by how much and when."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.criteria import _take, evaluate
from harness.scenario.model import Criterion
from harness.scenario.signal import Signal

NAN = np.nan


def criterion(signal="depth", **fields):
    return Criterion(signal=signal, unit="m", **fields)


def judged(trace, duration_s, rate_hz=1.0, **fields):
    return evaluate("c", criterion(**fields), trace, duration_s, rate_hz)


@pytest.mark.parametrize(
    ("statistic", "value", "worst_s"),
    [("max", 4.0, 1.0), ("min", -3.0, 3.0), ("final", 2.0, 4.0), ("rms", np.sqrt(6.0), 1.0)],
)
def test_a_statistic_is_taken_of_the_window(written_trace, statistic, value, worst_s):
    trace = written_trace(depth=[1.0, 4.0, 0.0, -3.0, 2.0])
    result = judged(trace, 4.0, statistic=statistic, at_most=10.0)
    assert result.value == pytest.approx(value, rel=1e-15)
    assert result.worst_s == worst_s
    assert result.judgement == "PASSED"
    assert result.margin == pytest.approx(10.0 - value)
    assert result.bound == "at most"
    assert result.window_s == (0.0, 4.0)


@pytest.mark.parametrize(
    ("limits", "judgement", "margin"),
    [
        ({"at_most": 4.0}, "PASSED", 0.0),
        ({"at_most": np.nextafter(4.0, 0.0)}, "FAILED", np.nextafter(4.0, 0.0) - 4.0),
        ({"at_least": 4.0}, "PASSED", 0.0),
        ({"at_least": np.nextafter(4.0, 5.0)}, "FAILED", 4.0 - np.nextafter(4.0, 5.0)),
    ],
)
def test_a_value_on_its_limit_holds_and_one_beyond_fails(written_trace, limits, judgement, margin):
    result = judged(written_trace(depth=[1.0, 4.0]), 1.0, **limits)
    assert (result.judgement, result.margin) == (judgement, margin)
    assert result.reason == ("" if judgement == "PASSED" else "beyond its limit")


@pytest.mark.parametrize(
    ("after_s", "until_s", "value"),
    [(0.0, None, 9.0), (1.0, 3.0, 8.0), (2.0, 3.0, 7.0), (2.0, 2.0, 7.0), (4.0, None, 5.0)],
)
def test_both_ends_of_a_window_belong_to_it(written_trace, after_s, until_s, value):
    trace = written_trace(depth=[9.0, 8.0, 7.0, 6.0, 5.0])
    result = judged(trace, 4.0, at_most=100.0, after_s=after_s, until_s=until_s)
    assert result.value == value


def test_a_window_ends_on_its_tick_although_seconds_are_not_exact(written_trace):
    trace = written_trace(tick_ns=100_000_000, depth=[0.0, 1.0, 2.0, 3.0, 4.0])
    assert judged(trace, 0.4, 10.0, at_most=9.0, until_s=0.3).value == 3.0
    assert judged(trace, 0.4, 10.0, at_most=9.0, after_s=0.3, statistic="min").value == 3.0


@pytest.mark.parametrize(("rate_hz", "tick_ns"), [(1000.0, 1_000_000), (3000.0, 333_333)])
def test_a_million_ticks_are_judged_to_the_last(written_trace, rate_hz, tick_ns):
    last = 2_400_000
    trace = written_trace(tick_ns=tick_ns, depth=np.arange(last + 1.0))
    whole_s = last / rate_hz
    assert judged(trace, whole_s, rate_hz, at_most=3e6).value == last
    assert judged(trace, whole_s, rate_hz, at_most=3e6, until_s=whole_s / 2).value == last / 2
    assert judged(trace, (last + 1) / rate_hz, rate_hz, at_most=3e6).judgement == "NOT EVALUATED"


@pytest.mark.parametrize(
    ("vehicle", "judgement", "decisive", "value"),
    [
        ("all", "FAILED", "two", 5.0),
        ("any", "PASSED", "one", 2.0),
        ("one", "PASSED", "one", 2.0),
        ("two", "FAILED", "two", 5.0),
    ],
)
def test_all_any_or_one_vehicle_must_hold(written_trace, vehicle, judgement, decisive, value):
    trace = written_trace(("one", "two"), depth=[[1.0, 5.0], [2.0, 3.0]])
    result = judged(trace, 1.0, at_most=4.0, vehicle=vehicle)
    assert (result.judgement, result.vehicle, result.value) == (judgement, decisive, value)


def test_nan_in_an_ordinary_column_fails(written_trace):
    result = judged(written_trace(depth=[1.0, NAN, 2.0]), 2.0, at_most=4.0)
    assert (result.judgement, result.reason) == ("FAILED", "the signal is not a number")
    assert (result.value, result.margin, result.worst_s) == (None, None, 1.0)


@pytest.mark.parametrize("statistic", ["max", "min", "rms", "final"])
@pytest.mark.parametrize("limits", [{"at_most": 1.0}, {"at_least": 1.0}])
def test_nan_fails_whatever_is_asked_of_it(written_trace, statistic, limits):
    result = judged(written_trace(depth=[NAN, 1.0]), 1.0, statistic=statistic, **limits)
    assert result.judgement == "FAILED"


def test_nan_outside_the_window_does_no_harm(written_trace):
    result = judged(written_trace(depth=[NAN, 1.0, NAN]), 2.0, at_most=4.0, after_s=1, until_s=1)
    assert result.judgement == "PASSED"


def test_infinity_fails_an_upper_limit(written_trace):
    result = judged(written_trace(depth=[1.0, np.inf]), 1.0, at_most=4.0)
    assert result.judgement == "FAILED"
    assert result.value is None


def test_where_a_signal_is_not_defined_it_is_left_out_and_counted(written_trace):
    trace = written_trace(undefined_as_nan=("size",), size=[NAN, 3.0, NAN, 2.0])
    result = judged(trace, 3.0, signal="size", at_most=4.0)
    assert (result.judgement, result.value, result.undefined) == ("PASSED", 3.0, 2)


def test_a_signal_that_is_not_defined_at_the_end_has_no_final_value(written_trace):
    trace = written_trace(undefined_as_nan=("size",), size=[1.0, 3.0, NAN])
    result = judged(trace, 2.0, signal="size", statistic="final", at_most=4.0)
    assert (result.judgement, result.value) == ("NOT EVALUATED", None)
    assert result.reason == "the signal is not defined there"


def test_a_signal_that_is_nowhere_defined_is_not_evaluated(written_trace):
    trace = written_trace(undefined_as_nan=("size",), size=[NAN, NAN])
    result = judged(trace, 1.0, signal="size", at_most=4.0)
    assert result.judgement == "NOT EVALUATED"
    assert result.reason == "the signal is not defined there"
    assert result.value is None


@pytest.mark.parametrize("statistic", ["max", "min", "rms", "final"])
def test_a_run_that_ended_early_is_not_evaluated(written_trace, statistic):
    result = judged(written_trace(depth=[1.0, 2.0]), 5.0, statistic=statistic, at_most=4.0)
    assert result.judgement == "NOT EVALUATED"
    assert result.reason == "the run reached 1 s of 5 s"
    assert result.value is not None


@pytest.mark.parametrize(
    ("statistic", "limits", "judgement"),
    [
        ("max", {"at_most": 1.5}, "FAILED"),
        ("min", {"at_least": 1.5}, "FAILED"),
        ("max", {"at_least": 3.0}, "NOT EVALUATED"),
        ("min", {"at_most": 0.5}, "NOT EVALUATED"),
        ("rms", {"at_most": 0.5}, "NOT EVALUATED"),
        ("final", {"at_most": 0.5}, "NOT EVALUATED"),
    ],
)
def test_what_no_later_sample_could_mend_fails_a_run_that_ended_early(
    written_trace, statistic, limits, judgement
):
    result = judged(written_trace(depth=[1.0, 2.0]), 5.0, statistic=statistic, **limits)
    assert result.judgement == judgement


def test_another_vehicle_might_still_have_held(written_trace):
    trace = written_trace(("one", "two"), depth=[[9.0, 9.0]])
    assert judged(trace, 5.0, at_most=4.0, vehicle="any").judgement == "NOT EVALUATED"


def test_a_broken_limit_counts_although_another_vehicle_has_no_samples(written_trace):
    trace = written_trace(("one", "two"), undefined_as_nan=("size",), size=[[9.0, NAN]] * 2)
    assert judged(trace, 1.0, signal="size", at_most=4.0).judgement != "PASSED"


def test_any_vehicle_may_hold_although_another_is_undefined(written_trace):
    trace = written_trace(("one", "two"), undefined_as_nan=("size",), size=[[1.0, NAN]] * 2)
    result = judged(trace, 1.0, signal="size", at_most=4.0, vehicle="any")
    assert (result.judgement, result.vehicle) == ("PASSED", "one")


def test_a_window_that_ended_before_the_run_did_is_judged(written_trace):
    trace = written_trace(depth=[1.0, 2.0, 3.0])
    assert judged(trace, 50.0, at_most=4.0, until_s=2.0).judgement == "PASSED"


def test_a_window_not_yet_reached_is_not_evaluated(written_trace):
    result = judged(written_trace(depth=[1.0]), 50.0, at_most=4.0, after_s=10.0)
    assert (result.judgement, result.reason) == ("NOT EVALUATED", "the run reached 0 s of 50 s")
    assert (result.value, result.margin, result.worst_s) == (None, None, None)


def test_a_run_without_any_observation_is_not_evaluated(written_trace):
    result = judged(written_trace(depth=np.empty((0, 1))), 5.0, at_most=4.0)
    assert result.judgement == "NOT EVALUATED"
    assert result.reason == "the run reached no observation of 5 s"


def test_the_norm_of_a_vector_is_its_length(written_trace):
    trace = written_trace(gap_x=[3.0, 1.0], gap_y=[4.0, 2.0], gap_z=[12.0, 2.0])
    assert judged(trace, 1.0, signal="norm(gap)", at_most=13.0).value == 13.0
    assert judged(trace, 1.0, signal="norm( gap )", statistic="min", at_least=3.0).value == 3.0


def test_abs_is_the_absolute_value(written_trace):
    assert judged(written_trace(depth=[-5.0, 2.0]), 1.0, signal="abs(depth)", at_most=9).value == 5


def test_a_boolean_column_counts_as_0_and_1(written_trace):
    trace = written_trace(limited=np.array([False, True, False]))
    assert judged(trace, 2.0, signal="limited", at_most=0.0).judgement == "FAILED"
    assert judged(trace, 2.0, signal="limited", at_most=0.0, after_s=2).judgement == "PASSED"


def test_a_verdict_carries_what_the_author_wrote(written_trace):
    plain = judged(written_trace(depth=[1.0]), 0.0, at_most=4.0, about="why").to_json()
    assert plain["about"] == "why"
    assert plain["signal"] == "depth"
    assert plain["limit"] == 4.0
    assert plain["unit"] == "m"


@given(arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e9, 1e9)), st.booleans())
def test_the_worst_moment_is_where_the_value_was(values, upper):
    seconds = np.arange(len(values)) * 0.1
    signal = Signal("", ("depth",), "m", "", False)
    for statistic in ("max", "min", "final"):
        taken = _take(statistic, values, seconds, signal, upper)
        assert values[np.flatnonzero(seconds == taken.worst_s)[0]] == taken.value
    assert _take("max", values, seconds, signal, upper).value == values.max()
    assert _take("min", values, seconds, signal, upper).value == values.min()
    assert _take("final", values, seconds, signal, upper).value == values[-1]
