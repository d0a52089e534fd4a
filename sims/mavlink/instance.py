"""Which of PX4's instances a run may have: several fly at once, each on ports of its own.

The listening socket of the simulator link is the claim: whoever has it has the instance, and only
the system can give it away twice.
"""

import errno
import socket
from typing import Final, Literal, NamedTuple

from sims.mavlink.port_holder import PortInUseError, holder
from sims.plant import PlantError

HOST: Final = "127.0.0.1"
MOST: Final = 10
"""Instances from 0; from this on PX4 sends all of them to one port."""


class Ports(NamedTuple):
    """Ports of one instance.

    Attributes:
        simulator: TCP; the simulator listens, the autopilot connects.
        onboard: UDP; where the autopilot sends what an onboard computer wants to know.
        autopilot: UDP; where it listens for that computer.
        ground: UDP; where it listens for a ground station.
    """

    simulator: int
    onboard: int
    autopilot: int
    ground: int

    @classmethod
    def of(cls, instance: int) -> "Ports":
        """The ports of an instance."""
        return cls(4560 + instance, 14540 + instance, 14580 + instance, 18570 + instance)


class Claim(NamedTuple):
    """An instance that is ours until its listener is closed."""

    instance: int
    ports: Ports
    listener: socket.socket


def claim(instance: int | None = None) -> Claim:
    """Claim an instance.

    Args:
        instance: Which; the first free one if None.

    Raises:
        PortInUseError: It is taken, and by whom; or all of them are.
    """
    if instance is not None:
        return _claimed(instance)
    for candidate in range(MOST):
        try:
            return _claimed(candidate)
        except PortInUseError as error:
            last = error
    raise PortInUseError(f"all {MOST} instances are taken; the last of them: {last}") from last


def _claimed(instance: int) -> Claim:
    ports = Ports.of(instance)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A connection of an earlier run that is still closing is no reason to refuse.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        _bind(listener, ports.simulator, "tcp")
        for port in ports[1:]:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                _bind(probe, port, "udp")
    except BaseException:
        listener.close()
        raise
    return Claim(instance, ports, listener)


def _bind(a_socket: socket.socket, port: int, kind: Literal["tcp", "udp"]) -> None:
    try:
        a_socket.bind((HOST, port))
        if kind == "tcp":  # two may be bound to one port, but only one may listen
            a_socket.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(f"{kind} port {port} is in use{holder(kind, port)}") from error
        raise PlantError(f"{kind} port {port} can't be opened: {error.strerror}") from error
