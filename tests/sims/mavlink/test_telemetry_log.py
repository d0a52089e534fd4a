"""A log that ground stations can read, of both directions, and a disk that is full."""

import os
import time

import pytest
from pymavlink import mavutil

from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import parse_endpoint
from sims.mavlink.link import MavlinkLink, Peer
from sims.mavlink.telemetry_log import LogError, TelemetryLog


def heartbeat(mode: int):
    return mavlink.MAVLink_heartbeat_message(2, 12, 129, mode, 4, 3)


def read(path) -> list:
    log = mavutil.mavlink_connection(str(path), dialect="all")
    found = []
    while (message := log.recv_match()) is not None:
        found.append(message)
    log.close()
    return found


@pytest.fixture
def both(tmp_path):
    log = TelemetryLog(tmp_path / "flight.tlog")
    link = MavlinkLink(parse_endpoint("udpin:127.0.0.1:0"), Peer(1, 1), log=log)
    port = link.transport.name.rsplit(":", 1)[1]
    vehicle = MavlinkLink(parse_endpoint(f"udpout:127.0.0.1:{port}"), Peer(1, 191), component=1)
    yield link, vehicle, log
    vehicle.close()
    link.close()


def hear(link: MavlinkLink, count: int) -> None:
    heard, until = 0, time.monotonic() + 10.0
    while heard < count:
        assert time.monotonic() < until
        heard += len(link.receive())


def break_disk(log: TelemetryLog) -> None:
    """Have the log's file be on a disk that is full; the system has one for the purpose."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._file.fileno())
    os.close(full)


def test_pymavlink_reads_it_back_both_directions_with_their_times(both, tmp_path):
    link, vehicle, _ = both
    before = time.time()
    for mode in range(1, 50):
        vehicle.send(heartbeat(mode))
        hear(link, 1)
        link.send(heartbeat(1000 + mode))
    link.close()
    found = read(tmp_path / "flight.tlog")
    assert [message.custom_mode for message in found[0::2]] == list(range(1, 50))
    assert [message.custom_mode for message in found[1::2]] == list(range(1001, 1050))
    assert {message.get_srcComponent() for message in found[1::2]} == {191}
    times = [message._timestamp for message in found]
    assert times == sorted(times)
    assert before - 0.01 < times[0] <= times[-1] < time.time() + 0.01


def test_what_others_said_and_what_is_not_known_is_in_it_and_garbage_is_not(both, tmp_path):
    link, vehicle, _ = both
    frame = heartbeat(1).pack(mavlink.MAVLink(None, 7, 1))
    unknown = frame[:7] + (290).to_bytes(3, "little") + frame[10:-2]
    checksum = mavlink.x25crc(unknown[1:] + bytes([251])).crc
    for content in (frame, b"garbage", unknown + checksum.to_bytes(2, "little")):
        vehicle.transport.send(content)
    vehicle.send(heartbeat(2))
    hear(link, 1)
    link.close()
    assert [m.get_type() for m in read(tmp_path / "flight.tlog")] == [
        *("HEARTBEAT", "UNKNOWN_290", "HEARTBEAT")
    ]


def test_it_is_written_while_the_flight_goes_on(tmp_path):
    log = TelemetryLog(tmp_path / "flight.tlog")
    second = 1_000_000_000
    log.write_due(10 * second)
    log.add(b"frame", 10 * second)
    log.write_due(11 * second - 1)
    assert (tmp_path / "flight.tlog").stat().st_size == 0
    log.write_due(11 * second)
    assert (tmp_path / "flight.tlog").stat().st_size == 8 + 5
    log.add(bytes(1 << 18), 11 * second)
    log.write_due(11 * second + 1)
    assert (tmp_path / "flight.tlog").stat().st_size > 1 << 18
    log.close()


def test_a_full_disk_is_told_once_and_nothing_that_was_received_is_lost(both):
    link, vehicle, log = both
    break_disk(log)
    vehicle.send(heartbeat(1))
    hear(link, 1)
    log._written_ns = 0  # as if a second had passed
    vehicle.send(heartbeat(2))
    with pytest.raises(LogError, match=r"flight\.tlog can't be written: No space left on device"):
        link.receive()
    hear(link, 1)
    log._written_ns = 0
    vehicle.send(heartbeat(3))
    hear(link, 1)
    assert log.unwritten == 3
    link.close()


def test_a_disk_that_is_full_at_the_end_is_told_and_the_link_is_closed_all_the_same(both):
    link, vehicle, log = both
    break_disk(log)
    vehicle.send(heartbeat(1))
    hear(link, 1)
    with pytest.raises(LogError, match="No space left"):
        link.close()
    assert log.unwritten == 1
    assert link.fileno() == -1
    link.close()


def test_a_log_that_can_not_be_made_is_told(tmp_path):
    with pytest.raises(LogError, match=r"the log .*/nowhere/a\.tlog can't be made: No such file"):
        TelemetryLog(tmp_path / "nowhere" / "a.tlog")
    (tmp_path / "a.tlog").write_text("an earlier flight")
    with pytest.raises(LogError, match="File exists"):
        TelemetryLog(tmp_path / "a.tlog")
