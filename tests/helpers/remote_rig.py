"""A rig of its own: a process with a clock of its own, reached over UDP. Run as a program."""

import socket
import struct
import time

AHEAD_NS = 5_000_000_000
"""By how much its clock is ahead."""
ASK = struct.Struct("<qd")
"""When it was sent, by the asker's clock, and the acceleration along x from now on, m/s²."""
ANSWER = struct.Struct("<qqqdd")
"""The asker's time back; when it was received and applied, and when answered, by the rig's clock;
position and velocity along x."""


def clock_ns():
    return time.monotonic_ns() + AHEAD_NS


def main():
    """Serve until a datagram is empty; a mass on a line, in real time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.settimeout(20.0)
        print(link.getsockname()[1], flush=True)  # noqa: T201
        x = v = a = 0.0
        before_ns = clock_ns()
        while True:
            message, back = link.recvfrom(ASK.size)
            now_ns = clock_ns()
            if not message:
                return
            dt = (now_ns - before_ns) * 1e-9
            x, v, before_ns = x + dt * (v + 0.5 * dt * a), v + dt * a, now_ns
            asked_ns, a = ASK.unpack(message)
            link.sendto(ANSWER.pack(asked_ns, now_ns, clock_ns(), x, v), back)


if __name__ == "__main__":
    main()
