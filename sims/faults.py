"""Fault models: what a fault does to a measurement, to a message, to a command, or to a plant.

Each is what a scenario's ``faults:`` says of it, and a pure function. When it acts and what it has
to remember is the harness's business (:mod:`harness.link.armed`).
"""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sims.config import Config, Position3, Positive, Velocity3

Array = NDArray[np.float64]
_Metres = Annotated[float, Field(ge=0.0, le=1e13)]
_MetresPerSecond = Annotated[float, Field(ge=0.0, le=3e8)]
_Delay = Annotated[float, Field(ge=0.0, le=1e9)]
Probability = Annotated[float, Field(gt=0.0, le=1.0)]
Ticks = Annotated[int, Field(ge=1, le=100_000)]
_Number = Annotated[float, Field(ge=-1e9, le=1e9)]
_Deviation = Annotated[float, Field(ge=0.0, le=1e9)]
Triple = Annotated[tuple[_Number, _Number, _Number], Field(strict=False)]
ZERO = (0.0, 0.0, 0.0)


class Fault(Config):
    """When a fault is there, and whom it strikes."""

    at_s: Annotated[float, Field(ge=0.0)] = 0.0
    """When it begins, s."""
    for_s: Positive | None = None
    """How long it lasts, s; to the end of the run if left out."""
    vehicle: str = "all"
    """Name of the vehicle that it strikes, or ``all``."""
    about: str = ""
    """What it stands for, for the report."""

    exclusive: ClassVar[bool] = False
    """Whether a second of its kind at the same time would contradict it."""

    @property
    def part(self) -> str:
        """What of the vehicle it strikes; two of other parts do not contradict one another."""
        return ""

    @property
    def chance(self) -> float:
        """Probability that it acts at a tick of its time."""
        return float(getattr(self, "probability", 1.0))


class Sensing(NamedTuple):
    """What a sensor fault knows beside the state that it falsifies.

    Attributes:
        elapsed_s: Time since it began, s.
        before: The state that it measured last, (6,).
        random: Its random stream.
    """

    elapsed_s: float
    before: Array
    random: np.random.Generator


class SensorFault(Fault):
    """A fault of what measures the state that the controller is told."""

    probability: Probability = 1.0
    """Chance, at each tick of its time, that it acts."""

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """The state as the faulty sensor has it, m and m/s in the plant's frame, (6,)."""
        raise NotImplementedError


class _Sized(SensorFault):
    """A sensor fault with a size in position and one in velocity."""

    @model_validator(mode="after")
    def _some_size(self) -> "_Sized":
        own = type(self).model_fields.keys() - SensorFault.model_fields.keys() - {"kind"}
        if not any(np.any(getattr(self, name)) for name in own):
            raise ValueError(f"it changes nothing; give {' or '.join(sorted(own))}")
        return self


class Dropout(SensorFault):
    """No measurement: the tick has no observation. The first tick of a run always has one."""

    kind: Literal["dropout"]
    exclusive: ClassVar[bool] = True

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`; nobody is told it."""
        return state


class Freeze(SensorFault):
    """The measurement stays what it was, and looks fresh."""

    kind: Literal["freeze"]
    exclusive: ClassVar[bool] = True

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`."""
        return sensing.before


class Bias(_Sized):
    """A constant error."""

    kind: Literal["bias"]
    position_m: Position3 = ZERO
    """Error of the position in the plant's frame, m."""
    velocity_m_s: Velocity3 = ZERO
    """Error of the velocity in the plant's frame, m/s."""

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`."""
        error: Array = np.array([*self.position_m, *self.velocity_m_s])
        return state + error


class Drift(_Sized):
    """An error that grows."""

    kind: Literal["drift"]
    position_m_s: Position3 = ZERO
    """By how much the position's error grows, m/s."""
    velocity_m_s2: Velocity3 = ZERO
    """By how much the velocity's error grows, m/s²."""

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`."""
        return state + sensing.elapsed_s * np.array([*self.position_m_s, *self.velocity_m_s2])


class Noise(_Sized):
    """White noise on each axis."""

    kind: Literal["noise"]
    position_noise_m: _Metres = 0.0
    """Standard deviation of the position, m."""
    velocity_noise_m_s: _MetresPerSecond = 0.0
    """Standard deviation of the velocity, m/s."""

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`."""
        size = np.repeat([self.position_noise_m, self.velocity_noise_m_s], 3)
        return state + size * sensing.random.standard_normal(6)


