"""What a spacecraft is made of: mass, propellant, thrusters, attitude, sensors."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sims.config import Config, Position3, Velocity3

Kilograms = Annotated[float, Field(gt=0.0, le=1e15)]
Newtons = Annotated[float, Field(ge=1e-12, le=1e15)]
Seconds = Annotated[float, Field(ge=0.0, le=1e9)]
Noise = Annotated[float, Field(ge=0.0, le=1e9)]
_Component = Annotated[float, Field(ge=-1e9, le=1e9)]
Triple = Annotated[tuple[_Component, _Component, _Component], Field(strict=False)]
ZERO = (0.0, 0.0, 0.0)


class PropellantConfig(Config):
    """Propellant: the mass falls as it is used."""

    specific_impulse_s: Annotated[float, Field(gt=0.0, le=1e7)]
    """Specific impulse, s."""
    fuel_kg: Kilograms
    """Usable propellant at the start, kg; part of the vehicle's mass."""


class ThrusterConfig(Config):
    """One thruster, fixed in the body."""

    direction: Triple
    """Direction in which it pushes the body; its length plays no part."""
    position_m: Position3 = ZERO
    """Where it pushes, from the centre of mass, body frame, m."""
    limit_n: Newtons
    """Largest thrust, N."""
    minimum_pulse_s: Seconds = 0.0
    """Shortest time it can be open; a shorter pulse within a tick is left out, s."""
    quantum_n: Annotated[float, Field(ge=0.0, le=1e15)] = 0.0
    """Step between the mean thrusts it can be set to, N; 0 where any can."""
    lag_s: Seconds = 0.0
    """Time constant with which its thrust follows, s."""

    @field_validator("quantum_n")
    @classmethod
    def _not_above_the_limit(cls, quantum: float, info: ValidationInfo) -> float:
        if quantum > info.data.get("limit_n", quantum):
            raise ValueError("one step is more than limit_n, so that it would never fire")
        return quantum

    @field_validator("direction")
    @classmethod
    def _has_a_length(cls, direction: tuple[float, ...]) -> tuple[float, ...]:
        if not math.hypot(*direction) > 0.0:
            raise ValueError("a direction of no length points nowhere")
        return direction

    @property
    def unit(self) -> tuple[float, float, float]:
        """Direction of the push, of length 1."""
        size = math.hypot(*self.direction)
        x, y, z = self.direction
        return x / size, y / size, z / size


class IdealAttitude(Config):
    """The body is turned as it should be, always."""

    kind: Literal["ideal"]
    pointing: Literal["inertial", "rtn"] = "inertial"
    """Axes that the body keeps to: the frame's, or radial, along-track, cross-track."""


class RigidBodyAttitude(Config):
    """The body turns under its wheels' torque and that of its thrusters."""

    kind: Literal["rigid_body"]
    pointing: Literal["inertial", "rtn"] = "inertial"
    """Axes that the body is steered to: the frame's, or radial, along-track, cross-track."""
    inertia_kg_m2: Annotated[tuple[Kilograms, Kilograms, Kilograms], Field(strict=False)]
    """Principal moments of inertia about the body's axes, kg·m²."""
    bandwidth_rad_s: Annotated[float, Field(gt=0.0, le=1e4)]
    """Natural frequency of the attitude loop, critically damped, rad/s."""
    torque_limit_n_m: Annotated[float, Field(gt=0.0, le=1e12)]
    """Largest torque of the wheels about each axis, N·m."""
    start_rotation_rad: Triple = ZERO
    """Rotation vector from the axes it is steered to, to those it starts with, rad."""
    start_rate_rad_s: Triple = ZERO
    """Angular velocity it starts with beyond that of those axes, body frame, rad/s."""

    @field_validator("inertia_kg_m2")
    @classmethod
    def _of_a_body(cls, inertia: tuple[float, float, float]) -> tuple[float, float, float]:
        largest = max(inertia)
        if largest > (sum(inertia) - largest) * (1.0 + 1e-12):
            raise ValueError("no body has one moment of inertia above the sum of the others")
        return inertia


Attitude = Annotated[IdealAttitude | RigidBodyAttitude, Field(discriminator="kind")]


