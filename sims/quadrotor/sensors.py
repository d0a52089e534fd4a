"""What a quadrotor senses, as its autopilot is told it.

Every sensor draws from a random stream of its own, so that a change to one changes no other. The
path of every step is plain floats: small numpy arrays would cost several times as much.
"""

from typing import NamedTuple

from sims.faults import PhysicalFault, VehicleSensorFault
from sims.plant import PlantError
from sims.quadrotor.body import Quadrotor
from sims.quadrotor.config import HomeConfig, SensorsConfig
from sims.quadrotor.gnss import Fix, Gnss
from sims.quadrotor.isa import pressure_altitude_m, pressure_pa, temperature_c
from sims.quadrotor.magnetic_field import field_gauss
from sims.quadrotor.random_blocks import errors
from sims.quadrotor.sensor_faults import SensorFaults, Values
from sims.streams import stream

_NAMES = "accelerometer", "gyroscope", "magnetometer", "barometer"


class Air(NamedTuple):
    """What a barometer tells.

    Attributes:
        pressure_hpa: Absolute pressure, hPa.
        pressure_altitude_m: Altitude of that pressure in the standard atmosphere, m.
        temperature_c: °C.
    """

    pressure_hpa: float
    pressure_altitude_m: float
    temperature_c: float


class Readings(NamedTuple):
    """What the sensors tell at a step; None where a sensor tells nothing.

    Attributes:
        accelerometer: Specific force, forward, right, down, m/s², (3,).
        gyroscope: Angular velocity about forward, right, down, rad/s, (3,).
        magnetometer: Magnetic field, forward, right, down, gauss, (3,).
        barometer: Pressure and what goes with it.
    """

    accelerometer: Values | None
    gyroscope: Values | None
    magnetometer: Values | None
    barometer: Air | None


class Sensors:
    """All sensors of one quadrotor."""

    def __init__(self, config: SensorsConfig, home: HomeConfig, seed: int) -> None:
        """Fit them.

        Args:
            config: Their errors.
            home: Where position zero is, and when.
            seed: Of the run.
        """
        self._seed = seed
        a, g, m, b = config.accelerometer, config.gyroscope, config.magnetometer, config.barometer
        self._force_errors = errors(stream(seed, "accelerometer"), (a.noise_m_s2,) * 3, a.bias_m_s2)
        self._rate_errors = errors(stream(seed, "gyroscope"), (g.noise_rad_s,) * 3, g.bias_rad_s)
        self._field_errors = errors(
            stream(seed, "magnetometer"), (m.noise_gauss,) * 3, m.bias_gauss
        )
        self._pressure_errors = errors(stream(seed, "barometer"), (b.noise_pa,), (b.bias_pa,))
        self._gnss = Gnss(config.gnss, home, stream(seed, "gnss"))
        self._field = field_gauss(home)
        self._altitude_m = home.altitude_m
        self._faults: dict[str, SensorFaults] = {}
        self._last: tuple[Values | None, ...] = (None,) * len(_NAMES)
        self._last_fix: Values | None = None
        self._now_ns = 0

    def read(self, t_ns: int, body: Quadrotor) -> Readings:
        """Read all but GNSS, once a step.

        Args:
            t_ns: Time inside the run.
            body: What they are fixed to.
        """
        self._now_ns = t_ns
        x, y, z = body.specific_force
        ex, ey, ez = next(self._force_errors)
        force = x + ex, y + ey, z + ez
        p, q, r = body.rate
        ex, ey, ez = next(self._rate_errors)
        rate = p + ex, q + ey, r + ez
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = body.axes
        north, east, down = self._field
        ex, ey, ez = next(self._field_errors)
        field = (
            north * xx + east * yx + down * zx + ex,
            north * xy + east * yy + down * zy + ey,
            north * xz + east * yz + down * zz + ez,
        )
        altitude = self._altitude_m - body.position[2]
        (error,) = next(self._pressure_errors)
        pressure = pressure_pa(altitude) + error
        values: tuple[Values | None, ...] = force, rate, field, (pressure,)
        if self._faults:
            values = tuple(map(self._spoilt, _NAMES, values))
        self._last = values
        told_force, told_rate, told_field, told_pressure = values
        air = None if told_pressure is None else _air(told_pressure[0], altitude)
        return Readings(told_force, told_rate, told_field, air)

    def fix(self, t_ns: int, body: Quadrotor) -> Fix | None:
        """The fix of GNSS that arrives now, if any; asked once a step.

        Args:
            t_ns: Time inside the run.
            body: What the antenna is fixed to, in the centre of mass.
        """
        self._now_ns = t_ns
        measured = self._gnss.measure(t_ns, body.position, body.velocity)
        if measured is not None:
            self._last_fix = self._spoilt("gnss", measured)
            if self._last_fix is not None:
                self._gnss.send(t_ns, self._last_fix)
        return self._gnss.receive(t_ns)

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """Switch a fault of a sensor on or off, from the next reading on.

        Raises:
            PlantError: It is no fault of a sensor.
        """
        if not isinstance(fault, VehicleSensorFault):
            raise PlantError(f"a quadrotor's sensors can't have {type(fault).__name__}")
        name = fault.sensor
        if name not in self._faults:
            self._faults[name] = SensorFaults(stream(self._seed, f"faults of {name}"))
        last = self._last_fix if name == "gnss" else self._last[_NAMES.index(name)]
        self._faults[name].switch(fault, on, self._now_ns, last)

    def _spoilt(self, name: str, values: Values | None) -> Values | None:
        faults = self._faults.get(name)
        return values if faults is None or values is None else faults.spoil(values, self._now_ns)


def _air(pressure: float, altitude: float) -> Air:
    shown = max(pressure, 0.0)
    return Air(1e-2 * shown, pressure_altitude_m(shown), temperature_c(altitude))
