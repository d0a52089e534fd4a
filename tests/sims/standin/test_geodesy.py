"""The stand-in's geodesy, held against the simulator's, which is written apart from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.quadrotor.geodesy import Projection
from sims.quadrotor.isa import pressure_pa
from sims.standin.geodesy import Origin, pressure_altitude

metres = st.floats(-5000.0, 5000.0)


@given(st.floats(-80.0, 80.0), st.floats(-180.0, 180.0), metres, metres)
def test_metres_are_the_simulator_s(
    latitude: float, longitude: float, north: float, east: float
) -> None:
    place = Projection(latitude, longitude).degrees(north, east)
    assert Origin(latitude, longitude, 0.0).north_east(*place) == pytest.approx(
        (north, east), abs=1e-4
    )


@given(st.floats(-80.0, 80.0), metres, metres)
def test_there_and_back(latitude: float, north: float, east: float) -> None:
    origin = Origin(latitude, 8.5, 488.0)
    place = origin.latitude_longitude(north, east)
    assert origin.north_east(*place) == pytest.approx((north, east), abs=1e-4)


@pytest.mark.parametrize("altitude_m", [-300.0, 0.0, 488.0, 3000.0, 9000.0])
def test_pressure_altitude_is_the_simulator_s(altitude_m: float) -> None:
    hpa = 1e-2 * pressure_pa(altitude_m)
    assert pressure_altitude(hpa) == pytest.approx(altitude_m, abs=0.05)
