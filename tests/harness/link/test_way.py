"""One vehicle: what it measures, what arrives, what is told instead, and what it flies."""

import numpy as np
import pytest

from harness.link.armed import armed_faults
from harness.link.columns import FRESH, HELD, PREDICTED
from harness.link.way import NOTHING, Order, Sample, Way

TICK_NS = 100_000_000
DT = 0.1
REST = np.zeros(9)


@pytest.fixture
def way():
    """Makes a vehicle's way that begins at t = 0 with what is measured there."""

    def made(faults=None, predict=None, start=None, reference=REST):
        armed = armed_faults(faults or {}, ["one"], DT, 1000, 0)
        found = Way(armed, TICK_NS, predict)
        state = np.zeros(6) if start is None else np.array(start, dtype=float)
        found.follow(Sample(0, state, state - reference[:6]), None)
        return found, armed

    return made


def observed(found, armed, tick, state, reference=REST):
    """What is told at a tick at which the vehicle is in that state."""
    for one in armed:
        one.draw(tick)
    found.observe(tick * TICK_NS, np.array(state, dtype=float), reference)
    return found.tell(tick * TICK_NS, reference)


def flying(tick):
    """A reference that goes round at 7.6 km/s and 8.7 m/s²."""
    turn = 1.1e-3 * DT * tick
    out, on = (
        np.array([np.cos(turn), np.sin(turn), 0.0]),
        np.array([-np.sin(turn), np.cos(turn), 0]),
    )
    return np.concatenate([6.9e6 * out, 7590.0 * on, -6.9e6 * 1.1e-3**2 * out])


def test_without_faults_what_is_measured_is_told_at_once_and_to_the_bit(way):
    found, armed = way()
    state = np.array([0.1, -0.0, 1e300, 3.0, np.pi, 5e-324])
    told, kind = observed(found, armed, 1, state)
    assert kind == FRESH
    assert told.tobytes() == state.tobytes()


def test_a_held_error_is_carried_along_the_reference(way, make):
    """A second later a place in an orbit is 7.6 km away, and the error is what it was."""
    off = np.array([3.0, -2.0, 1.0, 0.1, 0.0, -0.1])
    faults = {"gone": make("dropout", at_s=0.2)}
    found, armed = way(faults, start=flying(0)[:6] + off, reference=flying(0))
    observed(found, armed, 1, flying(1)[:6] + off, flying(1))
    for tick in range(2, 30):
        told, kind = observed(found, armed, tick, flying(tick)[:6] + 5 * off, flying(tick))
        assert kind == HELD
        np.testing.assert_allclose(told - flying(tick)[:6], off, rtol=1e-6, atol=1e-8)


