"""Attitude, velocity and position from the sensors alone.

A strap-down integration of gyroscope and accelerometer, corrected by constant gains:

- On the ground, before anything moves, the mean accelerometer gives the vertical and the mean
  magnetometer the heading, and what the gyroscope reads is its bias.
- In flight a multirotor's accelerometer shows its thrust and not the vertical, so tilt is
  corrected by what each GNSS velocity differs from the integrated one (M.-D. Hua, *Attitude
  estimation for accelerated vehicles using GPS/INS measurements*, Control Engineering Practice
  18, 2010). Only while there is no fix is the mean specific force taken for the vertical.
- The magnetometer corrects the heading, GNSS the horizontal position, the barometer the height;
  GNSS slowly tells where the barometer drifts.

The gains put the poles of each chain between 0.3 and 3 rad/s, with fixes at 10 Hz.
"""

import math
from collections import deque
from typing import Final

from sims.rotation import (
    IDENTITY,
    Quaternion,
    Vector,
    conjugate,
    euler,
    from_euler,
    normalised,
    product,
    rotate,
    turned_by,
    wrapped,
)
from sims.standin.geodesy import Origin

GRAVITY_M_S2: Final = 9.80665

_ALIGNING_S = 0.4
_ALIGNING_FIXES = 4
_FIX_KEEPS_US = 500_000  # that long a fix is current
_DECIMAL_YEAR = 2025.0  # of the magnetic model, which moves by 0.2° a year

# Each fix: how much of a difference in velocity and position goes where.
_FIX_VELOCITY, _FIX_POSITION = 0.25, 0.12
_FIX_VELOCITY_OF_POSITION = 0.04
_FIX_TILT = 0.0015  # rad a fix, for 1 m/s across a specific force of 1 m/s²
_FIX_GYRO_BIAS = 0.1  # 1/s
_FIX_BAROMETER = 0.01
_BAROMETER_ZERO = 0.02  # of each sample on the ground
# Each second: the same for what comes with every sample.
_HEIGHT, _HEIGHT_TO_SPEED, _HEIGHT_TO_BIAS = 2.0, 1.2, 0.1
_HEADING, _HEADING_TO_BIAS = 0.8, 0.05
_LEVELLING = 0.2
_ACCELERATION_LAG_S = 0.02


