"""The map projection against distances on the sphere and against itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.quadrotor.geodesy import RADIUS_M, Projection

latitudes = st.floats(-89.0, 89.0)
longitudes = st.floats(-180.0, 180.0)
metres = st.floats(-100_000.0, 100_000.0)


def distance(one, other):
    """Along the great circle, by the haversine formula."""
    (a, b), (c, d) = ([math.radians(x) for x in point] for point in (one, other))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2.0 * RADIUS_M * math.asin(math.sqrt(half))


@given(latitudes, longitudes, metres, metres)
def test_there_and_back(latitude, longitude, north, east):
    projection = Projection(latitude, longitude)
    there = projection.degrees(north, east)
    assert -90.0 <= there[0] <= 90.0
    assert -180.0 <= there[1] <= 180.0
    assert projection.metres(*there) == pytest.approx((north, east), abs=1e-5)


@given(latitudes, longitudes, metres, metres)
def test_the_distance_from_home_is_kept(latitude, longitude, north, east):
    there = Projection(latitude, longitude).degrees(north, east)
    assert distance((latitude, longitude), there) == pytest.approx(
        math.hypot(north, east), abs=1e-4
    )


def test_north_is_latitude_and_east_is_longitude_over_the_cosine():
    degree = math.radians(1.0) * RADIUS_M
    assert Projection(10.0, 20.0).degrees(degree, 0.0) == pytest.approx((11.0, 20.0))
    latitude, longitude = Projection(60.0, 20.0).degrees(0.0, 10.0)
    assert latitude == pytest.approx(60.0, abs=1e-9)
    assert longitude - 20.0 == pytest.approx(math.degrees(20.0 / RADIUS_M), rel=1e-6)


def test_home_is_home():
    home = 47.397742, 8.545594
    assert Projection(*home).degrees(0.0, 0.0) == home
    assert Projection(*home).metres(*home) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_the_date_line_is_no_wall():
    _, longitude = Projection(0.0, 179.9999).degrees(0.0, 1000.0)
    assert longitude == pytest.approx(-179.9911, abs=1e-4)
    assert Projection(0.0, 179.9999).metres(0.0, -179.9911)[1] == pytest.approx(1000.0, abs=5.0)
