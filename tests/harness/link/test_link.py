"""A plant behind a link: what acts is in the rows, and what does not act is not there at all."""

from itertools import repeat
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from harness.link import link as module
from harness.link.armed import Armed
from sims.faults import AnyFault
from sims.plant import Command, Observation, PlantError

MS = 1_000_000
READ = TypeAdapter(AnyFault)
NEVER = 5e-324
"""A probability that nobody has ever seen."""


def moving(tick):
    return np.array([tick, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def steering(tick, state):
    """A law that answers to all that it is told."""
    return 0.3 * np.sin(tick) - state[:, :3] - 2.0 * state[:, 3:]


def bits(flight):
    """All that is recorded and flown, to the bit."""
    heard = [(h.t_ns, h.acceleration.tobytes(), h.mode.tobytes()) for h in flight.plant.heard]
    told = [(t_ns, state.tobytes()) for t_ns, state in flight.told]
    return heard, told, [row.tobytes() for row in flight.rows], flight.failure


# what does not act


@pytest.mark.parametrize("policy", [{}, {"paced": True}], ids=["lockstep", "paced"])
def test_a_fault_that_is_not_there_yet_leaves_every_bit_of_a_flight(flight, make, policy):
    faults = {"a": make("hang", at_s=5.0, for_s=0.1), "b": make("loss", at_s=5, probability=1)}
    plain = flight(ticks=45, vehicles=2, law=steering)
    found = flight(ticks=45, vehicles=2, law=steering, faults=faults, **policy)
    assert bits(found)[:2] == bits(plain)[:2]
    assert not np.array(found.rows)[..., 2:].any()


def test_while_nothing_acts_the_plant_is_met_as_it_is(flight, make):
    """What it said is handed on as it was said; only the first tick is looked at."""
    found = flight(ticks=9, faults={"a": make("freeze", at_s=0.4, for_s=0.2)})
    assert found.widths == [6, 2, 2, 2, 6, 6, 6, 2, 2, 2]


def test_a_flight_that_is_looked_at_in_every_tick_is_the_same_to_the_bit(flight, make):
    faults = {"a": make("dropout", probability=NEVER), "b": make("loss", probability=NEVER)}
    plain = flight(ticks=40, vehicles=2, law=steering, modes={3: 2.0, 7: 1.0})
    found = flight(ticks=40, vehicles=2, law=steering, modes={3: 2.0, 7: 1.0}, faults=faults)
    assert set(found.widths) == {7}
    assert bits(found)[:2] == bits(plain)[:2]


def test_after_a_fault_has_ended_the_plant_is_met_as_it_is_again(flight, make):
    faults = {"slow": make("latency", at_s=0.2, for_s=0.2, delay_ms=300)}
    found = flight(ticks=12, faults=faults)
    assert found.flown() == [0, 1, 1, 1, 4, 5, 6, 7, 8, 9, 10, 11]
    # The command of tick 3 was under way until tick 6, though it was of no use any more.
    looked_at = [tick for tick, width in enumerate(found.widths) if width > 2]
    assert looked_at == [0, 2, 3, 4, 5, 6, 7]


def test_one_vehicles_fault_leaves_every_bit_of_another(flight, make):
    faults = {
        "jam": make("stuck", at_s=0.5, vehicle="v0"),
        "fog": make("dropout", probability=0.5, vehicle="v0"),
        "slow": make("latency", delay_ms=120, jitter_ms=200, vehicle="v0"),
    }
    found = flight(ticks=40, vehicles=2, law=steering, faults=faults)
    alone = flight(ticks=40, vehicles=2, law=steering)
    np.testing.assert_array_equal(found.states(1), alone.states(1))
    assert (found.states(0)[9:] != alone.states(0)[9:]).any(axis=1).all()
    assert found.flags("jam", 1) == found.flags("fog", 1) == []
    assert found.kinds(1) == "f" * 41
    assert "h" in found.kinds(0)


# observations


def test_a_dropout_is_held_from_its_first_tick_to_its_last(flight, make):
    found = flight(ticks=8, faults={"a": make("dropout", at_s=0.3, for_s=0.3)}, reference=moving)
    assert found.kinds() == "fffhhhfff"
    assert found.ages() == [0, 0, 0, 1, 2, 3, 0, 0, 0]
    assert found.flags("a") == [3, 4, 5]
    before = found.states()[2] - moving(2)[:6]
    for tick in (3, 4, 5):
        np.testing.assert_array_equal(found.states()[tick], moving(tick)[:6] + before)


def test_commands_that_rest_on_something_held_are_as_old_as_that(flight, make):
    found = flight(ticks=8, faults={"a": make("dropout", at_s=0.3, for_s=0.3)})
    assert found.ages("command") == [0, 0, 0, 1, 2, 3, 0, 0, 0]


def test_a_run_begins_with_an_observation_whatever_acts_from_its_start(flight, make):
    for kind in ("dropout", "hang"):
        found = flight(ticks=4, faults={"a": make(kind)})
        assert found.kinds() == "fhhhh"
        assert found.flags("a") == [0, 1, 2, 3, 4]


def test_a_fault_to_the_end_acts_on_the_last_observation_too(flight, make):
    found = flight(ticks=4, faults={"a": make("bias", at_s=0.3, position_m=[9, 0, 0])})
    assert found.flags("a") == [3, 4]
    assert (found.states()[3:, 0] > 9).all()


def test_a_fault_of_the_last_tick_is_over_at_the_observation_after_it(flight, make):
    faults = {"a": make("bias", at_s=0.3, for_s=0.1, position_m=[9, 0, 0])}
    found, plain = flight(ticks=4, faults=faults), flight(ticks=4)
    assert found.flags("a") == [3]
    np.testing.assert_array_equal(found.states()[4], plain.states()[4])
    assert found.states()[3, 0] == plain.states()[3, 0] + 9


def test_slow_observations_are_held_until_they_come_and_age_until_the_fault_ends(flight, make):
    faults = {"a": make("latency", path="observation", at_s=0.2, for_s=0.5, delay_ms=200)}
    found = flight(ticks=10, faults=faults)
    assert found.kinds() == "ffhhhhhffff"
    assert found.ages() == [0, 0, 1, 2, 2, 2, 2, 0, 0, 0, 0]
    assert found.ages("command") == found.ages()


def test_a_held_state_stays_though_the_plant_says_other_things_in_the_same_place(flight, make):
    """The plant's arrays are its own again after two exchanges."""
    found = flight(ticks=20, faults={"a": make("dropout", at_s=0.3)})
    np.testing.assert_array_equal(found.states()[3:], np.tile(found.states()[2], (18, 1)))
    looked_at = {"a": make("loss", probability=NEVER), "b": make("dropout", at_s=0.3)}
    found = flight(ticks=20, faults=looked_at)
    np.testing.assert_array_equal(found.states()[3:], np.tile(found.states()[2], (18, 1)))
    for faults in ({}, {"awake": make("loss", probability=NEVER)}):
        frozen = flight(ticks=20, faults={**faults, "a": make("freeze", at_s=0.3)})
        np.testing.assert_array_equal(frozen.states()[3:], np.tile(frozen.states()[2], (18, 1)))
    assert frozen.kinds() == "f" * 21


def test_what_the_plant_itself_tells_is_in_the_row_whatever_acts(flight, make):
    found = flight(ticks=9, faults={"a": make("dropout", at_s=0.3, for_s=0.3)})
    assert [row[0, 1] for row in found.rows] == list(range(10))


def test_a_row_is_good_until_the_exchange_after_the_next_is_over(flight, make):
    """The loop records a row only after the exchange that makes the next."""
    faults = {"a": make("loss", probability=0.5), "b": make("dropout", probability=0.5)}
    found = flight(ticks=60, faults=faults)
    rows = []

    class Late(flight):
        def keep(self, seen):
            rows.append(seen.extras)
            super().keep(seen)

    Late(ticks=60, faults=faults)
    assert rows[0] is rows[2]
    assert rows[0] is not rows[1]
    assert found.flags("a") != found.flags("b")


# policies


def test_a_run_that_is_not_to_go_on_without_one_ends_there(flight, make):
    found = flight(ticks=9, faults={"a": make("dropout", at_s=0.3)}, late="abort")
    assert found.failure == (
        "no observation had arrived at 0.3 s, and timing.late_observation is abort"
    )
    assert len(found.rows) == 3


def test_a_run_that_must_not_be_late_goes_on_while_nothing_is(flight, make):
    found = flight(ticks=9, faults={"a": make("bias", position_m=[1, 0, 0])}, late="abort")
    assert not found.failure


@pytest.mark.parametrize(("give_up_ms", "rows"), [(300, 6), (299, 5), (301, 6), (700, 9)])
def test_a_plant_is_given_up_when_nothing_came_for_longer_than_allowed(
    flight, make, give_up_ms, rows
):
    found = flight(ticks=8, faults={"a": make("dropout", at_s=0.3)}, give_up_ns=give_up_ms * MS)
    assert len(found.rows) == rows
    if rows < 9:
        gone_s = (rows - 2) / 10
        assert found.failure == (
            f"no observation for {gone_s:g} s at {rows / 10:g} s; "
            f"timing.give_up_after_s is {give_up_ms / 1000:g}"
        )


@pytest.mark.parametrize("kind", ["dropout", "hang"])
def test_a_twin_is_asked_where_nothing_came(flight, make, kind):
    def twin(state, thrust):
        x, v = state[:3], state[3:]
        return np.concatenate([x + 0.1 * v + 0.005 * thrust, v + 0.1 * thrust])

    faults = {"a": make(kind, at_s=0.3, for_s=0.3)}
    found = flight(ticks=9, faults=faults, law=steering, late="predict", predict=twin)
    assert found.kinds() == "fffpppffff"
    if kind == "dropout":
        plain = flight(ticks=9, law=steering)
        np.testing.assert_allclose(found.states(), plain.states(), atol=1e-13)


# a plant that says nothing


def test_a_plant_that_was_silent_is_held_and_met_as_it_is_again(flight):
    found = flight(ticks=8, silent={3, 4}, paced=True, simulated=False)
    assert found.kinds() == "fffhhffff"
    assert found.ages() == [0, 0, 0, 1, 2, 0, 0, 0, 0]
    assert [t_ns for t_ns, _ in found.told] == [tick * 100 * MS for tick in range(9)]
    assert found.flown() == list(range(8))
    assert found.sampled == [1000, 1001, 1002, 0, 0, 1005, 1006, 1007, 1008]


def test_a_silent_plant_is_given_up_like_any_other(flight):
    silent = {"silent": {3, 4, 5}, "paced": True, "simulated": False}
    found = flight(ticks=8, give_up_ns=150 * MS, **silent)
    assert found.failure.startswith("no observation for 0.2 s at 0.4 s")


@pytest.mark.parametrize("first", [1, 50])
def test_a_plant_that_owns_time_and_is_silent_is_held_by_no_link(first, make):
    """Whether a fault acts at the time or not."""
    seen = Observation(0, np.zeros((1, 6)), np.zeros((1, 2)))
    answers = iter([seen, seen, None])
    plant = SimpleNamespace(start=lambda: seen, exchange=lambda *_: next(answers))
    fault = make("bias", position_m=[1.0, 0.0, 0.0])
    armed = Armed("a", fault, 0, first, 90, np.random.default_rng(0))
    link = module.Link(plant, [armed], repeat(np.zeros((1, 9))), 1, 100 * MS, 2)
    link.start()
    command = Command(0, np.zeros((1, 3)), np.zeros((1, 1)))
    assert [link.exchange(command, 0) is None for _ in range(3)] == [False, False, True]


# commands


def test_slow_commands_are_flown_when_they_come_and_say_how_old_they_are(flight, make):
    found = flight(ticks=8, faults={"a": make("latency", delay_ms=300)})
    assert found.flown() == [-1, -1, -1, 0, 1, 2, 3, 4]
    assert found.ages("command") == [0, 1, 2, 3, 3, 3, 3, 3, 0]


def test_a_command_that_comes_within_a_tick_is_flown_from_the_next(flight, make):
    assert flight(ticks=5, faults={"a": make("latency", delay_ms=1)}).flown() == [-1, 0, 1, 2, 3]


def test_both_ways_slow_add_up(flight, make):
    faults = {
        "up": make("latency", path="command", delay_ms=200),
        "down": make("latency", path="observation", delay_ms=300),
    }
    found = flight(ticks=12, faults=faults)
    assert found.ages()[3:] == [3] * 10
    assert found.ages("command")[5:12] == [5] * 7


def test_a_lost_command_leaves_the_one_before_in_force(flight, make):
    found = flight(ticks=7, faults={"a": make("loss", at_s=0.2, for_s=0.3, probability=1)})
    assert found.flown() == [0, 1, 1, 1, 1, 5, 6]
    assert found.ages("command") == [0, 0, 1, 2, 3, 0, 0, 0]
    assert found.flags("a") == [2, 3, 4]


def test_an_overtaken_command_is_flown_after_those_that_overtook_it(flight, make):
    faults = {"a": make("reordering", at_s=0.2, for_s=0.1, probability=1, later_ticks=2)}
    found = flight(ticks=7, faults=faults)
    assert found.flown() == [0, 1, 1, 3, 2, 5, 6]
    assert found.ages("command") == [0, 0, 1, 0, 2, 0, 0, 0]


def test_a_doubled_command_is_flown_a_second_time_when_it_comes_again(flight, make):
    faults = {"a": make("duplication", at_s=0.2, for_s=0.1, probability=1, later_ticks=3)}
    found = flight(ticks=7, faults=faults)
    assert found.flown() == [0, 1, 2, 3, 4, 2, 6]


def test_a_doubled_observation_changes_nothing(flight, make):
    faults = {"a": make("duplication", path="observation", probability=1, later_ticks=1)}
    assert bits(flight(ticks=9, faults=faults))[:2] == bits(flight(ticks=9))[:2]


def test_what_is_lost_is_not_doubled(flight, make):
    faults = {
        "twice": make("duplication", probability=1),
        "lost": make("loss", at_s=0.2, for_s=0.1, probability=1),
    }
    assert 2 not in flight(ticks=9, faults=faults).flown()


# a plant that hangs or dies


def test_a_plant_that_hangs_flies_on_with_what_it_has_and_comes_back(flight, make):
    found = flight(ticks=8, faults={"a": make("hang", at_s=0.3, for_s=0.2)})
    assert found.flown() == [0, 1, 2, 2, 2, 5, 6, 7]
    assert found.kinds() == "fffhhffff"
    assert found.ages("command") == [0, 0, 0, 1, 2, 0, 0, 0, 0]


def test_a_plant_that_hangs_takes_no_command_that_was_under_way_either(flight, make):
    faults = {
        "slow": make("latency", delay_ms=200),
        "hung": make("hang", at_s=0.4, for_s=0.3),
    }
    found = flight(ticks=11, faults=faults)
    #                       0   1  2  3  4  5  6  7  8  9  10
    assert found.flown() == [-1, -1, 0, 1, 1, 1, 1, 5, 6, 7, 8]


def test_one_vehicle_of_two_can_hang(flight, make):
    found = flight(ticks=6, vehicles=2, faults={"a": make("hang", at_s=0.3, vehicle="v1")})
    assert found.flown(0) == [0, 1, 2, 3, 4, 5]
    assert found.flown(1) == [0, 1, 2, 2, 2, 2]
    assert (found.kinds(0), found.kinds(1)) == ("fffffff", "fffhhhh")


def test_a_plant_that_dies_leaves_the_tick_in_which_it_did_in_the_trace(flight, make):
    found = flight(ticks=8, faults={"a": make("death", at_s=0.3)})
    assert found.failure == "the plant died at 0.3 s: fault 'a'"
    assert found.flown() == [0, 1, 2]
    assert len(found.rows) == 4
    assert found.flags("a") == [3]


def test_a_plant_can_be_dead_from_the_start(flight, make):
    found = flight(ticks=8, faults={"a": make("death")})
    assert (len(found.rows), found.plant.heard) == (1, [])


# faults inside the plant


def test_a_fault_inside_the_plant_is_switched_in_its_first_tick_and_after_its_last(flight, make):
    faults = {"a": make("gravity_error", percent=5, at_s=0.2, for_s=0.3)}
    for vehicles in (1, 3):
        found = flight(ticks=8, vehicles=vehicles, faults=faults)
        assert found.plant.injected == [
            (2, "gravity_error", True),
            (5, "gravity_error", False),
        ]
        assert all(found.flags("a", vehicle) == [2, 3, 4] for vehicle in range(vehicles))


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_fault_inside_the_plant_that_follows_another_is_not_ended_with_it(flight, make, order):
    faults = {
        "a": make("gravity_error", percent=5, at_s=0.1, for_s=0.2),
        "b": make("gravity_error", percent=-5, at_s=0.3, for_s=0.2),
    }
    found = flight(ticks=8, faults={name: faults[name] for name in order})
    assert [(tick, on) for tick, _, on in found.plant.injected] == [
        *((1, True), (3, False), (3, True), (5, False))
    ]


def test_what_is_injected_and_stopped_by_hand_gets_to_the_plant(flight, make):
    found = flight(ticks=1)
    found.link.inject(make("gravity_error", percent=5), True)
    found.link.stop("enough")
    assert found.plant.injected == [(1, "gravity_error", True)]
    assert found.plant.stopped == ["enough"]


# against the wall clock


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still at zero, so that a deadline says how late a command is."""
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic_ns=lambda: 0))
    return monkeypatch


def late(flight, ticks, late_ns, **more):
    """A paced flight in which some commands are so late; all others are in time."""

    class Late(flight):
        def fly(self):
            exchange = self.link.exchange
            self.link.exchange = lambda command, _: exchange(
                command, -late_ns.get(command.t_ns // (100 * MS), -1)
            )
            super().fly()

    return Late(ticks=ticks, paced=True, **more)


@pytest.mark.parametrize(
    ("by_ns", "flown"),
    [
        (0, [0, 1, 2, 3, 4, 5, 6]),
        (1, [0, 1, 2, 2, 4, 5, 6]),
        (100 * MS - 1, [0, 1, 2, 2, 4, 5, 6]),
    ],
)
@pytest.mark.usefixtures("clock")
def test_a_command_that_is_late_by_more_than_its_tick_leaves_the_one_before_in_force(
    flight, by_ns, flown
):
    assert late(flight, 7, {3: by_ns}).flown() == flown


@pytest.mark.usefixtures("clock")
def test_a_loop_that_fell_behind_makes_up_its_ticks_and_flies_what_came_last(flight):
    """One stall of 2.5 ticks: three commands come in the tick of the fourth."""
    found = late(flight, 9, {2: 250 * MS, 3: 150 * MS, 4: 50 * MS})
    assert found.flown() == [0, 1, 1, 1, 1, 5, 6, 7, 8]
    assert found.ages("command") == [0, 0, 1, 2, 3, 0, 0, 0, 0, 0]
    assert found.kinds() == "f" * 10


@pytest.mark.usefixtures("clock")
def test_a_command_that_is_late_alone_is_flown_once_it_is_there(flight):
    """The commands after it never come, so that it is seen."""
    found = late(flight, 8, {2: 150 * MS, 3: 10**15, 4: 10**15, 5: 10**15})
    assert found.flown() == [0, 1, 1, 1, 2, 2, 6, 7]
    assert found.ages("command")[:8] == [0, 0, 1, 2, 2, 3, 0, 0]


@pytest.mark.usefixtures("clock")
def test_every_second_command_late_leaves_the_one_before_each_time(flight):
    """What was flown before is what was flown last, not what was when nothing was late yet."""
    found = late(flight, 12, dict.fromkeys((3, 5, 7, 9), 50 * MS))
    assert found.flown() == [0, 1, 2, 2, 4, 4, 6, 6, 8, 8, 10, 11]
    assert found.ages("command")[:12] == [0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0]


@pytest.mark.usefixtures("clock")
def test_a_late_command_after_a_fault_leaves_what_was_flown_in_the_fault(flight, make):
    faults = {"a": make("loss", at_s=0.3, for_s=0.2, probability=1)}
    assert late(flight, 8, {5: 50 * MS}, faults=faults).flown() == [0, 1, 2, 2, 2, 2, 6, 7]


@pytest.mark.usefixtures("clock")
def test_the_first_command_late_leaves_nothing_in_force(flight):
    assert late(flight, 4, {0: 50 * MS}).flown() == [-1, 1, 2, 3]


@pytest.mark.usefixtures("clock")
def test_a_command_in_force_keeps_its_mode(flight):
    """The loop's own array has the next mode by then."""
    found = late(flight, 6, {3: 50 * MS}, modes={0: 1.0, 3: 2.0})
    assert [told.mode[0, 0] for told in found.plant.heard] == [1, 1, 1, 1, 2, 2]


@pytest.mark.usefixtures("clock")
def test_a_late_command_is_kept_from_no_plant_that_has_a_clock_of_its_own(flight):
    found = late(flight, 6, {3: 250 * MS}, simulated=False)
    assert found.flown() == [0, 1, 2, 3, 4, 5]


@pytest.mark.usefixtures("clock")
def test_in_lockstep_nothing_is_late(flight):
    class Slow(flight):
        def fly(self):
            exchange = self.link.exchange
            self.link.exchange = lambda command, _: exchange(command, -(10**12))
            super().fly()

    assert Slow(ticks=4).flown() == [0, 1, 2, 3]


# whatever acts


faults_of_any_kind = st.dictionaries(
    st.sampled_from("abcd"),
    st.one_of(
        *(
            st.fixed_dictionaries(
                {
                    "kind": st.just(kind),
                    "at_s": st.sampled_from([0.0, 0.1, 0.5, 1.0]),
                    "for_s": st.sampled_from([0.1, 0.4, 0.9]),
                    "vehicle": st.sampled_from(["all", "v0", "v1"]),
                    **more,
                }
            )
            for kind, more in {
                "dropout": {"probability": st.sampled_from([0.5, 1.0])},
                "latency": {
                    "path": st.sampled_from(["observation", "command"]),
                    "delay_ms": st.sampled_from([1.0, 100.0, 170.0]),
                    "jitter_ms": st.sampled_from([0.0, 50.0, 400.0]),
                },
                "loss": {
                    "path": st.sampled_from(["observation", "command"]),
                    "probability": st.sampled_from([0.3, 1.0]),
                },
                "duplication": {
                    "path": st.sampled_from(["observation", "command"]),
                    "probability": st.sampled_from([0.3, 1.0]),
                    "later_ticks": st.integers(1, 3),
                },
                "reordering": {
                    "path": st.sampled_from(["observation", "command"]),
                    "probability": st.sampled_from([0.3, 1.0]),
                    "later_ticks": st.integers(1, 3),
                },
                "hang": {},
            }.items()
        )
    ),
    max_size=4,
)


@given(faults_of_any_kind, st.integers(0, 3))
@settings(max_examples=200)
def test_ages_say_which_sample_each_command_rested_on_whatever_acts(flight, written, seed):
    """Commands say of which tick they are, so that what was flown can be traced back."""
    faults = {name: READ.validate_python(told) for name, told in written.items()}
    found = flight(ticks=30, vehicles=2, faults=faults, seed=seed)
    for vehicle in range(2):
        age, command_age = found.ages("observation", vehicle), found.ages("command", vehicle)
        kinds = found.kinds(vehicle)
        assert [kind == "f" for kind in kinds] == [ticks == 0 for ticks in age]
        for tick, origin in enumerate(found.flown(vehicle)):
            assert origin <= tick
            rested_on = 0 if origin < 0 else origin - age[origin]
            assert command_age[tick] == tick - rested_on
    # All faults are over after 1.9 s and all messages in by 2.5 s: all is as it should be.
    assert found.widths[26:] == [2] * 5
    assert all(found.flown(vehicle)[26:] == list(range(26, 30)) for vehicle in range(2))


@given(faults_of_any_kind, st.integers(0, 3))
@settings(max_examples=30)
def test_the_same_seed_gives_the_same_flight_to_the_bit(flight, written, seed):
    faults = {name: READ.validate_python(told) for name, told in written.items()}
    one, other = (
        flight(ticks=30, vehicles=2, law=steering, faults=faults, seed=seed) for _ in range(2)
    )
    assert bits(one) == bits(other)


def test_a_link_says_what_its_plant_could_not(flight):
    class Broken(flight):
        def fly(self):
            def fail(command, deadline_ns):
                raise PlantError("the plant hit a bird")

            self.plant.exchange = fail
            super().fly()

    assert Broken(ticks=3).failure == "the plant hit a bird"
