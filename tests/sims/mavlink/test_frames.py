"""Frames are found in whatever arrives, and what is none is counted."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink.counters import Counters
from sims.mavlink.dialect import EXTRAS, mavlink
from sims.mavlink.frames import Framer

SECOND = 1_000_000_000
HEARTBEAT, POSITION = 0, 32


def heartbeat(mode: int = 0x60000) -> mavlink.MAVLink_heartbeat_message:
    return mavlink.MAVLink_heartbeat_message(2, 12, 129, mode, 4, 3)


def position(north_m: float) -> mavlink.MAVLink_local_position_ned_message:
    return mavlink.MAVLink_local_position_ned_message(1, north_m, 0, 0, 0, 0, 0.5)


class Sender:
    """Packs messages with sequence numbers."""

    def __init__(self, system: int = 1, component: int = 1) -> None:
        self._codec = mavlink.MAVLink(None, system, component)

    def pack(self, message, version_1: bool = False) -> bytes:
        frame = message.pack(self._codec, force_mavlink1=version_1)
        self._codec.seq = (self._codec.seq + 1) % 256
        return frame


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def framer(counters) -> Framer:
    return Framer(EXTRAS, counters)


def with_extra(frame: bytes, extra: int, message_id: int | None = None) -> bytes:
    """The frame as one who defines the message otherwise would send it."""
    if message_id is not None:
        frame = frame[:7] + message_id.to_bytes(3, "little") + frame[10:]
    checksum = mavlink.x25crc(frame[1:-2] + bytes([extra])).crc
    return frame[:-2] + checksum.to_bytes(2, "little")


def test_a_frame_says_what_it_is_and_who_sent_it(framer, counters):
    sender = Sender(system=7, component=190)
    first, second = sender.pack(heartbeat()), sender.pack(position(1.5))
    frames = framer.take(first + second, 0)
    assert [frame.content for frame in frames] == [first, second]
    checksum = int.from_bytes(second[-2:], "little")
    assert frames[1][1:] == (POSITION, 7, 190, 1, checksum, True)
    assert counters == Counters()
    assert framer.waiting == 0


@given(st.lists(st.integers(1, 300), max_size=30), st.integers(0, 2**32))
def test_it_is_all_the_same_how_bytes_are_split(sizes, seed):
    sender, draw = Sender(), random.Random(seed)
    sent = [sender.pack(position(draw.uniform(-1e3, 1e3))) for _ in range(20)]
    framer, content, found = Framer(EXTRAS, Counters()), b"".join(sent), []
    for size in [*sizes, len(content)]:
        found += framer.take(content[:size], 0)
        content = content[size:]
    assert [frame.content for frame in found] == sent


@given(st.binary(max_size=300))
def test_frames_behind_garbage_are_found(garbage):
    counters = Counters()
    framer, sender = Framer(EXTRAS, counters), Sender()
    sent = [sender.pack(position(float(north))) for north in range(20)]
    found = framer.take(garbage + b"".join(sent), 0)
    found += framer.take(b"", SECOND)
    assert [frame.content for frame in found if frame.content in sent] == sent
    assert counters.garbage_bytes + sum(len(frame.content) for frame in found) == len(
        garbage + b"".join(sent)
    )


@given(st.binary(max_size=3000), st.lists(st.integers(0, 600), max_size=10))
def test_every_byte_is_in_a_frame_or_garbage_or_waiting(content, sizes):
    counters = Counters()
    framer, found, left = Framer(EXTRAS, counters), [], content
    for size in [*sizes, len(content)]:
        found += framer.take(left[:size], 0)
        left = left[size:]
        assert framer.waiting < 281
    taken = sum(len(frame.content) for frame in found)
    assert taken + counters.garbage_bytes + framer.waiting == len(content)


@pytest.mark.parametrize("at", range(21))
def test_a_byte_that_is_damaged_costs_one_frame_and_is_counted(framer, counters, at):
    sender = Sender()
    sent = [sender.pack(heartbeat()) for _ in range(30)]
    assert len(sent[0]) == 21
    damaged = bytearray(sent[0])
    damaged[at] ^= 0x40
    found = framer.take(bytes(damaged) + b"".join(sent[1:]), 0)
    assert [frame.content for frame in found] == sent[1:]
    assert counters.garbage_bytes == 21
    assert counters.bad_checksums >= (at > 0)


def test_the_parts_of_a_frame_are_waited_for_half_a_second(framer, counters):
    frame = Sender().pack(heartbeat())
    assert framer.take(frame[:-1], 0) == []
    assert framer.take(b"", SECOND // 4) == []
    assert len(framer.take(frame[-1:], SECOND // 2)) == 1

    assert framer.take(b"\xfd\xff\0" + frame, SECOND) == []
    assert [found.content for found in framer.take(b"", 2 * SECOND)] == [frame]
    assert counters.garbage_bytes == 3


def test_asking_often_makes_no_parts_younger(framer, counters):
    framer.take(b"\xfd\xff\0", 0)
    for tenth in range(1, 6):
        framer.take(b"", tenth * SECOND // 10)
    assert framer.waiting == 3
    framer.take(b"\x01", SECOND // 2)
    framer.take(b"", SECOND // 2 + 1)
    assert framer.waiting == 0


def test_parts_that_are_new_are_waited_for_though_those_before_were_too_old(framer, counters):
    frame = Sender().pack(heartbeat())
    framer.take(b"\xfd\xff\0", 0)
    assert framer.take(frame[:15], 2 * SECOND) == []
    assert counters.garbage_bytes == 3
    assert [found.content for found in framer.take(frame[15:], 2 * SECOND)] == [frame]


def test_one_who_was_away_for_long_still_gets_what_had_arrived_meanwhile(framer):
    frame = Sender().pack(heartbeat())
    framer.take(frame[:5], 0)
    assert len(framer.take(frame[5:], 60 * SECOND)) == 1


def test_flags_that_are_not_known_make_a_frame_unreadable(framer, counters):
    frame = bytearray(Sender().pack(heartbeat()))
    frame[2] = 0x02
    checksum = mavlink.x25crc(frame[1:-2] + bytes([EXTRAS[HEARTBEAT]])).crc
    frame[-2:] = checksum.to_bytes(2, "little")
    assert framer.take(bytes(frame), 0) == []
    assert counters.garbage_bytes == len(frame)


def test_frames_of_version_1_are_counted_as_such(framer, counters):
    sender = Sender()
    old = [sender.pack(heartbeat(), version_1=True) for _ in range(3)]
    assert framer.take(b"".join(old), 0) == []
    assert counters.version_1 == 3
    assert counters.garbage_bytes == 3 * len(old[0])


def test_a_message_that_is_not_known_is_whole_if_some_definition_fits_it(framer, counters):
    frame = with_extra(Sender().pack(position(1.0)), 251, message_id=290)
    (found,) = framer.take(frame, 0)
    assert (found.message_id, found.is_known) == (290, False)
    damaged = frame[:15] + bytes([frame[15] ^ 1]) + frame[16:]
    assert framer.take(damaged, 0) == []
    assert counters.bad_checksums == 1


def test_another_definition_of_a_message_is_told_from_damage(framer):
    sender, wrong = Sender(), EXTRAS[POSITION] ^ 0x5A
    for times in range(1, 5):
        assert framer.mismatch(times) is None
        framer.take(with_extra(sender.pack(position(times)), wrong), 0)
        assert framer.mismatch(times) == POSITION
    framer.take(sender.pack(position(0.0)), 0)
    assert framer.mismatch(1) is None, "one that was right shows that the others were damaged"


def test_damage_is_no_other_definition(framer):
    draw, sender = random.Random(1), Sender()
    for _ in range(2000):
        frame = bytearray(sender.pack(position(draw.random())))
        frame[draw.randrange(10, len(frame))] ^= draw.randrange(1, 256)
        framer.take(bytes(frame), 0)
        framer.take(b"", SECOND)
    assert framer.mismatch(4) is None
