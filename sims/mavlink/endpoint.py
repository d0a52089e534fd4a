"""Where a MAVLink peer is, as configuration names it.

============================  ====================================================================
``udpin:HOST:PORT``           listen, and answer whoever was heard last
``udpout:HOST:PORT``          send to there, and listen for what comes back
``tcp:HOST:PORT``             connect to a server
``tcpin:HOST:PORT``           be the server, of one client at a time
``serial:DEVICE:BAUD``        a serial device, such as ``serial:/dev/ttyACM0:921600``
``pty``                       a new pseudo-terminal, whose name is told once it is open
============================  ====================================================================
"""

from typing import Annotated, Final, NamedTuple

from pydantic import PlainSerializer, PlainValidator

KINDS: Final = ("udpin", "udpout", "tcp", "tcpin", "serial", "pty")
_FORMS: Final = "udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT, tcpin:HOST:PORT, "
_EXAMPLES: Final = _FORMS + "serial:/dev/ttyACM0:921600 or pty"


class EndpointError(ValueError):
    """A text that names no endpoint."""


class Endpoint(NamedTuple):
    """Where a peer is.

    Attributes:
        kind: One of :data:`KINDS`.
        place: Host, in brackets if it is an address with colons; or path of the device; empty for a
            pty.
        number: Port, where 0 leaves the choice to the system; or baud rate.
    """

    kind: str
    place: str = ""
    number: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind == "pty" else f"{self.kind}:{self.place}:{self.number}"


def parse_endpoint(text: object) -> Endpoint:
    """Read an endpoint; one that has been read already is left as it is.

    Raises:
        EndpointError: It is none, and what one looks like.
    """
    if isinstance(text, Endpoint):
        return text
    if not isinstance(text, str):
        raise EndpointError(f"{text!r} is no endpoint; write {_EXAMPLES}")
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise EndpointError(f"{text!r} begins with no kind of endpoint; write {_EXAMPLES}")
    if kind == "pty":
        if rest:
            raise EndpointError(f"{text!r}: a pty has no address; write pty")
        return Endpoint("pty")
    place, _, digits = rest.rpartition(":")
    what = "BAUD" if kind == "serial" else "PORT"
    if not place or not (digits.isascii() and digits.isdigit()):
        where = "DEVICE" if kind == "serial" else "HOST"
        raise EndpointError(f"{text!r} is no endpoint; write {kind}:{where}:{what}")
    number = int(digits)
    least, most = _range(kind)
    if not least <= number <= most:
        raise EndpointError(f"{text!r}: {what} is from {least} to {most}")
    return Endpoint(kind, place, number)


def _range(kind: str) -> tuple[int, int]:
    if kind == "serial":
        return 1200, 12_000_000
    # A port of 0 is one that the system chooses, and nobody can be sent to.
    return (0 if kind.endswith("in") else 1), 65535


EndpointText = Annotated[
    Endpoint, PlainValidator(parse_endpoint, json_schema_input_type=str), PlainSerializer(str)
]
"""An endpoint in a pydantic model."""
