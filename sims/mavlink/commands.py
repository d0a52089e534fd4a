"""Commands that are acknowledged: sent, sent again, and either done or an error that says why.

Nothing here waits. The clock is the caller's, the autopilot's own time in lockstep::

    order = commander.send(mavlink.MAV_CMD_DO_SET_MODE, (1.0, 6.0), now_ns)
    while not order.is_done():
        commander.poll(now_ns)
        ...  # COMMAND_ACKs go to commander.heard(message)

An acknowledgement names a command and not which of several it belongs to. Therefore only one of a
kind is under way at a time, the others wait. Before the next of its kind is sent, acknowledgements
that may yet come are waited for: those of a command that was sent several times, and twins, as PX4
sends of DO_SET_MODE (seen: always, within 2 ms).
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from sims.mavlink.dialect import mavlink
from sims.mavlink.link import MavlinkLink
from sims.plant import PlantError

SECOND: Final = 1_000_000_000
_ACCEPTED: Final = 0
_IN_PROGRESS: Final = 5
_PROGRESS_NS: Final = 10 * SECOND
"""How long one that is in progress may say nothing."""
_TWIN_NS: Final = SECOND // 20
"""How long an acknowledgement may have a twin."""

_WORDS: Final = {
    1: "temporarily rejected: it is valid, and can't be done now",
    2: "denied: what is asked for is not valid",
    3: "unsupported: the autopilot does not know it",
    4: "failed: it is valid, and doing it went wrong",
    6: "cancelled",
    7: "to be sent as COMMAND_LONG only",
    8: "to be sent as COMMAND_INT only",
    9: "not possible in this frame of coordinates",
}


class CommandError(PlantError):
    """A command that was not done."""


class CommandRefusedError(CommandError):
    """The autopilot will not do a command.

    Attributes:
        command: Its number (MAV_CMD).
        result: The answer (MAV_RESULT).
    """

    def __init__(self, command: int, result: int) -> None:
        name = mavlink.enums["MAV_RESULT"].get(result)
        code = f"MAV_RESULT {result}" if name is None else name.name
        words = _WORDS.get(result, "answered with a result that is not known here")
        super().__init__(f"{command_name(command)} was {words} ({code})")
        self.command, self.result = command, result


class CommandUnansweredError(CommandError):
    """Nothing acknowledged a command."""


def command_name(command: int) -> str:
    """Name of a command by its number."""
    entry = mavlink.enums["MAV_CMD"].get(command)
    return f"command {command}" if entry is None else str(entry.name)


class State(Enum):
    """How far a command has come."""

    WAITING = "waiting"
    """Another one of its kind is under way."""
    SENT = "sent"
    IN_PROGRESS = "in progress"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


ENDS: Final = (State.ACCEPTED, State.REFUSED, State.UNANSWERED)
"""From which no command goes on."""


@dataclass
class Order:
    """A command on its way.

    Attributes:
        message: COMMAND_LONG or COMMAND_INT.
        timeout_ns: How long to wait for an acknowledgement before it is sent again.
        tries: How often it is sent at most.
        state: How far it has come.
        sent: How often it has been sent.
        progress_percent: What an autopilot that is at it tells; 255 if it does not.
        error: Why it was not done.
    """

    message: Any
    timeout_ns: int
    tries: int
    state: State = State.WAITING
    sent: int = 0
    progress_percent: int = 255
    error: CommandError | None = None
    due_ns: int = field(default=0, repr=False)

    @property
    def command(self) -> int:
        """Its number (MAV_CMD)."""
        return int(self.message.command)

    def is_done(self) -> bool:
        """Whether it has been accepted.

        Raises:
            CommandRefusedError: It never will be, and why.
            CommandUnansweredError: Nothing was heard of it.
        """
        if self.error is not None:
            raise self.error
        return self.state is State.ACCEPTED


@dataclass
class _Kind:
    """Orders of one command.

    Attributes:
        orders: The first is under way.
        owed: Acknowledgements that may yet come for orders that have ended.
        free_ns: When neither those nor twins are waited for any more.
    """

    orders: deque[Order] = field(default_factory=deque)
    owed: int = 0
    free_ns: int = 0


class Commander:
    """Sends commands to the peer of a link."""

    def __init__(self, link: MavlinkLink) -> None:
        self._link = link
        self._target = link.peer.system, link.peer.component or 0
        self._kinds: dict[int, _Kind] = {}
        self._now_ns = 0

    def send(
        self,
        command: int,
        params: tuple[float, ...],
        now_ns: int,
        timeout_ns: int = SECOND // 2,
        tries: int = 5,
    ) -> Order:
        """Send a COMMAND_LONG.

        Args:
            command: Its number (MAV_CMD).
            params: At most seven; those left out are zero.
            now_ns: Now, on the clock that time-outs count by.
            timeout_ns: How long to wait before sending it again.
            tries: How often to send it at most.
        """
        seven = *params, *(0.0,) * (7 - len(params))
        message = mavlink.MAVLink_command_long_message(*self._target, command, 0, *seven)
        return self._begin(Order(message, timeout_ns, tries), now_ns)

    def send_int(
        self,
        command: int,
        params: tuple[float, float, float, float],
        place: tuple[int, int, float],
        now_ns: int,
        timeout_ns: int = SECOND // 2,
        tries: int = 5,
        frame: int = mavlink.MAV_FRAME_GLOBAL,
    ) -> Order:
        """Send a COMMAND_INT, which can say a place exactly.

        Args:
            command: Its number (MAV_CMD).
            params: The first four.
            place: Latitude and longitude, 1e-7 deg, and altitude, m; or as the frame has it.
            now_ns: Now, on the clock that time-outs count by.
            timeout_ns: How long to wait before sending it again.
            tries: How often to send it at most.
            frame: Frame of the place (MAV_FRAME).
        """
        rest = (command, 0, 0, *params, *place)
        message = mavlink.MAVLink_command_int_message(*self._target, frame, *rest)
        return self._begin(Order(message, timeout_ns, tries), now_ns)

    def set_message_rate(self, message_id: int, rate_hz: float | None, now_ns: int) -> Order:
        """Ask for a message at a rate, or for none of it."""
        interval_us = 1e6 / rate_hz if rate_hz else -1.0
        params = float(message_id), interval_us
        return self.send(mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, params, now_ns)

    @property
    def is_busy(self) -> bool:
        """Whether any order is not answered yet."""
        return any(kind.orders for kind in self._kinds.values())

    def _begin(self, order: Order, now_ns: int) -> Order:
        self._kinds.setdefault(order.command, _Kind()).orders.append(order)
        self.poll(now_ns)
        return order

    def poll(self, now_ns: int) -> None:
        """Send what is due, for the first time or again, and give up what nobody answers."""
        self._now_ns = now_ns
        for kind in self._kinds.values():
            self._advance(kind)

    def _advance(self, kind: _Kind) -> None:
        now_ns = self._now_ns
        while kind.orders:
            order = kind.orders[0]
            if order.state is State.WAITING:
                if now_ns < kind.free_ns:
                    return
                kind.owed = 0
            elif now_ns < order.due_ns:
                return
            if order.state is State.IN_PROGRESS or order.sent >= order.tries:
                order.error = CommandUnansweredError(self._unanswered(order))
                self._end(kind, State.UNANSWERED)
                continue
            if order.message.get_type() == "COMMAND_LONG":
                order.message.confirmation = order.sent
            self._link.send(order.message)
            order.state, order.due_ns = State.SENT, now_ns + order.timeout_ns
            order.sent += 1

    def _unanswered(self, order: Order) -> str:
        name, where = command_name(order.command), self._link.transport.name
        if order.state is State.IN_PROGRESS:
            return f"{name} was in progress, and no more was heard of it over {where}"
        return (
            f"{name} was sent {order.sent} times over {where}, {order.timeout_ns / 1e9:g} s apart, "
            "and nothing acknowledged it"
        )

    def heard(self, message: Any) -> None:
        """Take a COMMAND_ACK from the peer; what was not asked for, or twice, is left aside."""
        ours = self._link.system, self._link.component
        theirs = message.target_system, message.target_component
        if any(told not in (0, own) for told, own in zip(theirs, ours, strict=True)):
            return
        kind = self._kinds.get(message.command, _Kind())
        if not kind.orders or kind.orders[0].state is State.WAITING:
            kind.owed = max(0, kind.owed - 1)
            if not kind.owed:
                kind.free_ns = min(kind.free_ns, self._now_ns + _TWIN_NS)
            return
        order = kind.orders[0]
        if message.result == _IN_PROGRESS:
            order.state, order.progress_percent = State.IN_PROGRESS, message.progress
            order.due_ns = self._now_ns + max(_PROGRESS_NS, order.timeout_ns)
            return
        if message.result != _ACCEPTED:
            order.error = CommandRefusedError(order.command, message.result)
        self._end(kind, State.ACCEPTED if order.error is None else State.REFUSED)

    def _end(self, kind: _Kind, state: State) -> None:
        order = kind.orders.popleft()
        answered = state is not State.UNANSWERED
        kind.owed = order.sent - answered
        kind.free_ns = self._now_ns + (order.timeout_ns if kind.owed else _TWIN_NS)
        order.state = state
