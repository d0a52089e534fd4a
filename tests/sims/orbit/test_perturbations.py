"""Drag and sunlight against closed forms."""

import math

import numpy as np
import pytest

from kernel.bodies import ASTRONOMICAL_UNIT_M, EARTH, SUN
from sims.orbit.atmosphere import exponential_density
from sims.orbit.perturbations import Drag, SolarPressure, sunlit_fraction

NORTH = (0.0, 0.0, 1.0)
SUNWARD = (ASTRONOMICAL_UNIT_M, 0.0, 0.0)


def test_drag_is_half_rho_v_squared_against_the_wind():
    drag = Drag(EARTH, NORTH, area_m2=2.0, drag_coefficient=2.2)
    r, speed = EARTH.radius + 400e3, 7668.0
    wind = speed - EARTH.rotation_rad_s * r
    expected = -0.5 * exponential_density(400e3) * 2.2 * 2.0 * wind**2
    np.testing.assert_allclose(
        drag.force((r, 0.0, 0.0), (0.0, speed, 0.0)), [0.0, expected, 0.0], rtol=1e-12
    )


def test_what_turns_with_the_atmosphere_feels_no_drag():
    pole = (0.0, 0.6, 0.8)
    drag = Drag(EARTH, pole, area_m2=2.0, drag_coefficient=2.2)
    r = np.array([4e6, -3e6, 5e6])
    carried = EARTH.rotation_rad_s * np.cross(pole, r)
    assert drag.force(tuple(r.tolist()), tuple(carried.tolist())) == (0.0, 0.0, 0.0)


def test_sunlight_pushes_away_from_the_sun_by_its_flux():
    light = SolarPressure(area_m2=10.0, radiation_coefficient=1.5, shadow_radius_m=0.0)
    near = light.force((0.0, 0.0, 0.0), (0.0, -ASTRONOMICAL_UNIT_M, 0.0))
    np.testing.assert_allclose(near, [0.0, 4.56e-6 * 1.5 * 10.0, 0.0], rtol=1e-12)
    far = light.force((0.0, 0.0, 0.0), (0.0, -2 * ASTRONOMICAL_UNIT_M, 0.0))
    assert far[1] == pytest.approx(near[1] / 4.0, rel=1e-12)


def test_the_flux_is_that_of_the_solar_constant():
    # 1361 W/m² (Kopp and Lean 2011) over the speed of light.
    light = SolarPressure(area_m2=1.0, radiation_coefficient=1.0, shadow_radius_m=0.0)
    force = light.force((0.0, 0.0, 0.0), SUNWARD)
    assert -force[0] == pytest.approx(1361.0 / 299_792_458.0, rel=0.005)


@pytest.mark.parametrize(
    ("position", "lit"),
    [
        ((7e6, 0.0, 0.0), 1.0),  # before the Earth
        ((-7e6, 0.0, 0.0), 0.0),  # in the middle of the shadow
        ((-7e6, 6.3e6, 0.0), 0.0),
        ((-7e6, 6.45e6, 0.0), 1.0),
        ((0.0, 7e6, 0.0), 1.0),
        ((-3.0e9, 0.0, 0.0), None),  # behind the umbra: a ring of the Sun is left
    ],
)
def test_the_earth_hides_the_sun_from_what_is_behind_it(position, lit):
    fraction = sunlit_fraction(position, SUNWARD, EARTH.radius)
    if lit is None:
        ratio = math.asin(EARTH.radius / 3.0e9) / math.asin(
            SUN.radius / (ASTRONOMICAL_UNIT_M + 3e9)
        )
        lit = 1.0 - ratio**2
        assert 0.0 < lit < 1.0
    assert fraction == pytest.approx(lit, abs=1e-12)


def test_the_light_fades_through_the_penumbra_and_is_half_where_the_limb_cuts_the_centre():
    x = -7e6
    # The limb seen from there passes through the Sun's centre: the height of the shadow's edge for
    # a point Sun, whose rays converge by nothing to speak of.
    edge = EARTH.radius
    width = 2.0 * 7e6 * SUN.radius / ASTRONOMICAL_UNIT_M
    heights = np.linspace(edge - 1.5 * width, edge + 1.5 * width, 61)
    light = [sunlit_fraction((x, y, 0.0), SUNWARD, EARTH.radius) for y in heights]
    assert np.all(np.diff(light) >= 0.0)
    assert light[0] == 0.0
    assert light[-1] == 1.0
    assert 0.3 < np.interp(edge, heights, light) < 0.7


def test_a_low_orbit_is_in_the_shadow_for_the_share_that_geometry_gives():
    r = 6771e3
    angles = np.linspace(0.0, math.tau, 7200, endpoint=False)
    light = [
        sunlit_fraction((r * math.cos(a), r * math.sin(a), 0.0), SUNWARD, EARTH.radius)
        for a in angles
    ]
    # The cylinder's share, asin(R/r)/π; the penumbra lies half on either side of its edge.
    assert 1.0 - np.mean(light) == pytest.approx(math.asin(EARTH.radius / r) / math.pi, rel=2e-3)


def test_without_a_body_that_casts_one_there_is_no_shadow():
    assert sunlit_fraction((-7e6, 0.0, 0.0), SUNWARD, 0.0) == 1.0
