"""What a quadrotor may be told to be."""

import pytest
from pydantic import ValidationError

from sims.quadrotor.config import (
    ACCELEROMETER_STEP_M_S2,
    GYRO_STEP_RAD_S,
    HomeConfig,
    QuadrotorConfig,
    SensorsConfig,
)


@pytest.mark.parametrize(
    ("sensor", "key", "step"),
    [
        ("accelerometer", "noise_m_s2", ACCELEROMETER_STEP_M_S2),
        ("gyroscope", "noise_rad_s", GYRO_STEP_RAD_S),
    ],
)
def test_noise_that_px4_would_not_see_is_refused_with_why(sensor, key, step):
    assert SensorsConfig.model_validate({sensor: {key: 1.001 * step}})
    for noise in (0.0, 0.5 * step, step):
        with pytest.raises(
            ValidationError, match=r"PX4 would take it to be dead and refuse to arm"
        ):
            SensorsConfig.model_validate({sensor: {key: noise}})


@pytest.mark.parametrize(
    ("sensor", "key"), [("magnetometer", "noise_gauss"), ("barometer", "noise_pa")]
)
def test_a_sensor_without_noise_is_refused(sensor, key):
    with pytest.raises(ValidationError, match=key):
        SensorsConfig.model_validate({sensor: {key: 0.0}})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"inertia_kg_m2": [0.01, 0.01, 0.03]}, "one moment of inertia above the sum"),
        ({"mass_kg": 0.0}, "mass_kg"),
        ({"mass_kg": float("nan")}, "mass_kg"),
        ({"true_mass_kg": -1.0}, "true_mass_kg"),
        ({"mass": 1.0}, "Extra inputs"),
        ({"rotors": {"rotors": []}}, "at least 4"),
        ({"gusts": {"standard_deviation_m_s": 0.0}}, "standard_deviation_m_s"),
        ({"rotors": {"time_constant_s": -0.1}}, "time_constant_s"),
        ({"wind_ned_m_s": [1.0, 2.0]}, "wind_ned_m_s"),
    ],
)
def test_what_is_no_quadrotor_is_refused(written, told):
    with pytest.raises(ValidationError, match=told):
        QuadrotorConfig.model_validate(written)


def test_the_mass_that_counts_is_the_true_one():
    assert QuadrotorConfig().real_mass_kg == 1.5
    assert QuadrotorConfig(true_mass_kg=1.8).real_mass_kg == 1.8


@pytest.mark.parametrize(
    "written",
    [
        {"date": "2009-12-31"},
        {"date": "2030-01-01"},
        {"date": 20260101},
        {"date": "soon"},
        {"latitude_deg": 89.5},
        {"longitude_deg": 181.0},
        {"altitude_m": 1e5},
    ],
)
def test_a_home_that_is_none_is_refused(written):
    (key,) = written
    with pytest.raises(ValidationError, match=key):
        HomeConfig.model_validate(written)
