"""Which of the simulator's sensors can be believed: there, moving, and not failed on purpose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from sims.rotation import Vector
from sims.standin.geodesy import pressure_altitude

_KEEPS_US = 500_000
_EQUAL_AT_MOST = 100
_GPS_INTERVAL_AT_MOST_S = 0.3
_FULL_FIX = 3
_OLDEST_FIX_US = 500_000


class Unit(IntEnum):
    """``FAILURE_UNIT`` of MAVLink, as far as it can fail here."""

    GYRO = 0
    ACCEL = 1
    MAG = 2
    BARO = 3
    GPS = 4
    MOTOR = 101


class Failure(IntEnum):
    """``FAILURE_TYPE`` of MAVLink, as far as it can happen here."""

    OK = 0
    OFF = 1
    STUCK = 2


@dataclass
class Channel:
    """One sensor: its newest values and whether they can be believed.

    PX4 takes one that says the same a hundred times for dead, after its inertial sensors'
    readings were cut to whole steps of a 16-bit converter: a simulator without noise can't arm.

    Attributes:
        name: As PX4's messages have it.
        mask: Bits of ``fields_updated`` that must all be set for it to count.
        step: Step of the converter, in the sensor's unit; 0 for none.
        most: End of its range either way, in the sensor's unit; what is beyond is no reading.
    """

    name: str
    mask: int
    step: float
    most: float
    values: tuple[float, ...] = ()
    heard_us: int | None = None
    failure: Failure = Failure.OK
    _cut: tuple[float, ...] = ()
    _equal: int = 0

    def hear(self, now_us: int, values: Sequence[float]) -> bool:
        """Take new values; whether there are any to be used."""
        if self.failure is Failure.OFF or not all(abs(v) <= self.most for v in values):
            return False
        if self.failure is Failure.OK:
            self.values = tuple(values)
        step = self.step
        cut = tuple(float(int(v / step)) for v in self.values) if step else self.values
        self._equal = self._equal + 1 if cut == self._cut else 0
        self._cut, self.heard_us = cut, now_us
        return bool(self.values)

    @property
    def stale(self) -> bool:
        """Whether it has said the same for too long."""
        return self._equal >= _EQUAL_AT_MOST

    def fault(self, now_us: int) -> str:
        """What is wrong with it, in PX4's manner; empty if nothing."""
        if self.heard_us is None:
            return f"{self.name} Sensor 0 missing"
        if self.stale or now_us - self.heard_us > _KEEPS_US:
            return f"No valid data from {self.name} 0"
        return ""


@dataclass
class Gps:
    """GNSS, as HIL_GPS brings it.

    Attributes:
        fix: Kind of fix, 3 or more for position.
        satellites: How many are used; 255 if unknown.
    """

    fix: int = 0
    satellites: int = 0
    heard_us: int | None = None
    failure: Failure = Failure.OK
    _interval_s: float = 0.1

    def hear(self, now_us: int, message: Any) -> bool:
        """Take a message; whether it brings a position to be used."""
        if self.failure is Failure.OFF:
            return False
        if self.heard_us is not None:
            interval = (now_us - self.heard_us) * 1e-6
            self._interval_s += 0.2 * (interval - self._interval_s)
        self.fix, self.satellites = message.fix_type, message.satellites_visible
        self.heard_us = now_us
        if abs(message.lat) > 900_000_000 or abs(message.lon) > 1_800_000_000:
            return False
        return self.fix >= _FULL_FIX and self.failure is Failure.OK

    def fault(self, now_us: int) -> str:
        """What is wrong with it, in PX4's manner; empty if nothing."""
        if self.heard_us is None:
            return "GPS Sensor 0 missing"
        if now_us - self.heard_us > 2 * _KEEPS_US or self._interval_s > _GPS_INTERVAL_AT_MOST_S:
            return "GPS data too slow or missing"
        return "" if self.fix >= _FULL_FIX else "GPS fix too low"


def fix_taken_us(now_us: int, stamp_us: int) -> int:
    """When a fix was taken: its stamp, if that can be."""
    return stamp_us if 0 <= now_us - stamp_us <= _OLDEST_FIX_US else now_us


def _accelerometer() -> Channel:
    return Channel("Accel", 0x7, 4.8e-3, 200.0)


def _gyroscope() -> Channel:
    return Channel("Gyro", 0x38, math.radians(0.061), 40.0)


def _magnetometer() -> Channel:
    return Channel("Compass", 0x1C0, 0.0, 50.0)


def _barometer() -> Channel:
    return Channel("Baro", 0x1A00, 0.0, 40_000.0)


@dataclass
class Sensors:
    """All of them."""

    accelerometer: Channel = field(default_factory=_accelerometer)
    gyroscope: Channel = field(default_factory=_gyroscope)
    magnetometer: Channel = field(default_factory=_magnetometer)
    barometer: Channel = field(default_factory=_barometer)
    gps: Gps = field(default_factory=Gps)

    def hear(self, now_us: int, message: Any) -> tuple[bool, bool]:
        """Take a HIL_SENSOR; whether it brings a magnetic field and a height that are usable."""
        updated = message.fields_updated
        m = message
        if updated & 0x7 == 0x7:
            self.accelerometer.hear(now_us, (m.xacc, m.yacc, m.zacc))
        if updated & 0x38 == 0x38:
            self.gyroscope.hear(now_us, (m.xgyro, m.ygyro, m.zgyro))
        field_known = updated & 0x1C0 == 0x1C0 and self.magnetometer.hear(
            now_us, (m.xmag, m.ymag, m.zmag)
        )
        height_known = False
        if updated & 0x1A00 == 0x1A00 and m.abs_pressure > 0.0:
            height_known = self.barometer.hear(now_us, (pressure_altitude(m.abs_pressure),))
        return (
            field_known and not self.magnetometer.stale,
            height_known and not self.barometer.stale,
        )

    @property
    def force(self) -> Vector:
        """Newest specific force, FRD, m/s²; one g upwards before there is any."""
        x, y, z = self.accelerometer.values or (0.0, 0.0, -9.80665)
        return x, y, z

    @property
    def turning(self) -> Vector:
        """Newest angular velocity, FRD, rad/s; none before there is any."""
        x, y, z = self.gyroscope.values or (0.0, 0.0, 0.0)
        return x, y, z

    @property
    def magnetic_field(self) -> Vector:
        """Newest magnetic field, FRD, gauss; northwards before there is any."""
        x, y, z = self.magnetometer.values or (0.2, 0.0, 0.4)
        return x, y, z

    def fail(self, unit: Unit, failure: Failure) -> None:
        """Let one fail, or work again."""
        sensors: dict[Unit, Channel | Gps] = {
            Unit.GYRO: self.gyroscope,
            Unit.ACCEL: self.accelerometer,
            Unit.MAG: self.magnetometer,
            Unit.BARO: self.barometer,
            Unit.GPS: self.gps,
        }
        sensors[unit].failure = failure

    def faults(self, now_us: int) -> list[str]:
        """Everything that is wrong with them, in PX4's manner."""
        all_of_them = (
            self.accelerometer,
            self.gyroscope,
            self.magnetometer,
            self.barometer,
            self.gps,
        )
        return [fault for sensor in all_of_them if (fault := sensor.fault(now_us))]
