"""The simulator link: the harness is the simulator that PX4 flies in.

The harness listens and PX4 connects. Each step it sends sensors; the time in them *is* PX4's clock,
and PX4's motor commands come back with that very time. Early in its boot PX4 answers some steps
only, so that until then an answer is not waited for long.
"""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from sims.mavlink.counters import Counters
from sims.mavlink.decode import decode
from sims.mavlink.dialect import EXTRAS, mavlink
from sims.mavlink.frames import Framer
from sims.plant import PlantError

SYSTEM, COMPONENT = 1, 51
"""What the simulator calls itself; PX4 does not look."""

BOOT_US: Final = 3_000_000
"""Until then in PX4's time, an answer may be missing."""
_BOOT_WAIT_S = 0.02
_HUNG_S = 4.0
_POLL_S = 0.25
_MOST_BYTES = 65536
_ARMED, _LOCKSTEP = 128, 1


class Controls(NamedTuple):
    """What PX4 tells its motors.

    Attributes:
        t_us: Time of the sensors that it answers, µs.
        values: From 0 to 1 by motor; zero until armed.
        armed: Whether it is armed.
        lockstep: Whether it waits for the simulator.
    """

    t_us: int
    values: tuple[float, ...]
    armed: bool
    lockstep: bool


class GoneError(PlantError):
    """The autopilot has closed the link."""


class HungError(PlantError):
    """The autopilot is connected and does not answer."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the autopilot gave no answer for {seconds:g} s of wall time")
        self.seconds = seconds


class SimulatorLink:
    """The link, one connection."""

    def __init__(self, listener: socket.socket, check: Callable[[], None], motors: int) -> None:
        """Wait on a listening socket.

        Args:
            listener: Closed together with the link.
            check: Raises if the autopilot has ended; asked while waiting.
            motors: How many of its outputs are motors.
        """
        self._listener, self._check, self._motors = listener, check, motors
        self._socket: socket.socket | None = None
        self._out = mavlink.MAVLink(None, SYSTEM, COMPONENT)
        self._in, self._counters = mavlink.MAVLink(None), Counters()
        self._framer = Framer(EXTRAS, self._counters)
        self._newest: Controls | None = None
        self._booting = True
        self._most_s = self._silent_s = 0.0
        self.unanswered = 0
        self.received = 0

    def accept(self, within_s: float, waiting: Callable[[], None] = lambda: None) -> None:
        """Wait until the autopilot has connected.

        Args:
            within_s: The longest wait, s of wall time.
            waiting: Called again and again meanwhile; may raise.

        Raises:
            PlantError: It did not in time, or ended.
        """
        until = time.monotonic() + within_s
        self._listener.settimeout(_POLL_S)
        while self._socket is None:
            waiting()
            self._check()
            try:
                self._socket, _ = self._listener.accept()
            except TimeoutError:
                if time.monotonic() > until:
                    port = self._listener.getsockname()[1]
                    raise PlantError(
                        f"the autopilot did not connect to TCP port {port} within {within_s:g} s "
                        "of wall time"
                    ) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(True)
        self._wait_at_most(_BOOT_WAIT_S)

    def _wait_at_most(self, seconds: float) -> None:
        """How long a call may last: by the system, which takes one call where select takes two."""
        assert self._socket is not None
        self._most_s = seconds
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            whole = int(seconds)
            timeval = struct.pack("ll", whole, round(1e6 * (seconds - whole)))
            self._socket.setsockopt(socket.SOL_SOCKET, option, timeval)

    def send(self, message: Any) -> None:
        """Send one message.

        Raises:
            PlantError: The autopilot has gone, or takes nothing.
        """
        assert self._socket is not None
        frame = message.pack(self._out)
        waited_s = 0.0
        while frame:
            try:
                frame = frame[self._socket.send(frame) :]
            except BlockingIOError:
                self._check()
                waited_s += self._most_s
                if waited_s >= _HUNG_S:
                    raise HungError(_HUNG_S) from None
            except OSError as error:
                raise self._gone() from error

    def answer(self, t_us: int) -> Controls | None:
        """Wait for the answer to the sensors of a time.

        Returns:
            None where there was none in time, which during boot is no fault.

        Raises:
            PlantError: The autopilot has gone, or hangs.
        """
        if self._booting and t_us >= BOOT_US:
            self._booting = False
            self._wait_at_most(_POLL_S)
        waited_s = 0.0
        while self._newest is None or self._newest.t_us < t_us:
            began = time.monotonic()
            heard = self._read()
            # A call lasts no longer than it may; beyond that we were not running ourselves.
            lasted_s = min(time.monotonic() - began, self._most_s)
            waited_s += lasted_s
            self._silent_s = 0.0 if heard else self._silent_s + lasted_s
            if max(self._silent_s, 0.0 if self._booting else waited_s) >= _HUNG_S:
                raise HungError(_HUNG_S)
            if self._booting and waited_s >= _BOOT_WAIT_S:
                self.unanswered += 1
                return None
        return self._newest

    def _read(self) -> bool:
        """Take what arrives; False where nothing did in time."""
        assert self._socket is not None
        try:
            content = self._socket.recv(_MOST_BYTES)
        except BlockingIOError:
            self._check()
            return False
        except OSError as error:
            raise self._gone() from error
        if not content:
            raise self._gone()
        for frame in self._framer.take(content, time.monotonic_ns()):
            if frame.message_id == mavlink.MAVLINK_MSG_ID_HIL_ACTUATOR_CONTROLS:
                with suppress(mavlink.MAVError):  # a signature that nobody asked for
                    self._take(decode(frame, self._in))
        return True

    def _take(self, message: Any) -> None:
        self.received += 1
        values = tuple(message.controls[: self._motors])
        if not all(0.0 <= value <= 1.0 for value in values):
            raise PlantError(f"the autopilot's motor commands are {values}; each is 0 to 1")
        armed, lockstep = bool(message.mode & _ARMED), bool(message.flags & _LOCKSTEP)
        self._newest = Controls(message.time_usec, values, armed, lockstep)

    def _gone(self) -> GoneError:
        self._check()
        return GoneError("the autopilot closed the simulator link")

    @property
    def lockstep(self) -> bool:
        """Whether the autopilot says that it waits for the simulator."""
        return self._newest is not None and self._newest.lockstep

    def told(self) -> dict[str, int]:
        """What the link has carried and what not."""
        return {
            "answers": self.received,
            "unanswered": self.unanswered,
            **self._counters.told(),
        }

    def close(self) -> None:
        """Close it; may be called twice."""
        if self._socket is not None:
            self._socket.close()
        self._listener.close()
