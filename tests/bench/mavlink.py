"""What a MAVLink link costs, against pymavlink's own parser on the same bytes.

Run by ``nox -s bench``. Times are this thread's CPU time, so that neighbours on the machine count
little. Variants take turns in short blocks; a ratio is the median over the rounds of each round's
own ratio. The floor has neither stamps, filters nor counters, and keeps nothing.
"""

import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import parse_endpoint
from sims.mavlink.link import MavlinkLink, Peer
from sims.mavlink.telemetry_log import TelemetryLog

ROUNDS = 15
MESSAGES = 20_000
DATAGRAMS = 500  # sent before they are read, so that the buffer holds them
CHUNK = 1400
GOAL_PER_S = 50_000


def mixture(messages: int) -> list[bytes]:
    """What an autopilot sends: estimates for the most part, some status in between."""
    kinds = [
        mavlink.MAVLink_local_position_ned_message(1, 1.0, 2.0, -3.0, 0.1, 0.2, 0.3),
        mavlink.MAVLink_attitude_quaternion_message(1, 1.0, 0.1, 0.2, 0.3, 0.01, 0.02, 0.03),
    ] * 6 + [
        mavlink.MAVLink_heartbeat_message(2, 12, 129, 0x60000, 4, 3),
        mavlink.MAVLink_estimator_status_message(1, 831, *(0.1,) * 8),
        mavlink.MAVLink_extended_sys_state_message(0, 2),
        mavlink.MAVLink_sys_status_message(1, 1, 1, *(50,) * 10),
    ]
    codec, frames = mavlink.MAVLink(None, 1, 1), []
    for number in range(messages):
        frames.append(kinds[number % len(kinds)].pack(codec))
        codec.seq = (codec.seq + 1) % 256
    return frames


def bare(content: bytes) -> float:
    """Messages a second of CPU time that pymavlink parses."""
    parser, count = mavlink.MAVLink(None), 0
    start = time.thread_time()
    for at in range(0, len(content), CHUNK):
        count += len(parser.parse_buffer(content[at : at + CHUNK]) or ())
    return count / (time.thread_time() - start)


class Memory:
    """A transport that has the bytes already."""

    name, buffer_bytes = "memory", 0

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def receive(self) -> bytes | None:
        """A chunk, and nothing after each, as if the harness polled."""
        self._at += CHUNK
        return self._content[self._at - CHUNK : self._at] or None

    def answer_sender(self) -> None:
        """There is none."""


def from_memory(link: MavlinkLink, content: bytes) -> float:
    """Messages a second of the link, without a network."""
    transport, link.transport = link.transport, Memory(content)  # type: ignore[assignment]
    start = time.thread_time()
    count = len(link.receive())
    rate = count / (time.thread_time() - start)
    link.transport = transport
    return rate


def over_udp(link: MavlinkLink, frames: list[bytes]) -> float:
    """Messages a second of the link over a socket, a message a datagram; sending is not counted."""
    address = "127.0.0.1", int(link.transport.name.rsplit(":", 1)[1])
    count, seconds = 0, 0.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(address)
        for at in range(0, len(frames), DATAGRAMS):
            for frame in frames[at : at + DATAGRAMS]:
                sender.send(frame)
            start = time.thread_time()
            count += len(link.receive())
            seconds += time.thread_time() - start
    return count / seconds


def bare_over_udp(frames: list[bytes]) -> float:
    """Messages a second of pymavlink's parser over a socket, read as simply as can be."""
    parser, count, seconds = mavlink.MAVLink(None), 0, 0.0
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        sender.connect(receiver.getsockname())
        for at in range(0, len(frames), DATAGRAMS):
            for frame in frames[at : at + DATAGRAMS]:
                sender.send(frame)
            start = time.thread_time()
            while True:
                try:
                    content = receiver.recv(65536)
                except BlockingIOError:
                    break
                count += len(parser.parse_buffer(content) or ())
            seconds += time.thread_time() - start
    return count / seconds


def tell(what: str, rates: list[float], floors: list[float]) -> None:
    """One line a figure."""
    ratios = [rate / floor for rate, floor in zip(rates, floors, strict=True)]
    sys.stdout.write(
        f"{what:40} {statistics.median(rates):9,.0f}/s  best {max(rates):9,.0f}/s  / bare parser "
        f"{statistics.median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})\n"
    )


def main() -> None:
    """Print every figure."""
    frames = mixture(MESSAGES)
    content = b"".join(frames)
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        log = TelemetryLog(Path(folder) / "bench.tlog")
        here = parse_endpoint("udpin:127.0.0.1:0")
        with MavlinkLink(here, Peer()) as plain, MavlinkLink(here, Peer(), log=log) as logging:
            variants: dict[str, Callable[[], Any]] = {
                "bare": lambda: bare(content),
                "bare over UDP": lambda: bare_over_udp(frames),
                "link from memory": lambda: from_memory(plain, content),
                "link over UDP": lambda: over_udp(plain, frames),
                "link over UDP, with a log": lambda: over_udp(logging, frames),
            }
            for turn in range(ROUNDS + 1):
                for name, measure in variants.items():
                    rate = measure()
                    if turn > 0:  # the first is to warm up
                        rates.setdefault(name, []).append(rate)
    tell("bare parser, memory", rates["bare"], rates["bare"])
    tell("bare parser, UDP", rates["bare over UDP"], rates["bare"])
    tell("link from memory", rates["link from memory"], rates["bare"])
    for name in ("link over UDP", "link over UDP, with a log"):
        tell(name, rates[name], rates["bare over UDP"])
    sys.stdout.write(f"goal: {GOAL_PER_S:,} messages over UDP a second of CPU time, stamped\n")


if __name__ == "__main__":
    main()
