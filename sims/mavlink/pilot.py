"""The harness as an onboard computer: it orders, sends set-points, and reads what comes back."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernel.modes import Mode as ControlMode
from sims.faults import OffboardLoss, PhysicalFault, Px4Failure
from sims.mavlink import orders
from sims.mavlink.columns import ESTIMATOR_FLAGS
from sims.mavlink.config import Px4Config
from sims.mavlink.dialect import mavlink
from sims.mavlink.dialogue import Dialogue
from sims.mavlink.flight import PHASES, Flight
from sims.mavlink.link import AUTOPILOT
from sims.mavlink.modes import MODE_NAMES
from sims.mavlink.setpoint import acceleration_setpoint, attitude_setpoint
from sims.mavlink.streams import ESTIMATES_HZ, UNWANTED, UNWANTED_IDS, WANTED_HZ
from sims.mavlink.vehicle import G_M_S2, full_thrust_m_s2
from sims.plant import Command, Note
from sims.quadrotor.geodesy import Projection
from sims.rotation import Vector

HOVER: Final[Vector] = (0.0, 0.0, -G_M_S2)
"""Thrust acceleration that holds a vehicle up, NED, m/s²."""

_ORIGIN, _VERSION = (
    mavlink.MAVLINK_MSG_ID_GPS_GLOBAL_ORIGIN,
    mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION,
)
_FLAGS: Final = len(ESTIMATOR_FLAGS)


class Pilot:
    """One autopilot's counterpart.

    Attributes:
        dialogue: What passes between them.
        telemetry: What the autopilot tells.
        flight: The flight's course.
    """

    def __init__(self, config: Px4Config, dialogue: Dialogue, system: int, rate_hz: float) -> None:
        """Meet an autopilot.

        Args:
            config: What is flown.
            dialogue: The way to it.
            system: Its system id.
            rate_hz: Control rate.
        """
        self.flight = Flight(config.flight)
        self.dialogue, self.telemetry = dialogue, dialogue.telemetry
        self._home, self._target, self._rate_hz = config.home, (system, AUTOPILOT), rate_hz
        self._yaw = math.radians(config.yaw_deg)
        self._tells_attitude = config.output == "attitude_thrust"
        self._full = full_thrust_m_s2(config.vehicle)
        self._silent = False
        self._shift = np.zeros(3)

    def ask_for_streams(self) -> None:
        """Ask for what is wanted, and for nothing that is not."""
        rates = {
            **WANTED_HZ,
            "LOCAL_POSITION_NED": ESTIMATES_HZ,
            "ATTITUDE_QUATERNION": self._rate_hz,
            **dict.fromkeys(UNWANTED),
        }
        self.dialogue.ask(orders.once(_VERSION), orders.once(_ORIGIN))
        by_id = {getattr(mavlink, f"MAVLINK_MSG_ID_{name}"): rate for name, rate in rates.items()}
        by_id.update(dict.fromkeys(UNWANTED_IDS))
        self.dialogue.ask(*(orders.stream(number, rate) for number, rate in by_id.items()))

    def place(self, origin: tuple[int, int, int]) -> None:
        """Learn where the autopilot's local frame lies in ours.

        Args:
            origin: Latitude and longitude (1e-7 deg) and altitude (mm) of its origin.
        """
        latitude, longitude, altitude = origin
        home = self._home
        north, east = Projection(home.latitude_deg, home.longitude_deg).metres(
            latitude * 1e-7, longitude * 1e-7
        )
        self._shift = np.array([north, east, home.altitude_m - altitude * 1e-3])

    def command(self, now_us: int, command: Command, armed: bool, note: Note) -> None:
        """Pass a tick's command on, and see to the flight's course.

        Args:
            now_us: The autopilot's time.
            command: What the controller commands.
            armed: Whether its motors may turn.
            note: Takes a phase that has begun.

        Raises:
            FlightError: A phase took too long.
        """
        agp = int(command.mode.flat[0]) != ControlMode.IDLE
        self.telemetry.status.armed = armed
        order = self.flight.advance(1000 * now_us, self.telemetry.status, agp)
        for phase in self.flight.entered:
            note(command.t_ns, "flight phase", {"phase": PHASES[phase]})
        self.flight.entered.clear()
        if order is not None:
            self.dialogue.order(orders.ordered(order))
        if not self._silent:
            # While the autopilot flies itself too: it wants a stream before it hands over.
            x, y, z = command.acceleration[0].tolist() if agp else HOVER
            self.dialogue.send(self._setpoint(now_us // 1000, (x, y, z)))

    def _setpoint(self, t_ms: int, acceleration: Vector) -> Any:
        if self._tells_attitude:
            return attitude_setpoint(self._target, t_ms, acceleration, self._yaw, self._full)
        return acceleration_setpoint(self._target, t_ms, acceleration, self._yaw)

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """Fall silent, or have the autopilot fail."""
        if isinstance(fault, OffboardLoss):
            self._silent = on
        elif isinstance(fault, Px4Failure):
            unit = getattr(mavlink, _UNITS[fault.unit])
            kind = f"FAILURE_TYPE_{fault.failure.upper() if on else 'OK'}"
            self.dialogue.ask(orders.failure(unit, getattr(mavlink, kind), fault.instance))

    def state(self) -> NDArray[np.float64]:
        """The autopilot's estimate in our frame: position and velocity, NED, (1, 6)."""
        told = np.array([self.telemetry.local])
        told[0, :3] += self._shift
        return told

    def row(self, now_us: int) -> tuple[float, ...]:
        """What the autopilot tells, in the order of :data:`sims.mavlink.columns.TOLD`."""
        heard = self.telemetry
        mode = heard.status.mode
        return (
            *heard.attitude,
            max(0.0, now_us * 1e-6 - heard.local_ms * 1e-3),
            float(self.flight.phase),
            float(MODE_NAMES.index(mode) if mode in MODE_NAMES else 0),
            float(heard.status.armed),
            *(float(heard.flags >> bit & 1) for bit in range(_FLAGS)),
            now_us * 1e-6,
        )


_UNITS: Final = {
    **{
        unit: f"FAILURE_UNIT_SENSOR_{unit.upper()}"
        for unit in ("gyro", "accel", "mag", "baro", "gps", "optical_flow", "vio", "airspeed")
    },
    "distance_sensor": "FAILURE_UNIT_SENSOR_DISTANCE_SENSOR",
    **{
        unit: f"FAILURE_UNIT_SYSTEM_{unit.upper()}"
        for unit in ("battery", "motor", "servo", "avoidance", "rc_signal", "mavlink_signal")
    },
}
"""MAVLink's names of what can fail."""