class SampledConfig(Config):
    """What every sensor has."""

    rate_hz: Annotated[float, Field(gt=0.0, le=1e6)] | None = None
    """Samples a second; one a tick if left out."""
    delay_s: Seconds = 0.0
    """Age of a sample when it is handed over, s."""


class GnssConfig(SampledConfig):
    """Position and velocity as a satellite-navigation receiver gives them to the controller."""

    position_noise_m: Noise = 0.0
    """Standard deviation along each axis, m."""
    velocity_noise_m_s: Noise = 0.0
    """Standard deviation along each axis, m/s."""
    position_bias_m: Position3 = ZERO
    """Constant error, plant's frame, m."""
    velocity_bias_m_s: Velocity3 = ZERO
    """Constant error, plant's frame, m/s."""
    propagated: bool = True
    """Whether the receiver carries a fix on to the present in free fall, as orbital ones do."""


class ImuConfig(SampledConfig):
    """Specific force and angular velocity in the body frame."""

    accelerometer_noise_m_s2: Noise = 0.0
    """Standard deviation along each axis, m/s²."""
    accelerometer_bias_m_s2: Triple = ZERO
    """Constant error, body frame, m/s²."""
    gyro_noise_rad_s: Noise = 0.0
    """Standard deviation about each axis, rad/s."""
    gyro_bias_rad_s: Triple = ZERO
    """Constant error, body frame, rad/s."""


class StarTrackerConfig(SampledConfig):
    """Attitude as a quaternion."""

    noise_rad: Noise = 0.0
    """Standard deviation about each body axis, rad."""
    bias_rad: Triple = ZERO
    """Constant rotation vector, body frame, rad."""


class SensorsConfig(Config):
    """Sensors; what is left out is either perfect (position, velocity) or not there."""

    gnss: GnssConfig | None = None
    """Satellite navigation: what the controller is told."""
    imu: ImuConfig | None = None
    """Accelerometers and gyroscopes."""
    star_tracker: StarTrackerConfig | None = None
    """Star tracker."""


class SpacecraftConfig(Config):
    """Parts that every vehicle has unless it says otherwise."""

    mass_kg: Kilograms
    """Mass at the start, propellant included, kg."""
    true_mass_kg: Kilograms | None = None
    """Mass that it really has at the start, kg, where that is not ``mass_kg``, which the force of
    a command is computed with: a mismatch to test."""
    thrust_limit_n: Newtons | None = None
    """Largest thrust in any direction, N. Or give ``thrusters``."""
    thrusters: Annotated[tuple[ThrusterConfig, ...], Field(strict=False, min_length=1)] | None = (
        None
    )
    """Thrusters fixed in the body; commands are allocated to them."""
    propellant: PropellantConfig | None = None
    """Propellant; without it the mass stays."""
    attitude: Attitude = IdealAttitude(kind="ideal")
    """How the body is turned; it matters where there are thrusters or body-fixed sensors."""
    sensors: SensorsConfig = SensorsConfig()
    """What the vehicle measures."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.check_parts()
        return self

    def check_parts(self) -> None:
        """Refuse parts that do not go together.

        Raises:
            ValueError: Which, and why.
        """
        if (self.thrust_limit_n is None) == (self.thrusters is None):
            raise ValueError("give the drive once: either thrust_limit_n or thrusters")
        for name in ("mass_kg", "true_mass_kg"):
            mass = getattr(self, name)
            if mass is not None and self.propellant and self.propellant.fuel_kg >= mass:
                raise ValueError(
                    f"propellant.fuel_kg is {self.propellant.fuel_kg:g}, all of the {name} of "
                    f"{mass:g} or more"
                )

    def overridden(self, own: dict[str, Any]) -> "SpacecraftConfig":
        """These parts with those that a vehicle gives itself.

        Raises:
            ValueError: They do not go together.
        """
        mine = {name: getattr(self, name) for name in SpacecraftConfig.model_fields}
        for one, other in (("thrust_limit_n", "thrusters"), ("thrusters", "thrust_limit_n")):
            if one in own:
                mine[other] = own.get(other)
        if "mass_kg" in own:
            mine["true_mass_kg"] = None
        whole = SpacecraftConfig.model_construct(**{**mine, **own})
        whole.check_parts()
        return whole
