"""The spectral bound under a long constant delay is that of the whole matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.delayed import delayed_radius
from kernel.gains import Gains
from kernel.nominal import (
    delay_margin_ticks,
    null_g_tick_matrix,
    spectral_radius,
    tick_matrix,
)

GAINS = Gains()


@pytest.mark.parametrize("delay", [0, 1, 2, 20, 40, 41, 63, 80, 81, 200])
@pytest.mark.parametrize("bandwidth", [0.02, 0.3, 1.0])
def test_it_is_the_largest_eigenvalue_of_the_loop_with_commands_in_flight(bandwidth, delay):
    gains = GAINS.at_bandwidth(bandwidth)
    found = delayed_radius(tick_matrix(gains, 0.1, 1), delay)
    assert found == pytest.approx(spectral_radius(tick_matrix(gains, 0.1, delay)), abs=1e-11)


@pytest.mark.parametrize("delay", [0, 1, 50, 150])
def test_in_null_g_too(delay):
    found = delayed_radius(null_g_tick_matrix(GAINS, 0.01, 1), delay)
    assert found == pytest.approx(
        spectral_radius(null_g_tick_matrix(GAINS, 0.01, delay)), abs=1e-11
    )


@given(
    st.builds(
        Gains,
        k_r=st.floats(1e-3, 3.0),
        k_v=st.floats(1e-2, 3.0),
        k_i=st.floats(0.0, 1.0),
        lambda_decay=st.floats(0.0, 0.5),
    ),
    st.floats(0.01, 0.3),
    st.integers(41, 120),
)
def test_of_any_gains_stable_or_not(gains, dt, delay):
    found = delayed_radius(tick_matrix(gains, dt, 1), delay)
    assert found == pytest.approx(spectral_radius(tick_matrix(gains, dt, delay)), abs=1e-7)


def test_a_slower_loop_bears_a_delay_longer_in_proportion():
    """A fiftieth of the bandwidth, fifty times the delay: a thousand ticks at 10 Hz."""
    assert delay_margin_ticks(GAINS, 0.1) == 20
    late = tick_matrix(GAINS.at_bandwidth(0.02), 0.1, 1)
    radii = [delayed_radius(late, delay) for delay in range(1000, 1101, 10)]
    assert radii[0] < 1.0 < radii[-1]
    assert np.all(np.diff(radii) > 0.0)
