"""Frames against published examples."""

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.frames import (
    celestial_pole,
    gcrf_to_itrf,
    geodetic,
    rtn_axes,
    teme_to_gcrf,
    tt_julian_date,
    utc_julian_date,
)

# Vallado, Crawford, Hujsak and Kelso, Revisiting Spacetrack Report #3 (AIAA 2006-6753),
# 6 April 2004: km and km/s.
MOMENT = datetime(2004, 4, 6, 7, 51, 28, 386009, tzinfo=UTC)
DATE = utc_julian_date(MOMENT)
DUT1_S = -0.4399619
POLAR_MOTION_RAD = (math.radians(-0.140682 / 3600.0), math.radians(0.333309 / 3600.0))
R_TEME = np.array([5094.18016210, 6127.64465950, 6380.34453270]) * 1e3
V_TEME = np.array([-4.746131487, 0.785818041, 5.531931288]) * 1e3
R_GCRF = np.array([5102.50895290, 6123.01139910, 6378.13693380]) * 1e3
V_GCRF = np.array([-4.7432201610, 0.7905364950, 5.5337557240]) * 1e3
R_ITRF = np.array([-1033.4793830, 7901.2952754, 6380.3565958]) * 1e3

moments = st.datetimes(
    min_value=datetime(1975, 1, 1), max_value=datetime(2025, 1, 1), timezones=st.just(UTC)
)
component = st.floats(-1.0, 1.0)
vectors = st.tuples(component, component, component).map(np.array)


def distance(a, b):
    return np.linalg.norm(np.subtract(a, b))


def test_teme_becomes_gcrf_as_published():
    turn = teme_to_gcrf(*DATE, dut1_s=DUT1_S)
    assert distance(turn @ R_TEME, R_GCRF) < 0.05
    assert distance(turn @ V_TEME, V_GCRF) < 1e-5


def test_teme_becomes_gcrf_without_the_earth_orientation_bulletin():
    assert distance(teme_to_gcrf(*DATE) @ R_TEME, R_GCRF) < 0.05


def test_gcrf_becomes_itrf_as_published():
    turn = gcrf_to_itrf(*DATE, dut1_s=DUT1_S, polar_motion_rad=POLAR_MOTION_RAD)
    assert distance(turn @ R_GCRF, R_ITRF) < 0.05


def test_leaving_out_the_turning_of_the_earth_moves_a_ground_track_by_hundreds_of_metres():
    moved = distance(gcrf_to_itrf(*DATE) @ R_GCRF, R_ITRF)
    assert 100.0 < moved < 400.0


@given(moments)
def test_every_turn_is_a_rotation(moment):
    utc = utc_julian_date(moment)
    for turn in (teme_to_gcrf(*utc), gcrf_to_itrf(*utc)):
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), rtol=0.0, atol=1e-14)
        assert np.linalg.det(turn) == pytest.approx(1.0, abs=1e-14)


def test_a_whole_track_turns_as_its_moments_do_one_by_one():
    elapsed = np.array([[0.0, 1.5], [600.0, 86400.0]])
    together = gcrf_to_itrf(*DATE, elapsed, dut1_s=DUT1_S)
    assert together.shape == (2, 2, 3, 3)
    for index in np.ndindex(elapsed.shape):
        later = utc_julian_date(MOMENT + timedelta(seconds=elapsed[index]))
        alone = gcrf_to_itrf(*later, dut1_s=DUT1_S)
        np.testing.assert_allclose(together[index], alone, rtol=0.0, atol=1e-11)


def test_the_earth_turns_once_in_a_sidereal_day():
    start, end = gcrf_to_itrf(*DATE, np.array([0.0, 86164.0989]))
    # What is left is the motion of the pole in a day.
    np.testing.assert_allclose(start, end, rtol=0.0, atol=1e-6)


def test_a_moment_in_another_time_zone_is_the_same_moment():
    there = MOMENT.astimezone(timezone(timedelta(hours=-7)))
    assert utc_julian_date(there) == DATE


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="without a time zone"):
        utc_julian_date(datetime(2004, 4, 6))


