"""A long series is drawn with few points, and loses no peak."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports.series import every, span, thinned, time_axis

series = arrays(
    np.float64,
    st.integers(0, 400),
    elements=st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))),
)


@given(series, st.integers(1, 20))
def test_every_extreme_and_both_ends_are_kept(y, bins):
    t = np.arange(len(y)) * 0.5
    thin_t, thin_y = thinned(t, y, bins)
    assert len(thin_t) <= max(2 * bins + 2, min(len(y), 2 * bins))
    known = y[~np.isnan(y)]
    if len(known):
        kept = thin_y[~np.isnan(thin_y)]
        assert kept.max() == known.max()
        assert kept.min() == known.min()
    if len(y):
        assert (thin_t[0], thin_t[-1]) == (t[0], t[-1])
        np.testing.assert_array_equal(thin_y, y[np.searchsorted(t, thin_t)])


def test_a_short_series_is_left_as_it_is():
    t, y = np.arange(10.0), np.arange(10.0) ** 2
    assert thinned(t, y)[1] is y


def test_a_single_spike_in_a_million_samples_is_kept():
    y = np.zeros(1_000_000)
    y[123_456] = 1.0
    t, thin = thinned(np.arange(1e6), y)
    assert len(thin) < 2000
    assert t[np.argmax(thin)] == 123_456


def test_a_stretch_without_values_breaks_the_line():
    y = np.ones(1000)
    y[400:600] = np.nan
    assert np.isnan(thinned(np.arange(1000.0), y, 20)[1]).any()


@given(st.integers(1, 5000), st.integers(2, 300))
def test_an_even_choice_has_both_ends_and_no_more_than_asked(n, most):
    chosen = every(n, most)
    assert (chosen[0], chosen[-1]) == (0, n - 1)
    assert len(chosen) <= most
    assert (np.diff(chosen) > 0).all()


@pytest.mark.parametrize(
    ("duration_s", "unit"),
    [(0.0, "s"), (299.0, "s"), (300.0, "min"), (5574.0, "min"), (18000.0, "h"), (5e5, "d")],
)
def test_an_axis_has_the_unit_that_suits_it(duration_s, unit):
    assert time_axis(duration_s)[1] == unit


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ((5573.9,), "5573.9 s"),
        ((0.0, 11500.0), "0–11500 s"),
        ((864000.0, 15552000.0), "10–180 d"),
        ((15552000.0,), "180 d"),
    ],
)
def test_half_a_year_is_told_in_days(seconds, told):
    assert span(*seconds) == told
