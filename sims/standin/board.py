"""The stand-in as a board in HITL mode: its own clock, one link for everything, no lockstep.

The time in HIL_SENSOR is not read: a sensor's values count from when they arrive.
"""

import select
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from sims.standin.autopilot import Autopilot
from sims.standin.clients import Clients
from sims.standin.console import tell
from sims.standin.dialect import mavlink
from sims.standin.ports import Link, PeerGoneError, Port
from sims.standin.rules import Rule
from sims.standin.streams import GROUND_HZ

TICK_US: Final = 4_000
"""Of its own clock: motors and streams, 250 times a second."""

_HIL = 0x20


def fly(
    autopilot: Autopilot,
    port: Port,
    rules: Sequence[Rule],
    clock_ns: Callable[[], int] = time.monotonic_ns,
) -> None:
    """Fly until the line goes.

    Args:
        autopilot: Who flies; its parameter ``SYS_HITL`` must be set.
        port: The line.
        rules: What goes wrong.
        clock_ns: Its clock.
    """
    board = Board(autopilot, Link("board", port, autopilot.system_id), rules, clock_ns)
    waiting = select.poll()
    waiting.register(port.fileno(), select.POLLIN)
    try:
        while True:
            waiting.poll(board.wait_ms())
            board.turn()
    except PeerGoneError as gone:
        tell("mavlink", f"Line closed: {gone}", "WARN")
    finally:
        port.close()


class Board:
    """One board on its line."""

    def __init__(
        self,
        autopilot: Autopilot,
        link: Link,
        rules: Sequence[Rule],
        clock_ns: Callable[[], int],
    ) -> None:
        self._autopilot, self._link, self._rules = autopilot, link, rules
        self._clients = Clients(autopilot, [(link, GROUND_HZ)], rules)
        self._clock_ns = clock_ns
        self._began_ns = clock_ns()
        self._tick_us = self._count = 0

    def now_us(self) -> int:
        """Its time since it was switched on."""
        return (self._clock_ns() - self._began_ns) // 1000

    def wait_ms(self) -> float:
        """How long nothing need be done unless something comes."""
        return max(0.0, (self._tick_us - self.now_us()) / 1000)

    def turn(self) -> None:
        """Hear what has come; where a tick of its clock is due, tell motors and streams."""
        for message in self._link.receive():
            self._hear(message)
        now_us = self.now_us()
        if now_us < self._tick_us:
            return
        self._tick_us += max(1, (now_us - self._tick_us) // TICK_US + 1) * TICK_US
        for rule in self._rules:
            rule.before_step(now_us)
        self._count += 1
        self._autopilot.now_us = max(now_us, self._autopilot.now_us)
        self._clients.tell(now_us)
        if all(rule.answers(now_us, TICK_US, self._count) for rule in self._rules):
            self._link.send(
                mavlink.MAVLink_hil_actuator_controls_message(
                    now_us, self._autopilot.controls, self._mode(), 0
                )
            )

    def _hear(self, message: Any) -> None:
        kind, now_us = message.get_type(), self.now_us()
        if kind == "HIL_SENSOR":
            self._autopilot.step(now_us, message)
        elif kind == "HIL_GPS":
            message.time_usec = now_us
            self._autopilot.hear_gps(now_us, message)
        else:
            self._clients.hear(now_us, message)

    def _mode(self) -> int:
        return _HIL | (0x81 if self._autopilot.commander.armed else 0x01)
