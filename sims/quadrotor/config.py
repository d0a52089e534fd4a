"""What a quadrotor is made of, what it carries to sense with, and where it stands."""

import datetime
import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from sims.config import Config, as_text

_Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Triple = Annotated[tuple[_Number, _Number, _Number], Field(strict=False)]
Noise = Annotated[float, Field(ge=0.0, le=1e6)]
Kilograms = Annotated[float, Field(ge=0.01, le=1000.0)]
Inertia = Annotated[float, Field(ge=1e-7, le=1e5)]
ZERO = (0.0, 0.0, 0.0)

ACCELEROMETER_STEP_M_S2 = 4.8e-3
"""One step of the 16-bit numbers in which PX4 keeps a simulated accelerometer, m/s²."""
GYRO_STEP_RAD_S = math.radians(0.061)
"""One step of the 16-bit numbers in which PX4 keeps a simulated gyroscope, rad/s."""


class RotorConfig(Config):
    """One rotor."""

    forward_m: Annotated[float, Field(ge=-10.0, le=10.0)]
    """How far before the centre of mass, m."""
    right_m: Annotated[float, Field(ge=-10.0, le=10.0)]
    """How far right of the centre of mass, m."""
    turns: Literal["ccw", "cw"]
    """How it turns, seen from above: ``ccw`` or ``cw``; the body is turned the other way."""


NONE_IRIS = (
    RotorConfig(forward_m=0.1515, right_m=0.245, turns="ccw"),
    RotorConfig(forward_m=-0.1515, right_m=-0.1875, turns="ccw"),
    RotorConfig(forward_m=0.1515, right_m=-0.245, turns="cw"),
    RotorConfig(forward_m=-0.1515, right_m=0.1875, turns="cw"),
)
"""The rotors of PX4's airframe 10016, ``none_iris``, in PX4's order."""


class RotorsConfig(Config):
    """Four rotors, fixed in the body, that push it up along its own axis.

    Thrust is ``max_thrust_n`` times the square of a rotor's speed, as a share of its fastest, and
    speed follows the motor's control with a lag of the first order.
    """

    max_thrust_n: Annotated[float, Field(ge=1e-3, le=1e5)] = 7.07
    """Thrust of each at full speed, N."""
    time_constant_s: Annotated[float, Field(ge=0.0, le=10.0)] = 0.02
    """Time in which speed comes 63 % of the way to its control, s."""
    torque_per_thrust_m: Annotated[float, Field(ge=0.0, le=10.0)] = 0.05
    """Torque about its axis by which a rotor turns the body, by its thrust, N·m/N."""
    rotors: Annotated[tuple[RotorConfig, ...], Field(strict=False, min_length=4, max_length=4)] = (
        NONE_IRIS
    )
    """Where each is and how it turns, in the autopilot's order."""


class DragConfig(Config):
    """Force against the way through the air, alike in all directions."""

    linear_n_s_m: Annotated[float, Field(ge=0.0, le=1e3)] = 0.25
    """Its part that grows with airspeed, of the rotors, N for each m/s."""
    quadratic_n_s2_m2: Annotated[float, Field(ge=0.0, le=1e3)] = 0.02
    """Its part that grows with the square, of the body, N for each (m/s)²."""


class GustsConfig(Config):
    """Wind that comes and goes: a Gauss-Markov process of the first order on each axis."""

    standard_deviation_m_s: Annotated[float, Field(gt=0.0, le=100.0)]
    """Standard deviation along each axis, m/s."""
    correlation_time_s: Annotated[float, Field(ge=0.01, le=1e4)] = 2.0
    """Time over which it keeps 37 % of what it was, s."""


class QuadrotorConfig(Config):
    """A rigid body with four rotors; the defaults fit PX4's ``none_iris`` airframe."""

    mass_kg: Kilograms = 1.5
    """Mass as it is stated, which a commanded acceleration is computed with, kg."""
    true_mass_kg: Kilograms | None = None
    """Mass that it really has, kg, where that is not ``mass_kg``: a mismatch to test."""
    inertia_kg_m2: Annotated[tuple[Inertia, Inertia, Inertia], Field(strict=False)] = (
        *(0.029, 0.029, 0.055),
    )
    """Principal moments of inertia about the body's axes, kg·m²."""
    rotors: RotorsConfig = RotorsConfig()
    """What drives it."""
    drag: DragConfig = DragConfig()
    """What the air does to it."""
    wind_ned_m_s: Annotated[tuple[_Number, _Number, _Number], Field(strict=False)] = ZERO
    """Steady wind: the air's velocity to north, east and down, m/s."""
    gusts: GustsConfig | None = None
    """Wind beside the steady one."""
    crash_speed_m_s: Annotated[float, Field(gt=0.0, le=1e3)] = 4.0
    """Speed into the ground from which a landing is a crash, m/s."""
    crash_tilt_deg: Annotated[float, Field(gt=0.0, le=180.0)] = 60.0
    """Tilt from which touching the ground is a crash, degrees."""

    @field_validator("inertia_kg_m2")
    @classmethod
    def _of_a_body(cls, inertia: tuple[float, float, float]) -> tuple[float, float, float]:
        largest = max(inertia)
        if largest > (sum(inertia) - largest) * (1.0 + 1e-12):
            raise ValueError("no body has one moment of inertia above the sum of the others")
        return inertia

    @property
    def real_mass_kg(self) -> float:
        """Mass that it really has, kg."""
        return self.mass_kg if self.true_mass_kg is None else self.true_mass_kg


