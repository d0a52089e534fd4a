"""What passes between the harness, as an onboard computer, and the autopilot."""

import contextlib
import select
import socket
from collections import deque
from typing import Any, Final

from sims.mavlink.dialect import mavlink
from sims.mavlink.flight import SECOND
from sims.mavlink.instance import HOST, Ports
from sims.mavlink.orders import Asked
from sims.mavlink.telemetry import Telemetry

COMPONENT: Final = 191
"""MAV_COMP_ID_ONBOARD_COMPUTER."""
AUTOPILOT: Final = 1
"""MAV_COMP_ID_AUTOPILOT1."""

_RETRY_NS = SECOND // 2
_TRIES = 5
_HEARTBEAT_NS = SECOND


class Dialogue:
    """One conversation; times are the autopilot's."""

    def __init__(self, ports: Ports, system: int, telemetry: Telemetry) -> None:
        self._target = (HOST, ports.autopilot)
        self._system, self.telemetry = system, telemetry
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind((HOST, ports.onboard))
        self._socket.setblocking(False)
        self._out = mavlink.MAVLink(None, system, COMPONENT)
        self._in = mavlink.MAVLink(None)
        self._in.robust_parsing = True
        self._waiting: deque[Asked] = deque()
        self._asked: Asked | None = None
        self._tries = 0
        self._again_ns = 0
        self._heartbeat_ns = 0

    def listen(self) -> None:
        """Take what has arrived."""
        while True:
            try:
                content = self._socket.recv(65536)
            except (BlockingIOError, ConnectionRefusedError):
                return
            for message in self._in.parse_buffer(content) or ():
                if message.get_srcSystem() != self._system or message.get_srcComponent() != 1:
                    continue
                if message.get_type() == "COMMAND_ACK":
                    self._acknowledged(message)
                else:
                    self.telemetry.take(message)

    def wait(self, seconds: float) -> None:
        """Wait until something arrives, but not longer."""
        select.select([self._socket], [], [], seconds)

    def ask(self, *asked: Asked) -> None:
        """Ask for things, one after another."""
        self._waiting.extend(asked)

    @property
    def asking(self) -> bool:
        """Whether something asked for is not answered yet."""
        return bool(self._waiting) or self._asked is not None

    def talk(self, now_ns: int) -> None:
        """Send what is due: a heartbeat, and what is asked for, again if need be."""
        if now_ns >= self._heartbeat_ns:
            self._heartbeat_ns = now_ns + _HEARTBEAT_NS
            self.send(mavlink.MAVLink_heartbeat_message(18, 8, 0, 0, 4, 3))
        if self._asked is None and self._waiting:
            self._asked, self._tries, self._again_ns = self._waiting.popleft(), 0, now_ns
        if self._asked is not None and now_ns >= self._again_ns:
            if self._tries == _TRIES:
                self._asked = None
                return
            command, parameters = self._asked
            seven = (*parameters, *(0.0,) * (7 - len(parameters)))
            target = self._system, AUTOPILOT
            self.send(mavlink.MAVLink_command_long_message(*target, command, self._tries, *seven))
            self._tries, self._again_ns = self._tries + 1, now_ns + _RETRY_NS

    def _acknowledged(self, message: Any) -> None:
        if self._asked is not None and message.command == self._asked.command:
            if message.result:
                name = mavlink.enums["MAV_RESULT"][message.result].name
                order = mavlink.enums["MAV_CMD"][message.command].name
                self.telemetry.status.refused = f"{order} was answered by {name}"
            self._asked = None

    def send(self, message: Any) -> None:
        """Send a message."""
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self._socket.sendto(message.pack(self._out), self._target)

    def close(self) -> None:
        """Close it; may be called twice."""
        self._socket.close()
