"""A link over real sockets and devices: what arrives, what it counts, what it says of others."""

import contextlib
import os
import random
import select
import socket
import time

import pytest
from amount import of_the_whole, seed
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import Endpoint, parse_endpoint
from sims.mavlink.link import (
    DialectMismatchError,
    MavlinkLink,
    Peer,
    WrongVehicleError,
)
from sims.mavlink.port_holder import PortInUseError
from sims.mavlink.transport import LinkError, LinkLostError


def heartbeat(autopilot: int = 12, mode: int = 0x60000):
    return mavlink.MAVLink_heartbeat_message(2, autopilot, 129, mode, 4, 3)


def position(north_m: float):
    return mavlink.MAVLink_local_position_ned_message(1, north_m, 0, 0, 0, 0, 0.5)


def listen(link: MavlinkLink, count: int) -> list:
    """As many messages as are expected; what they come by is the system's to schedule."""
    found, until = [], time.monotonic() + 10.0
    while len(found) < count:
        assert time.monotonic() < until, f"{len(found)} of {count}: {link.counters}"
        select.select([link], [], [], 0.1)
        found += [received.message for received in link.receive()]
    return found


def until(link: MavlinkLink, holds) -> None:
    end = time.monotonic() + 10.0
    while not holds(link.counters):
        assert time.monotonic() < end, link.counters
        select.select([link], [], [], 0.1)
        link.receive()


def udp(link: MavlinkLink) -> str:
    return f"udpout:127.0.0.1:{link.transport.name.rsplit(':', 1)[1]}"


def tcp(link: MavlinkLink) -> str:
    return f"tcp:127.0.0.1:{link.transport.name.rsplit(':', 1)[1]}"


def device(link: MavlinkLink) -> str:
    return f"serial:{link.transport.name}:921600"


WAYS = {
    "udp": ("udpin:127.0.0.1:0", udp),
    "tcp": ("tcpin:127.0.0.1:0", tcp),
    "pty": ("pty", device),
}


class Both:
    """The harness's end of a link, and the vehicle's."""

    def __init__(self, way: str = "udp", **options) -> None:
        ours, theirs = WAYS[way]
        self.link = MavlinkLink(parse_endpoint(ours), Peer(1, 1), **options)
        self.vehicle = MavlinkLink(
            parse_endpoint(theirs(self.link)), Peer(1, 191), system=1, component=1
        )

    def meet(self) -> None:
        self.vehicle.send(heartbeat())
        listen(self.link, 1)

    def close(self) -> None:
        self.vehicle.close()
        self.link.close()


@pytest.fixture
def both():
    made = Both()
    yield made
    made.close()


@pytest.fixture(params=WAYS)
def either(request):
    made = Both(request.param)
    yield made
    made.close()


def test_messages_go_both_ways_in_order_and_are_stamped(either):
    before = time.monotonic_ns()
    for north in range(100):
        assert either.vehicle.send(position(float(north)))
    assert [message.x for message in listen(either.link, 100)] == list(range(100))
    assert before < either.link.last_ns < time.monotonic_ns()
    for mode in range(100):
        assert either.link.send(heartbeat(mode=mode))
    assert [m.custom_mode for m in listen(either.vehicle, 100)] == list(range(100))
    assert either.link.counters.told() == {
        "bytes": either.link.counters.bytes,
        "messages": 100,
        "sent": 100,
    }


def test_without_a_peer_nothing_is_received_and_nothing_sent():
    for way in ("udpin:127.0.0.1:0", "tcpin:127.0.0.1:0"):
        with MavlinkLink(parse_endpoint(way), Peer()) as link:
            assert link.receive() == []
            assert not link.send(heartbeat())
            assert link.counters.unsent == 1


def test_the_one_answered_is_the_one_listened_to(both):
    both.meet()
    with MavlinkLink(both_address(both), Peer(1, 191), system=9, component=1) as other:
        other.send(heartbeat())
        until(both.link, lambda counters: counters.foreign == 1)
        both.link.send(heartbeat())
        listen(both.vehicle, 1)
        assert other.receive() == []


def both_address(both: Both) -> Endpoint:
    return parse_endpoint(udp(both.link))


def test_a_vehicle_that_comes_back_from_another_port_is_answered_there(both):
    both.meet()
    both.vehicle.close()
    both.vehicle = MavlinkLink(both_address(both), Peer(1, 191), system=1, component=1)
    both.meet()
    both.link.send(heartbeat())
    listen(both.vehicle, 1)


def test_a_frame_behind_garbage_is_not_waited_for_until_more_arrives(both, monkeypatch):
    frame = position(5.0).pack(mavlink.MAVLink(None, 1, 1))
    both.vehicle.transport.send(b"\xfd\xff\0" + frame)
    until(both.link, lambda counters: counters.bytes > 0)
    assert both.link.counters.messages == 0
    later_ns = time.monotonic_ns() + 1_000_000_000
    monkeypatch.setattr("sims.mavlink.link.time.monotonic_ns", lambda: later_ns)
    assert [received.message.x for received in both.link.receive()] == [5.0]


