"""Signed links: who has the key is believed, once; everybody else is counted."""

import hashlib
import select
import time

import pytest

from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import parse_endpoint
from sims.mavlink.link import MavlinkLink, Peer
from sims.mavlink.signing import Signing

KEY = Signing.of_passphrase("a secret", link_id=3)
MINUTE_10US = 6_000_000


def heartbeat(mode: int = 1):
    return mavlink.MAVLink_heartbeat_message(2, 12, 129, mode, 4, 3)


class Both:
    def __init__(self, ours: Signing | None, theirs: Signing | None) -> None:
        self.link = MavlinkLink(parse_endpoint("udpin:127.0.0.1:0"), Peer(1, 1), signing=ours)
        port = self.link.transport.name.rsplit(":", 1)[1]
        self.vehicle = MavlinkLink(
            parse_endpoint(f"udpout:127.0.0.1:{port}"),
            Peer(1, 191),
            component=1,
            signing=theirs,
        )

    def hears(self, *frames: bytes) -> list[int]:
        for frame in frames:
            self.vehicle.transport.send(frame)
        expected = self.link.counters.bytes + sum(map(len, frames))
        found, until = [], time.monotonic() + 10.0
        while self.link.counters.bytes < expected:
            assert time.monotonic() < until
            select.select([self.link], [], [], 0.1)
            found += [received.message.custom_mode for received in self.link.receive()]
        return found

    def packed(self, mode: int) -> bytes:
        codec = self.vehicle._codec
        frame = heartbeat(mode).pack(codec)
        codec.seq += 1
        return frame

    def close(self) -> None:
        self.link.close()
        self.vehicle.close()


@pytest.fixture
def signed():
    made = Both(KEY, KEY)
    yield made
    made.close()


def test_who_has_the_key_is_believed(signed):
    assert signed.hears(signed.packed(1), signed.packed(2)) == [1, 2]
    assert signed.link.counters.told().keys() == {"bytes", "messages"}


def test_our_frames_are_signed_as_pymavlink_and_ground_stations_do(signed):
    frame = signed.packed(1)
    assert frame[2] == 1
    assert frame[-13] == 3
    assert KEY.key == hashlib.sha256(b"a secret").digest()
    other = mavlink.MAVLink(None)
    other.signing.secret_key = KEY.key
    assert other.decode(bytearray(frame)).get_signed()
    since_2015 = int.from_bytes(frame[-12:-6], "little") / 1e5
    assert since_2015 == pytest.approx(time.time() - 1_420_070_400, abs=60.0)


@pytest.mark.parametrize(
    ("theirs", "counted"),
    [(None, "unsigned"), (Signing.of_passphrase("another"), "badly_signed")],
)
def test_who_has_it_not_is_counted_and_not_heard(theirs, counted):
    made = Both(KEY, theirs)
    try:
        assert made.hears(made.packed(1)) == []
        assert made.link.counters.told()[counted] == 1
        assert not made.link.check(), "who is not believed is not our vehicle either"
    finally:
        made.close()


def test_a_frame_is_believed_once(signed):
    frame = signed.packed(1)
    assert signed.hears(frame, frame) == [1]
    assert signed.link.counters.badly_signed == 1


def test_a_forged_frame_from_the_future_does_not_lock_the_true_sender_out(signed):
    frame = bytearray(signed.packed(1))
    stamp = int.from_bytes(frame[-12:-6], "little") + 1000 * MINUTE_10US
    frame[-12:-6] = stamp.to_bytes(6, "little")
    assert signed.hears(bytes(frame)) == []
    assert signed.hears(signed.packed(2)) == [2]


def test_without_a_key_signed_frames_are_read_as_any_other():
    made = Both(None, KEY)
    try:
        assert made.hears(made.packed(5)) == [5]
    finally:
        made.close()


@pytest.mark.parametrize(("key", "link_id"), [(b"short", 0), (bytes(32), 256), (bytes(32), -1)])
def test_what_is_no_key_is_refused(key, link_id):
    with pytest.raises(ValueError, match=r"32 bytes|from 0 to 255"):
        Signing(key, link_id)


def test_the_key_is_in_no_text():
    assert str(KEY.key) not in repr(KEY)
