"""The circular restricted three-body problem against published numbers."""

import math

import numpy as np
import pytest

from kernel.synodic import EARTH_MOON, POINTS, SUN_EARTH, SYSTEMS, Synodic, System, libration_point

# Szebehely, Theory of Orbits, appendix III, and any table since: distances from the barycentre in
# units of the bodies' distance, for the mass ratio of Earth and Moon.
EARTH_MOON_RATIO = 0.012150584
PUBLISHED = {"L1": 0.836915, "L2": 1.155682, "L3": -1.005063}


@pytest.mark.parametrize("point", PUBLISHED)
def test_the_collinear_points_are_where_they_are_published(point):
    pair = System("pair", 1.0 - EARTH_MOON_RATIO, EARTH_MOON_RATIO, 1.0)
    x, y, z = libration_point(pair, point)
    assert x + 1.0 - EARTH_MOON_RATIO == pytest.approx(PUBLISHED[point], abs=1e-6)
    assert (y, z) == (0.0, 0.0)


@pytest.mark.parametrize("point", ["L4", "L5"])
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_the_triangular_points_are_equally_far_from_both_bodies(system, point):
    x, y, _ = libration_point(system, point)
    assert math.hypot(x, y) == pytest.approx(system.distance_m, rel=1e-15)
    assert math.hypot(x + system.distance_m, y) == pytest.approx(system.distance_m, rel=1e-15)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_at_a_libration_point_nothing_pulls(system, point):
    pull = Synodic.of(system)(*libration_point(system, point))
    # A millimetre off, the field would be this strong.
    assert np.linalg.norm(pull) < 1e-3 * 10 * system.rate_rad_s**2


def test_the_earth_goes_round_the_sun_in_a_year():
    assert math.tau / SUN_EARTH.rate_rad_s / 86400.0 == pytest.approx(365.2564, abs=0.001)


def test_the_moon_goes_round_the_earth_in_a_month():
    assert math.tau / EARTH_MOON.rate_rad_s / 86400.0 == pytest.approx(27.3, abs=0.2)


def test_the_field_is_that_of_both_bodies_and_the_turning_about_their_centre():
    system = EARTH_MOON
    m1, m2, d = system.primary_mu, system.secondary_mu, system.distance_m
    r = np.array([-7e7, 3e7, -2e7])
    towards = np.array([-d, 0.0, 0.0]) - r
    centre = np.array([-d * m1 / (m1 + m2), 0.0, 0.0])
    expected = m1 * towards / np.linalg.norm(towards) ** 3 - m2 * r / np.linalg.norm(r) ** 3
    expected += system.rate_rad_s**2 * (r - centre) * [1.0, 1.0, 0.0]
    np.testing.assert_allclose(Synodic.of(system)(*r.tolist()), expected, rtol=1e-12)
