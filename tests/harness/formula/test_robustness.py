"""What the parts of a formula make of samples, where rtamt has no word for it."""

import numpy as np
import pytest

from harness.formula.parse import parse
from harness.formula.robustness import NotANumberError, robustness

NAN, INF = np.nan, np.inf


@pytest.fixture
def robust(samples_of):
    """Robustness of a formula at every tick."""

    def of(text, **signals):
        samples = samples_of(**signals)
        return robustness(parse(text), True, samples, 0, samples.ticks).tolist()

    return of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x <= y", 3.0),
        ("x >= y", -3.0),
        ("-x + 2 * y - 1 <= 0", -7.0),
        ("y / x <= 0", -2.5),
        ("x ^ 3 <= 0", -8.0),
        ("abs(x - y) <= 1", -2.0),
        ("sqrt(x + 2) <= 0", -2.0),
        ("log(exp(x)) <= 0", -2.0),
        ("min(x, y, 1) <= 0", -1.0),
        ("max(x, y, 1) <= 0", -5.0),
        ("norm(x, y, 14) <= 0", -15.0),
        ("norm(v) <= 0", -3.0),
        ("norm(v - w) <= 0", -5.0),
        ("norm(-v) <= 0", -3.0),
    ],
)
def test_arithmetic_is_the_usual_one(robust, text, value):
    v = {"v_x": [1.0], "v_y": [2.0], "v_z": [-2.0]}
    w = {"w_x": [1.0], "w_y": [-1.0], "w_z": [2.0]}
    assert robust(text, x=[2.0], y=[5.0], **v, **w) == [pytest.approx(value, rel=1e-15)]


@pytest.mark.parametrize("operator", ["<=", ">="])
def test_a_value_on_its_limit_holds(robust, operator):
    assert robust(f"x {operator} 1", x=[1.0]) == [0.0]
    assert robust(f"not x {operator} 1", x=[1.0])[0] < 0.0


@pytest.mark.parametrize("operator", ["<", ">"])
def test_a_value_on_a_limit_that_it_must_not_reach_does_not_hold(robust, operator):
    assert -1e-300 < robust(f"x {operator} 1", x=[1.0])[0] < 0.0
    assert robust(f"not x {operator} 1", x=[1.0]) == [0.0]


def test_equality_holds_or_does_not(robust):
    flag = np.array([True, False])
    assert robust("limited == 1", limited=flag) == [INF, -INF]
    assert robust("0 == limited", limited=flag) == [-INF, INF]
    assert robust("not limited == 1", limited=flag) == [-INF, INF]


def test_another_vehicle_is_another_column(robust):
    pair = [[1.0, 10.0], [2.0, 20.0]]
    assert robust("x - x@two <= 0", vehicles=("one", "two"), x=pair) == [9.0, 18.0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("always[0:2] x <= 0", [-3.0, -3.0, -3.0, -2.0]),
        ("always[1:2] x <= 0", [-3.0, -3.0, -2.0, INF]),
        ("eventually[1:2] x <= 0", [-1.0, -2.0, -2.0, -INF]),
        ("always[2:] x <= 0", [-3.0, -2.0, INF, INF]),
    ],
)
def test_a_window_beyond_the_end_sees_the_samples_there_are(robust, text, values):
    assert robust(text, x=[0.0, 1.0, 3.0, 2.0]) == values


def test_a_window_in_seconds_holds_the_ticks_between_its_ends(robust):
    x = np.arange(60.0)
    assert robust("always[0.1:0.3] x <= 0", rate_hz=30.0, x=x)[0] == -9.0
    assert robust("eventually[0.1:0.3] x <= 0", rate_hz=30.0, x=x)[0] == -3.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("always size <= 5", 1.0),
        ("eventually size <= 5", 3.0),
        ("always (size <= 5 and x <= 2)", 1.0),
        ("always (size <= 5 or x <= 1)", 0.0),
        ("(size <= 5) until (x <= 0)", 0.0),
        ("(x <= 3) until (size <= 2)", 0.0),
        ("(size <= 5) until (size <= 2)", 0.0),
    ],
)
def test_where_a_signal_is_not_defined_it_is_left_out(robust, text, value):
    signals = {"size": [NAN, 4.0, NAN, 2.0], "x": [1.0, 1.0, 1.0, 0.0]}
    assert robust(text, undefined_as_nan=("size",), **signals)[0] == value


def test_what_is_nowhere_defined_stays_undefined(robust):
    for text in ("always size <= 1", "eventually[0:1] size <= 1", "not size <= 1"):
        assert np.isnan(robust(text, undefined_as_nan=("size",), size=[NAN, NAN])[0])


@pytest.mark.parametrize("text", ["always x < 1", "eventually x < 1", "(y < 1) until (x < 1)"])
def test_nan_elsewhere_is_an_error_with_its_tick(robust, text):
    with pytest.raises(NotANumberError) as found:
        robust(text, x=[0.0, 0.0, NAN], y=[0.0, 0.0, 0.0])
    assert found.value.tick == 2


@pytest.mark.parametrize("text", ["log(x) < 1", "sqrt(x) < 1", "0 / (x + 1) < 1", "x ^ 0.5 < 1"])
def test_what_is_no_number_is_not_one(robust, text):
    with pytest.raises(NotANumberError):
        robust(text, x=[-1.0])