class AccelerometerConfig(Config):
    """Specific force in the body frame, the mean over a step."""

    noise_m_s2: Noise = 0.05
    """Standard deviation along each axis, m/s²."""
    bias_m_s2: Triple = ZERO
    """Constant error, body frame, m/s²."""

    @field_validator("noise_m_s2")
    @classmethod
    def _seen(cls, noise: float) -> float:
        return _above_a_step(noise, ACCELEROMETER_STEP_M_S2, "m/s²")


class GyroscopeConfig(Config):
    """Angular velocity in the body frame."""

    noise_rad_s: Noise = 0.003
    """Standard deviation about each axis, rad/s."""
    bias_rad_s: Triple = ZERO
    """Constant error, body frame, rad/s."""

    @field_validator("noise_rad_s")
    @classmethod
    def _seen(cls, noise: float) -> float:
        return _above_a_step(noise, GYRO_STEP_RAD_S, "rad/s")


def _above_a_step(noise: float, step: float, unit: str) -> float:
    if noise <= step:
        raise ValueError(
            f"{noise:g} {unit} is lost in PX4's 16-bit steps of {step:.3g} {unit}: on the ground "
            "the sensor would stay constant, PX4 would take it to be dead and refuse to arm; give "
            "more than a step"
        )
    return noise


class MagnetometerConfig(Config):
    """The Earth's field at home in the body frame, by the World Magnetic Model."""

    noise_gauss: Annotated[float, Field(gt=0.0, le=1e3)] = 0.002
    """Standard deviation along each axis, gauss; PX4 takes a constant sensor to be dead."""
    bias_gauss: Triple = ZERO
    """Constant error, body frame, gauss."""


class BarometerConfig(Config):
    """Pressure and temperature of the International Standard Atmosphere."""

    noise_pa: Annotated[float, Field(gt=0.0, le=1e5)] = 1.0
    """Standard deviation, Pa; 12 Pa are about a metre. PX4 takes a constant sensor to be dead."""
    bias_pa: _Number = 0.0
    """Constant error, Pa."""


class GnssConfig(Config):
    """A satellite-navigation receiver with a good fix."""

    rate_hz: Annotated[float, Field(gt=0.0, le=1e3)] = 10.0
    """Fixes a second; one a step at most."""
    delay_s: Annotated[float, Field(ge=0.0, le=10.0)] = 0.01
    """Age of a fix when it is handed over, s; PX4's simulation settings (``EKF2_GPS_DELAY``) take
    it to be 10 ms."""
    horizontal_noise_m: Noise = 0.2
    """Standard deviation to north and to east, m."""
    vertical_noise_m: Noise = 0.3
    """Standard deviation of the altitude, m."""
    velocity_noise_m_s: Noise = 0.05
    """Standard deviation along each axis, m/s."""
    satellites: Annotated[int, Field(ge=0, le=254)] = 12
    """Satellites that it uses."""
    eph_m: Annotated[float, Field(gt=0.0, le=655.0)] = 0.9
    """Horizontal accuracy that it states, m."""
    epv_m: Annotated[float, Field(gt=0.0, le=655.0)] = 1.5
    """Vertical accuracy that it states, m."""


class SensorsConfig(Config):
    """What a quadrotor carries to sense with; all of it sits in the centre of mass."""

    accelerometer: AccelerometerConfig = AccelerometerConfig()
    """Specific force."""
    gyroscope: GyroscopeConfig = GyroscopeConfig()
    """Angular velocity."""
    magnetometer: MagnetometerConfig = MagnetometerConfig()
    """Magnetic field."""
    barometer: BarometerConfig = BarometerConfig()
    """Pressure."""
    gnss: GnssConfig = GnssConfig()
    """Position and velocity."""


class HomeConfig(Config):
    """Where on Earth, and when: what position zero is, and what field is there."""

    latitude_deg: Annotated[float, Field(ge=-89.0, le=89.0)] = 47.397742
    """Latitude, degrees north."""
    longitude_deg: Annotated[float, Field(ge=-180.0, le=180.0)] = 8.545594
    """Longitude, degrees east."""
    altitude_m: Annotated[float, Field(ge=-400.0, le=9000.0)] = 488.0
    """Altitude above mean sea level, m."""
    date: Annotated[
        datetime.date,
        Field(strict=False, ge=datetime.date(2010, 1, 1), le=datetime.date(2029, 12, 31)),
        BeforeValidator(as_text),
    ] = datetime.date(2026, 1, 1)
    """Date that the magnetic field is of; the models of it reach from 2010 to 2029."""
