"""Their clock less ours, by MAVLink's TIMESYNC, and by how much that may be wrong.

A question carries our time, the answer that time and theirs. Wherever within the round trip they
read their clock, the offset is known to half the round trip: that is the bound that is told here,
and it grows by what two crystals may drift apart until there is a better sample. No filter makes it
better than its best sample.

In lockstep the autopilot's clock is the simulator's and has no offset to speak of: don't ask then.
"""

import time
from collections import deque
from typing import Final, NamedTuple

from sims.mavlink.dialect import mavlink
from sims.mavlink.link import MavlinkLink, Received

SECOND: Final = 1_000_000_000
MOST_DRIFT: Final = 100e-6
"""By which two clocks may drift apart: two crystals of 50 ppm."""

_WINDOW_NS: Final = 60 * SECOND
_MOST_SAMPLES: Final = 128
_MOST_ROUND_TRIP_NS: Final = 10 * SECOND
_STEP: Final = 4
_MOST_OPEN: Final = 16
_LEAST_FOR_DRIFT: Final = 8


class Sample(NamedTuple):
    """One round trip.

    Attributes:
        at_ns: Middle of it, on our clock.
        offset_ns: Their clock less ours, had they answered in the middle.
        round_trip_ns: How long it took.
    """

    at_ns: int
    offset_ns: int
    round_trip_ns: int

    def bound_ns(self, now_ns: int) -> int:
        """By how much its offset may be wrong now."""
        return (self.round_trip_ns + 1) // 2 + round(MOST_DRIFT * abs(now_ns - self.at_ns))


def _agree(best: Sample, sample: Sample) -> bool:
    """Whether both can be true."""
    apart_ns = abs(sample.offset_ns - best.offset_ns)
    return apart_ns <= best.bound_ns(sample.at_ns) + sample.bound_ns(sample.at_ns)


class ClockOffset:
    """An estimate of two clocks' offset; pure, of samples only.

    Attributes:
        rejected: Samples that could not be true if those before them were.
        steps: How often it had to begin anew, since several samples in a row disagreed with all
            before: a clock was set, or the vehicle booted.
    """

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=_MOST_SAMPLES)
        self._best: Sample | None = None
        self._disagreeing = 0
        self.rejected = self.steps = 0

    def take(self, sent_ns: int, theirs_ns: int, received_ns: int) -> bool:
        """Take a round trip.

        Args:
            sent_ns: When the question left, on our clock.
            theirs_ns: What their clock said.
            received_ns: When the answer arrived, on our clock.

        Returns:
            Whether it was believed.
        """
        round_trip_ns = received_ns - sent_ns
        if not 0 <= round_trip_ns <= _MOST_ROUND_TRIP_NS:
            self.rejected += 1
            return False
        middle_ns = sent_ns + round_trip_ns // 2
        sample = Sample(middle_ns, theirs_ns - middle_ns, round_trip_ns)
        if self._best is not None and not _agree(self._best, sample):
            self.rejected += 1
            self._disagreeing += 1
            if self._disagreeing < _STEP:
                return False
            self._samples.clear()
            self._best = None
            self.steps += 1
        self._disagreeing = 0
        self._samples.append(sample)
        while self._samples[0].at_ns < middle_ns - _WINDOW_NS:
            self._samples.popleft()
        # All bounds grow alike, so that the best one stays it until a better one comes.
        if self._best is None or sample.bound_ns(middle_ns) <= self._best.bound_ns(middle_ns):
            self._best = sample
        return True

    @property
    def best(self) -> Sample | None:
        """The sample that says most about now, once there is one."""
        return self._best

    @property
    def drift(self) -> float | None:
        """By how much their clock is faster than ours, s/s; None of too few samples.

        By least squares over a minute, in which a sample weighs by the inverse square of its round
        trip. It is told and not used.
        """
        if len(self._samples) < _LEAST_FOR_DRIFT:
            return None
        first = self._samples[0]
        rows = [
            (
                1.0 / max(1, sample.round_trip_ns) ** 2,
                float(sample.at_ns - first.at_ns),
                float(sample.offset_ns - first.offset_ns),
            )
            for sample in self._samples
        ]
        total = sum(w for w, _, _ in rows)
        t_mean = sum(w * t for w, t, _ in rows) / total
        o_mean = sum(w * o for w, _, o in rows) / total
        spread = sum(w * (t - t_mean) ** 2 for w, t, _ in rows)
        if spread == 0.0:
            return None
        return sum(w * (t - t_mean) * (o - o_mean) for w, t, o in rows) / spread


class Timesync:
    """Asks for their time, and tells them ours when they ask.

    Attributes:
        offset: What follows from the answers.
    """

    def __init__(self, link: MavlinkLink, rate_hz: float = 10.0) -> None:
        """Ask over a link.

        Args:
            link: The way to them; its peer is who is asked and answered.
            rate_hz: How often to ask.
        """
        self.offset = ClockOffset()
        self._link, self._every_ns = link, round(SECOND / rate_hz)
        self._next_ns = 0
        self._open: dict[int, None] = {}

    def poll(self) -> None:
        """Ask, if it is time."""
        now_ns = time.monotonic_ns()
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + self._every_ns
        while len(self._open) >= _MOST_OPEN:  # those were never answered
            del self._open[next(iter(self._open))]
        now_ns = time.monotonic_ns()
        if self._link.send(mavlink.MAVLink_timesync_message(0, now_ns)):
            self._open[now_ns] = None

    def heard(self, received: Received) -> None:
        """Take a TIMESYNC: answer a question, or learn from an answer to one of ours."""
        message = received.message
        if message.tc1 == 0:
            self._link.send(mavlink.MAVLink_timesync_message(time.monotonic_ns(), message.ts1))
        elif message.ts1 in self._open:
            # Answers to others' questions reach us too; none is taken twice.
            del self._open[message.ts1]
            self.offset.take(message.ts1, message.tc1, received.received_ns)
