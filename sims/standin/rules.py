"""What a real autopilot does now and then that can trip a harness, each switched on by its name.

``--rule NAME`` or ``--rule NAME=VALUE``; each class below is one, and says what it does and what
its value means. A rule changes what the stand-in does on the outside and never how it flies.
"""

import math
import os
import signal
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from sims.standin.autopilot import Autopilot
from sims.standin.dialect import mavlink
from sims.streams import stream


class UnknownRuleError(Exception):
    """There is no rule of this name, or it can't have this value; says what there is."""


class Rule:
    """Changes nothing: what each rule may override.

    Attributes:
        name: As it is called on the command line.
        usual: Its value where none is given.
        spins: Whether the process stays, busy, once the simulator has gone.
    """

    name: ClassVar[str]
    usual: ClassVar[float] = 0.0
    spins: ClassVar[bool] = False

    def __init__(self, value: float, seed: int) -> None:
        self.value = value

    def prepare(self, autopilot: Autopilot) -> None:
        """Change the autopilot before it is switched on."""

    def before_step(self, now_us: int) -> None:
        """Act before a step."""

    def answers(self, now_us: int, step_us: int, count: int) -> bool:
        """Whether the simulator gets an answer to its ``count``-th message, of a step's length."""
        return True

    def incoming(self, message: Any) -> bool:
        """Whether a client's message gets through."""
        return True

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """What clients get in a message's stead."""
        yield message


class EarlyFreewheel(Rule):
    """Answers every fifth message only, until 2.1 s of its time, as PX4 did in 3 of 38 boots.

    Its value is that time, s.
    """

    name = "early_freewheel"
    usual = 2.1

    def answers(self, now_us: int, step_us: int, count: int) -> bool:
        """See :class:`Rule`."""
        return now_us >= 1e6 * self.value or count % 5 == 0


class HalfRate(Rule):
    """Answers one message of two where steps are shorter than 4 ms; its value is that, ms."""

    name = "half_rate"
    usual = 4.0

    def answers(self, now_us: int, step_us: int, count: int) -> bool:
        """See :class:`Rule`."""
        return step_us >= 1e3 * self.value or count % 2 == 0


class SlowBoot(Rule):
    """Takes longer to be ready, by its value, s."""

    name = "slow_boot"
    usual = 20.0

    def prepare(self, autopilot: Autopilot) -> None:
        """See :class:`Rule`."""
        autopilot.boot.delay(round(1e6 * self.value))


class NeverReady(Rule):
    """Is never ready to arm."""

    name = "never_ready"

    def prepare(self, autopilot: Autopilot) -> None:
        """See :class:`Rule`."""
        autopilot.boot.ready_us = 2**62


class DieAt(Rule):
    """Ends without a word at a time of its own, its value, s."""

    name = "die_at"
    usual = 10.0

    def before_step(self, now_us: int) -> None:
        """See :class:`Rule`."""
        if now_us >= 1e6 * self.value:
            os._exit(1)


class HangAt(Rule):
    """Stops at a time of its own, its value, s; its links stay open, and SIGTERM ends it."""

    name = "hang_at"
    usual = 10.0

    def before_step(self, now_us: int) -> None:
        """See :class:`Rule`."""
        while now_us >= 1e6 * self.value:
            signal.pause()


class SpinsOnDisconnect(Rule):
    """Stays, at full load, once the simulator has gone, as PX4 does; SIGTERM ends it."""

    name = "spins_on_disconnect"
    spins = True


class OtherSystemId(Rule):
    """Has another system id than it was told: its value, 0 for one more."""

    name = "other_system_id"

    def prepare(self, autopilot: Autopilot) -> None:
        """See :class:`Rule`."""
        autopilot.system_id = int(self.value) or autopilot.system_id % 250 + 1


class WrongVersion(Rule):
    """Says that it is PX4 of a version of long ago: its value, 1.8 if none is given."""

    name = "wrong_version"
    usual = 1.8

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        if message.get_type() == "AUTOPILOT_VERSION":
            major, _, minor = f"{self.value:g}".partition(".")
            message.flight_sw_version = int(major) << 24 | int(minor or 0) << 16 | 0xFF
        yield message


class AcksTwice(Rule):
    """Acknowledges each command twice."""

    name = "acks_twice"

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        yield message
        if message.get_type() == "COMMAND_ACK":
            yield message


class FirstAcksLost(Rule):
    """Obeys, but its first acknowledgements are lost: as many as its value."""

    name = "first_acks_lost"
    usual = 1.0

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        if message.get_type() == "COMMAND_ACK" and self.value > 0:
            self.value -= 1
            return
        yield message


