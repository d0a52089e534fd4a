"""A formula is judged like any criterion: by whom, by how much, when, and whether it could be."""

import numpy as np
import pytest

from harness.formula.judge import evaluate_formula
from harness.scenario.model import FormulaCriterion

NAN = np.nan


@pytest.fixture
def judged(written_trace):
    """Judges a formula on a trace of a tick a second."""

    def of(text, duration_s, vehicle="all", vehicles=("one",), undefined_as_nan=(), **signals):
        trace = written_trace(vehicles, undefined_as_nan=undefined_as_nan, **signals)
        criterion = FormulaCriterion(formula=text, vehicle=vehicle, requirement="REQ-1", about="!")
        return evaluate_formula("c", criterion, trace, float(duration_s), 1.0)

    return of


def test_a_formula_that_holds_says_how_much_was_to_spare_and_when(judged):
    result = judged("always[1:3] (depth <= 5 m)", 3, depth=[9.0, 1.0, 4.0, 3.0])
    assert (result.judgement, result.reason) == ("PASSED", "")
    assert (result.value, result.bound, result.limit, result.unit) == (4.0, "at most", 5.0, "m")
    assert (result.margin, result.worst_s, result.vehicle) == (1.0, 2.0, "one")
    assert (result.signal, result.predicate) == ("depth", "depth <= 5 m")
    assert result.formula == "always[1:3] (depth <= 5 m)"
    assert result.window_s == (1.0, 3.0)
    assert (result.requirement, result.about) == ("REQ-1", "!")


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ("always depth <= 3", ("depth", 4.0, "at most", 3.0, -1.0, 2.0)),
        ("always 3 >= depth", ("depth", 4.0, "at most", 3.0, -1.0, 2.0)),
        ("always not depth > 3", ("depth", 4.0, "at most", 3.0, -1.0, 2.0)),
        ("not eventually 3 < depth", ("depth", 4.0, "at most", 3.0, -1.0, 2.0)),
        ("always depth < 4", ("depth", 4.0, "below", 4.0, 0.0, 2.0)),
        ("eventually depth > 7", ("depth", 4.0, "above", 7.0, -3.0, 2.0)),
        ("eventually[0:1] always depth <= 2", ("depth", 4.0, "at most", 2.0, -2.0, 2.0)),
        ("always (depth <= 9 and other >= 2)", ("other", 1.0, "at least", 2.0, -1.0, 1.0)),
        ("always (depth >= 2 -> other > 3)", ("other", 2.0, "above", 3.0, -1.0, 2.0)),
        ("(depth <= 3) until (other > 6.5)", ("depth", 4.0, "at most", 3.0, -1.0, 2.0)),
        ("(depth <= 9) until[0:1] (other > 8)", ("other", 5.0, "above", 8.0, -3.0, 0.0)),
        ("always  depth\n <=  other", ("depth", 4.0, "at most", 2.0, -2.0, 2.0)),
    ],
)
def test_a_formula_that_fails_names_the_comparison_and_the_moment(judged, text, decided):
    result = judged(text, 3, depth=[0.0, 1.0, 4.0, 3.0], other=[5.0, 1.0, 2.0, 7.0])
    assert result.judgement == "FAILED"
    assert result.reason == "beyond its limit"
    found = result.signal, result.value, result.bound, result.limit, result.margin, result.worst_s
    assert found == decided


@pytest.mark.parametrize(
    ("text", "window_s"),
    [
        ("depth <= 9", (0.0, 0.0)),
        ("always depth <= 9", (0.0, 5.0)),
        ("always[1:] not depth > 9", (1.0, 5.0)),
        ("always[1:2] eventually[1:3] depth <= 9", (2.0, 5.0)),
        ("always[4:] eventually[3:9] depth <= 9", (5.0, 5.0)),
        ("depth <= 9 until[2:3] depth <= 9", (0.0, 3.0)),
        ("always[2:3] depth <= 9 and always[4:4] depth <= 9", (2.0, 4.0)),
    ],
)
def test_the_window_is_what_the_formula_looks_at(judged, text, window_s):
    assert judged(text, 5, depth=[1.0] * 6).window_s == window_s


@pytest.mark.parametrize(
    ("vehicle", "judgement", "decisive", "value"),
    [
        ("all", "FAILED", "two", 5.0),
        ("any", "PASSED", "one", 2.0),
        ("one", "PASSED", "one", 2.0),
        ("two", "FAILED", "two", 5.0),
    ],
)
def test_all_any_or_one_vehicle_must_hold(judged, vehicle, judgement, decisive, value):
    pair = {"vehicles": ("one", "two"), "depth": [[1.0, 5.0], [2.0, 3.0]]}
    result = judged("always depth <= 4", 1, vehicle=vehicle, **pair)
    assert (result.judgement, result.vehicle, result.value) == (judgement, decisive, value)


def test_two_vehicles_can_be_held_against_each_other(judged):
    position = {"p_x": [[0.0, 30.0]], "p_y": [[0.0, 40.0]], "p_z": [[0.0, 0.0]]}
    for limit, judgement in ((50, "PASSED"), (49, "FAILED")):
        text = f"always (norm(p - p@two) <= {limit} m)"
        result = judged(text, 0, vehicle="one", vehicles=("one", "two"), **position)
        assert (result.judgement, result.value) == (judgement, 50.0)


