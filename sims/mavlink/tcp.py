"""MAVLink by TCP, either way round."""

import contextlib
import socket
from typing import Final

from sims.mavlink.byte_stream import ByteStream
from sims.mavlink.endpoint import Endpoint
from sims.mavlink.listen import bind, resolve
from sims.mavlink.transport import LinkError, LinkLostError

_CONNECT_S: Final = 5.0
_WANTED_BYTES: Final = 1 << 22


def connect(endpoint: Endpoint) -> ByteStream:
    """Connect to a server; this may take some seconds.

    Raises:
        LinkError: Nobody listens there.
    """
    address, family = resolve(endpoint, socket.SOCK_STREAM)
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(_CONNECT_S)
        made.connect(address)
    except OSError as error:
        made.close()
        why = error.strerror or f"no answer within {_CONNECT_S:g} s"
        raise LinkError(f"{endpoint} can't be connected to: {why}") from error
    return _stream(made, str(endpoint))


def _stream(a_socket: socket.socket, name: str) -> ByteStream:
    a_socket.setblocking(False)
    a_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    a_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WANTED_BYTES)
    granted = a_socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return ByteStream(name, a_socket.fileno(), a_socket.close, granted)


class Server:
    """A server for one client at a time; when it goes, the next one may come."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Listen.

        Raises:
            PortInUseError: The port is somebody else's, and whose.
            LinkError: There is no such host, or the system refuses.
        """
        address, family = resolve(endpoint, socket.SOCK_STREAM)
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        # A connection of an earlier run that is still closing is no reason to refuse.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        bind(self._listener, address, endpoint)
        self.name = str(endpoint._replace(number=self._listener.getsockname()[1]))
        self._client: ByteStream | None = None

    @property
    def buffer_bytes(self) -> int:
        """See :class:`sims.mavlink.transport.Transport`; 0 while there is no client."""
        return 0 if self._client is None else self._client.buffer_bytes

    def fileno(self) -> int:
        """See :meth:`sims.mavlink.transport.Transport.fileno`; it changes with the client."""
        return (self._client or self._listener).fileno()

    def receive(self) -> bytes | None:
        """See :meth:`sims.mavlink.transport.Transport.receive`."""
        if self._client is None:
            try:
                accepted, _ = self._listener.accept()
            except OSError:  # nobody, or gone again
                return None
            self._client = _stream(accepted, self.name)
        try:
            return self._client.receive()
        except LinkLostError:
            self._leave()
            return None

    def answer_sender(self) -> None:
        """See :meth:`sims.mavlink.transport.Transport.answer_sender`; there is but one."""

    def send(self, frame: bytes) -> bool:
        """See :meth:`sims.mavlink.transport.Transport.send`."""
        if self._client is None:
            return False
        try:
            return self._client.send(frame)
        except LinkLostError:
            self._leave()
            return False

    def _leave(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def close(self) -> None:
        """See :meth:`sims.mavlink.transport.Transport.close`."""
        self._leave()
        with contextlib.suppress(OSError):
            self._listener.close()
