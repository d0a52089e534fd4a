"""Commands: done, or an error that says why; acknowledgements get lost, doubled and misdirected."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink.commands import (
    Commander,
    CommandRefusedError,
    CommandUnansweredError,
    State,
)
from sims.mavlink.dialect import mavlink
from sims.mavlink.endpoint import Endpoint
from sims.mavlink.link import MavlinkLink, Peer

SECOND = 1_000_000_000
HALF = SECOND // 2
ARM, MODE, RATE = 400, 176, 511
TWIN = SECOND // 20


class FakeTransport:
    """What a link sends through, where no network is wanted."""

    name = "a link"
    buffer_bytes = 0

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def receive(self) -> None:
        return None

    def answer_sender(self) -> None:
        pass

    def send(self, frame: bytes) -> bool:
        self.sent.append(frame)
        return True

    def close(self) -> None:
        pass


class Bench:
    """A commander whose messages can be looked at."""

    def __init__(self) -> None:
        self.link = MavlinkLink(Endpoint("pty"), Peer(1, 1))
        self.link.transport.close()
        self.link.transport = FakeTransport()
        self.commander = Commander(self.link)
        self._codec = mavlink.MAVLink(None)

    def sent(self) -> list:
        frames, self.link.transport.sent = self.link.transport.sent, []
        return [self._codec.decode(bytearray(frame)) for frame in frames]

    def acknowledge(self, command: int, result: int = 0, progress: int = 255, **target) -> None:
        system, component = target.get("system", 1), target.get("component", 191)
        message = mavlink.MAVLink_command_ack_message(
            command, result, progress, 0, system, component
        )
        self.commander.heard(message)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_command_is_sent_at_once_and_done_when_it_is_acknowledged(bench):
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    (sent,) = bench.sent()
    assert sent.get_type() == "COMMAND_LONG"
    assert (sent.target_system, sent.target_component, sent.command) == (1, 1, ARM)
    assert (sent.param1, sent.param2, sent.param7, sent.confirmation) == (1.0, 0.0, 0.0, 0)
    assert not order.is_done()
    assert bench.commander.is_busy
    bench.acknowledge(ARM)
    assert order.is_done()
    assert not bench.commander.is_busy


def test_a_place_is_sent_exactly(bench):
    place = 473_977_418, 85_455_939, 488.5
    bench.commander.send_int(192, (1.0, 2.0, 3.0, 4.0), place, now_ns=0)
    (sent,) = bench.sent()
    assert sent.get_type() == "COMMAND_INT"
    assert (sent.x, sent.y, sent.z, sent.param4) == (*place, 4.0)
    bench.commander.poll(HALF)
    assert len(bench.sent()) == 1


def test_it_is_sent_again_and_says_how_often(bench):
    order = bench.commander.send(ARM, (1.0,), now_ns=0, timeout_ns=HALF, tries=3)
    bench.commander.poll(HALF - 1)
    assert [message.confirmation for message in bench.sent()] == [0]
    bench.commander.poll(HALF)
    bench.commander.poll(2 * HALF)
    assert [message.confirmation for message in bench.sent()] == [1, 2]
    bench.acknowledge(ARM)
    assert order.is_done()


def test_one_that_nobody_answers_is_given_up(bench):
    order = bench.commander.send(MODE, (1.0, 6.0), now_ns=0, timeout_ns=HALF, tries=3)
    for half in range(1, 3):
        bench.commander.poll(half * HALF)
        assert not order.is_done()
    bench.commander.poll(3 * HALF)
    assert len(bench.sent()) == 3
    with pytest.raises(CommandUnansweredError) as told:
        order.is_done()
    assert str(told.value) == (
        "MAV_CMD_DO_SET_MODE was sent 3 times over a link, 0.5 s apart, and nothing acknowledged it"
    )


@pytest.mark.parametrize("result", [*range(1, 5), 6, 7, 8, 9, 77])
def test_a_refusal_names_command_and_result(bench, result):
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    bench.acknowledge(ARM, result)
    with pytest.raises(CommandRefusedError) as told:
        order.is_done()
    name = mavlink.enums["MAV_RESULT"].get(result)
    assert "MAV_CMD_COMPONENT_ARM_DISARM was " in str(told.value)
    assert (f"MAV_RESULT {result}" if name is None else name.name) in str(told.value)
    assert (told.value.command, told.value.result) == (ARM, result)
    assert order.state is State.REFUSED


def test_every_result_of_the_dialect_has_words(bench):
    for result in mavlink.enums["MAV_RESULT"]:
        if result not in (0, 5, mavlink.MAV_RESULT_ENUM_END):
            assert "not known here" not in str(CommandRefusedError(ARM, result))


def test_a_command_that_has_no_name_is_told_by_its_number():
    assert "command 65000 was denied" in str(CommandRefusedError(65000, 2))


@pytest.mark.parametrize(
    "acknowledgement",
    [
        {"command": MODE},
        {"command": ARM, "system": 2},
        {"command": ARM, "component": 190},
    ],
)
def test_an_acknowledgement_of_another_command_or_to_another_is_ignored(bench, acknowledgement):
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    bench.acknowledge(**acknowledgement)
    assert not order.is_done()


def test_an_acknowledgement_to_nobody_in_particular_counts(bench):
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    bench.acknowledge(ARM, system=0, component=0)
    assert order.is_done()


def test_one_that_comes_twice_or_unasked_is_ignored(bench):
    bench.acknowledge(ARM, 2)
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    bench.acknowledge(ARM)
    bench.acknowledge(ARM, 2)
    assert order.is_done()


def test_one_in_progress_is_waited_for_and_not_sent_again(bench):
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    bench.acknowledge(ARM, 5, progress=30)
    assert (order.state, order.progress_percent) == (State.IN_PROGRESS, 30)
    bench.commander.poll(9 * SECOND)
    bench.acknowledge(ARM, 5, progress=80)
    bench.commander.poll(18 * SECOND)
    assert len(bench.sent()) == 1
    assert not order.is_done()
    bench.acknowledge(ARM)
    assert order.is_done()


def test_one_that_stays_in_progress_is_given_up(bench):
    order = bench.commander.send(ARM, (1.0,), now_ns=0)
    bench.acknowledge(ARM, 5)
    bench.commander.poll(10 * SECOND)
    with pytest.raises(CommandUnansweredError, match="was in progress, and no more was heard"):
        order.is_done()


def test_two_of_a_kind_go_one_after_the_other_and_others_beside_them(bench):
    first = bench.commander.set_message_rate(32, 250.0, now_ns=0)
    second = bench.commander.set_message_rate(30, None, now_ns=0)
    other = bench.commander.send(ARM, (1.0,), now_ns=0)
    assert [(m.command, m.param1) for m in bench.sent()] == [(RATE, 32.0), (ARM, 1.0)]
    bench.acknowledge(RATE)
    assert first.is_done()
    bench.commander.poll(TWIN)
    (sent,) = bench.sent()
    assert (sent.param1, sent.param2) == (30.0, -1.0)
    assert not second.is_done()
    bench.acknowledge(RATE)
    bench.acknowledge(ARM)
    assert second.is_done()
    assert other.is_done()


def test_the_twin_of_an_acknowledgement_is_not_taken_for_the_next_ones(bench):
    bench.commander.send(MODE, (1.0, 6.0), now_ns=0)
    second = bench.commander.send(MODE, (1.0, 4.0), now_ns=0)
    bench.acknowledge(MODE)
    bench.acknowledge(MODE)
    bench.commander.poll(TWIN - 1)
    bench.acknowledge(MODE)
    assert [m.param2 for m in bench.sent()] == [6.0]
    bench.commander.poll(TWIN)
    assert [m.param2 for m in bench.sent()] == [4.0]
    assert not second.is_done()


def test_a_late_acknowledgement_is_not_taken_for_the_next_ones(bench):
    first = bench.commander.send(RATE, (32.0, 4000.0), now_ns=0, timeout_ns=HALF)
    second = bench.commander.send(RATE, (30.0, 4000.0), now_ns=0, timeout_ns=HALF)
    bench.commander.poll(HALF)
    assert [m.param1 for m in bench.sent()] == [32.0, 32.0]
    bench.acknowledge(RATE)
    assert first.is_done()
    assert bench.sent() == [], "the first was sent twice, one acknowledgement is still owed"
    bench.acknowledge(RATE, 2)
    bench.commander.poll(HALF + TWIN - 1)
    assert bench.sent() == []
    bench.commander.poll(HALF + TWIN)
    assert [m.param1 for m in bench.sent()] == [30.0]
    assert not second.is_done()
    bench.acknowledge(RATE)
    assert second.is_done()


def test_all_that_are_owed_are_waited_for(bench):
    bench.commander.send(RATE, (32.0,), now_ns=0, timeout_ns=HALF)
    bench.commander.send(RATE, (30.0,), now_ns=0, timeout_ns=HALF)
    bench.commander.poll(HALF)
    bench.commander.poll(2 * HALF)
    bench.acknowledge(RATE)
    bench.acknowledge(RATE)
    bench.commander.poll(3 * HALF - 1)
    assert [m.param1 for m in bench.sent()] == [32.0, 32.0, 32.0], "one is still owed"
    bench.acknowledge(RATE)
    bench.commander.poll(3 * HALF)
    assert [m.param1 for m in bench.sent()] == [30.0]


def test_an_acknowledgement_that_is_owed_and_lost_is_waited_for_once(bench):
    bench.commander.send(RATE, (32.0,), now_ns=0, timeout_ns=HALF)
    bench.commander.send(RATE, (30.0,), now_ns=0, timeout_ns=HALF)
    bench.commander.poll(HALF)
    bench.acknowledge(RATE)
    bench.commander.poll(2 * HALF - 1)
    assert [m.param1 for m in bench.sent()] == [32.0, 32.0]
    bench.commander.poll(2 * HALF)
    assert [m.param1 for m in bench.sent()] == [30.0]


@given(
    loss=st.floats(0.0, 0.6), doubled=st.floats(0.0, 0.5), seed=st.integers(0, 2**32), n=st.just(20)
)
def test_over_any_network_every_order_ends_and_what_is_done_was_done(loss, doubled, seed, n):
    """The vehicle acknowledges what reaches it, within a time-out; both ways lose messages."""
    bench, draw = Bench(), random.Random(seed)
    done_by_vehicle: set[float] = set()
    orders = [
        bench.commander.send(RATE, (float(number),), now_ns=0, timeout_ns=HALF)
        for number in range(n)
    ]
    now_ns = 0
    while bench.commander.is_busy:
        for message in bench.sent():
            if draw.random() < loss:
                continue
            done_by_vehicle.add(message.param1)
            if draw.random() >= loss:
                bench.acknowledge(RATE)
        now_ns += HALF // 10
        bench.commander.poll(now_ns)
        assert now_ns < 100 * n * SECOND
    for number, order in enumerate(orders):
        if order.state is State.ACCEPTED:
            assert float(number) in done_by_vehicle
        else:
            assert order.state is State.UNANSWERED
            assert order.sent == 5