class Spikes(_Sized):
    """Single measurements that are far off, each in a direction of its own."""

    kind: Literal["spikes"]
    probability: Probability
    """Chance of a spike at each tick of its time."""
    position_spike_m: _Metres = 0.0
    """By how much the position is off, m."""
    velocity_spike_m_s: _MetresPerSecond = 0.0
    """By how much the velocity is off, m/s."""

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`."""
        towards = sensing.random.standard_normal((2, 3))
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        off = np.array([[self.position_spike_m], [self.velocity_spike_m_s]]) * towards
        return state + off.ravel()


class Quantization(_Sized):
    """Values rounded to whole steps, to the nearest."""

    kind: Literal["quantization"]
    position_step_m: _Metres = 0.0
    """Step of the position on each axis, m."""
    velocity_step_m_s: _MetresPerSecond = 0.0
    """Step of the velocity on each axis, m/s."""

    def measured(self, state: Array, sensing: Sensing) -> Array:
        """See :meth:`SensorFault.measured`."""
        step = np.repeat([self.position_step_m, self.velocity_step_m_s], 3)
        known = step > np.spacing(np.abs(state))  # else there is nothing to round
        return np.where(known, step * np.round(state / np.where(known, step, 1.0)), state)


class ChannelFault(Fault):
    """A fault of the way that observations or commands take."""

    path: Literal["observation", "command"] = "command"
    """Which way it strikes: from the plant, or to it."""

    @property
    def part(self) -> str:
        """See :attr:`Fault.part`."""
        return self.path


class Latency(ChannelFault):
    """Messages that arrive later."""

    kind: Literal["latency"]
    delay_ms: _Delay = 0.0
    """Delay of every message, ms; one that comes within a tick is taken at the next."""
    jitter_ms: _Delay = 0.0
    """Most that is added to it, ms; each message draws its own, evenly from zero up to this."""
    exclusive: ClassVar[bool] = True

    @model_validator(mode="after")
    def _some_delay(self) -> "Latency":
        if self.delay_ms == self.jitter_ms == 0.0:
            raise ValueError("it changes nothing; give delay_ms or jitter_ms")
        return self

    def delayed_ns(self, random: np.random.Generator) -> int:
        """Delay of one message, ns."""
        jitter = self.jitter_ms * random.random() if self.jitter_ms else 0.0
        return round(1e6 * (self.delay_ms + jitter))


class Loss(ChannelFault):
    """Messages that never arrive."""

    kind: Literal["loss"]
    probability: Probability
    """Chance that a message is lost."""


class Duplication(ChannelFault):
    """Messages that arrive twice, the second time late. A vehicle flies what it was told last."""

    kind: Literal["duplication"]
    probability: Probability
    """Chance that a message is doubled."""
    later_ticks: Ticks = 2
    """By how much the second arrives later, in control ticks."""


class Reordering(ChannelFault):
    """Messages that later ones overtake. A vehicle flies what it was told last."""

    kind: Literal["reordering"]
    probability: Probability
    """Chance that a message is overtaken."""
    later_ticks: Ticks = 2
    """By how much it arrives later, in control ticks."""


class ClockFault(Fault):
    """A plant whose clock is wrong: what it measures carries the wrong time."""

    def ahead_s(self, elapsed_s: float) -> float:
        """By how much the plant's clock is ahead after a time, s."""
        raise NotImplementedError


class ClockStep(ClockFault):
    """A clock that jumps."""

    kind: Literal["clock_step"]
    offset_ms: Annotated[float, Field(ge=-1000.0, le=1000.0)]
    """How far it is ahead, ms."""

    @model_validator(mode="after")
    def _some_step(self) -> "ClockStep":
        if self.offset_ms == 0.0:
            raise ValueError("it changes nothing; give an offset_ms other than 0")
        return self

    def ahead_s(self, elapsed_s: float) -> float:
        """See :meth:`ClockFault.ahead_s`."""
        return self.offset_ms * 1e-3


class ClockDrift(ClockFault):
    """A clock that runs fast or slow."""

    kind: Literal["clock_drift"]
    drift_ppm: Annotated[float, Field(ge=-1e5, le=1e5)]
    """How much it gains, in millionths of the time that passes."""

    @model_validator(mode="after")
    def _some_drift(self) -> "ClockDrift":
        if self.drift_ppm == 0.0:
            raise ValueError("it changes nothing; give a drift_ppm other than 0")
        return self

    def ahead_s(self, elapsed_s: float) -> float:
        """See :meth:`ClockFault.ahead_s`."""
        return self.drift_ppm * 1e-6 * elapsed_s


class Actuation(NamedTuple):
    """What an actuator fault knows beside the command that it spoils.

    Attributes:
        before: What it delivered a tick ago, m/s², (3,).
        dt: Tick, s.
    """

    before: Array
    dt: float


class ActuatorFault(Fault):
    """A fault of what turns a command into thrust."""

    def delivered(self, command: Array, actuation: Actuation) -> Array:
        """The acceleration that the faulty actuator asks the plant for, m/s², (3,)."""
        raise NotImplementedError


class Stuck(ActuatorFault):
    """Thrust stays what it was."""

    kind: Literal["stuck"]
    exclusive: ClassVar[bool] = True

    def delivered(self, command: Array, actuation: Actuation) -> Array:
        """See :meth:`ActuatorFault.delivered`."""
        return actuation.before


class Saturation(ActuatorFault):
    """Thrust that can't be more than so much; its direction is kept."""

    kind: Literal["saturation"]
    limit_m_s2: Positive
    """Largest acceleration, m/s²."""

    def delivered(self, command: Array, actuation: Actuation) -> Array:
        """See :meth:`ActuatorFault.delivered`."""
        size = float(np.linalg.norm(command))
        return command if size <= self.limit_m_s2 else command * (self.limit_m_s2 / size)


class Lag(ActuatorFault):
    """Thrust that follows its command with a delay of the first order."""

    kind: Literal["lag"]
    time_constant_s: Positive
    """Time in which it comes 63 % of the way, s."""
    exclusive: ClassVar[bool] = True

    def delivered(self, command: Array, actuation: Actuation) -> Array:
        """See :meth:`ActuatorFault.delivered`."""
        share = -math.expm1(-actuation.dt / self.time_constant_s)
        return actuation.before + share * (command - actuation.before)


class GainLoss(ActuatorFault):
    """Thrust that is less than commanded."""

    kind: Literal["gain_loss"]
    loss_percent: Annotated[float, Field(gt=0.0, le=100.0)]
    """By how much it is less, of what is commanded."""

    def delivered(self, command: Array, actuation: Actuation) -> Array:
        """See :meth:`ActuatorFault.delivered`."""
        return command * (1.0 - self.loss_percent / 100.0)


class PhysicalFault(Fault):
    """A fault inside the plant: only it can have it, and says so in its specification."""


class GravityError(PhysicalFault):
    """Gravity that is not as the models have it."""

    kind: Literal["gravity_error"]
    percent: Annotated[float, Field(ge=-90.0, le=90.0)]
    """By how much the central body pulls harder."""
    exclusive: ClassVar[bool] = True

    @model_validator(mode="after")
    def _some_error(self) -> "GravityError":
        if self.percent == 0.0:
            raise ValueError("it changes nothing; give a percent other than 0")
        return self


class MotorWeakness(PhysicalFault):
    """A motor that gives less thrust than it is told to; at 100 % it has stopped."""

    kind: Literal["motor_weakness"]
    motor: Annotated[int, Field(ge=1, le=4)]
    """Number of the motor, in the autopilot's order."""
    loss_percent: Annotated[float, Field(gt=0.0, le=100.0)]
    """By how much its thrust is less, of what is commanded."""


SensorName = Literal["accelerometer", "gyroscope", "magnetometer", "barometer", "gnss"]


class VehicleSensorFault(PhysicalFault):
    """A fault of a sensor that the vehicle carries: the autopilot's estimator is misled by it."""

    sensor: SensorName
    """Which sensor."""

    @property
    def part(self) -> str:
        """See :attr:`Fault.part`."""
        return self.sensor


class _SizedSensorFault(VehicleSensorFault):
    """A fault with a size in the units of its sensor."""

    quantities: ClassVar[Mapping[str, tuple[str, ...]]]
    """The keys that a sensor's size is given by."""

    @model_validator(mode="after")
    def _size_of_this_sensor(self) -> Self:
        own = self.quantities[self.sensor]
        others = {key for keys in self.quantities.values() for key in keys} - set(own)
        for key in sorted(others & self.model_fields_set):
            raise ValueError(f"{key} is nothing that a {self.sensor} has; give {' or '.join(own)}")
        if not any(np.any(getattr(self, key)) for key in own):
            raise ValueError(f"it changes nothing; give {' or '.join(own)}")
        return self

    def sizes(self) -> tuple[float, ...]:
        """The sizes of its sensor, axis by axis, in the order of :attr:`quantities`."""
        given = (getattr(self, key) for key in self.quantities[self.sensor])
        return tuple(np.concatenate([np.atleast_1d(size) for size in given]).tolist())


class SensorLoss(VehicleSensorFault):
    """A sensor that gives nothing."""

    kind: Literal["sensor_loss"]
    exclusive: ClassVar[bool] = True


class SensorFreeze(VehicleSensorFault):
    """A sensor whose values stay what they were, and look fresh."""

    kind: Literal["sensor_freeze"]
    exclusive: ClassVar[bool] = True


class SensorBias(_SizedSensorFault):
    """A sensor with a constant error, beside the one that it is made with."""

    kind: Literal["sensor_bias"]
    acceleration_m_s2: Triple = ZERO
    """Error of the accelerometer, body frame, m/s²."""
    rate_rad_s: Triple = ZERO
    """Error of the gyroscope, body frame, rad/s."""
    field_gauss: Triple = ZERO
    """Error of the magnetometer, body frame, gauss."""
    pressure_pa: _Number = 0.0
    """Error of the barometer, Pa; 12 Pa are about a metre."""
    position_m: Position3 = ZERO
    """Error of the position by GNSS, north, east, down, m."""
    velocity_m_s: Velocity3 = ZERO
    """Error of the velocity by GNSS, north, east, down, m/s."""

    quantities: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "accelerometer": ("acceleration_m_s2",),
        "gyroscope": ("rate_rad_s",),
        "magnetometer": ("field_gauss",),
        "barometer": ("pressure_pa",),
        "gnss": ("position_m", "velocity_m_s"),
    }


class SensorDrift(_SizedSensorFault):
    """A sensor with an error that grows from zero."""

    kind: Literal["sensor_drift"]
    acceleration_m_s3: Triple = ZERO
    """By how much the accelerometer's error grows, body frame, m/s³."""
    rate_rad_s2: Triple = ZERO
    """By how much the gyroscope's error grows, body frame, rad/s²."""
    field_gauss_s: Triple = ZERO
    """By how much the magnetometer's error grows, body frame, gauss a second."""
    pressure_pa_s: _Number = 0.0
    """By how much the barometer's error grows, Pa/s."""
    position_m_s: Position3 = ZERO
    """By how much the error of the position by GNSS grows, north, east, down, m/s."""
    velocity_m_s2: Velocity3 = ZERO
    """By how much the error of the velocity by GNSS grows, north, east, down, m/s²."""

    quantities: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "accelerometer": ("acceleration_m_s3",),
        "gyroscope": ("rate_rad_s2",),
        "magnetometer": ("field_gauss_s",),
        "barometer": ("pressure_pa_s",),
        "gnss": ("position_m_s", "velocity_m_s2"),
    }


class SensorNoise(_SizedSensorFault):
    """A sensor with white noise on each axis, beside the noise that it always has."""

    kind: Literal["sensor_noise"]
    acceleration_noise_m_s2: _Deviation = 0.0
    """Standard deviation of the accelerometer, m/s²."""
    rate_noise_rad_s: _Deviation = 0.0
    """Standard deviation of the gyroscope, rad/s."""
    field_noise_gauss: _Deviation = 0.0
    """Standard deviation of the magnetometer, gauss."""
    pressure_noise_pa: _Deviation = 0.0
    """Standard deviation of the barometer, Pa."""
    position_noise_m: _Deviation = 0.0
    """Standard deviation of the position by GNSS, m."""
    velocity_noise_m_s: _Deviation = 0.0
    """Standard deviation of the velocity by GNSS, m/s."""

    quantities: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "accelerometer": ("acceleration_noise_m_s2",),
        "gyroscope": ("rate_noise_rad_s",),
        "magnetometer": ("field_noise_gauss",),
        "barometer": ("pressure_noise_pa",),
        "gnss": ("position_noise_m", "velocity_noise_m_s"),
    }

    def sizes(self) -> tuple[float, ...]:
        """See :meth:`_SizedSensorFault.sizes`; the axes of a quantity have the same."""
        axes = 1 if self.sensor == "barometer" else 3
        return tuple(
            getattr(self, key) for key in self.quantities[self.sensor] for _ in range(axes)
        )


class OffboardLoss(PhysicalFault):
    """Set-points stop: nothing that the controller commands is sent to the autopilot."""

    kind: Literal["offboard_loss"]
    exclusive: ClassVar[bool] = True


class Px4Failure(PhysicalFault):
    """A failure that PX4 injects into itself, as MAV_CMD_INJECT_FAILURE (420) tells it to."""

    kind: Literal["px4_failure"]
    unit: Literal[
        "gyro",
        "accel",
        "mag",
        "baro",
        "gps",
        "optical_flow",
        "vio",
        "distance_sensor",
        "airspeed",
        "battery",
        "motor",
        "servo",
        "avoidance",
        "rc_signal",
        "mavlink_signal",
    ]
    """What fails, by the names of MAVLink's FAILURE_UNIT."""
    failure: Literal["off", "stuck", "garbage", "wrong", "slow", "delayed", "intermittent"]
    """How it fails, by the names of MAVLink's FAILURE_TYPE."""
    instance: Annotated[int, Field(ge=0, le=100)] = 0
    """Which of several, from 1; 0 is all of them."""
    exclusive: ClassVar[bool] = True

    @property
    def part(self) -> str:
        """See :attr:`Fault.part`."""
        return f"{self.unit} {self.instance}"


class Hang(Fault):
    """A plant that goes on by itself: it takes no command and gives no observation."""

    kind: Literal["hang"]
    exclusive: ClassVar[bool] = True


class Death(Fault):
    """A plant that is gone: the command of its first tick is never answered, and the run ends."""

    kind: Literal["death"]
    exclusive: ClassVar[bool] = True

    @model_validator(mode="after")
    def _for_good(self) -> "Death":
        if self.for_s is not None:
            raise ValueError("what is gone does not come back; leave out for_s")
        return self


AnyFault = Annotated[
    Dropout
    | Freeze
    | Bias
    | Drift
    | Noise
    | Spikes
    | Quantization
    | Latency
    | Loss
    | Duplication
    | Reordering
    | ClockStep
    | ClockDrift
    | Stuck
    | Saturation
    | Lag
    | GainLoss
    | GravityError
    | MotorWeakness
    | SensorLoss
    | SensorFreeze
    | SensorBias
    | SensorDrift
    | SensorNoise
    | OffboardLoss
    | Px4Failure
    | Hang
    | Death,
    Field(discriminator="kind"),
]