def test_what_is_held_is_what_was_told_and_not_what_was_true(way, make):
    faults = {
        "bias": make("bias", position_m=[9, 0, 0], for_s=0.2),
        "gone": make("dropout", at_s=0.2),
    }
    found, armed = way(faults)
    observed(found, armed, 1, np.zeros(6))
    told, _ = observed(found, armed, 2, np.zeros(6))
    np.testing.assert_array_equal(told, [9, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("ahead_ms", [250.0, -250.0, 1000.0])
def test_a_clock_that_is_ahead_makes_a_vehicle_seem_to_lag_behind_its_reference(
    way, make, ahead_ms
):
    """What is measured on the reference is taken for where that will be when the clock says."""
    faults = {"clock": make("clock_step", offset_ms=ahead_ms)}
    found, armed = way(faults, start=flying(0)[:6], reference=flying(0))
    told, kind = observed(found, armed, 20, flying(20)[:6], flying(20))
    assert kind == FRESH
    expected = flying(20)[:6] - flying(20 + ahead_ms / 100)[:6]
    np.testing.assert_allclose(told - flying(20)[:6], expected, rtol=1e-3, atol=1e-2)
    assert (told[1] < flying(20)[1]) == (ahead_ms > 0)


def test_a_drifting_clock_is_right_when_it_begins_and_wrong_by_the_time_since(way, make):
    moving = np.array([0, 0, 0, 10.0, 0, 0, 0, 0, 0])
    found, armed = way({"clock": make("clock_drift", drift_ppm=1e5, at_s=0.2)})
    for tick, behind in ((1, 0.0), (2, 0.0), (3, 0.1), (7, 0.5)):
        told, _ = observed(found, armed, tick, np.zeros(6), moving)
        assert told[0] == pytest.approx(-behind)


def test_faults_of_a_sensor_act_one_on_the_other_in_the_scenarios_order(way, make):
    bias = make("bias", position_m=[0.6, 0, 0])
    steps = make("quantization", position_step_m=1.0)
    state = [2.0, 0, 0, 0, 0, 0]
    for faults, x in (({"a": bias, "b": steps}, 3.0), ({"a": steps, "b": bias}, 2.6)):
        assert observed(*way(faults), 1, state)[0][0] == x


def test_a_sample_that_was_overtaken_is_not_told(way, make):
    faults = {"slow": make("latency", path="observation", delay_ms=300, at_s=0.2, for_s=0.1)}
    found, armed = way(faults)
    told = [observed(found, armed, tick, np.full(6, tick)) for tick in range(1, 8)]
    assert [kind for _, kind in told] == [FRESH, HELD, *[FRESH] * 5]
    assert [state[0] for state, _ in told] == [1, 1, 3, 4, 5, 6, 7]


def test_delayed_samples_are_told_with_their_age(way, make):
    found, armed = way({"slow": make("latency", path="observation", delay_ms=250)})
    for tick in range(1, 9):
        observed(found, armed, tick, np.full(6, tick))
        assert found.told.t_ns == max(0, tick - 3) * TICK_NS  # 2.5 ticks are over in the third


class Counted:
    """The exact twin of a free mass, and how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, state, thrust):
        self.asked += 1
        x, v = state[:3], state[3:]
        return np.concatenate([x + DT * v + 0.5 * DT * DT * thrust, v + DT * thrust])


def flown(found, armed, ticks, tell=True):
    """What is told of a free mass under a thrust that is another in every tick, and what is."""
    twin, state, random = Counted(), np.zeros(6), np.random.default_rng(5)
    told, true = [], []
    for tick in range(ticks):
        told.append(observed(found, armed, tick, state))
        true.append(state)
        thrust = random.standard_normal(3)
        found.order(tick * TICK_NS, thrust, 1.0, 0)
        state = twin(state, thrust)
    kinds = [kind for _, kind in told]
    return np.array([state for state, _ in told]), np.array(true), kinds


@pytest.mark.parametrize(
    "written",
    [
        {"kind": "dropout", "at_s": 0.3, "for_s": 2.0},
        {"kind": "dropout"},
        {"kind": "dropout", "probability": 0.6},
        {"kind": "latency", "path": "observation", "delay_ms": 450},
        {"kind": "latency", "path": "observation", "delay_ms": 100, "jitter_ms": 900},
        {"kind": "loss", "path": "observation", "probability": 0.7},
        {"kind": "reordering", "path": "observation", "probability": 0.5, "later_ticks": 4},
        {"kind": "duplication", "path": "observation", "probability": 1, "later_ticks": 1},
    ],
    ids=str,
)
def test_an_exact_twin_predicts_what_is_true_whatever_is_missing_or_late(way, make, written):
    found, armed = way({"a": make(**written)}, Counted())
    told, true, kinds = flown(found, armed, 40)
    np.testing.assert_allclose(told, true, rtol=0, atol=1e-12)
    assert kinds.count(PREDICTED) > (8 if written["kind"] != "duplication" else -1)
    assert HELD not in kinds


def test_a_long_prediction_asks_the_twin_once_a_tick(way, make):
    twin = Counted()
    found, armed = way({"gone": make("dropout", at_s=0.3)}, twin)
    flown(found, armed, 60)
    assert twin.asked == 57


def test_nothing_is_kept_of_commands_that_no_prediction_can_need(way, make):
    found, armed = way({"bias": make("bias", position_m=[1, 0, 0])}, Counted())
    flown(found, armed, 50)
    assert len(found._sent) <= 2


def test_before_the_first_command_a_vehicle_drifts(way):
    found, _ = way()
    assert found.in_force is NOTHING
    assert not found.in_force.acceleration.any()


def ordered(found, armed, tick, thrust):
    for one in armed:
        one.draw(tick)
    return found.order(tick * TICK_NS, np.full(3, float(thrust)), 2.0, 0).acceleration[0]


def test_a_command_that_comes_at_once_is_flown_to_the_bit_and_says_what_it_rests_on(way):
    found, armed = way()
    observed(found, armed, 3, np.zeros(6))
    thrust = np.array([0.1, -0.0, 5e-324])
    order = found.order(4 * TICK_NS, thrust, 2.0, 0)
    assert order.acceleration.tobytes() == thrust.tobytes()
    assert (order.mode, order.sample_ns) == (2.0, 3 * TICK_NS)


def test_a_command_is_the_vehicles_own_once_it_is_sent(way, make):
    found, armed = way({"slow": make("latency", delay_ms=100)})
    for one in armed:
        one.draw(1)
    thrust = np.ones(3)
    found.order(TICK_NS, thrust, 0.0, 0)
    thrust[:] = 9.0
    assert ordered(found, armed, 2, 5) == 1.0


def test_faults_of_an_actuator_act_on_what_arrived_in_the_scenarios_order(way, make):
    loss, limit = make("gain_loss", loss_percent=50), make("saturation", limit_m_s2=np.sqrt(3.0))
    assert ordered(*way({"a": loss, "b": limit}), 0, 4) == pytest.approx(1.0)
    assert ordered(*way({"a": limit, "b": loss}), 0, 4) == pytest.approx(0.5)


def test_an_actuator_that_begins_to_lag_begins_where_it_is_itself(way, make):
    """Its valve was fully open: what a fault further on takes away was never the valve's."""
    faults = {
        "valve": make("lag", at_s=0.2, time_constant_s=1e6),
        "weak": make("gain_loss", loss_percent=50),
    }
    found, armed = way(faults)
    given = [ordered(found, armed, tick, 4) for tick in range(5)]
    np.testing.assert_allclose(given, 2.0, rtol=1e-6)


def test_what_is_stuck_stays_so_though_commands_are_lost(way, make):
    faults = {"stuck": make("stuck", at_s=0.2, for_s=0.2), "lost": make("loss", probability=0.5)}
    found, armed = way(faults)
    given = [ordered(found, armed, tick, tick + 1) for tick in range(6)]
    assert given[1] == given[2] == given[3]
    assert given[4] != given[3]


def test_taking_up_says_what_is_told_flown_and_remembered(way, make):
    found, armed = way({"ice": make("freeze"), "jam": make("stuck")})
    state, thrust = np.arange(6.0), np.arange(3.0)
    found.follow(Sample(TICK_NS, state, state), Order(thrust, 1.0, TICK_NS))
    assert found.in_force.sample_ns == TICK_NS
    np.testing.assert_array_equal(observed(found, armed, 2, np.zeros(6))[0], state)
    np.testing.assert_array_equal(found.order(2 * TICK_NS, np.ones(3), 0.0, 0).acceleration, thrust)