class Estimator:
    """State of one vehicle as its sensors tell it.

    Attributes:
        attitude: Body to NED.
        rate: Angular velocity, FRD, rad/s, bias taken off.
        velocity: NED, m/s.
        position: NED about the origin, m.
        acceleration: Of the vehicle, NED, m/s², smoothed over 20 ms.
        origin: Where local coordinates begin; None until there are fixes.
        aligned: Whether attitude is known.
    """

    def __init__(self) -> None:
        self.attitude: Quaternion = IDENTITY
        self.rate: Vector = (0.0, 0.0, 0.0)
        self.velocity: Vector = (0.0, 0.0, 0.0)
        self.position: Vector = (0.0, 0.0, 0.0)
        self.acceleration: Vector = (0.0, 0.0, 0.0)
        self.origin: Origin | None = None
        self.aligned = False
        self.fix_us: int | None = None
        self._gyro_bias: Vector = (0.0, 0.0, 0.0)
        self._bias_down = 0.0
        self._declination = 0.0
        self._barometer_zero: float | None = None
        self._force_sum = [0.0, 0.0, 0.0]
        self._gyro_sum = [0.0, 0.0, 0.0]
        self._field_sum = [0.0, 0.0, 0.0]
        self._field_count = self._force_count = 0
        self._still_s = 0.0
        self._fixes: list[tuple[float, float, float]] = []
        self._past: deque[tuple[int, Vector, Vector]] = deque(maxlen=128)

    def has_fix(self, now_us: int) -> bool:
        """Whether GNSS is current."""
        return self.fix_us is not None and now_us - self.fix_us <= _FIX_KEEPS_US

    def without_fix_us(self, now_us: int) -> int:
        """For how long there has been none."""
        return now_us if self.fix_us is None else now_us - self.fix_us

    def move(self, now_us: int, dt: float, gyro: Vector, force: Vector) -> None:
        """Go on by a time step.

        Args:
            now_us: Time at its end.
            dt: Its length, s.
            gyro: Angular velocity, FRD, rad/s.
            force: Specific force, FRD, m/s².
        """
        bx, by, bz = self._gyro_bias
        self.rate = p, q, r = gyro[0] - bx, gyro[1] - by, gyro[2] - bz
        if not self.aligned:
            for axis in range(3):
                self._force_sum[axis] += force[axis]
                self._gyro_sum[axis] += gyro[axis]
            self._force_count += 1
            self._still_s += dt
            self._align()
            return
        self.attitude = product(self.attitude, turned_by((p * dt, q * dt, r * dt)))
        fn, fe, fd = rotate(self.attitude, force)
        if not self.has_fix(now_us):
            # The specific force is taken to point up: the rotation that would bring it there.
            gain = _LEVELLING * dt / GRAVITY_M_S2
            self._turn((-fe * gain, fn * gain, 0.0))
        ad = fd + GRAVITY_M_S2 - self._bias_down
        vn, ve, vd = self.velocity
        pn, pe, pd = self.position
        self.position = (
            pn + dt * (vn + 0.5 * dt * fn),
            pe + dt * (ve + 0.5 * dt * fe),
            pd + dt * (vd + 0.5 * dt * ad),
        )
        self.velocity = vn + dt * fn, ve + dt * fe, vd + dt * ad
        if self.origin is None:  # it stands still until it knows where
            self.velocity, self.position = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        keep = math.exp(-dt / _ACCELERATION_LAG_S)
        an, ae, old = self.acceleration
        self.acceleration = (
            fn + keep * (an - fn),
            fe + keep * (ae - fe),
            ad + keep * (old - ad),
        )
        self._past.append((now_us, self.position, self.velocity))

    def magnetometer(self, dt: float, field: Vector) -> None:
        """Correct the heading by a magnetic field, FRD, in any unit."""
        if not self.aligned:
            for axis in range(3):
                self._field_sum[axis] += field[axis]
            self._field_count += 1
            return
        north, east, _ = rotate(self.attitude, field)
        error = wrapped(self._declination - math.atan2(east, north))
        self._turn((0.0, 0.0, _HEADING * dt * error))
        bx, by, bz = self._gyro_bias
        self._gyro_bias = bx, by, bz - _HEADING_TO_BIAS * dt * error

    def barometer(self, dt: float, altitude_m: float) -> None:
        """Correct the height by a pressure altitude, m."""
        if self._barometer_zero is None:
            self._barometer_zero = altitude_m
        if self.origin is None:
            self._barometer_zero += _BAROMETER_ZERO * (altitude_m - self._barometer_zero)
            return
        if not self.aligned:
            return
        error = self._barometer_zero - altitude_m - self.position[2]
        pn, pe, pd = self.position
        vn, ve, vd = self.velocity
        self.position = pn, pe, pd + _HEIGHT * dt * error
        self.velocity = vn, ve, vd + _HEIGHT_TO_SPEED * dt * error
        self._bias_down -= _HEIGHT_TO_BIAS * dt * error

    def fix(
        self,
        now_us: int,
        taken_us: int,
        place: tuple[float, float, float],
        velocity: Vector,
    ) -> None:
        """Correct velocity, position and tilt by a GNSS fix.

        Args:
            now_us: Time.
            taken_us: When it was taken; the state of then is what it is held against.
            place: Latitude and longitude, deg, and height above the sea, m.
            velocity: NED, m/s.
        """
        if not self.aligned:
            return
        lost = not self.has_fix(now_us)
        self.fix_us = now_us
        if self.origin is None:
            self._fixes.append(place)
            if len(self._fixes) >= _ALIGNING_FIXES:
                self._begin_at(self._fixes)
            return
        north, east = self.origin.north_east(place[0], place[1])
        down = self.origin.altitude_m - place[2]
        position, then = self._at(taken_us)
        dn, de, dd = (a - b for a, b in zip(velocity, then, strict=True))
        en, ee, ed = north - position[0], east - position[1], down - position[2]
        pn, pe, pd = self.position
        vn, ve, vd = self.velocity
        if lost:  # after a gap nothing is left to be smoothed
            self.position = pn + en, pe + ee, pd
            self.velocity = vn + dn, ve + de, vd + dd
            return
        self.position = pn + _FIX_POSITION * en, pe + _FIX_POSITION * ee, pd
        self.velocity = (
            vn + _FIX_VELOCITY * dn + _FIX_VELOCITY_OF_POSITION * en,
            ve + _FIX_VELOCITY * de + _FIX_VELOCITY_OF_POSITION * ee,
            vd + 0.5 * _FIX_VELOCITY * dd,
        )
        if self._barometer_zero is not None:
            self._barometer_zero += _FIX_BAROMETER * ed
        # An attitude in error by φ integrates a velocity in error by f × φ.
        fn, fe = self.acceleration[0], self.acceleration[1]
        fd = self.acceleration[2] - GRAVITY_M_S2
        turn = -_FIX_TILT * fd * de, _FIX_TILT * fd * dn, _FIX_TILT * (fn * de - fe * dn)
        self._turn(turn)
        bx, by, bz = self._gyro_bias
        cx, cy, cz = rotate(conjugate(self.attitude), turn)
        self._gyro_bias = (
            bx - _FIX_GYRO_BIAS * cx,
            by - _FIX_GYRO_BIAS * cy,
            bz - _FIX_GYRO_BIAS * cz,
        )

    def _align(self) -> None:
        if self._still_s < _ALIGNING_S or not self._field_count:
            return
        fx, fy, fz = self._force_sum
        roll, pitch = math.atan2(-fy, -fz), math.atan2(fx, math.hypot(fy, fz))
        level = from_euler(roll, pitch, 0.0)
        mx, my, mz = self._field_sum
        north, east, _ = rotate(level, (mx, my, mz))
        self.attitude = from_euler(roll, pitch, -math.atan2(east, north))
        # It stands still: what the gyroscope tells is its bias.
        x, y, z = (total / self._force_count for total in self._gyro_sum)
        self._gyro_bias = x, y, z
        self.aligned = True

    def _begin_at(self, fixes: list[tuple[float, float, float]]) -> None:
        count = len(fixes)
        latitude, longitude, altitude = (
            sum(fix[axis] for fix in fixes) / count for axis in (0, 1, 2)
        )
        self.origin = Origin(latitude, longitude, altitude)
        self._declination = math.radians(_declination_deg(self.origin))
        roll, pitch, yaw = euler(self.attitude)
        self.attitude = from_euler(roll, pitch, yaw + self._declination)

    def _turn(self, angle: Vector) -> None:
        """By a small rotation vector, NED."""
        self.attitude = normalised(product(turned_by(angle), self.attitude))

    def _at(self, then_us: int) -> tuple[Vector, Vector]:
        """Position and velocity at a time of the last half second."""
        for stamp, position, velocity in reversed(self._past):
            if stamp <= then_us:
                return position, velocity
        return self.position, self.velocity


def _declination_deg(origin: Origin) -> float:
    """Of the magnetic field, east of north, by the World Magnetic Model."""
    from pygeomag import GeoMag

    field = GeoMag().calculate(
        glat=origin.latitude_deg,
        glon=origin.longitude_deg,
        alt=origin.altitude_m / 1000.0,
        time=_DECIMAL_YEAR,
    )
    return float(field.d)
