"""What each fault does to a measurement, a message, a command or a clock."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import TypeAdapter, ValidationError

from sims.faults import Actuation, ActuatorFault, AnyFault, Sensing, SensorFault

READ = TypeAdapter(AnyFault)
LEAST = {
    "dropout": {},
    "freeze": {},
    "bias": {"position_m": [1, 0, 0]},
    "drift": {"velocity_m_s2": [0, 0, 1]},
    "noise": {"velocity_noise_m_s": 1},
    "spikes": {"probability": 0.1, "position_spike_m": 1},
    "quantization": {"position_step_m": 1},
    "latency": {"jitter_ms": 1},
    "loss": {"probability": 0.1},
    "duplication": {"probability": 0.1},
    "reordering": {"probability": 0.1},
    "clock_step": {"offset_ms": -1},
    "clock_drift": {"drift_ppm": -1},
    "stuck": {},
    "saturation": {"limit_m_s2": 1},
    "lag": {"time_constant_s": 1},
    "gain_loss": {"loss_percent": 1},
    "gravity_error": {"percent": -1},
    "motor_weakness": {"motor": 3, "loss_percent": 1},
    "sensor_loss": {"sensor": "gnss"},
    "sensor_freeze": {"sensor": "barometer"},
    "sensor_bias": {"sensor": "gyroscope", "rate_rad_s": [0, 1, 0]},
    "sensor_drift": {"sensor": "gnss", "velocity_m_s2": [0, 0, 1]},
    "sensor_noise": {"sensor": "magnetometer", "field_noise_gauss": 1},
    "offboard_loss": {},
    "px4_failure": {"unit": "gps", "failure": "off"},
    "hang": {},
    "death": {},
}
"""The least that each kind has to be told."""
MORE = {
    "latency": {"delay_ms": 1},
    "noise": {"position_noise_m": 1},
    "spikes": {"velocity_spike_m_s": 1},
    "quantization": {"velocity_step_m_s": 1},
}
"""What one of its sizes may be zero beside."""

states = arrays(np.float64, 6, elements=st.floats(-1e9, 1e9))
thrusts = arrays(np.float64, 3, elements=st.floats(-1e6, 1e6))
STATE = np.array([7e6, -20.0, 3.5, 100.0, 7500.0, -0.25])


def fault(kind, **written):
    return READ.validate_python({"kind": kind, **written})


def measured(made, state=STATE, elapsed_s=0.0, before=STATE, seed=1):
    return made.measured(state, Sensing(elapsed_s, before, np.random.default_rng(seed)))


def delivered(made, command, before=(0.0, 0.0, 0.0), dt=0.1):
    return made.delivered(np.array(command, dtype=float), Actuation(np.array(before), dt))


@pytest.mark.parametrize(("kind", "least"), LEAST.items(), ids=LEAST)
def test_every_kind_is_read_with_the_least_it_needs_and_lasts_to_the_end(kind, least):
    made = fault(kind, **least)
    assert (made.kind, made.at_s, made.for_s, made.vehicle) == (kind, 0.0, None, "all")


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, least in LEAST.items() for key in least]
)
def test_what_would_change_nothing_is_refused(kind, key):
    with pytest.raises(ValidationError, match=r"it changes nothing|required"):
        fault(kind, **{name: value for name, value in LEAST[kind].items() if name != key})


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("bias", {"position_m": [0, 0, 0], "velocity_m_s": [0, 0, 0]}),
        ("noise", {"position_noise_m": 0}),
        ("spikes", {"probability": 0.5}),
        ("quantization", {"velocity_step_m_s": 0.0}),
        ("latency", {"delay_ms": 0, "jitter_ms": 0}),
        ("clock_step", {"offset_ms": 0}),
        ("clock_drift", {"drift_ppm": 0.0}),
        ("gravity_error", {"percent": 0}),
    ],
)
def test_a_size_of_zero_is_refused_with_what_to_give(kind, sizes):
    with pytest.raises(ValidationError, match=r"it changes nothing; give .*(m|s|ms|ppm|percent)"):
        fault(kind, **sizes)


@pytest.mark.parametrize(
    ("kind", "key", "least", "most"),
    [
        *(("loss", "probability", 5e-324, 1.0),),
        *(("spikes", "probability", 5e-324, 1.0),),
        *(("bias", "probability", 5e-324, 1.0),),
        *(("duplication", "later_ticks", 1, 100_000),),
        *(("reordering", "later_ticks", 1, 100_000),),
        *(("latency", "delay_ms", 0.0, 1e9),),
        *(("latency", "jitter_ms", 0.0, 1e9),),
        *(("clock_step", "offset_ms", -1000.0, 1000.0),),
        *(("clock_drift", "drift_ppm", -1e5, 1e5),),
        *(("gain_loss", "loss_percent", 5e-324, 100.0),),
        *(("gravity_error", "percent", -90.0, 90.0),),
        *(("motor_weakness", "motor", 1, 4),),
        *(("motor_weakness", "loss_percent", 5e-324, 100.0),),
        *(("px4_failure", "instance", 0, 100),),
        *(("noise", "position_noise_m", 0.0, 1e13),),
        *(("noise", "velocity_noise_m_s", 0.0, 3e8),),
        *(("spikes", "velocity_spike_m_s", 0.0, 3e8),),
        *(("quantization", "position_step_m", 0.0, 1e13),),
        *(("saturation", "limit_m_s2", 5e-324, None),),
        *(("lag", "time_constant_s", 5e-324, None),),
        *(("hang", "at_s", 0.0, None),),
        *(("hang", "for_s", 5e-324, None),),
    ],
)
def test_limits_are_allowed_and_nothing_beyond_them(kind, key, least, most):
    by = 1 if isinstance(least, int) else None
    for edge, towards in ((least, -math.inf), (most, math.inf)):
        if edge is None:
            continue
        beyond = edge + math.copysign(by, towards) if by else math.nextafter(edge, towards)
        told = {**LEAST[kind], **MORE.get(kind, {})}
        assert getattr(fault(kind, **{**told, key: edge}), key) == edge
        with pytest.raises(ValidationError, match=key):
            fault(kind, **{**told, key: int(beyond) if by else beyond})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", True, None])
@pytest.mark.parametrize(("kind", "key"), [(k, key) for k, least in LEAST.items() for key in least])
def test_a_number_is_a_finite_number(kind, key, value):
    written = [0, value, 1] if isinstance(LEAST[kind][key], list) else value
    with pytest.raises(ValidationError, match=key):
        fault(kind, **{**LEAST[kind], key: written})


def test_what_is_gone_does_not_come_back():
    with pytest.raises(ValidationError, match="does not come back; leave out for_s"):
        fault("death", for_s=1)


@given(states, states)
def test_a_frozen_sensor_says_what_it_said_last(state, before):
    np.testing.assert_array_equal(measured(fault("freeze"), state, 3.0, before), before)


@given(states)
def test_a_bias_is_there_from_the_first_and_stays_the_same(state):
    made = fault("bias", position_m=[1, 0, -2], velocity_m_s=[0, 0.5, 0])
    for elapsed_s in (0.0, 100.0):
        found = measured(made, state, elapsed_s)
        np.testing.assert_array_equal(found, state + np.array([1, 0, -2, 0, 0.5, 0]))


@given(states, st.floats(0.0, 1e4))
def test_a_drift_begins_at_nothing_and_grows_with_time(state, elapsed_s):
    made = fault("drift", position_m_s=[1, 0, -2], velocity_m_s2=[0, 0.5, 0])
    np.testing.assert_array_equal(measured(made, state, 0.0), state)
    rates = np.array([1, 0, -2, 0, 0.5, 0])
    np.testing.assert_array_equal(measured(made, state, elapsed_s), state + elapsed_s * rates)


def test_noise_is_white_on_each_axis_with_its_deviation():
    made, random = fault("noise", position_noise_m=3, velocity_noise_m_s=0.1), rng()
    off = np.array([made.measured(STATE, Sensing(0.0, STATE, random)) - STATE for _ in range(4000)])
    np.testing.assert_allclose(off.std(axis=0), [3, 3, 3, 0.1, 0.1, 0.1], rtol=0.05)
    np.testing.assert_allclose(off.mean(axis=0) / off.std(axis=0), 0.0, atol=0.06)
    together = np.corrcoef(np.concatenate([off, np.roll(off, 1, axis=0)], axis=1).T)
    assert np.abs(together - np.eye(12)).max() < 0.07


def test_noise_leaves_alone_what_it_has_no_size_for():
    found = measured(fault("noise", velocity_noise_m_s=1))
    np.testing.assert_array_equal(found[:3], STATE[:3])
    assert (found[3:] != STATE[3:]).all()


def test_a_spike_is_as_far_off_as_it_says_and_points_anywhere():
    made, random = fault("spikes", probability=1, position_spike_m=50, velocity_spike_m_s=2), rng()
    off = np.array([made.measured(STATE, Sensing(0.0, STATE, random)) - STATE for _ in range(2000)])
    np.testing.assert_allclose(np.linalg.norm(off[:, :3], axis=1), 50, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(off[:, 3:], axis=1), 2, rtol=1e-9)
    np.testing.assert_allclose(off.mean(axis=0) / [50, 50, 50, 2, 2, 2], 0.0, atol=0.05)


def rng():
    return np.random.default_rng(3)


@given(states, st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_what_is_quantized_is_a_whole_number_of_steps_and_half_a_step_off_at_most(
    state, position, velocity
):
    made = fault("quantization", position_step_m=position, velocity_step_m_s=velocity)
    found, step = measured(made, state), np.repeat([position, velocity], 3)
    assert (np.abs(found - state) <= 0.5 * step + np.spacing(np.abs(state))).all()
    whole = found / step
    np.testing.assert_allclose(whole, np.round(whole), rtol=1e-15)


def test_only_what_has_a_step_is_quantized():
    found = measured(fault("quantization", velocity_step_m_s=1))
    np.testing.assert_array_equal(found, [7e6, -20.0, 3.5, 100.0, 7500.0, -0.0])


@pytest.mark.parametrize("step", [5e-324, 1e-300, 1e-10])
def test_a_step_below_a_double_s_own_changes_nothing(step):
    """7e6 m has steps of 9e-10 m of its own; divided by less it would come out otherwise."""
    found = measured(fault("quantization", position_step_m=step), np.full(6, 7e6 + 1e-9))
    np.testing.assert_array_equal(found, np.full(6, 7e6 + 1e-9))


def test_a_delay_is_its_own_and_an_even_share_of_its_jitter():
    made, random = fault("latency", delay_ms=20, jitter_ms=10), rng()
    drawn = np.array([made.delayed_ns(random) for _ in range(4000)]) / 1e6
    assert drawn.min() >= 20.0
    assert drawn.max() < 30.0
    np.testing.assert_allclose(np.quantile(drawn, [0.25, 0.5, 0.75]), [22.5, 25, 27.5], atol=0.3)


def test_a_delay_without_jitter_is_always_the_same():
    assert fault("latency", delay_ms=0.0000016).delayed_ns(rng()) == 2
    assert fault("latency", delay_ms=1e9).delayed_ns(rng()) == 10**15


def test_messages_are_commands_unless_it_says_otherwise():
    for kind in ("latency", "loss", "duplication", "reordering"):
        assert fault(kind, **LEAST[kind]).path == "command"
        assert fault(kind, **LEAST[kind], path="observation").path == "observation"


def test_a_stepped_clock_is_ahead_by_as_much_at_any_time():
    made = fault("clock_step", offset_ms=-250)
    assert made.ahead_s(0.0) == made.ahead_s(100.0) == -0.25


@given(st.floats(0.0, 1e5))
def test_a_drifting_clock_gains_with_the_time_that_passes(elapsed_s):
    assert fault("clock_drift", drift_ppm=20).ahead_s(elapsed_s) == pytest.approx(2e-5 * elapsed_s)


@given(thrusts, thrusts)
def test_what_is_stuck_gives_what_it_gave_before(command, before):
    np.testing.assert_array_equal(delivered(fault("stuck"), command, before), before)


@given(thrusts, st.floats(1e-3, 1e6))
def test_saturated_thrust_keeps_its_direction_and_is_no_more_than_its_limit(command, limit):
    found, size = delivered(fault("saturation", limit_m_s2=limit), command), norm(command)
    if size <= limit:
        np.testing.assert_array_equal(found, command)
    else:
        assert norm(found) == pytest.approx(limit)
        np.testing.assert_allclose(found / limit, command / size, atol=1e-12)


def norm(vector):
    return float(np.linalg.norm(vector))


def test_thrust_at_its_limit_is_let_through():
    made = fault("saturation", limit_m_s2=5)
    np.testing.assert_array_equal(delivered(made, [3, 4, 0]), [3, 4, 0])
    assert norm(delivered(made, [3.001, 4, 0])) == pytest.approx(5.0, rel=1e-15)


@given(thrusts, thrusts, st.floats(1e-3, 1e3), st.floats(1e-3, 10.0))
def test_lagging_thrust_comes_as_near_as_first_order_does(command, before, constant_s, dt):
    found = delivered(fault("lag", time_constant_s=constant_s), command, before, dt)
    left = math.exp(-dt / constant_s)
    np.testing.assert_allclose(found - command, left * (before - command), atol=1e-6)


def test_after_its_time_constant_a_lagging_thrust_has_come_63_percent_of_the_way():
    made, found = fault("lag", time_constant_s=0.5), np.zeros(3)
    for _ in range(5):
        found = delivered(made, [1, 0, 0], found, dt=0.1)
    assert found[0] == pytest.approx(1 - math.exp(-1))


def test_a_lag_far_below_a_tick_is_none():
    np.testing.assert_array_equal(
        delivered(fault("lag", time_constant_s=5e-324), [1, 2, 3], [9, 9, 9]), [1, 2, 3]
    )


@given(thrusts, st.floats(0.01, 100.0))
def test_lost_gain_is_taken_off_in_every_direction(command, percent):
    found = delivered(fault("gain_loss", loss_percent=percent), command)
    np.testing.assert_allclose(found, command * (100 - percent) / 100, rtol=1e-9, atol=1e-9)


def test_all_gain_lost_is_no_thrust():
    found = delivered(fault("gain_loss", loss_percent=100), [1, -2, 3])
    np.testing.assert_array_equal(found, [0, 0, 0])


@pytest.mark.parametrize("kind", LEAST)
def test_no_model_writes_into_what_it_is_given(kind):
    made, state, command = fault(kind, **LEAST[kind]), STATE.copy(), np.array([1.0, 2.0, 3.0])
    for given_it in (state, command):
        given_it.setflags(write=False)
    if isinstance(made, SensorFault):
        measured(made, state, 1.0, state)
    if isinstance(made, ActuatorFault):
        made.delivered(command, Actuation(command, 0.1))


def test_only_what_says_so_acts_by_chance():
    by_chance = {kind for kind in LEAST if fault(kind, **LEAST[kind]).chance < 1.0}
    assert by_chance == {"spikes", "loss", "duplication", "reordering"}
    assert fault("dropout", probability=0.25).chance == 0.25


def test_one_of_a_kind_at_a_time_where_two_would_contradict_each_other():
    alone = {kind for kind in LEAST if fault(kind, **LEAST[kind]).exclusive}
    assert alone == {
        *("dropout", "freeze", "latency", "stuck", "lag", "gravity_error", "hang", "death"),
        *("sensor_loss", "sensor_freeze", "offboard_loss", "px4_failure"),
    }


SIZES = {
    "sensor_bias": {
        "accelerometer": {"acceleration_m_s2": [1, 2, 3]},
        "gyroscope": {"rate_rad_s": [1, 2, 3]},
        "magnetometer": {"field_gauss": [1, 2, 3]},
        "barometer": {"pressure_pa": 1},
        "gnss": {"position_m": [1, 2, 3], "velocity_m_s": [4, 5, 6]},
    },
    "sensor_drift": {
        "accelerometer": {"acceleration_m_s3": [1, 2, 3]},
        "gyroscope": {"rate_rad_s2": [1, 2, 3]},
        "magnetometer": {"field_gauss_s": [1, 2, 3]},
        "barometer": {"pressure_pa_s": 1},
        "gnss": {"position_m_s": [1, 2, 3], "velocity_m_s2": [4, 5, 6]},
    },
    "sensor_noise": {
        "accelerometer": {"acceleration_noise_m_s2": 1},
        "gyroscope": {"rate_noise_rad_s": 1},
        "magnetometer": {"field_noise_gauss": 1},
        "barometer": {"pressure_noise_pa": 1},
        "gnss": {"position_noise_m": 1, "velocity_noise_m_s": 4},
    },
}
"""What each sensor's error is given by."""
EVERY = [(kind, sensor) for kind, sensors in SIZES.items() for sensor in sensors]


@pytest.mark.parametrize(("kind", "sensor"), EVERY)
def test_a_sensor_has_errors_of_its_own_quantities(kind, sensor):
    made = fault(kind, sensor=sensor, **SIZES[kind][sensor])
    axes = {"barometer": (1,), "gnss": (1, 2, 3, 4, 5, 6)}.get(sensor, (1, 2, 3))
    if kind == "sensor_noise":
        axes = {"barometer": (1,), "gnss": (1, 1, 1, 4, 4, 4)}.get(sensor, (1, 1, 1))
    assert made.sizes() == axes


@pytest.mark.parametrize(("kind", "sensor"), EVERY)
def test_a_quantity_of_another_sensor_is_refused_with_what_this_one_has(kind, sensor):
    other = next(name for name in SIZES[kind] if name != sensor)
    own = " or ".join(SIZES[kind][sensor])
    with pytest.raises(ValidationError, match=f"is nothing that a {sensor} has; give {own}"):
        fault(kind, sensor=sensor, **SIZES[kind][sensor], **SIZES[kind][other])
    with pytest.raises(ValidationError, match=f"it changes nothing; give {own}"):
        fault(kind, sensor=sensor)
