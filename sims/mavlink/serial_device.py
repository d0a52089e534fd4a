"""MAVLink over a serial device, or a pseudo-terminal in its place."""

import errno
import fcntl
import os
import termios
import tty
from pathlib import Path
from typing import Final

import serial
from serial.tools import list_ports

from sims.mavlink.byte_stream import ByteStream
from sims.mavlink.endpoint import Endpoint
from sims.mavlink.port_holder import PortInUseError
from sims.mavlink.transport import LinkError

_WHY: Final = {
    errno.EACCES: "permission denied; on most systems one has to be in the group dialout",
    errno.EPERM: "permission denied; on most systems one has to be in the group dialout",
}


def open_serial(endpoint: Endpoint) -> ByteStream:
    """Open a serial device for nobody but us.

    Raises:
        PortInUseError: Another program has it, and which.
        LinkError: It is not there, may not be opened, or is no serial device.
    """
    path = endpoint.place
    try:
        device = serial.Serial(path, endpoint.number, timeout=0, write_timeout=0, exclusive=True)
    except (OSError, ValueError) as error:  # pyserial's own are OSErrors
        number = getattr(error, "errno", None)
        if number in (errno.EAGAIN, errno.EBUSY):
            raise PortInUseError(f"{path} is in use{_holder(path)}") from error
        if number == errno.ENOENT:
            there = ", ".join(sorted(port.device for port in list_ports.comports())) or "none"
            raise LinkError(f"there is no {path}; serial devices here: {there}") from error
        why = _WHY.get(number or 0, "") or f"{error}"
        raise LinkError(f"{path} can't be opened: {why}") from error
    os.set_blocking(device.fileno(), False)
    _tell_nothing_from_the_end(device.fileno())
    return ByteStream(str(endpoint), device.fileno(), device.close)


def _tell_nothing_from_the_end(descriptor: int) -> None:
    """As pyserial leaves it, reading gives no bytes both where there are none and at a hang-up."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _holder(path: str) -> str:
    """Who has a device open, to be put behind a message; empty where that can't be seen."""
    wanted = os.path.realpath(path)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(link) == wanted for link in (folder / "fd").iterdir()):
                command = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                return f" by process {folder.name} ({command[:120].strip()})"
        except OSError:  # gone, or another user's
            continue
    return ""


def open_pty() -> ByteStream:
    """Open a pseudo-terminal; the peer opens the device that is its name."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    for descriptor in (ours, theirs):
        fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.FD_CLOEXEC)

    def close() -> None:
        os.close(ours)
        os.close(theirs)

    # Their end stays open here too, so that a peer that goes away is no end of the link.
    return ByteStream(os.ttyname(theirs), ours, close)