def test_others_are_counted_and_not_heard(both):
    for system, component in ((2, 1), (1, 190), (255, 1)):
        with MavlinkLink(
            both_address(both), Peer(1, 191), system=system, component=component
        ) as other:
            other.send(heartbeat())
    both.meet()
    until(both.link, lambda counters: counters.foreign == 3)
    assert both.link.counters.messages == 1


def test_what_is_lost_doubled_or_late_is_told(both):
    sender = mavlink.MAVLink(None, 1, 1)
    frames = []
    for number in range(260):
        frames.append(position(float(number)).pack(sender))
        sender.seq = (sender.seq + 1) % 256
    del frames[100:103]
    frames[5], frames[6] = frames[6], frames[5]
    frames.insert(50, frames[50])
    for frame in frames:
        both.vehicle.transport.send(frame)
    listen(both.link, 258)
    counters = both.link.counters
    assert (counters.lost, counters.duplicates, counters.out_of_order) == (3, 1, 1)


def test_rates_are_by_message_and_since_the_last_time(both):
    for _ in range(30):
        both.vehicle.send(position(0.0))
    both.vehicle.send(heartbeat())
    listen(both.link, 31)
    rates = both.link.rates_hz()
    assert rates["LOCAL_POSITION_NED"] == pytest.approx(30 * rates["HEARTBEAT"])
    assert both.link.rates_hz() == {}


def test_the_vehicle_that_is_wanted_is_confirmed(both):
    assert not both.link.check()
    both.meet()
    assert both.link.check()


def test_another_vehicle_is_named():
    made = Both()
    try:
        made.vehicle.close()
        made.vehicle = MavlinkLink(both_address(made), Peer(1, 191), system=2, component=1)
        for times in range(1, 4):
            assert not made.link.check(), "ours may be yet to come"
            made.vehicle.send(heartbeat())
            until(made.link, lambda counters, times=times: counters.foreign == times)
        with pytest.raises(WrongVehicleError) as told:
            made.link.check()
        assert "system 1 component 1 is expected" in str(told.value)
        assert "heard system 2 (quadrotor flown by px4)" in str(told.value)
    finally:
        made.close()


def test_a_ground_station_is_no_vehicle(both):
    with MavlinkLink(both_address(both), Peer(1, 191), system=255, component=190) as station:
        for _ in range(5):
            station.send(heartbeat(autopilot=mavlink.MAV_AUTOPILOT_INVALID))
            station.send(heartbeat())
        until(both.link, lambda counters: counters.foreign == 10)
    assert not both.link.check()


def test_another_vehicle_beside_ours_is_no_error(both):
    with MavlinkLink(both_address(both), Peer(1, 191), system=2, component=1) as other:
        for _ in range(5):
            other.send(heartbeat())
        both.meet()
        until(both.link, lambda counters: counters.foreign == 5)
    assert both.link.check()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_closed_neither_sends_nor_receives(way):
    made = Both(way)
    made.close()
    made.close()
    for link in (made.link, made.vehicle):
        assert link.fileno() == -1
        with contextlib.suppress(LinkLostError):
            assert link.receive() == []
        with contextlib.suppress(LinkLostError):
            assert not link.send(heartbeat())
        assert link.counters.sent == 0


def test_a_peer_with_another_definition_is_named(both):
    sender = mavlink.MAVLink(None, 1, 1)
    frame = position(1.0).pack(sender)
    checksum = mavlink.x25crc(frame[1:-2] + b"\x11").crc
    for _ in range(4):
        assert not both.link.check()
        both.vehicle.transport.send(frame[:-2] + checksum.to_bytes(2, "little"))
        seen = both.link.counters.bad_checksums
        until(both.link, lambda counters, seen=seen: counters.bad_checksums > seen)
    assert not both.link.check({0}), "nobody reads it"
    with pytest.raises(DialectMismatchError, match=r"LOCAL_POSITION_NED \(id 32\).*'all'"):
        both.link.check()


@pytest.mark.parametrize("kind", ["udpin", "tcpin"])
def test_a_port_in_use_is_told_with_its_holder(kind):
    with MavlinkLink(Endpoint(kind, "127.0.0.1", 0), Peer()) as link:
        taken = parse_endpoint(link.transport.name)
        with pytest.raises(PortInUseError, match=rf"{taken.number} is in use by .* {os.getpid()} "):
            MavlinkLink(taken, Peer())


def test_a_device_in_use_is_told_with_its_holder(tmp_path):
    with MavlinkLink(Endpoint("pty"), Peer()) as link:
        taken = parse_endpoint(device(link))
        with (
            MavlinkLink(taken, Peer()),
            pytest.raises(PortInUseError, match=rf"is in use by process {os.getpid()} "),
        ):
            MavlinkLink(taken, Peer())


