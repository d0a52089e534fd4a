"""MAVLink by UDP."""

import socket
from typing import Any, Final

from sims.mavlink.endpoint import Endpoint
from sims.mavlink.listen import bind, resolve
from sims.mavlink.transport import MOST_BYTES, LinkLostError

_WANTED_BYTES: Final = 1 << 22
"""At several times real time tens of thousands of datagrams arrive within seconds."""


class Datagrams:
    """A socket. Who can't be reached is no error: a peer may start later than we do."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Open it.

        Raises:
            PortInUseError: The port is somebody else's, and whose.
            LinkError: There is no such host, or the system refuses.
        """
        address, family = resolve(endpoint, socket.SOCK_DGRAM)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WANTED_BYTES)
        self.buffer_bytes = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._is_fixed = endpoint.kind == "udpout"
        self._peer: Any = address if self._is_fixed else None
        self._sender: Any = None
        if self._is_fixed:
            self.name = str(endpoint)
        else:
            bind(self._socket, address, endpoint)
            self.name = str(endpoint._replace(number=self._socket.getsockname()[1]))

    def fileno(self) -> int:
        """See :meth:`sims.mavlink.transport.Transport.fileno`."""
        return self._socket.fileno()

    def receive(self) -> bytes | None:
        """See :meth:`sims.mavlink.transport.Transport.receive`."""
        try:
            content, self._sender = self._socket.recvfrom(MOST_BYTES)
        except BlockingIOError:
            return None
        except ConnectionRefusedError:  # by a host that we had sent to; it may listen later
            return b""
        except OSError as error:
            raise LinkLostError(f"{self.name}: {error.strerror}") from error
        return content

    def answer_sender(self) -> None:
        """See :meth:`sims.mavlink.transport.Transport.answer_sender`."""
        if not self._is_fixed:
            self._peer = self._sender

    def send(self, frame: bytes) -> bool:
        """See :meth:`sims.mavlink.transport.Transport.send`."""
        if self._peer is None:
            return False
        try:
            self._socket.sendto(frame, self._peer)
        except OSError:  # full, or nobody there
            return False
        return True

    def close(self) -> None:
        """See :meth:`sims.mavlink.transport.Transport.close`."""
        self._socket.close()
