"""Twins: a tick of thrust that lags, held against the matrix exponential and its own limits."""

import jax
import numpy as np
import pytest
from scipy.linalg import expm

from kernel.gravity import Uniform
from kernel.twin import lagging_step, translation

GRAVITY = Uniform((0.3, -0.2, 9.8))


def exact(state, thrust, dt, lag_s):
    """Position, velocity and thrust a tick later, by the exponential of the whole system."""
    system = np.zeros((15, 15))
    system[0:3, 3:6] = system[3:6, 6:9] = system[3:6, 12:15] = np.eye(3)
    system[6:9, 6:9], system[6:9, 9:12] = -np.eye(3) / lag_s, np.eye(3) / lag_s
    return (expm(system * dt) @ np.concatenate([state, thrust, GRAVITY.acceleration]))[:9]


@pytest.mark.parametrize("dt", [1e-3, 0.02, 1.0])
@pytest.mark.parametrize("lag_s", [0.01, 0.15, 30.0])
def test_a_tick_is_exact_for_a_command_that_is_held(dt, lag_s):
    generator = np.random.default_rng(1)
    state, thrust = generator.normal(size=9), generator.normal(size=3)
    found = jax.jit(lagging_step(GRAVITY, dt, lag_s))(state, thrust)
    np.testing.assert_allclose(found, exact(state, thrust, dt, lag_s), rtol=1e-12, atol=1e-13)


def test_thrust_comes_63_percent_of_the_way_in_one_time_constant():
    state, up = np.zeros(9), np.array([0.0, 0.0, -1.0])
    step = jax.jit(lagging_step(GRAVITY, 0.01, 0.1))
    for _ in range(10):
        state = np.asarray(step(state, up))
    assert state[8] == pytest.approx(-(1.0 - np.exp(-1.0)), rel=1e-12)


def test_steady_thrust_stays_to_the_last_digit():
    step, hover = lagging_step(GRAVITY, 0.02, 0.15), np.array([0.1, 0.2, -9.8])
    assert (np.asarray(step(np.concatenate([np.ones(6), hover]), hover))[6:] == hover).all()


def test_what_does_not_lag_is_a_point_mass():
    state, thrust = np.arange(6.0), np.array([1.0, 2.0, 3.0])
    at_once, late = (translation(GRAVITY, 0.02, lag_s, "") for lag_s in (0.0, 0.15))
    assert not at_once.lags
    assert late.lags
    plain = at_once.step(state, thrust)
    # With its thrust had already, the other one goes there too.
    settled = late.step(np.concatenate([state, thrust]), thrust)[:6]
    np.testing.assert_allclose(settled, plain, rtol=1e-14)
