"""The world around PX4: physics and sensors in lockstep with it, a step at a time."""

from collections.abc import Callable
from typing import Any, Final

from sims.faults import MotorWeakness, PhysicalFault
from sims.mavlink.config import Px4Config
from sims.mavlink.dialect import mavlink
from sims.mavlink.hil import SimulatorLink
from sims.quadrotor.body import Quadrotor
from sims.quadrotor.gnss import Fix
from sims.quadrotor.sensors import Readings, Sensors

_TRIPLES: Final = (0x7, 0x38, 0x1C0)
_BAROMETER: Final = 0x1A00
"""Bits in ``fields_updated`` of accelerometer, gyroscope and magnetometer, and of the barometer;
PX4 takes a sensor's values only if all of its bits are set."""
_NO_AIRSPEED: Final = 0.0
_NOTHING: Final = (0.0, 0.0, 0.0)
_STILL: Final = (0.0, 0.0, 0.0, 0.0)

Meanwhile = Callable[[], None]


class World:
    """One vehicle's surroundings.

    Attributes:
        body: The vehicle's body.
        t_us: Time of the sensors told last, which is the autopilot's clock, µs.
        armed: Whether the autopilot is armed.
        motors: What its motors follow in the last step, 0 to 1.
    """

    def __init__(self, link: SimulatorLink, config: Px4Config, seed: int) -> None:
        """Put an autopilot into the world.

        Args:
            link: The way to it.
            config: Of vehicle, sensors and place.
            seed: Of the run.
        """
        self.body = Quadrotor(config.vehicle, config.step_ms * 1e-3, seed)
        self._link, self._sensors = link, Sensors(config.sensors, config.home, seed)
        self._step_us = config.step_ms * 1000
        # PX4 wants its clock to begin near zero.
        self.t_us = 0
        self.armed = False
        self.motors: tuple[float, ...] = _STILL
        self._told: tuple[float, ...] = _STILL
        self._thrust = [0.0, 0.0, 0.0]
        self._steps = 0

    def step(self, meanwhile: Meanwhile) -> None:
        """Tell the autopilot what its sensors read, and move while it thinks.

        The motors follow what it told them a step ago: its answer to these sensors acts from the
        next step on, as if on its way to a motor's controller. So neither waits for the other.

        Args:
            meanwhile: Called while the autopilot thinks.

        Raises:
            PlantError: It has gone, or hangs.
        """
        self.t_us += self._step_us
        t_ns, body = 1000 * self.t_us, self.body
        readings, fix = self._sensors.read(t_ns, body), self._sensors.fix(t_ns, body)
        if fix is not None:  # first: with the sensors PX4 begins its step
            self._link.send(gnss_message(self.t_us, fix))
        self._link.send(sensor_message(self.t_us, readings))
        meanwhile()
        self.motors = self._told
        body.step(self.motors)
        controls = self._link.answer(self.t_us)
        if controls is not None:
            self._told, self.armed = controls.values, controls.armed
        self._steps += 1
        for axis, delivered in enumerate(body.delivered_acceleration):
            self._thrust[axis] += delivered

    @property
    def now_us(self) -> int:
        """The autopilot's time of the body's present state, a step after its last sensors, µs."""
        return self.t_us + self._step_us

    def delivered(self) -> tuple[float, float, float]:
        """Mean thrust acceleration since this was asked last, NED, m/s²."""
        x, y, z = self._thrust
        steps, self._steps, self._thrust = max(1, self._steps), 0, [0.0, 0.0, 0.0]
        return x / steps, y / steps, z / steps

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """Switch a fault of motors or sensors on or off."""
        if isinstance(fault, MotorWeakness):
            self.body.inject(fault, on)
        else:
            self._sensors.inject(fault, on)

    def close(self) -> None:
        """Close the physics; may be called twice."""
        self.body.close()


def sensor_message(t_us: int, readings: Readings) -> Any:
    """HIL_SENSOR; a sensor that tells nothing is left out."""
    fields = 0
    values: list[float] = []
    for triple, mask in zip(readings[:3], _TRIPLES, strict=True):
        values += _NOTHING if triple is None else triple
        fields |= 0 if triple is None else mask
    pressure_hpa = altitude_m = temperature_c = 0.0
    if readings.barometer is not None:
        pressure_hpa, altitude_m, temperature_c = readings.barometer
        fields |= _BAROMETER
    air = pressure_hpa, _NO_AIRSPEED, altitude_m, temperature_c
    return mavlink.MAVLink_hil_sensor_message(t_us, *values, *air, fields)


def gnss_message(t_us: int, fix: Fix) -> Any:
    """HIL_GPS."""
    return mavlink.MAVLink_hil_gps_message(t_us, *fix[1:])
