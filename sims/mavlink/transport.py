"""Ways for bytes to a MAVLink peer and back; none of them ever waits once it is open."""

from typing import Protocol

from sims.mavlink.endpoint import Endpoint
from sims.plant import PlantError

MOST_BYTES = 65536
"""Given at once."""


class LinkError(PlantError):
    """A link can't be opened."""


class LinkLostError(PlantError):
    """The peer closed a link, or its device is gone."""


class Transport(Protocol):
    """An open way to a peer.

    Attributes:
        name: Where one reaches us, as an endpoint's text: with the port that the system chose, or
            the name of the pty's other end.
    """

    name: str

    @property
    def buffer_bytes(self) -> int:
        """Room that the system granted for what we have not taken yet; 0 where it does not tell."""
        ...

    def fileno(self) -> int:
        """To be watched by select for bytes that have arrived."""
        ...

    def receive(self) -> bytes | None:
        """What has arrived, at most :data:`MOST_BYTES` of it; None if there is nothing.

        Raises:
            LinkLostError: There will never be anything again.
        """
        ...

    def answer_sender(self) -> None:
        """Send to whoever sent what was received last, where that is not fixed."""
        ...

    def send(self, frame: bytes) -> bool:
        """Send a whole frame, or nothing of it.

        Returns:
            Whether it was taken.

        Raises:
            LinkLostError: Nothing can be sent any more.
        """
        ...

    def close(self) -> None:
        """Close it; may be called twice."""
        ...


def open_transport(endpoint: Endpoint) -> Transport:
    """Open a way to a peer.

    Raises:
        PortInUseError: The port is somebody else's, and whose.
        LinkError: It can't be opened for another reason.
    """
    match endpoint.kind:
        case "udpin" | "udpout":
            from sims.mavlink.datagrams import Datagrams

            return Datagrams(endpoint)
        case "tcp":
            from sims.mavlink.tcp import connect

            return connect(endpoint)
        case "tcpin":
            from sims.mavlink.tcp import Server

            return Server(endpoint)
        case "serial":
            from sims.mavlink.serial_device import open_serial

            return open_serial(endpoint)
        case "pty":
            from sims.mavlink.serial_device import open_pty

            return open_pty()
    raise LinkError(f"{endpoint} is of no kind that can be opened")
