"""Messages are the same as pymavlink makes of the same frame, whichever way they are made."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink.counters import Counters
from sims.mavlink.decode import _NUMBERS, decode
from sims.mavlink.dialect import EXTRAS, mavlink
from sims.mavlink.frames import Framer

KINDS = sorted(mavlink.mavlink_map)


def frame_of(number: int, payload: bytes):
    head = bytes([len(payload), 0, 0x55, 200, 7, 190]) + number.to_bytes(3, "little")
    checksum = mavlink.x25crc(head + payload + bytes([EXTRAS[number]])).crc
    content = b"\xfd" + head + payload + checksum.to_bytes(2, "little")
    (frame,) = Framer(EXTRAS, Counters()).take(content, 0)
    return frame


def check_same(number: int, payload: bytes) -> None:
    frame, codec = frame_of(number, payload), mavlink.MAVLink(None)
    made, expected = decode(frame, codec), codec.decode(bytearray(frame.content))
    assert type(made) is type(expected)
    for name in expected.get_fieldnames():
        # By their text, in which two that are no numbers are the same.
        assert repr(getattr(made, name)) == repr(getattr(expected, name)), name
    assert vars(made.get_header()) == vars(expected.get_header())
    assert made.get_msgbuf() == expected.get_msgbuf()
    assert (made.get_crc(), made.get_signed()) == (expected.get_crc(), expected.get_signed())
    assert made.to_dict().keys() == expected.to_dict().keys()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 1.5])
def test_every_message_of_the_dialect_is_the_same_short_whole_and_long(share):
    draw = random.Random(1)
    for number in KINDS:
        size = mavlink.mavlink_map[number].unpacker.size
        check_same(number, draw.randbytes(max(1, min(255, round(share * size)))))


@given(st.sampled_from(KINDS), st.binary(min_size=1, max_size=255))
def test_any_payload_gives_the_same(number, payload):
    check_same(number, payload)


def test_most_messages_go_the_quick_way_and_those_of_a_control_loop_do():
    assert len(_NUMBERS) > 0.5 * len(KINDS)
    for name in ("LOCAL_POSITION_NED", "ATTITUDE_QUATERNION", "HEARTBEAT", "ESTIMATOR_STATUS"):
        assert getattr(mavlink, f"MAVLINK_MSG_ID_{name}") in _NUMBERS