def test_a_boolean_has_a_value_but_no_margin(judged):
    result = judged("always limited == 0", 1, limited=np.array([False, True]))
    assert (result.judgement, result.value, result.limit) == ("FAILED", 1.0, 0.0)
    assert (result.bound, result.margin, result.worst_s) == ("equal to", None, 1.0)


def test_nan_in_an_ordinary_column_fails(judged):
    for text in ("always depth <= 4", "eventually depth <= 4"):
        result = judged(text, 2, depth=[1.0, NAN, 2.0])
        assert (result.judgement, result.reason) == ("FAILED", "the signal is not a number")
        assert (result.value, result.margin, result.worst_s) == (None, None, 1.0)


def test_nan_where_a_formula_does_not_look_does_no_harm(judged):
    depth = [NAN, 1.0, 2.0, NAN]
    assert judged("always[1:2] depth <= 4", 3, depth=depth).judgement == "PASSED"


def test_another_vehicle_may_hold_where_one_has_nan(judged):
    pair = {"vehicles": ("one", "two"), "depth": [[1.0, NAN], [2.0, NAN]]}
    assert judged("always depth <= 4", 1, vehicle="any", **pair).judgement == "PASSED"
    assert judged("always depth <= 4", 1, vehicle="all", **pair).judgement == "FAILED"


def test_infinity_fails_an_upper_limit(judged):
    result = judged("always depth <= 4", 1, depth=[1.0, np.inf])
    assert (result.judgement, result.value, result.worst_s) == ("FAILED", None, 1.0)


def test_where_a_signal_is_not_defined_it_is_left_out_and_counted(judged):
    undefined = {"undefined_as_nan": ("size",), "size": [NAN, 3.0, NAN, 2.0]}
    result = judged("always size <= 4", 3, **undefined)
    assert (result.judgement, result.value, result.undefined) == ("PASSED", 3.0, 2)


@pytest.mark.parametrize(
    "text", ["always size <= 4", "eventually size <= 4", "size <= 4 until size <= 3"]
)
def test_a_signal_that_is_nowhere_defined_is_not_evaluated(judged, text):
    result = judged(text, 1, undefined_as_nan=("size",), size=[NAN, NAN])
    assert (result.judgement, result.reason) == (
        "NOT EVALUATED",
        "the signal is not defined there",
    )
    assert (result.value, result.margin) == (None, None)


@pytest.mark.parametrize(
    ("text", "judgement"),
    [
        ("always depth <= 1", "FAILED"),
        ("always[0:4] (depth <= 1 and other <= 9)", "FAILED"),
        ("not eventually depth > 1", "FAILED"),
        ("always (other <= 9 -> always[0:1] depth <= 1)", "FAILED"),
        ("always depth <= 9", "NOT EVALUATED"),
        ("eventually depth > 9", "NOT EVALUATED"),
        ("always eventually[0:1] depth <= 1", "NOT EVALUATED"),
        ("(depth <= 1) until (depth > 9)", "NOT EVALUATED"),
        ("always[4:5] depth <= 1", "NOT EVALUATED"),
        ("always (depth <= 1 or always[4:4] depth <= 1)", "NOT EVALUATED"),
        ("always[0:1] depth <= 9", "PASSED"),
        ("eventually[0:1] depth > 9", "FAILED"),
    ],
)
def test_a_run_that_ended_early_fails_only_what_no_later_sample_could_mend(judged, text, judgement):
    result = judged(text, 5, depth=[1.0, 2.0], other=[3.0, 3.0])
    assert result.judgement == judgement
    if judgement == "NOT EVALUATED":
        assert result.reason.startswith("the run reached 1 s of ")


def test_another_vehicle_might_still_have_held(judged):
    pair = {"vehicles": ("one", "two"), "depth": [[9.0, 9.0]]}
    assert judged("always depth <= 4", 5, vehicle="any", **pair).judgement == "NOT EVALUATED"


def test_a_run_without_any_observation_is_not_evaluated(judged):
    result = judged("always depth <= 4", 5, depth=np.empty((0, 1)))
    assert result.judgement == "NOT EVALUATED"
    assert result.reason == "the run reached no observation of 5 s"


def test_an_obligation_that_the_end_of_the_run_cuts_off_says_so(judged):
    result = judged("always eventually[2:3] depth <= 4", 4, depth=[1.0] * 5)
    assert result.judgement == "FAILED"
    assert result.reason == "the run ends before the window of eventually, seen from 3 s, opens"


def test_the_limits_that_a_formula_consists_of_can_be_drawn(judged):
    text = "always[1:2] (depth <= 5 m) and (always 1 < depth and eventually depth <= 2)"
    drawn = judged(text, 3, depth=[2.0] * 4).thresholds
    assert [(t.signal, t.bound, t.limit, t.window_s) for t in drawn] == [
        ("depth", "at most", 5.0, (1.0, 2.0)),
        ("depth", "above", 1.0, (0.0, 3.0)),
    ]
