"""What passes between the harness, as an onboard computer, and the autopilot."""

import contextlib
import select
from collections import deque
from pathlib import Path
from typing import Any, Final

from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import Endpoint
from sims.mavlink.flight import SECOND
from sims.mavlink.instance import HOST, Ports
from sims.mavlink.link import AUTOPILOT, MavlinkLink, Peer
from sims.mavlink.orders import Asked
from sims.mavlink.telemetry import Telemetry
from sims.mavlink.telemetry_log import LogError, TelemetryLog

LOG: Final = "flight.tlog"
"""All that passed on the link, as ground stations read it."""

_RETRY_NS: Final = SECOND // 2
_TRIES: Final = 5
_HEARTBEAT_NS: Final = SECOND


class Dialogue:
    """One conversation; times are the autopilot's.

    Attributes:
        telemetry: What the autopilot tells.
        link: The way to it.
    """

    def __init__(self, ports: Ports, system: int, telemetry: Telemetry, folder: Path) -> None:
        """Begin one.

        Args:
            ports: Where to talk.
            system: The autopilot's system id.
            telemetry: Gets what it tells.
            folder: Where the log of the link is kept.

        Raises:
            PlantError: The port is in use, or the log can't be made.
        """
        self.telemetry = telemetry
        log = TelemetryLog(folder / LOG)
        try:
            endpoint = Endpoint("udpin", HOST, ports.onboard)
            self.link = MavlinkLink(endpoint, Peer(system, AUTOPILOT), log=log)
        except BaseException:
            log.close()
            raise
        self._target = system, AUTOPILOT
        self._waiting: deque[Asked] = deque()
        self._asked: Asked | None = None
        self._tries = 0
        self._again_ns = self._heartbeat_ns = 0

    def listen(self) -> None:
        """Take what has arrived.

        Raises:
            LogError: The log can't be written.
        """
        for message, _ in self.link.receive():
            if message.get_type() == "COMMAND_ACK":
                self._acknowledged(message)
            else:
                self.telemetry.take(message)

    def wait(self, seconds: float) -> None:
        """Wait until something arrives, but not longer."""
        select.select([self.link], [], [], seconds)

    def ask(self, *asked: Asked) -> None:
        """Ask for things, one after another."""
        self._waiting.extend(asked)

    @property
    def asking(self) -> bool:
        """Whether something asked for is not answered yet."""
        return bool(self._waiting) or self._asked is not None

    def talk(self, now_ns: int) -> None:
        """Send what is due: a heartbeat, and what is asked for, again if need be.

        Raises:
            WrongVehicleError: Another vehicle is there, and not the one that is wanted.
            DialectMismatchError: It speaks another dialect.
        """
        if now_ns >= self._heartbeat_ns:
            self._heartbeat_ns = now_ns + _HEARTBEAT_NS
            self.link.check()
            self.send(mavlink.MAVLink_heartbeat_message(18, 8, 0, 0, 4, 3))
        if self._asked is None and self._waiting:
            self._asked, self._tries, self._again_ns = self._waiting.popleft(), 0, now_ns
        if self._asked is not None and now_ns >= self._again_ns:
            if self._tries == _TRIES:
                self._asked = None
                return
            command, parameters = self._asked
            seven = (*parameters, *(0.0,) * (7 - len(parameters)))
            self.send(
                mavlink.MAVLink_command_long_message(*self._target, command, self._tries, *seven)
            )
            self._tries, self._again_ns = self._tries + 1, now_ns + _RETRY_NS

    def _acknowledged(self, message: Any) -> None:
        if self._asked is not None and message.command == self._asked.command:
            if message.result:
                name = mavlink.enums["MAV_RESULT"][message.result].name
                order = mavlink.enums["MAV_CMD"][message.command].name
                self.telemetry.status.refused = f"{order} was answered by {name}"
            self._asked = None

    def send(self, message: Any) -> None:
        """Send a message; one that the system does not take is counted by the link."""
        self.link.send(message)

    def close(self) -> None:
        """Close it; may be called twice, never raises."""
        with contextlib.suppress(LogError):
            self.link.close()
