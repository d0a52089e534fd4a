"""Air and magnetic field against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.quadrotor.config import HomeConfig
from sims.quadrotor.isa import pressure_altitude_m, pressure_pa, temperature_c
from sims.quadrotor.magnetic_field import field_gauss


@pytest.mark.parametrize(
    ("altitude_m", "pressure", "temperature"),
    [
        (-400.0, 106_223.0, 17.6),
        (0.0, 101_325.0, 15.0),
        (1000.0, 89_875.0, 8.5),
        (5000.0, 54_020.0, -17.5),
        (11_000.0, 22_632.0, -56.5),
    ],
)
def test_the_standard_atmosphere_is_that_of_the_tables(altitude_m, pressure, temperature):
    assert pressure_pa(altitude_m) == pytest.approx(pressure, abs=2.0)
    assert temperature_c(altitude_m) == pytest.approx(temperature)


@given(st.floats(-1000.0, 40_000.0))
def test_pressure_altitude_is_the_altitude_of_a_pressure(altitude_m):
    assert pressure_altitude_m(pressure_pa(altitude_m)) == pytest.approx(altitude_m, abs=1e-6)


def test_there_is_no_air_far_up():
    assert pressure_pa(100_000.0) == 0.0
    assert pressure_altitude_m(0.0) == pytest.approx(44_330.8, abs=0.1)


@pytest.mark.parametrize(
    ("date", "latitude", "longitude", "field_nt"),
    [
        # From the test values that come with the models, at sea level.
        ("2025-01-01", 80.0, 0.0, (6521.6, 145.9, 54791.5)),
        ("2025-01-01", 0.0, 120.0, (39677.8, -109.6, -10580.2)),
        ("2020-01-01", 80.0, 0.0, (6570.4, -146.3, 54606.0)),
        ("2020-01-01", 0.0, 120.0, (39624.3, 109.9, -10932.5)),
    ],
)
def test_the_field_is_that_of_the_world_magnetic_model(date, latitude, longitude, field_nt):
    home = HomeConfig.model_validate(
        {"latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": 0.0, "date": date}
    )
    assert field_gauss(home) == pytest.approx([1e-5 * part for part in field_nt], abs=6e-7)


def test_the_field_changes_within_a_year():
    begin, middle, end = (
        field_gauss(HomeConfig.model_validate({"date": date}))
        for date in ("2026-01-01", "2026-07-02", "2027-01-01")
    )
    for first, between, last in zip(begin, middle, end, strict=True):
        assert between - first == pytest.approx(0.5 * (last - first), rel=0.01)
        assert abs(last - first) > 1e-5


@pytest.mark.parametrize("date", ["2010-01-01", "2014-12-31", "2019-12-31", "2029-12-31"])
def test_every_date_that_is_taken_has_a_field(date):
    field = field_gauss(HomeConfig.model_validate({"date": date}))
    assert field == pytest.approx((0.215, 0.010, 0.431), abs=0.01)
