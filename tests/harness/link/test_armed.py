"""When faults act, on whom, and by whose dice."""

import numpy as np
import pytest

from harness.link.armed import armed_faults, fault_ticks
from sims.streams import stream

DT = 0.1
NAMES = ("one", "two")


def drawn(armed, ticks):
    """At which ticks a fault acts."""
    found = []
    for tick in range(ticks):
        armed.draw(tick)
        found += [tick] * armed.acts
    return found


@pytest.mark.parametrize(
    ("at_s", "for_s", "ticks"),
    [
        (0.0, None, (0, 101)),  # the observation after the last tick too
        (0.0, 0.1, (0, 1)),
        (0.3, 0.2, (3, 5)),  # 0.3 / 0.1 is 2.9999999999999996
        (0.7, 9.3, (7, 100)),
        (9.9, None, (99, 101)),
        (0.04, 0.1, (0, 1)),
        (0.06, 0.14, (1, 2)),
    ],
)
def test_a_fault_is_there_from_the_tick_nearest_to_its_time_for_its_ticks(make, at_s, for_s, ticks):
    assert fault_ticks(make("hang", at_s=at_s, for_s=for_s), DT, 100) == ticks


@pytest.mark.parametrize("rate_hz", [3.0, 7.0, 30.0, 333.0, 1000.0])
def test_seconds_are_the_right_ticks_at_rates_that_are_no_whole_nanoseconds(make, rate_hz):
    dt = round(1e9 / rate_hz) / 1e9
    last = 1_000_000
    made = make("hang", at_s=last / rate_hz, for_s=1 / rate_hz)
    assert fault_ticks(made, dt, 2 * last) == (last, last + 1)


def test_a_fault_without_chance_acts_at_all_of_its_ticks_and_at_no_other(make):
    (armed,) = armed_faults({"a": make("hang", at_s=0.3, for_s=0.4)}, ["one"], DT, 20, 0)
    assert drawn(armed, 20) == [3, 4, 5, 6]


def test_a_fault_strikes_the_vehicle_that_it_names_or_all(make):
    faults = {"a": make("hang"), "b": make("hang", vehicle="two")}
    found = [(armed.name, armed.vehicle) for armed in armed_faults(faults, NAMES, DT, 20, 0)]
    assert found == [("a", 0), ("a", 1), ("b", 1)]


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_a_fault_by_chance_acts_as_often_as_it_says_inside_its_time(make, probability):
    made = make("dropout", at_s=10, for_s=500, probability=probability)
    (armed,) = armed_faults({"a": made}, ["one"], DT, 10_000, 0)
    found = np.array(drawn(armed, 10_000))
    assert found.min() >= 100
    assert found.max() < 5100
    assert len(found) / 5000 == pytest.approx(probability, abs=0.03)


def of_all(faults, vehicles=NAMES, seed=0):
    return {
        (armed.name, armed.vehicle): drawn(armed, 200)
        for armed in armed_faults(faults, vehicles, DT, 200, seed)
    }


def test_the_seed_decides_and_each_fault_on_each_vehicle_has_dice_of_its_own(make):
    faults = {name: make("loss", probability=0.5) for name in ("a", "b")}
    found = of_all(faults)
    assert found == of_all(faults)
    assert len({tuple(ticks) for ticks in found.values()}) == 4
    other = of_all(faults, seed=1)
    assert all(found[key] != other[key] for key in found)


def test_a_fault_or_a_vehicle_more_changes_no_others_dice(make):
    one = {"a": make("loss", probability=0.5)}
    more = {"new": make("noise", position_noise_m=1, probability=0.5), **one}
    assert of_all(more)["a", 0] == of_all(one)["a", 0]
    assert of_all(one, ["zero", "one"])["a", 1] == of_all(one, ["one"])["a", 0]


def test_a_fault_has_other_dice_than_the_sensor_of_that_name(make):
    """A receiver's noise comes from a stream named ``VEHICLE gnss``."""
    (armed,) = armed_faults({"one": make("loss", probability=0.5)}, ["gnss"], DT, 20, 7)
    assert armed.random.random() != stream(7, "one gnss").random()


def test_a_frozen_sensor_keeps_what_came_out_the_tick_before_it_acts(make):
    made = make("freeze", at_s=0.2, for_s=0.2)
    (armed,) = armed_faults({"a": made}, ["one"], DT, 9, 0)
    armed.before, found = np.zeros(6), []
    for tick in range(6):
        armed.draw(tick)
        found.append(armed.measured(np.full(6, float(tick)), 0.0)[0])
    assert found == [0, 1, 1, 1, 4, 5]


def test_a_sensor_that_freezes_now_and_then_keeps_what_it_said_last_each_time(make):
    (armed,) = armed_faults({"a": make("freeze", probability=0.5)}, ["one"], DT, 99, 3)
    armed.before, last, jumps = np.full(6, -1.0), -1.0, 0
    for tick in range(99):
        armed.draw(tick)
        found = armed.measured(np.full(6, float(tick)), 0.0)[0]
        assert found == (last if armed.acts else tick)
        jumps += found != tick
        last = found
    assert 30 < jumps < 70


def test_an_actuator_gets_stuck_at_what_it_gave_the_tick_before(make):
    (armed,) = armed_faults({"a": make("stuck", at_s=0.2, for_s=0.3)}, ["one"], DT, 9, 0)
    armed.before, found = np.zeros(3), []
    for tick in range(7):
        armed.draw(tick)
        found.append(armed.delivered(np.full(3, float(tick)), DT)[0])
    assert found == [0, 1, 1, 1, 1, 5, 6]
