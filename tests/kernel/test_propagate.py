"""Free fall against closed forms."""

import math

import numpy as np
import pytest

from kernel.bodies import EARTH
from kernel.gravity import PointMass, Surroundings, j2
from kernel.propagate import LONGEST_STEP_S, free_fall

R = 6771e3
POINT_MASS = PointMass(EARTH.mu)
OBLATE = j2(Surroundings(EARTH))


def fall(gravity, dt, ticks):
    """A propagator with nothing pulling from afar."""
    propagate = free_fall(gravity, dt, ticks)
    return lambda start: propagate(start, np.empty((ticks + 1, 0, 6)))


def state_at_perigee(perigee, eccentricity, inclination):
    speed = math.sqrt(EARTH.mu * (1.0 + eccentricity) / perigee)
    return [perigee, 0, 0, 0, speed * math.cos(inclination), speed * math.sin(inclination)]


def period(semi_major_axis):
    return math.tau * math.sqrt(semi_major_axis**3 / EARTH.mu)


@pytest.mark.parametrize("eccentricity", [0.0, 0.1, 0.6])
def test_a_two_body_orbit_returns_to_its_start_after_a_period(eccentricity):
    lap = period(R / (1.0 - eccentricity))
    ticks = math.ceil(lap / LONGEST_STEP_S)
    start = np.array([state_at_perigee(R, eccentricity, 0.9)])
    end = fall(POINT_MASS, lap / ticks, ticks)(start)[-1]
    assert np.linalg.norm(end[:, :3] - start[:, :3]) < 0.01
    assert np.linalg.norm(end[:, 3:6] - start[:, 3:]) < 1e-5


@pytest.mark.parametrize("inclination", [0.9, 1.3, 1.9])
def test_the_node_precesses_under_j2_at_the_textbook_rate(inclination):
    dt = 10.0
    t = dt * np.arange(4 * 560 + 1)
    start = np.array([state_at_perigee(R, 0.0, inclination)])
    rows = np.asarray(fall(OBLATE, dt, len(t) - 1)(start))[:, 0]
    r, v = rows[:, :3], rows[:, 3:6]

    momentum = np.cross(r, v)
    node = np.unwrap(np.arctan2(momentum[:, 0], -momentum[:, 1]))
    tilt = np.arccos(momentum[:, 2] / np.linalg.norm(momentum, axis=1))
    towards_node = np.stack([np.cos(node), np.sin(node), 0.0 * node], axis=1)
    climb = r[:, 2] / np.sin(tilt)
    angle = np.unwrap(np.arctan2(climb, np.sum(r * towards_node, axis=1)))
    laps = math.floor((angle[-1] - angle[0]) / math.tau)
    end = np.interp(angle[0] + math.tau * laps, angle, t)
    rate = (np.interp(end, t, node) - node[0]) / end

    whole = t <= end
    energy = 0.5 * np.sum(v**2, axis=1) - EARTH.mu / np.linalg.norm(r, axis=1)
    a = np.mean(-0.5 * EARTH.mu / energy[whole])
    p = np.mean(np.sum(momentum**2, axis=1)[whole]) / EARTH.mu
    n = math.sqrt(EARTH.mu / a**3)
    textbook = -1.5 * n * EARTH.j2 * (EARTH.radius / p) ** 2 * math.cos(np.mean(tilt[whole]))
    assert laps == 4
    assert rate == pytest.approx(textbook, rel=0.005)


def test_a_long_tick_is_cut_into_steps_that_agree_with_short_ticks():
    start = np.array([state_at_perigee(R, 0.05, 0.9)])
    long_ticks = np.asarray(fall(OBLATE, 60.0, 20)(start))
    short_ticks = np.asarray(fall(OBLATE, 1.0, 1200)(start))[::60]
    assert long_ticks.shape == short_ticks.shape == (21, 1, 9)
    np.testing.assert_allclose(long_ticks[..., :3], short_ticks[..., :3], rtol=0.0, atol=1e-3)
    np.testing.assert_allclose(long_ticks[..., 3:6], short_ticks[..., 3:6], rtol=0.0, atol=1e-6)


def test_every_row_holds_the_state_and_the_gravity_there():
    start = np.array([state_at_perigee(R, 0.05, 0.9)])
    rows = np.asarray(fall(OBLATE, 7.0, 5)(start))[:, 0]
    np.testing.assert_array_equal(rows[0, :6], start[0])
    for row in rows:
        np.testing.assert_allclose(row[6:], OBLATE(*row[:3].tolist()), rtol=1e-14, atol=1e-14)


def test_vehicles_fall_independently_of_one_another():
    starts = np.array([state_at_perigee(R, e, i) for e, i in ((0.0, 0.9), (0.2, 0.1), (0.5, 2.0))])
    fly = fall(OBLATE, 1.0, 500)
    together = np.asarray(fly(starts))
    assert together.shape == (501, 3, 9)
    for vehicle in range(3):
        alone = np.asarray(fly(starts[vehicle : vehicle + 1]))[:, 0]
        np.testing.assert_allclose(together[:, vehicle], alone, rtol=1e-12, atol=1e-6)
