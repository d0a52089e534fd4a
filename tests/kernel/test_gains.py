"""Gains, the memory they drive, and the one number that scales them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.gains import Gains
from kernel.nominal import continuous_matrix

bandwidths = st.floats(-3.0, 2.0).map(lambda exponent: 10.0**exponent)


def test_the_default_gains_are_the_published_ones():
    assert Gains() == Gains(k_r=0.1, k_v=0.6, k_i=0.01, lambda_decay=0.115, antiwindup_gain=0.1)


def test_the_loop_rests_5_35_m_away_per_metre_per_second_squared():
    assert Gains().resting_offset() == pytest.approx(5.35, abs=0.005)
    assert Gains().resting_offset() == pytest.approx(1.0 / (0.1 + 0.01 / 0.115), rel=1e-15)


def test_a_plain_integral_leaves_no_offset_and_no_integral_leaves_that_of_a_spring():
    assert Gains(lambda_decay=0.0).resting_offset() == 0.0
    assert Gains(lambda_decay=0.0, k_i=0.0).resting_offset() == 10.0
    assert Gains(k_i=0.0).resting_offset() == 10.0


@given(bandwidths)
def test_bandwidth_multiplies_every_pole(kappa):
    poles = np.linalg.eigvals(continuous_matrix(Gains()))
    scaled = np.linalg.eigvals(continuous_matrix(Gains().at_bandwidth(kappa)))
    np.testing.assert_allclose(
        np.sort_complex(scaled) / kappa, np.sort_complex(poles), rtol=0.0, atol=1e-9
    )


@given(bandwidths)
def test_bandwidth_divides_the_resting_offset_by_its_square(kappa):
    scaled = Gains().at_bandwidth(kappa).resting_offset()
    assert scaled * kappa**2 == pytest.approx(Gains().resting_offset(), rel=1e-13)


def test_bandwidth_one_changes_nothing():
    assert Gains().at_bandwidth(1.0) == Gains()


@given(bandwidths)
def test_back_calculation_keeps_its_ratio_to_the_position_gain(kappa):
    scaled = Gains().at_bandwidth(kappa)
    assert scaled.antiwindup_gain == scaled.k_r


@given(st.floats(-12.0, -2.0), st.floats(1e-3, 10.0))
def test_the_memory_step_loses_no_digits_as_the_memory_forgets_more_slowly(exponent, dt):
    x = 10.0**exponent
    phi, weight = Gains(lambda_decay=x / dt).memory_step(dt)
    series = sum((-x) ** k / math.factorial(k + 1) for k in range(8))
    assert weight == pytest.approx(dt * series, rel=1e-15)
    assert phi == pytest.approx(math.exp(-x), rel=1e-15)


def test_a_memory_that_never_forgets_is_the_plain_integral():
    assert Gains(lambda_decay=0.0).memory_step(0.1) == (1.0, 0.1)


@given(st.floats(0.0, 5.0), st.floats(1e-3, 10.0))
def test_the_memory_of_a_constant_input_settles_at_the_input_over_lambda(decay, dt):
    phi, weight = Gains(lambda_decay=decay).memory_step(dt)
    assert phi + decay * weight == pytest.approx(1.0, rel=1e-14)