class _From:
    """A message that another system or component sends through this link."""

    def __init__(self, message: Any, system: int, component: int) -> None:
        self._message = message
        self._protocol = mavlink.MAVLink(None, system, component)

    def get_type(self) -> str:
        """Of its message."""
        return str(self._message.get_type())

    def pack(self, protocol: Any) -> bytes:
        """Its frame, whosever link this is."""
        return bytes(self._message.pack(self._protocol))


class ForeignHeartbeats(Rule):
    """Forwards heartbeats of another vehicle, armed and in flight, and of a ground station."""

    name = "foreign_heartbeats"

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        yield message
        if message.get_type() == "HEARTBEAT":
            vehicle = mavlink.MAVLink_heartbeat_message(2, 12, 0x81, 0x6_0000, 4, 3)
            station = mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3)
            yield _From(vehicle, 42, 1)
            yield _From(station, 255, 190)


class _Unknown:
    """A whole frame of a message that no dialect of the client's knows."""

    def __init__(self, number: int, payload: bytes) -> None:
        self._number, self._payload = number, payload

    def get_type(self) -> str:
        """What pymavlink calls it."""
        return f"UNKNOWN_{self._number}"

    def pack(self, protocol: Any) -> bytes:
        """Its frame: MAVLink 2, with a checksum that only its own dialect could tell wrong."""
        number = self._number.to_bytes(3, "little")
        source = bytes((protocol.seq, protocol.srcSystem, protocol.srcComponent))
        body = bytes((len(self._payload), 0, 0)) + source + number + self._payload
        checksum = mavlink.x25crc(body + b"\x2a").crc
        return b"\xfd" + body + int(checksum).to_bytes(2, "little")


class UnknownMessages(Rule):
    """Sends what pymavlink's dialects lack, as PX4 does, and ids that no dialect has."""

    name = "unknown_messages"
    IDS: Final = (8, 290, 291, 380, 410, 411, 54_321, 16_000_000)

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        yield message
        if message.get_type() == "HEARTBEAT":
            for number in self.IDS:
                yield _Unknown(number, bytes(range(1, 25)))


class Drops(Rule):
    """Loses messages of its clients' links, both ways: its value is the share lost."""

    name = "drops"
    usual = 0.1

    def __init__(self, value: float, seed: int) -> None:
        if not 0.0 <= value < 1.0:
            raise UnknownRuleError(f"drops={value:g}: the share lost is at least 0 and below 1")
        super().__init__(value, seed)
        self._random = stream(seed, "standin drops")

    def incoming(self, message: Any) -> bool:
        """See :class:`Rule`."""
        return bool(self._random.random() >= self.value)

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        if self._random.random() >= self.value:
            yield message


class LateEstimates(Rule):
    """Tells position and attitude late, by its value, ms; their stamps stay true."""

    name = "late_estimates"
    usual = 200.0
    _LATE: Final = ("LOCAL_POSITION_NED", "ATTITUDE_QUATERNION", "ATTITUDE", "GLOBAL_POSITION_INT")

    def __init__(self, value: float, seed: int) -> None:
        super().__init__(value, seed)
        self._waiting: deque[tuple[int, Any]] = deque()

    def outgoing(self, now_us: int, message: Any) -> Iterable[Any]:
        """See :class:`Rule`."""
        if message.get_type() not in self._LATE:
            yield message
        else:
            self._waiting.append((now_us + round(1e3 * self.value), message))
        while self._waiting and self._waiting[0][0] <= now_us:
            yield self._waiting.popleft()[1]


RULES: Final = {
    rule.name: rule
    for rule in (
        AcksTwice,
        DieAt,
        Drops,
        EarlyFreewheel,
        FirstAcksLost,
        ForeignHeartbeats,
        HalfRate,
        HangAt,
        LateEstimates,
        NeverReady,
        OtherSystemId,
        SlowBoot,
        SpinsOnDisconnect,
        UnknownMessages,
        WrongVersion,
    )
}
"""All rules, by name."""


def make_rules(texts: Sequence[str], seed: int) -> list[Rule]:
    """The rules that a command line names.

    Args:
        texts: Each ``NAME`` or ``NAME=VALUE``.
        seed: For what they leave to chance.

    Raises:
        UnknownRuleError: There is no such rule, or its value is no number.
    """
    rules: list[Rule] = []
    for text in texts:
        name, _, value = text.partition("=")
        if name not in RULES:
            raise UnknownRuleError(f"no rule {name!r}; there are {', '.join(sorted(RULES))}")
        kind = RULES[name]
        try:
            number = float(value) if value else kind.usual
        except ValueError as error:
            raise UnknownRuleError(f"{text}: {value!r} is no number") from error
        if not math.isfinite(number):
            raise UnknownRuleError(f"{text}: {value} is no finite number")
        rules.append(kind(number, seed))
    return rules
