"""Sun and Moon against published positions."""

import itertools

import numpy as np
import pytest

from kernel.bodies import ASTRONOMICAL_UNIT_M
from kernel.ephemeris import state_rows, states

START = np.array([0.0])


def test_the_moon_is_as_far_as_in_the_textbook():
    # Meeus, Astronomical Algorithms, 2nd ed., example 47.a: 1992 April 12, 0h TD, 368409.7 km.
    tt_less_utc_days = (32.184 + 26.0) / 86400.0
    moon = states(["moon"], "earth", 2448724.5, -tt_less_utc_days, START)[0, 0]
    assert np.linalg.norm(moon[:3]) == pytest.approx(368_409.7e3, abs=200.0)


def test_the_sun_is_where_the_almanac_has_it():
    # Vallado, 4th ed., example 5-1: 2006 April 2, 0h UTC, (0.9771945, 0.1924424, 0.0834308) AU of
    # date; turned here by 6.25 years of precession in longitude, 50.29″ a year, about the ecliptic.
    of_date = np.array([0.9771945, 0.1924424, 0.0834308])
    angle, tilt = np.radians(-6.25 * 50.29 / 3600.0), np.radians(23.4393)
    pole = np.array([0.0, -np.sin(tilt), np.cos(tilt)])
    turned = of_date + angle * np.cross(pole, of_date)
    sun = states(["sun"], "earth", 2453827.5, 0.0, START)[0, 0, :3] / ASTRONOMICAL_UNIT_M
    assert np.linalg.norm(sun - turned) < np.radians(0.02)  # the example is good to 0.01°


def test_seen_from_the_moon_the_earth_is_opposite():
    there = states(["earth", "sun"], "moon", 2458000.5, 0.0, START)[0]
    here = states(["moon", "sun"], "earth", 2458000.5, 0.0, START)[0]
    np.testing.assert_array_equal(there[0], -here[0])
    np.testing.assert_array_equal(there[1], here[1] - here[0])


@pytest.mark.parametrize("dt", [0.1, 60.0, 7200.0])
def test_rows_follow_the_theory_within_a_metre_and_blocks_meet(dt):
    first, second = itertools.islice(
        state_rows(["moon", "sun"], "earth", 2458000.5, 0.3, dt, 500), 2
    )
    assert first.shape == (501, 2, 6)
    np.testing.assert_allclose(first[-1], second[0], rtol=0.0, atol=2e-4)
    exact = states(["moon", "sun"], "earth", 2458000.5, 0.3, dt * np.arange(501))
    assert np.abs(first[..., :3] - exact[..., :3]).max() < 1.0
    assert np.abs(first[..., 3:] - exact[..., 3:]).max() < 0.01
