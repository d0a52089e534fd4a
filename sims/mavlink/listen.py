"""Addresses and ports, with errors that name them."""

import errno
import socket
from typing import Any, Literal

from sims.mavlink.endpoint import Endpoint
from sims.mavlink.port_holder import PortInUseError, holder
from sims.mavlink.transport import LinkError


def resolve(endpoint: Endpoint, kind: socket.SocketKind) -> tuple[Any, socket.AddressFamily]:
    """Address and family of an endpoint.

    Raises:
        LinkError: There is no such host.
    """
    try:
        found = socket.getaddrinfo(endpoint.place.strip("[]"), endpoint.number, type=kind)
    except (OSError, UnicodeError) as error:
        raise LinkError(f"{endpoint}: there is no host {endpoint.place!r} ({error})") from error
    return found[0][4], found[0][0]


def bind(a_socket: socket.socket, address: Any, endpoint: Endpoint) -> None:
    """Bind a socket, and listen if it is of TCP; it is closed if that fails.

    Raises:
        PortInUseError: The port is somebody else's, and whose.
        LinkError: The system refuses.
    """
    kind: Literal["tcp", "udp"] = "tcp" if a_socket.type == socket.SOCK_STREAM else "udp"
    try:
        a_socket.bind(address)
        if kind == "tcp":  # two may be bound to one port, but only one may listen
            a_socket.listen(1)
    except OSError as error:
        a_socket.close()
        if error.errno == errno.EADDRINUSE:
            who = holder(kind, endpoint.number)
            raise PortInUseError(
                f"{endpoint}: {kind} port {endpoint.number} is in use{who}"
            ) from error
        raise LinkError(f"{endpoint} can't be opened: {error.strerror}") from error
