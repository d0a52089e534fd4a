"""A MAVLink 2 link: bytes in, stamped messages out; polled, never waiting, never surprised.

::

    with MavlinkLink(parse_endpoint("udpin:127.0.0.1:14540"), Peer(1, 1)) as link:
        while flying:
            for message, received_ns in link.receive():
                ...
            link.send(mavlink.MAVLink_heartbeat_message(18, 8, 0, 0, 4, 3))

No bytes from the wire raise an error; the counters tell of them. What does is a link that is gone,
and what :meth:`MavlinkLink.check` is asked to judge.
"""

import time
from collections.abc import Container
from typing import Any, Final, NamedTuple, Self

from sims.mavlink.counters import Counters, Sequences
from sims.mavlink.decode import decode
from sims.mavlink.dialect import EXTRAS, mavlink
from sims.mavlink.endpoint import Endpoint
from sims.mavlink.frames import HEADER, Frame, Framer
from sims.mavlink.signing import Signing
from sims.mavlink.telemetry_log import TelemetryLog
from sims.mavlink.transport import open_transport
from sims.plant import PlantError

ONBOARD_COMPUTER: Final = 191
"""MAV_COMP_ID_ONBOARD_COMPUTER."""
AUTOPILOT: Final = 1
"""MAV_COMP_ID_AUTOPILOT1."""

_HEARTBEAT: Final = 0
_NO_AUTOPILOT: Final = 8
_MOST_READS: Final = 4096
_TIMES: Final = 4
_BEATS: Final = 3
"""Heartbeats of another vehicle, one a second, while ours is not heard."""


class WrongVehicleError(PlantError):
    """Another vehicle is on the link, and not the one that is wanted."""


class DialectMismatchError(PlantError):
    """The peer defines a message otherwise than the dialect does."""


class Peer(NamedTuple):
    """Whom we listen to.

    Attributes:
        system: System id.
        component: Component id; None for every component of the system.
    """

    system: int = 1
    component: int | None = AUTOPILOT


class Received(NamedTuple):
    """A message, as it came in.

    Attributes:
        message: pymavlink's; its header says who sent it.
        received_ns: When it was taken from the system, monotonic. What arrived before it was taken
            and together, has one time.
    """

    message: Any
    received_ns: int