def test_a_device_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(LinkError, match="there is no /dev/ttyACM99; serial devices here: "):
        MavlinkLink(Endpoint("serial", "/dev/ttyACM99", 57600), Peer())


def test_what_is_no_serial_device_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LinkError, match="file can't be opened"):
        MavlinkLink(Endpoint("serial", str(tmp_path / "file"), 57600), Peer())


def test_a_device_that_may_not_be_opened_is_told_with_a_remedy(monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("serial.Serial", refuse)
    with pytest.raises(LinkError, match=r"permission denied; .* the group dialout"):
        MavlinkLink(Endpoint("serial", "/dev/ttyACM0", 57600), Peer())


def test_a_server_that_is_not_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LinkError, match=f"tcp:127.0.0.1:{port} can't be connected to: Connection"):
        MavlinkLink(Endpoint("tcp", "127.0.0.1", port), Peer())


@pytest.mark.parametrize("kind", ["udpin", "udpout", "tcp", "tcpin"])
def test_a_host_that_is_not_there_is_told(kind):
    with pytest.raises(LinkError, match=r"there is no host 'no\.such\.host\.invalid'"):
        MavlinkLink(Endpoint(kind, "no.such.host.invalid", 1), Peer())


def test_a_server_that_goes_away_is_told_of_and_a_client_is_not():
    made = Both("tcp")
    made.meet()
    made.vehicle.close()
    assert made.link.receive() == []
    made.vehicle = MavlinkLink(parse_endpoint(tcp(made.link)), Peer(1, 191), component=1)
    made.meet()
    made.link.close()
    with pytest.raises(LinkLostError, match=r"the peer closed the link|reset by peer"):
        listen(made.vehicle, 1)
    made.close()


def test_a_device_that_is_unplugged_is_told_of():
    made = Both("pty")
    made.meet()
    made.link.close()
    with pytest.raises(LinkLostError, match=r"the device is gone|the peer closed the link"):
        listen(made.vehicle, 1)
    made.close()


def test_a_peer_that_takes_nothing_gets_whole_frames_or_none():
    made = Both("pty")  # its buffer is the smallest
    try:
        made.meet()
        sent = 0
        while made.link.send(position(float(sent))):
            sent += 1
        assert made.link.counters.unsent == 1
        heard = []
        while len(heard) < sent:
            heard += [received.message.x for received in made.vehicle.receive()]
            made.link.receive()
        assert heard == list(range(sent))
        assert made.vehicle.counters.bad_checksums == 0
    finally:
        made.close()


def mutated(draw: random.Random, frames: list[bytes]) -> bytes:
    """Frames of which some are damaged, cut, or have something else between them."""
    content = bytearray()
    for frame in draw.choices(frames, k=20):
        part = bytearray(frame)
        match draw.randrange(6):
            case 0:
                part[draw.randrange(len(part))] = draw.randrange(256)
            case 1:
                del part[draw.randrange(len(part)) :]
            case 2:
                part[1:3] = draw.randbytes(2)
            case 3:
                part += draw.randbytes(draw.randrange(100))
        content += part
    return bytes(content)


@pytest.mark.parametrize("way", WAYS)
def test_a_million_bad_bytes_crash_nothing_and_hang_nothing(way):
    draw, total, made = random.Random(seed()), of_the_whole(1_000_000), Both(way)
    try:
        sender = mavlink.MAVLink(None, 1, 1)
        frames = []
        for number in range(256):
            message = position(draw.random()) if number % 2 else heartbeat(mode=number)
            frames.append(message.pack(sender))
            sender.seq = (sender.seq + 1) % 256
        sent = 0
        while sent < total:
            content = draw.randbytes(400) if draw.random() < 0.3 else mutated(draw, frames)
            while not made.vehicle.transport.send(content):
                made.link.receive()
            sent += len(content)
            made.link.receive()
        until(made.link, lambda counters: counters.bytes == sent)
        counters = made.link.counters
        assert counters.messages > 0
        assert min(counters.bad_checksums, counters.garbage_bytes, counters.lost) > 0
        made.vehicle.transport.send(bytes(300))
        made.vehicle.send(position(-77.0))
        until(made.link, lambda counters: counters.bytes > sent + 300)
        assert made.link.last_ns > time.monotonic_ns() - 10_000_000_000
    finally:
        made.close()


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_no_bytes_raise_anything(contents):
    made = Both()
    try:
        for content in contents:
            made.vehicle.transport.send(content)
            made.link.receive()
        made.meet()
        made.link.check()
    finally:
        made.close()


def test_a_flood_is_taken_in_portions(both):
    assert both.link.transport.buffer_bytes >= 200_000
    for _ in range(5000):
        both.vehicle.send(heartbeat())
    first = len(both.link.receive())
    assert 0 < first <= 4096
    listen(both.link, 5000 - first - both.link.counters.lost)
