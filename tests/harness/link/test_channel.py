"""Messages arrive when they are due, each once, in the order of arrival."""

from hypothesis import given
from hypothesis import strategies as st

from harness.link.channel import Channel


def sent(*messages):
    channel = Channel()
    for message in messages:
        channel.send(*message)
    return channel


def test_what_is_due_now_arrives_now_and_what_is_due_later_does_not():
    channel = sent((10, "on time"), (11, "later"))
    assert channel.arrived(9) == []
    assert channel.arrived(10) == ["on time"]
    assert channel.arrived(10) == []
    assert channel.arrived(11) == ["later"]


def test_whoever_is_due_sooner_arrives_sooner_whenever_it_was_sent():
    assert sent((3, "c"), (1, "a"), (2, "b")).arrived(5) == ["a", "b", "c"]


def test_of_those_due_at_once_the_one_sent_sooner_arrives_sooner():
    assert sent((1, "a"), (1, "b"), (1, "c")).arrived(1) == ["a", "b", "c"]


def test_one_that_was_overtaken_arrives_after_all_others_that_are_due_then():
    channel = sent((2, "overtaken", True), (2, "another", True), (1, "first"), (2, "second"))
    assert channel.arrived(2) == ["first", "second", "overtaken", "another"]


def test_it_is_empty_until_something_is_sent_and_after_all_has_arrived():
    channel = Channel()
    assert channel.empty
    channel.send(5, "a")
    channel.arrived(4)
    assert not channel.empty
    channel.arrived(5)
    assert channel.empty


def test_messages_need_no_order_of_their_own():
    assert len(sent((1, object()), (1, object())).arrived(1)) == 2


messages = st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30)


@given(messages, st.lists(st.integers(0, 25), max_size=6).map(sorted))
def test_every_message_arrives_once_at_the_first_time_asked_for_that_is_not_before_it(
    written, asked
):
    channel = sent(*((due, (index, due), late) for index, (due, late) in enumerate(written)))
    found = {}
    for t_ns in [*asked, 100]:
        for message in channel.arrived(t_ns):
            assert message not in found
            found[message] = t_ns
    assert channel.empty
    assert len(found) == len(written)
    for (_, due), t_ns in found.items():
        assert t_ns == next(t for t in [*asked, 100] if t >= due)