def test_a_moment_has_its_julian_date():
    assert sum(utc_julian_date(datetime(2000, 1, 1, 12, tzinfo=UTC))) == 2451545.0


def test_terrestrial_time_is_ahead_by_the_leap_seconds_and_32_184_s():
    ahead_s = (math.fsum([*tt_julian_date(*DATE), -DATE[0], -DATE[1]])) * 86400.0
    assert ahead_s == pytest.approx(32.0 + 32.184, abs=1e-5)


def test_the_pole_stays_where_itrf_has_it_without_polar_motion():
    pole = celestial_pole(*DATE)
    assert np.linalg.norm(pole) == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(gcrf_to_itrf(*DATE) @ pole, [0.0, 0.0, 1.0], rtol=0.0, atol=1e-12)


def test_the_pole_moves_by_precession_20_arc_seconds_a_year_along_x():
    x, _, _ = celestial_pole(*utc_julian_date(datetime(2025, 1, 1, tzinfo=UTC)))
    assert math.degrees(x) * 3600.0 / 25.0 == pytest.approx(20.04, abs=0.5)


@pytest.mark.parametrize(
    ("position", "longitude_deg", "latitude_deg", "height_m"),
    [
        ([6378137.0, 0.0, 0.0], 0.0, 0.0, 0.0),
        ([0.0, 6378137.0 + 500.0, 0.0], 90.0, 0.0, 500.0),
        ([0.0, -6378137.0, 0.0], -90.0, 0.0, 0.0),
        ([0.0, 0.0, 6356752.3142 + 1000.0], 0.0, 90.0, 1000.0),
        ([0.0, 0.0, -6356752.3142], 0.0, -90.0, 0.0),
    ],
)
def test_points_over_the_equator_and_the_poles_have_their_place_on_the_map(
    position, longitude_deg, latitude_deg, height_m
):
    longitude, latitude, height = geodetic(position)
    assert math.degrees(longitude) == pytest.approx(longitude_deg, abs=1e-12)
    assert math.degrees(latitude) == pytest.approx(latitude_deg, abs=1e-12)
    assert float(height) == pytest.approx(height_m, abs=1e-3)


def test_a_track_of_points_is_placed_at_once():
    longitude, latitude, height = geodetic(np.full((4, 2, 3), 4e6))
    assert longitude.shape == latitude.shape == height.shape == (4, 2)


@given(st.floats(-math.pi, math.pi, exclude_max=True))
def test_longitude_lies_between_minus_and_plus_half_a_turn(angle):
    longitude, _, _ = geodetic([7e6 * math.cos(angle), 7e6 * math.sin(angle), 0.0])
    assert -math.pi <= longitude <= math.pi
    assert math.remainder(float(longitude) - angle, math.tau) == pytest.approx(0.0, abs=1e-12)


@given(vectors, vectors)
def test_radial_along_track_and_cross_track_are_right_handed(r, v):
    size = np.linalg.norm(np.cross(r, v))
    assume(size > 1e-3)
    radial, along, cross = axes = rtn_axes(r, v)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(np.cross(radial, along), cross, rtol=0.0, atol=1e-12)
    assert radial @ r == pytest.approx(np.linalg.norm(r), rel=1e-14)
    assert cross @ np.cross(r, v) == pytest.approx(size, rel=1e-12)
    assert along @ v > 0.0


def test_on_a_circular_orbit_along_track_is_the_direction_of_flight():
    np.testing.assert_allclose(
        rtn_axes([7e6, 0, 0], [0, 0, 7.5e3]), [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    )


def test_the_axes_of_many_states_are_those_of_each():
    rng = np.random.default_rng(3)
    r, v = rng.normal(size=(2, 5, 3))
    together = rtn_axes(r, v)
    for i in range(5):
        np.testing.assert_array_equal(together[i], rtn_axes(r[i], v[i]))


@pytest.mark.parametrize("velocity", [[2.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
def test_an_orbit_without_a_plane_has_no_axes(velocity):
    with pytest.raises(ValueError, match="parallel"):
        rtn_axes([7e6, 0.0, 0.0], velocity)
