"""Our own heartbeat: without one an autopilot takes us for gone."""

from typing import Any, Final

from sims.mavlink.dialect import mavlink
from sims.mavlink.link import MavlinkLink

EVERY_NS: Final = 1_000_000_000
ONBOARD_CONTROLLER: Final[int] = mavlink.MAV_TYPE_ONBOARD_CONTROLLER
GROUND_STATION: Final[int] = mavlink.MAV_TYPE_GCS


class Heartbeat:
    """Sends one a second, on whichever clock it is given."""

    def __init__(self, link: MavlinkLink, kind: int = ONBOARD_CONTROLLER) -> None:
        """Beat over a link.

        Args:
            link: Where to.
            kind: What we are (MAV_TYPE).
        """
        self._link, self._kind = link, kind
        self._next_ns: int | None = None

    def poll(self, now_ns: int) -> None:
        """Send it, if it is time; what could not be sent is tried again the next time."""
        if (self._next_ns is None or now_ns >= self._next_ns) and self._link.send(self._message()):
            self._next_ns = now_ns + EVERY_NS

    def _message(self) -> Any:
        return mavlink.MAVLink_heartbeat_message(
            self._kind, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, mavlink.MAV_STATE_ACTIVE, 3
        )
