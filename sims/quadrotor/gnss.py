"""A satellite-navigation receiver: fixes at its own rate, handed over later, in MAVLink's units."""

import math
from collections import deque
from typing import NamedTuple

import numpy as np

from sims.quadrotor.config import GnssConfig, HomeConfig
from sims.quadrotor.geodesy import Projection
from sims.quadrotor.random_blocks import errors

Triple = tuple[float, float, float]

_FIX_3D = 3
_UNKNOWN = 65_535
_SLOW_M_S = 0.5
"""Speed over ground below which a course is no more than noise."""
_INT16, _INT32, _UINT16 = 2**15 - 1, 2**31 - 1, 2**16 - 2
# Times are whole nanoseconds: three of 30 Hz end a nanosecond before the sample of 10 Hz is due.
_EARLY_NS = 1000


class Fix(NamedTuple):
    """What a receiver tells, each number as HIL_GPS carries it.

    Attributes:
        taken_ns: When it was measured, inside the run.
        fix_type: 3 for a position in space.
        latitude_e7: Degrees north times 10⁷.
        longitude_e7: Degrees east times 10⁷.
        altitude_mm: Above mean sea level, mm.
        eph_cm: Stated horizontal accuracy, cm.
        epv_cm: Stated vertical accuracy, cm.
        speed_cm_s: Over ground.
        north_cm_s: Velocity to north.
        east_cm_s: Velocity to east.
        down_cm_s: Velocity down.
        course_cdeg: Course over ground from north over east, hundredths of a degree; 65535 where
            it is not known.
        satellites: How many are used.
    """

    taken_ns: int
    fix_type: int
    latitude_e7: int
    longitude_e7: int
    altitude_mm: int
    eph_cm: int
    epv_cm: int
    speed_cm_s: int
    north_cm_s: int
    east_cm_s: int
    down_cm_s: int
    course_cdeg: int
    satellites: int


class Gnss:
    """A receiver that always has a good fix."""

    def __init__(self, config: GnssConfig, home: HomeConfig, random: np.random.Generator) -> None:
        self._every_ns = round(1e9 / config.rate_hz)
        self._delay_ns = round(1e9 * config.delay_s)
        horizontal, speed = config.horizontal_noise_m, config.velocity_noise_m_s
        deviation = horizontal, horizontal, config.vertical_noise_m, speed, speed, speed
        self._errors = errors(random, deviation, (0.0,) * 6)
        self._projection = Projection(home.latitude_deg, home.longitude_deg)
        self._altitude_m = home.altitude_m
        self._stated = round(1e2 * config.eph_m), round(1e2 * config.epv_m)
        self._satellites = config.satellites
        self._waiting: deque[Fix] = deque()
        self._next_ns = 0

    def measure(self, t_ns: int, position: Triple, velocity: Triple) -> tuple[float, ...] | None:
        """Position (NED from home, m) and velocity (NED, m/s) with their errors, where one is due.

        Args:
            t_ns: Time inside the run, not before that of the last call.
            position: True, NED from home, m.
            velocity: True, NED, m/s.
        """
        if t_ns < self._next_ns - _EARLY_NS:
            return None
        self._next_ns = max(self._next_ns + self._every_ns, t_ns)
        true = (*position, *velocity)
        return tuple(a + b for a, b in zip(true, next(self._errors), strict=True))

    def send(self, taken_ns: int, values: tuple[float, ...]) -> None:
        """Put a measurement on its way."""
        north, east, down, *velocity = values
        latitude, longitude = self._projection.degrees(north, east)
        speed = math.hypot(velocity[0], velocity[1])
        course = math.degrees(math.atan2(velocity[1], velocity[0])) % 360.0
        vn, ve, vd = (max(-_INT16, min(_INT16, round(1e2 * v))) for v in velocity)
        altitude = round(1e3 * (self._altitude_m - down))
        fix = Fix(
            taken_ns,
            _FIX_3D,
            round(1e7 * latitude),
            round(1e7 * longitude),
            max(-_INT32, min(_INT32, altitude)),
            *self._stated,
            min(_UINT16, round(1e2 * speed)),
            vn,
            ve,
            vd,
            _UNKNOWN if speed < _SLOW_M_S else round(1e2 * course) % 36_000,
            self._satellites,
        )
        self._waiting.append(fix)

    def receive(self, t_ns: int) -> Fix | None:
        """The next fix that has arrived by now, if any; each is given once."""
        if self._waiting and self._waiting[0].taken_ns + self._delay_ns <= t_ns + _EARLY_NS:
            return self._waiting.popleft()
        return None
