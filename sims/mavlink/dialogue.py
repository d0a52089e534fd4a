"""What passes between the harness, as an onboard computer, and the autopilot."""

import contextlib
import select
from pathlib import Path
from typing import Any, Final

from sims.mavlink.commands import ENDS, Commander, Order
from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import Endpoint
from sims.mavlink.flight import SECOND
from sims.mavlink.heartbeat import Heartbeat
from sims.mavlink.instance import HOST, Ports
from sims.mavlink.link import AUTOPILOT, MavlinkLink, Peer
from sims.mavlink.orders import Asked
from sims.mavlink.telemetry import TAKEN, Telemetry
from sims.mavlink.telemetry_log import LogError, TelemetryLog
from sims.mavlink.timesync import Timesync

LOG: Final = "flight.tlog"
"""All that passed on the link, as ground stations read it."""

_NEEDED: Final = frozenset(
    getattr(mavlink, f"MAVLINK_MSG_ID_{name}") for name in (*TAKEN, "COMMAND_ACK", "TIMESYNC")
)
"""Messages that are read; how others are defined does not matter."""


class Dialogue:
    """One conversation; times are the autopilot's.

    Attributes:
        telemetry: What the autopilot tells.
        link: The way to it.
        clock: What its clock is beside ours, where that is wanted.
    """

    def __init__(
        self,
        ports: Ports,
        system: int,
        telemetry: Telemetry,
        folder: Path,
        synchronised: bool = False,
    ) -> None:
        """Begin one.

        Args:
            ports: Where to talk.
            system: The autopilot's system id.
            telemetry: Gets what it tells.
            folder: Where the log of the link is kept.
            synchronised: Whether its clock has to be compared with ours; in lockstep it is ours.

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
        self._commander, self._heartbeat = Commander(self.link), Heartbeat(self.link)
        self.clock = Timesync(self.link) if synchronised else None
        self._orders: list[Order] = []
        self._now_ns = 0
        self._check_ns = 0

    def listen(self) -> None:
        """Take what has arrived.

        Raises:
            LogError: The log can't be written.
        """
        for received in self.link.receive():
            message, _ = received
            match message.get_type():
                case "COMMAND_ACK":
                    self._commander.heard(message)
                case "TIMESYNC" if self.clock is not None:
                    self.clock.heard(received)
                case _:
                    self.telemetry.take(message)

    def wait(self, seconds: float) -> None:
        """Wait until something arrives, but not longer."""
        select.select([self.link], [], [], seconds)

    def ask(self, *asked: Asked) -> None:
        """Ask for things; each is asked again until it is answered."""
        for one in asked:
            self._commander.send(*one, self._now_ns)

    def order(self, asked: Asked) -> None:
        """Ask once, for what the flight's course wants now; a refusal is noted in the status."""
        self._orders.append(self._commander.send(*asked, self._now_ns, tries=1))

    @property
    def asking(self) -> bool:
        """Whether something asked for is not answered yet."""
        return self._commander.is_busy

    def talk(self, now_ns: int) -> None:
        """Send what is due: a heartbeat, and what is asked for, again if need be.

        Raises:
            WrongVehicleError: Another vehicle is there, and not the one that is wanted.
            DialectMismatchError: It speaks another dialect.
        """
        self._now_ns = now_ns
        if now_ns >= self._check_ns:
            self._check_ns = now_ns + SECOND
            self.link.check(_NEEDED)
        if not self.link.last_ns:
            return  # nobody is there yet
        self._heartbeat.poll(now_ns)
        self._commander.poll(now_ns)
        if self.clock is not None:
            self.clock.poll()
        ended = [order for order in self._orders if order.state in ENDS]
        for order in ended:
            self._orders.remove(order)
            if order.error is not None:
                self.telemetry.status.refused = str(order.error)

    def send(self, message: Any) -> None:
        """Send a message; one that the system does not take is counted by the link."""
        self.link.send(message)

    def close(self) -> None:
        """Close it; may be called twice, never raises."""
        with contextlib.suppress(LogError):
            self.link.close()
