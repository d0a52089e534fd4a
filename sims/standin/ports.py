"""Ways in and out: UDP for clients, TCP to the simulator, a serial line or UDP for a board.

Each has ``read() -> bytes`` (empty: nothing there), ``write(bytes)`` and ``close()``; reading and
writing raise :class:`PeerGoneError` once the other end has closed.
"""

import errno
import fcntl
import os
import socket
import struct
import termios
import time
import tty
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sims.standin.dialect import VEHICLE_COMPONENT, mavlink

LOOPBACK = "127.0.0.1"
_CHUNK = 65_536
_AGAIN_S = 0.02


class PeerGoneError(Exception):
    """The other end closed the link."""


class PortError(Exception):
    """A port can't be had; says which and why."""


class Port(Protocol):
    """One way in and out."""

    def fileno(self) -> int:
        """Of its descriptor, to be polled."""

    def read(self) -> bytes:
        """What has come, empty if nothing."""

    def write(self, data: bytes) -> None:
        """Send something."""

    def close(self) -> None:
        """Let it go."""


class UdpPort:
    """From a local port to a client's; who sends there is not asked, as PX4 doesn't."""

    def __init__(self, local: int, remote: int, host: str = LOOPBACK) -> None:
        self._remote = (host, remote)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, local))
        except OSError as error:
            self._socket.close()
            raise PortError(f"UDP port {local} can't be had: {error.strerror}") from error
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """See :class:`Port`."""
        return self._socket.fileno()

    def read(self) -> bytes:
        """See :class:`Port`; one datagram a call."""
        try:
            return self._socket.recv(_CHUNK)
        except (BlockingIOError, ConnectionRefusedError):
            return b""

    def write(self, data: bytes) -> None:
        """See :class:`Port`; nobody need be there, and a full buffer loses it."""
        try:
            self._socket.sendto(data, self._remote)
        except OSError:
            return

    def close(self) -> None:
        """See :class:`Port`."""
        self._socket.close()


class SimulatorPort:
    """TCP to the simulator, which listens; reading waits for something to come."""

    def __init__(self, port: int, host: str = LOOPBACK) -> None:
        """Connect, trying again until somebody listens there."""
        while True:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                self._socket.connect((host, port))
            except OSError as error:
                self._socket.close()
                if error.errno not in (errno.ECONNREFUSED, errno.ETIMEDOUT):
                    raise PortError(f"{host}:{port} can't be reached: {error.strerror}") from error
                time.sleep(_AGAIN_S)  # nothing tells when somebody begins to listen
                continue
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return

    def fileno(self) -> int:
        """See :class:`Port`."""
        return self._socket.fileno()

    def read(self) -> bytes:
        """See :class:`Port`; waits."""
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionError as error:
            raise PeerGoneError(str(error)) from error
        if not data:
            raise PeerGoneError("the simulator closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """See :class:`Port`."""
        try:
            self._socket.sendall(data)
        except ConnectionError as error:
            raise PeerGoneError(str(error)) from error

    def close(self) -> None:
        """See :class:`Port`."""
        self._socket.close()


class SerialPort:
    """A serial device, or one end of a pseudo-terminal."""

    def __init__(self, path: str | None = None) -> None:
        """Open a device, or make a pseudo-terminal; :attr:`path` is for the other side.

        Raises:
            PortError: It can't be opened.
        """
        self._other: int | None = None
        try:
            if path is None:
                # Its other end is kept open here, or reading fails until somebody opens it.
                self._fd, self._other = os.openpty()
                self.path = os.ttyname(self._other)
                tty.setraw(self._other)
            else:
                self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
                self.path = path
                tty.setraw(self._fd)
        except (OSError, termios.error) as error:
            raise PortError(f"{path or 'a pseudo-terminal'} can't be opened: {error}") from error
        flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
        fcntl.fcntl(self._fd, fcntl.F_SETFL, flags | os.O_NONBLOCK)

    def fileno(self) -> int:
        """See :class:`Port`."""
        return self._fd

    def read(self) -> bytes:
        """See :class:`Port`."""
        try:
            return os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PeerGoneError(f"{self.path}: {error.strerror}") from error

    def write(self, data: bytes) -> None:
        """See :class:`Port`; what a full line can't take is lost, as on a board."""
        try:
            os.write(self._fd, data)
        except BlockingIOError:
            return
        except OSError as error:
            raise PeerGoneError(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        """See :class:`Port`."""
        os.close(self._fd)
        if self._other is not None:
            os.close(self._other)


class Link:
    """MAVLink over a port: frames and sequence numbers.

    Attributes:
        name: ``simulator``, ``onboard``, ``ground`` or ``board``.
    """

    def __init__(self, name: str, port: Port, system_id: int) -> None:
        self.name, self.port = name, port
        self._protocol = mavlink.MAVLink(None, system_id, VEHICLE_COMPONENT)
        self._protocol.robust_parsing = True

    def receive(self) -> Sequence[Any]:
        """The messages that have come whole; what is no message of the dialect is passed over."""
        data = self.port.read()
        return self._parse(data) if data else ()

    def receive_all(self) -> Iterable[Any]:
        """The messages of all that is there; for ports that don't wait."""
        while data := self.port.read():
            yield from self._parse(data)

    def _parse(self, data: bytes) -> Sequence[Any]:
        messages = self._protocol.parse_buffer(data) or ()
        return [message for message in messages if message.get_msgId() >= 0]

    def send(self, message: Any) -> None:
        """Send a message; one with a number that its field can't carry is left out."""
        try:
            frame = message.pack(self._protocol)
        except (struct.error, OverflowError):
            return
        self.port.write(frame)
        self._protocol.seq = (self._protocol.seq + 1) % 256
