"""Our heartbeat, by the clock that it is given."""

import pytest

from sims.mavlink.endpoint import parse_endpoint
from sims.mavlink.heartbeat import GROUND_STATION, Heartbeat
from sims.mavlink.link import MavlinkLink, Peer

SECOND = 1_000_000_000


@pytest.fixture
def both():
    link = MavlinkLink(parse_endpoint("tcpin:127.0.0.1:0"), Peer(1, 1))
    yield link
    link.close()


def test_it_beats_once_a_second_from_the_first_moment_there_is_anyone(both):
    beat = Heartbeat(both, GROUND_STATION)
    beat.poll(5 * SECOND)
    assert both.counters.sent == 0
    name = both.transport.name.replace("tcpin", "tcp")
    with MavlinkLink(parse_endpoint(name), Peer(1, 191), component=1) as vehicle:
        both.receive()
        heard = []
        for tenth in range(31):
            beat.poll(5 * SECOND + tenth * SECOND // 10)
            while both.counters.sent > len(heard):
                heard += [received.message for received in vehicle.receive()]
        assert len(heard) == 4
        assert {(m.type, m.autopilot, m.system_status) for m in heard} == {(6, 8, 4)}
        assert {m.get_srcComponent() for m in heard} == {191}