class MavlinkLink:
    """An open link.

    Attributes:
        counters: What it has carried.
        transport: What carries it.
        last_ns: When the peer was heard last, monotonic; 0 if never.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        peer: Peer,
        system: int | None = None,
        component: int = ONBOARD_COMPUTER,
        signing: Signing | None = None,
        log: TelemetryLog | None = None,
    ) -> None:
        """Open a link.

        Args:
            endpoint: Where the peer is.
            peer: Whom to listen to: links forward, and others' messages look like the vehicle's.
            system: Our own system id; the peer's if None, as for a computer on board.
            component: Our own component id.
            signing: To sign, and to believe nothing that is not signed.
            log: Gets every whole frame, both ways and whoever sent it; closed with the link.

        Raises:
            PortInUseError: The port or device is somebody else's, and whose.
            LinkError: It can't be opened for another reason.
        """
        self.counters = Counters()
        self.peer, self.last_ns = peer, 0
        self.system = peer.system if system is None else system
        self.component = component
        self._codec = mavlink.MAVLink(None, self.system, component)
        self._signing, self._log = signing, log
        if signing is not None:
            signing.begin(self._codec, time.time_ns())
        self._framer = Framer(EXTRAS, self.counters)
        self._sequences = Sequences(self.counters)
        self._others: dict[int, tuple[int, int, int]] = {}
        self._by_id: dict[int, int] = {}
        self._rates_since_ns = time.monotonic_ns()
        self.transport = open_transport(endpoint)

    def receive(self) -> list[Received]:
        """Everything that is there now, in the order that it came.

        Raises:
            LogError: The log can't be written; told once and before anything is taken, so that
                who asks again goes on without it.
            LinkLostError: The peer closed the link, or the device is gone.
        """
        if self._log is not None:
            self._log.write_due(time.monotonic_ns())
        found: list[Received] = []
        for _ in range(_MOST_READS):
            content = self.transport.receive()
            if content is None:
                break
            self._take(content, time.monotonic_ns(), found)
        if self._framer.waiting:
            self._take(b"", time.monotonic_ns(), found)
        return found

    def _take(self, content: bytes, now_ns: int, found: list[Received]) -> None:
        self.counters.bytes += len(content)
        before = self.counters.messages
        for frame in self._framer.take(content, now_ns):
            if self._log is not None:
                self._log.add(frame.content, now_ns)
            message = self._open(frame)
            if message is not None:
                self.counters.messages += 1
                found.append(Received(message, now_ns))
        if self.counters.messages > before:
            self.last_ns = now_ns
            self.transport.answer_sender()

    def _open(self, frame: Frame) -> Any:
        """The message in a frame, if it is for us."""
        counters, number = self.counters, frame.message_id
        system, component = self.peer
        if frame.system != system or (component is not None and frame.component != component):
            counters.foreign += 1
            if number == _HEARTBEAT:
                self._note_other(frame)
            return None
        source = frame.system, frame.component
        self._sequences.take(source, frame.sequence, frame.checksum)
        self._by_id[number] = self._by_id.get(number, 0) + 1
        if not frame.is_known:
            counters.unknown_ids += 1
            return None
        if self._signing is not None and not self._is_trusted(frame):
            return None
        try:
            message = decode(frame, self._codec)
        except mavlink.MAVError:
            # With the checksum right, only a signature's time can be wrong.
            if self._signing is not None:
                counters.badly_signed += 1
            else:
                counters.malformed += 1
            return None
        return message

    def _is_trusted(self, frame: Frame) -> bool:
        assert self._signing is not None
        if not frame.is_signed:
            self.counters.unsigned += 1
        elif not self._signing.is_authentic(frame.content):
            self.counters.badly_signed += 1
        else:
            return True
        return False

    def _note_other(self, frame: Frame) -> None:
        """Note the heartbeat of another vehicle, if it is one's autopilot's."""
        # Payloads end with their last byte that is not zero.
        payload = frame.content[HEADER : HEADER + frame.content[1]].ljust(9, b"\0")
        if payload[5] != _NO_AUTOPILOT and frame.component == AUTOPILOT:
            _, _, times = self._others.get(frame.system, (0, 0, 0))
            self._others[frame.system] = payload[4], payload[5], times + 1

    def send(self, message: Any) -> bool:
        """Send a message; each gets the next sequence number.

        Args:
            message: pymavlink's.

        Returns:
            Whether the system took it; if not, it is counted, and it is up to the caller.

        Raises:
            LinkLostError: Nothing can be sent any more.
        """
        frame = message.pack(self._codec)
        if not self.transport.send(frame):
            self.counters.unsent += 1
            return False
        self._codec.seq = (self._codec.seq + 1) & 0xFF
        self.counters.sent += 1
        if self._log is not None:
            self._log.add(frame, time.monotonic_ns())
        return True

    def check(self, needed: Container[int] | None = None) -> bool:
        """Judge what has been heard so far.

        Args:
            needed: Ids of the messages whose definition matters; None is all of them.

        Returns:
            Whether the peer has been heard.

        Raises:
            WrongVehicleError: Another vehicle has, again and again, and the peer has not.
            DialectMismatchError: The peer sends a message that the dialect defines otherwise.
        """
        number = self._framer.mismatch(_TIMES, needed)
        if number is not None:
            raise DialectMismatchError(
                f"{self.transport.name}: {mavlink.mavlink_map[number].msgname} (id {number}) has "
                f"come {_TIMES} times and more, and never as the dialect {mavlink.DIALECT!r} "
                "defines it: the peer was built with another version of the message"
            )
        if self.last_ns:
            return True
        heard = ", ".join(
            f"system {other} ({_words('MAV_TYPE', kind)} flown by "
            f"{_words('MAV_AUTOPILOT', autopilot)})"
            for other, (kind, autopilot, times) in sorted(self._others.items())
            if times >= _BEATS
        )
        if heard:
            system, component = self.peer
            which = f"system {system}" + ("" if component is None else f" component {component}")
            raise WrongVehicleError(
                f"{self.transport.name}: {which} is expected, and heard {heard}"
            )
        return False

    def rates_hz(self) -> dict[str, float]:
        """How often each message came since this was asked last, by name, per second of wall time.

        Messages that the dialect does not know are told by their ids.
        """
        now_ns = time.monotonic_ns()
        seconds = max(1, now_ns - self._rates_since_ns) / 1e9
        counts, self._by_id, self._rates_since_ns = self._by_id, {}, now_ns
        return {
            mavlink.mavlink_map[number].msgname if number in EXTRAS else f"{number}": n / seconds
            for number, n in sorted(counts.items())
        }

    def fileno(self) -> int:
        """To be watched by select for what arrives."""
        return self.transport.fileno()

    def close(self) -> None:
        """Close it and its log; may be called twice.

        Raises:
            LogError: The rest of the log can't be written.
        """
        self.transport.close()
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _words(enum: str, number: int) -> str:
    entry = mavlink.enums[enum].get(number)
    name = str(entry.name) if entry is not None else f"{enum}_{number}"
    return name.removeprefix(f"{enum}_").lower()
