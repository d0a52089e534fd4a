"""The nominal loop against the published numbers of the default gains."""

import lagging_loops
import numpy as np
import pytest
from scipy.linalg import expm

from kernel.gains import Gains
from kernel.metric import lyapunov_metric, metric_norm
from kernel.modes import Mode
from kernel.nominal import (
    continuous_matrix,
    delay_margin_ticks,
    mode_tick_matrix,
    null_g_tick_matrix,
    per_second,
    spectral_radius,
    tick_matrix,
)

GAINS = Gains()
DT = 0.1


def sampled_per_second(delay_ticks):
    return per_second(spectral_radius(tick_matrix(GAINS, DT, delay_ticks)), DT)


def test_the_continuous_poles_are_the_published_ones():
    poles = np.sort_complex(np.linalg.eigvals(continuous_matrix(GAINS)))
    expected = [-0.44310, -0.13595 - 0.17332j, -0.13595 + 0.17332j]
    np.testing.assert_allclose(poles, expected, rtol=0.0, atol=5e-6)


def test_the_continuous_spectral_bound_over_a_second_is_0_87289():
    assert spectral_radius(expm(continuous_matrix(GAINS))) == pytest.approx(0.87289, abs=5e-6)


@pytest.mark.parametrize(
    ("delay_ticks", "published", "precision"),
    [(0, 0.87301, 5e-6), (1, 0.871675, 5e-7), (20, 0.982, 5e-4), (21, 1.0019, 5e-5)],
)
def test_the_sampled_loop_decays_as_published(delay_ticks, published, precision):
    assert sampled_per_second(delay_ticks) == pytest.approx(published, abs=precision)


def test_one_quadratic_metric_contracts_by_0_98636_a_tick_with_one_tick_of_delay():
    a = tick_matrix(GAINS, DT, delay_ticks=1)
    p = lyapunov_metric(a, 0.98636, np.ones(4))
    assert np.linalg.eigvalsh(p)[0] > 0.0
    assert metric_norm(a, p) <= 0.98636
    assert per_second(metric_norm(a, p), DT) <= 0.8717


def test_the_loop_bears_twenty_ticks_of_constant_delay_and_no_more():
    assert delay_margin_ticks(GAINS, DT) == 20
    assert sampled_per_second(20) < 1.0 < sampled_per_second(21)


def test_a_loop_that_is_unstable_without_delay_has_no_delay_margin():
    assert delay_margin_ticks(Gains(k_v=-0.1), DT) == -1


def test_the_delay_margin_stops_at_the_most_that_was_asked_for():
    assert delay_margin_ticks(GAINS, DT, most=7) == 7


def test_the_euclidean_norm_exceeds_one_though_the_loop_is_stable():
    a = tick_matrix(GAINS, DT)
    assert spectral_radius(a) < 1.0 < np.linalg.norm(a, 2)


def test_the_tick_matrix_is_the_law_about_a_double_integrator_one_tick_at_a_time():
    phi, weight = GAINS.memory_step(DT)
    position, velocity, memory = 3.0, -0.4, 2.0
    command = GAINS.k_r * position + GAINS.k_v * velocity + GAINS.k_i * memory
    expected = [
        position + DT * velocity - 0.5 * DT**2 * command,
        velocity - DT * command,
        phi * memory + weight * position,
    ]
    actual = tick_matrix(GAINS, DT) @ [position, velocity, memory]
    np.testing.assert_allclose(actual, expected, rtol=1e-14)


@pytest.mark.parametrize("delay_ticks", [1, 2, 5])
def test_a_command_takes_effect_after_its_delay_and_not_before(delay_ticks):
    a = tick_matrix(GAINS, DT, delay_ticks)
    state = np.zeros(3 + delay_ticks)
    state[3] = 1.0  # the newest command in flight
    for _ in range(delay_ticks - 1):
        state = a @ state
        assert np.array_equal(state[:3], np.zeros(3))
    np.testing.assert_allclose((a @ state)[:2], [-0.5 * DT**2, -DT], rtol=1e-15)


def test_with_a_vanishing_tick_the_sampled_loop_is_the_continuous_one():
    generator = (tick_matrix(GAINS, 1e-6) - np.eye(3)) / 1e-6
    np.testing.assert_allclose(generator, continuous_matrix(GAINS), rtol=0.0, atol=1e-6)


def test_in_null_g_the_velocity_error_alone_decays():
    np.testing.assert_allclose(null_g_tick_matrix(GAINS, DT), [[1.0 - DT * GAINS.k_v]])
    np.testing.assert_allclose(
        null_g_tick_matrix(GAINS, DT, delay_ticks=2),
        [[1.0, 0.0, -DT], [GAINS.k_v, 0.0, 0.0], [0.0, 1.0, 0.0]],
    )


def test_each_mode_has_the_matrix_of_its_own_loop():
    assert mode_tick_matrix(Mode.IDLE, GAINS, DT) is None
    np.testing.assert_array_equal(
        mode_tick_matrix(Mode.NULL_G, GAINS, DT, 3), null_g_tick_matrix(GAINS, DT, 3)
    )
    for mode in (Mode.STATION_KEEP, Mode.TRAJECTORY):
        np.testing.assert_array_equal(
            mode_tick_matrix(mode, GAINS, DT, 3), tick_matrix(GAINS, DT, 3)
        )


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_thrust_that_lags_is_one_more_state_of_an_integrator_chain(delay):
    found = tick_matrix(lagging_loops.GAINS, lagging_loops.DT, delay, lagging_loops.LAG_S)
    np.testing.assert_allclose(found, lagging_loops.axis_matrix(delay), rtol=1e-12, atol=1e-16)


def test_the_longest_constant_delay_of_a_lagging_loop_is_shorter():
    gains, dt = lagging_loops.GAINS, lagging_loops.DT
    late = delay_margin_ticks(gains, dt, lag_s=lagging_loops.LAG_S)
    assert late == 20 < delay_margin_ticks(gains, dt)


def test_in_null_g_a_lag_leaves_velocity_and_thrust():
    found = null_g_tick_matrix(GAINS, DT, 1, lag_s=0.3)
    left = np.exp(-DT / 0.3)
    once = 0.3 * (1.0 - left)
    expected = [[1.0, -once, -(DT - once)], [0.0, left, 1.0 - left], [GAINS.k_v, 0.0, 0.0]]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-16)
    np.testing.assert_array_equal(found, mode_tick_matrix(Mode.NULL_G, GAINS, DT, 1, 0.3))
