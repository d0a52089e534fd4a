"""The offset of the reference that makes a mode change bumpless."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.blend import blend_offset
from kernel.jax64 import jax

DURATION = 4.0
START = np.array([30.0, -20.0, 5.0, 0.4, 0.1, -0.3, 0.02, -0.05, 0.01])
offset = jax.jit(blend_offset)
slope = jax.jit(jax.jacfwd(blend_offset))
starts = st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=9).map(np.array)


@given(starts, st.floats(0.1, 1e3))
def test_the_offset_starts_where_it_is_told(start, duration):
    actual = np.concatenate(offset(0.0, duration, start))
    np.testing.assert_allclose(actual, start, rtol=1e-14, atol=1e-200)


@given(starts, st.floats(0.1, 1e3), st.floats(1.0, 100.0))
def test_the_offset_is_exactly_zero_from_the_end_of_the_blend_on(start, duration, times):
    for part in offset(times * duration, duration, start):
        np.testing.assert_array_equal(part, np.zeros(3))


def test_the_offset_reaches_zero_without_a_jump():
    position, velocity, acceleration = offset(DURATION * (1.0 - 1e-9), DURATION, START)
    np.testing.assert_allclose(np.stack([position, velocity, acceleration]), 0.0, atol=1e-6)


@given(st.floats(0.0, DURATION, exclude_max=True), starts)
def test_velocity_and_acceleration_are_the_rates_of_change_of_the_position(elapsed, start):
    _, velocity, acceleration = offset(elapsed, DURATION, start)
    rate, rate_of_rate, _ = slope(elapsed, DURATION, start)
    tolerance = 1e-12 * np.abs(start).max()
    np.testing.assert_allclose(rate, velocity, rtol=0.0, atol=tolerance)
    np.testing.assert_allclose(rate_of_rate, acceleration, rtol=0.0, atol=tolerance)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_pure_offset_of_position_never_swings_to_the_other_side(share):
    position, _, _ = offset(share * DURATION, DURATION, np.array([10.0, 0, 0, 0, 0, 0, 0, 0, 0]))
    assert 0.0 < position[0] < 10.0


def test_each_axis_blends_by_itself():
    elsewhere = START.copy()
    elsewhere[[1, 4, 7]] = 0.0
    both = zip(offset(1.0, DURATION, START), offset(1.0, DURATION, elsewhere), strict=True)
    for part, other in both:
        np.testing.assert_array_equal(np.asarray(part)[[0, 2]], np.asarray(other)[[0, 2]])
        assert other[1] == 0.0
