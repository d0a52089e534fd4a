"""What the autopilot tells of itself and of the flight, as its messages arrive."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sims.mavlink.flight import Status

_ARMED = 128
_ON_GROUND = 1
_PREARM_CHECK = 0x1000_0000
_WARNING = 4
_PART = 50

Said = Callable[[int, str], None]
"""Takes the severity and the text of what the autopilot said; 0 is an emergency, 7 is debug."""


@dataclass
class Telemetry:
    """The newest of everything; time is the autopilot's.

    Attributes:
        said: Told of every text.
        status: For the flight's course.
        local: Position and velocity in the autopilot's local frame, NED, m and m/s.
        local_ms: When that was so, ms since its boot; -1 before there was any.
        attitude: Quaternion, body to NED, scalar-first.
        flags: Of the estimator, as ESTIMATOR_STATUS has them.
        origin: Latitude and longitude (1e-7 deg) and altitude (mm) of the local frame's origin.
        version: AUTOPILOT_VERSION, if it has been told.
    """

    said: Said
    status: Status = field(default_factory=Status)
    local: tuple[float, float, float, float, float, float] = (0.0,) * 6
    local_ms: int = -1
    attitude: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    flags: int = 0
    origin: tuple[int, int, int] | None = None
    version: Any = None
    _text: tuple[str, tuple[int, int]] = ("", (0, 0))

    def lacks(self) -> list[str]:
        """What it has not told yet of what a flight begins with."""
        told = {
            "a position": self.local_ms >= 0,
            "the origin of its frame": self.origin is not None,
            "its version": self.version is not None,
            "that it would arm": self.status.ready,
        }
        return [what for what, there in told.items() if not there]

    @property
    def is_whole(self) -> bool:
        """Whether it has told all that a flight begins with."""
        return not self.lacks()

    def take(self, message: Any) -> None:
        """Take a message; of a kind that is not wanted, it does nothing."""
        taker = _TAKERS.get(message.get_type())
        if taker is not None:
            taker(self, message)

    def _heartbeat(self, message: Any) -> None:
        self.status.armed = bool(message.base_mode & _ARMED)
        self._mode(message)

    def _mode(self, message: Any) -> None:
        self.status.custom_mode = message.custom_mode

    def _extended(self, message: Any) -> None:
        if message.landed_state:
            self.status.on_ground = message.landed_state == _ON_GROUND

    def _system(self, message: Any) -> None:
        self.status.ready = bool(message.onboard_control_sensors_health & _PREARM_CHECK)

    def _local_position(self, message: Any) -> None:
        told = (message.x, message.y, message.z, message.vx, message.vy, message.vz)
        if math.isfinite(sum(told)) and message.time_boot_ms >= self.local_ms:
            self.local, self.local_ms = told, message.time_boot_ms

    def _attitude(self, message: Any) -> None:
        self.attitude = message.q1, message.q2, message.q3, message.q4

    def _estimator(self, message: Any) -> None:
        self.flags = message.flags

    def _origin(self, message: Any) -> None:
        self.origin = message.latitude, message.longitude, message.altitude

    def _version(self, message: Any) -> None:
        self.version = message

    def _statustext(self, message: Any) -> None:
        """A long text comes in parts of one id; the last one is not full. Parts may be lost."""
        part, number = message.text.rstrip("\0"), getattr(message, "id", 0)
        if number:
            before, expected = self._text
            at = number, message.chunk_seq
            told = ("" if message.chunk_seq == 0 else before if at == expected else "…") + part
            if len(part) == _PART:
                self._text = told, (number, message.chunk_seq + 1)
                return
            part = told
        if message.severity <= _WARNING:
            self.status.said = part
        self.said(message.severity, part)


_TAKERS: Final[dict[str, Callable[[Telemetry, Any], None]]] = {
    "HEARTBEAT": Telemetry._heartbeat,
    "CURRENT_MODE": Telemetry._mode,
    "EXTENDED_SYS_STATE": Telemetry._extended,
    "SYS_STATUS": Telemetry._system,
    "LOCAL_POSITION_NED": Telemetry._local_position,
    "ATTITUDE_QUATERNION": Telemetry._attitude,
    "ESTIMATOR_STATUS": Telemetry._estimator,
    "GPS_GLOBAL_ORIGIN": Telemetry._origin,
    "AUTOPILOT_VERSION": Telemetry._version,
    "STATUSTEXT": Telemetry._statustext,
}
TAKEN: Final = tuple(_TAKERS)
"""Names of the messages that are taken."""
