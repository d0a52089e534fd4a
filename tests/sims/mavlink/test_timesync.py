"""Two clocks' offset: never further from the truth than it says, whatever the network does."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink import timesync
from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import parse_endpoint
from sims.mavlink.link import MavlinkLink, Peer, Received
from sims.mavlink.timesync import ClockOffset, Timesync

SECOND = 1_000_000_000
MILLI = 1_000_000
US = 1_000


def ask(offset: ClockOffset, at_ns: int, true_ns: int, there_ns: int, back_ns: int) -> bool:
    """One round trip, with what it takes there and back."""
    return offset.take(at_ns, at_ns + there_ns + true_ns, at_ns + there_ns + back_ns)


@given(
    true_ns=st.integers(-(10**18), 10**18),
    drift_ppm=st.floats(-90, 90),
    delays=st.lists(
        st.tuples(st.integers(0, 50 * MILLI), st.integers(0, 50 * MILLI)), min_size=1, max_size=50
    ),
)
def test_the_truth_is_within_the_bound_however_unequal_the_ways(true_ns, drift_ppm, delays):
    offset, at_ns = ClockOffset(), 0
    for there_ns, back_ns in delays:
        at_ns += SECOND
        drifted = true_ns + round(drift_ppm * 1e-6 * at_ns)
        assert ask(offset, at_ns, drifted, there_ns, back_ns)
        later = at_ns + SECOND // 2
        truth = true_ns + round(drift_ppm * 1e-6 * later)
        best = offset.best
        assert abs(best.offset_ns - truth) <= best.bound_ns(later) + 2
    assert (offset.rejected, offset.steps) == (0, 0)


def test_the_bound_is_half_the_best_round_trip_and_grows_with_time():
    offset = ClockOffset()
    assert offset.best is None
    ask(offset, 0, 5 * SECOND, 4 * MILLI, 4 * MILLI)
    ask(offset, SECOND, 5 * SECOND, 100 * US, 100 * US)
    ask(offset, 2 * SECOND, 5 * SECOND, 9 * MILLI, 1 * MILLI)
    best = offset.best
    assert (best.offset_ns, best.round_trip_ns) == (5 * SECOND, 200 * US)
    assert best.bound_ns(best.at_ns) == 100 * US
    assert best.bound_ns(best.at_ns + SECOND) == 200 * US


def test_an_old_sample_gives_way_to_a_worse_one_that_is_newer():
    offset = ClockOffset()
    ask(offset, 0, 0, 0, 0)
    ask(offset, 30 * SECOND, 0, 1 * MILLI, 1 * MILLI)
    assert offset.best.round_trip_ns == 2 * MILLI


def test_an_outlier_is_rejected_and_changes_nothing():
    offset = ClockOffset()
    for second in range(10):
        ask(offset, second * SECOND, 7 * SECOND, MILLI, MILLI)
    assert not ask(offset, 10 * SECOND, 8 * SECOND, MILLI, MILLI)
    assert offset.best.offset_ns == 7 * SECOND
    assert (offset.rejected, offset.steps) == (1, 0)


def test_a_clock_that_was_set_is_followed_after_four_samples():
    offset = ClockOffset()
    for second in range(10):
        ask(offset, second * SECOND, 7 * SECOND, MILLI, MILLI)
    believed = [
        ask(offset, (10 + second) * SECOND, -3 * SECOND, MILLI, MILLI) for second in range(5)
    ]
    assert believed == [False, False, False, True, True]
    assert offset.best.offset_ns == -3 * SECOND
    assert offset.steps == 1


def test_outliers_among_good_samples_are_no_clock_that_was_set():
    offset = ClockOffset()
    for second in range(40):
        true_s = 8 if second % 3 == 2 else 7
        ask(offset, second * SECOND, true_s * SECOND, MILLI, MILLI)
    assert (offset.rejected, offset.steps) == (13, 0)


@pytest.mark.parametrize("round_trip_ns", [-1, 11 * SECOND])
def test_a_round_trip_that_can_not_be_is_rejected(round_trip_ns):
    offset = ClockOffset()
    assert not offset.take(SECOND, 5 * SECOND, SECOND + round_trip_ns)
    assert offset.best is None
    assert offset.rejected == 1


def test_drift_is_measured():
    offset, draw = ClockOffset(), random.Random(3)
    for tenth in range(600):
        at_ns = tenth * SECOND // 10
        jitter = round(draw.expovariate(1 / 200e3)), round(draw.expovariate(1 / 200e3))
        assert (offset.drift is None) == (tenth < 8)
        ask(offset, at_ns, round(25e-6 * at_ns), *(50 * US + one for one in jitter))
    # The last 128 samples are 12.8 s, in which 25 ppm are 320 µs; they jitter by some 10 µs.
    assert offset.drift == pytest.approx(25e-6, abs=5e-6)


def test_drift_is_that_of_the_quick_round_trips():
    offset = ClockOffset()
    for tenth in range(100):
        at_ns = tenth * SECOND // 10
        slow_ns = (tenth % 3 == 0) * tenth * 100 * US
        ask(offset, at_ns, round(25e-6 * at_ns), 50 * US, 50 * US + slow_ns)
    assert offset.drift == pytest.approx(25e-6, abs=1e-6)


def test_drift_of_samples_of_one_moment_is_unknown():
    offset = ClockOffset()
    for _ in range(10):
        ask(offset, SECOND, 0, MILLI, MILLI)
    assert offset.drift is None


class Clock:
    """What the module takes for the time, shifted for one of the two."""

    def __init__(self) -> None:
        self.now_ns = 10 * SECOND

    def monotonic_ns(self) -> int:
        self.now_ns += 10 * US
        return self.now_ns


class Both:
    """Two ends of a link whose clocks differ by a known amount."""

    SHIFT_NS = 123_456_789_000

    def __init__(self, monkeypatch) -> None:
        self.clock = Clock()
        self.shifted = False
        monkeypatch.setattr(timesync.time, "monotonic_ns", self._now)
        self.link = MavlinkLink(parse_endpoint("udpin:127.0.0.1:0"), Peer(1, 1))
        port = self.link.transport.name.rsplit(":", 1)[1]
        self.vehicle_link = MavlinkLink(
            parse_endpoint(f"udpout:127.0.0.1:{port}"), Peer(1, 191), component=1
        )
        self.ours, self.theirs = Timesync(self.link), Timesync(self.vehicle_link)
        self.vehicle_link.send(mavlink.MAVLink_heartbeat_message(2, 12, 0, 0, 4, 3))
        while not self.link.receive():
            pass

    def _now(self) -> int:
        return self.clock.monotonic_ns() + self.shifted * self.SHIFT_NS

    def vehicle(self, act) -> None:
        self.shifted = True
        act()
        self.shifted = False

    def pass_on(self, link: MavlinkLink, to: Timesync, count: int) -> None:
        heard = 0
        while heard < count:
            for received in link.receive():
                assert received.message.get_type() == "TIMESYNC"
                to.heard(received)
                heard += 1

    def close(self) -> None:
        self.link.close()
        self.vehicle_link.close()


@pytest.fixture
def both(monkeypatch):
    made = Both(monkeypatch)
    yield made
    made.close()


def test_both_ends_learn_each_others_offset(both):
    for _ in range(5):
        both.ours.poll()
        both.vehicle(lambda: both.pass_on(both.vehicle_link, both.theirs, 1))
        both.pass_on(both.link, both.ours, 1)
        both.vehicle(both.theirs.poll)
        both.pass_on(both.link, both.ours, 1)
        both.vehicle(lambda: both.pass_on(both.vehicle_link, both.theirs, 1))
        both.clock.now_ns += SECOND
    for side, truth in ((both.ours, both.SHIFT_NS), (both.theirs, -both.SHIFT_NS)):
        best = side.offset.best
        assert abs(best.offset_ns - truth) <= best.bound_ns(best.at_ns)
        assert 0 < best.round_trip_ns < MILLI
        assert side.offset.rejected == 0


def test_it_asks_at_its_rate(both):
    for _ in range(10):
        both.ours.poll()
        both.clock.now_ns += SECOND // 20
    assert both.link.counters.sent == pytest.approx(5, abs=1)


def timesync_message(tc1: int, ts1: int) -> Received:
    return Received(mavlink.MAVLink_timesync_message(tc1, ts1), 11 * SECOND)


def test_answers_to_others_questions_and_answers_told_twice_are_left_aside(both):
    both.ours.poll()
    (asked,) = both.ours._open
    both.ours.heard(timesync_message(5 * SECOND, asked + 1))
    assert both.ours.offset.best is None
    both.ours.heard(timesync_message(5 * SECOND, asked))
    assert both.ours.offset.best is not None
    both.ours.heard(timesync_message(9 * SECOND, asked))
    assert both.ours.offset.rejected == 0


def test_questions_that_nobody_answers_do_not_pile_up(both):
    for _ in range(100):
        both.ours.poll()
        both.clock.now_ns += SECOND
    assert len(both.ours._open) == 16
