"""What sensors report: how far off, how often, how late, and out of which random stream."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.bodies import EARTH
from kernel.gravity import PointMass
from sims.orbit.attitude import product, turned_by
from sims.orbit.environment import Environment
from sims.orbit.perturbations import SolarPressure
from sims.orbit.sensors import Gnss, Imu, Sampled, StarTracker
from sims.orbit.spacecraft_config import (
    GnssConfig,
    ImuConfig,
    SampledConfig,
    StarTrackerConfig,
)
from sims.streams import stream

SAMPLES = 20_000
STATE = np.array([7e6, -1e6, 2e6, 1e3, 7e3, -2e3])
NO_FALL = np.zeros(3)
COAST = [[0.0, 0.0, 0.0]]
ATTITUDE = turned_by(np.array([0.5, -1.2, 0.3]))
SPEED_M_S = math.sqrt(EARTH.mu / 7e6)
ON_ORBIT = (7e6, 0.0, 0.0, 0.0, SPEED_M_S, 0.0)


def quiet(**sensors):
    return {"thrust_limit_n": 1.0, "sensors": sensors}


# Noise and bias


def assert_white(errors, deviations, biases):
    """Each column has its deviation and bias, and is related to no other and to no past."""
    # Five standard errors of the mean, and of the deviation (1/√2n).
    mean_within = 5.0 * np.array(deviations) / math.sqrt(SAMPLES)
    assert np.all(np.abs(errors.mean(axis=0) - biases) < mean_within)
    np.testing.assert_allclose(errors.std(axis=0), deviations, rtol=5.0 / math.sqrt(2 * SAMPLES))
    related = np.corrcoef(np.hstack([errors[1:], errors[:-1]]), rowvar=False)
    assert np.abs(related - np.eye(len(related))).max() < 5.0 / math.sqrt(SAMPLES)


def test_gnss_is_off_by_its_noise_and_bias():
    config = GnssConfig(
        position_noise_m=5.0,
        velocity_noise_m_s=0.1,
        position_bias_m=(1.0, 0.0, -2.0),
        velocity_bias_m_s=(0.0, 0.03, 0.0),
    )
    gnss = Gnss(config, stream(1, "gnss"))
    errors = np.array([gnss.measure(t, STATE, NO_FALL)[0] - STATE for t in range(SAMPLES)])
    assert_white(errors, [5.0] * 3 + [0.1] * 3, [1.0, 0.0, -2.0, 0.0, 0.03, 0.0])


def test_an_imu_is_off_by_its_noise_and_bias():
    config = ImuConfig(
        accelerometer_noise_m_s2=1e-3,
        accelerometer_bias_m_s2=(0.0, 2e-3, 0.0),
        gyro_noise_rad_s=1e-5,
        gyro_bias_rad_s=(0.0, 0.0, -4e-5),
    )
    imu, force, rate = Imu(config, stream(1, "imu")), np.array([0.1, 0.2, 0.3]), np.ones(3)
    errors = np.array([imu.measure(t, force, rate) for t in range(SAMPLES)]) - [*force, *rate]
    assert_white(errors, [1e-3] * 3 + [1e-5] * 3, [0, 2e-3, 0, 0, 0, -4e-5])


def test_a_star_tracker_is_off_by_its_noise_and_bias_about_the_bodys_axes():
    config = StarTrackerConfig(noise_rad=1e-4, bias_rad=(0.0, 5e-4, 0.0))
    tracker = StarTracker(config, stream(1, "star_tracker"))
    measured = np.array([tracker.measure(t, ATTITUDE) for t in range(SAMPLES)])
    np.testing.assert_allclose(np.linalg.norm(measured, axis=1), 1.0, rtol=1e-12)
    back = ATTITUDE * [1.0, -1.0, -1.0, -1.0]
    errors = 2.0 * np.array([product(back, q)[1:] for q in measured])
    assert_white(errors, [1e-4] * 3, [0.0, 5e-4, 0.0])


def test_a_sensor_without_errors_tells_the_truth():
    state, age = Gnss(GnssConfig(), stream(1, "gnss")).measure(0, STATE, NO_FALL)
    np.testing.assert_array_equal(state, STATE)
    assert age == 0.0
    sample = Imu(ImuConfig(), stream(1, "imu")).measure(0, np.ones(3), 2.0 * np.ones(3))
    np.testing.assert_array_equal(sample, [1, 1, 1, 2, 2, 2])
    tracked = StarTracker(StarTrackerConfig(), stream(1, "tracker")).measure(0, ATTITUDE)
    np.testing.assert_array_equal(tracked, ATTITUDE)


# Rate and delay


def taken_at(loop_hz, ticks, **config):
    """Tick of the sample that is in hand at every tick."""
    tick_ns = round(1e9 / loop_hz)
    sampled = Sampled(SampledConfig(**config))
    return [sampled.at(tick * tick_ns, lambda tick=tick: tick)[1] for tick in range(ticks)]


def test_a_sensor_without_a_rate_samples_every_tick():
    assert taken_at(10.0, 6) == [0, 1, 2, 3, 4, 5]


def test_between_samples_the_last_one_is_held():
    assert taken_at(10.0, 9, rate_hz=2.5) == [0, 0, 0, 0, 4, 4, 4, 4, 8]


def test_a_rate_that_does_not_divide_the_loops_is_kept_on_average():
    assert taken_at(10.0, 11, rate_hz=3.0) == [0, 0, 0, 0, 4, 4, 4, 7, 7, 7, 10]
    assert len(set(taken_at(10.0, 100_000, rate_hz=3.0))) == 30_000


@pytest.mark.parametrize(("loop_hz", "rate_hz"), [(30, 10), (60, 15), (3, 1.5), (7, 1), (24, 24)])
def test_a_rate_that_divides_the_loops_is_kept_though_a_tick_is_no_whole_nanosecond(
    loop_hz, rate_hz
):
    every = round(loop_hz / rate_hz)
    expected = [tick - tick % every for tick in range(20_000)]
    assert taken_at(loop_hz, 20_000, rate_hz=rate_hz) == expected


def test_a_delayed_sample_is_that_of_the_right_past_tick():
    # The first is there from the start.
    assert taken_at(10.0, 8, delay_s=0.3) == [0, 0, 0, 0, 1, 2, 3, 4]
    assert taken_at(30.0, 8, delay_s=0.1) == [0, 0, 0, 0, 1, 2, 3, 4]


def test_a_delay_between_ticks_is_waited_out():
    assert taken_at(10.0, 6, delay_s=0.15) == [0, 0, 0, 1, 2, 3]


def test_samples_are_delayed_and_held():
    assert taken_at(10.0, 12, rate_hz=2.5, delay_s=0.2) == [0] * 6 + [4] * 4 + [8] * 2


@given(
    loop_hz=st.sampled_from([1.0, 3.0, 10.0, 30.0, 400.0]),
    share=st.floats(0.01, 1.0),
    delay_us=st.integers(0, 3_000_000),
)
def test_the_sample_in_hand_is_the_newest_that_is_old_enough(loop_hz, share, delay_us):
    # To the microsecond: ticks are whole nanoseconds.
    tick_us, delay_s = round(1e9 / loop_hz) / 1000, 1e-6 * delay_us
    undelayed = sorted(set(taken_at(loop_hz, 300, rate_hz=share * loop_hz)))
    for tick, taken in enumerate(taken_at(loop_hz, 300, rate_hz=share * loop_hz, delay_s=delay_s)):
        old_enough = [k for k in undelayed if (tick - k) * tick_us >= delay_us - 1]
        assert taken == max(old_enough, default=0)


def test_the_age_of_a_fix_is_told(fly):
    craft = quiet(gnss={"rate_hz": 2.5, "delay_s": 0.2})
    age = fly(craft, thrust=COAST * 11)("measurement_age")
    expected = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.2, 0.3, 0.4, 0.5, 0.2, 0.3]
    np.testing.assert_allclose(age, expected, atol=1e-12)


def test_a_fix_that_is_not_propagated_is_where_the_vehicle_was(fly):
    craft = quiet(gnss={"delay_s": 0.5, "propagated": False})
    flight = fly(craft, thrust=COAST * 50, states=ON_ORBIT, gravity=PointMass(EARTH.mu))
    np.testing.assert_array_equal(flight.measured[5:, 0, :3], flight("position")[:-5])
    np.testing.assert_array_equal(flight.measured[5:, 0, 3:], flight("velocity")[:-5])


def test_a_fix_is_carried_on_to_the_present_in_free_fall(fly):
    craft = quiet(gnss={"delay_s": 0.5})
    flight = fly(craft, thrust=COAST * 50, states=ON_ORBIT, gravity=PointMass(EARTH.mu))
    # What is left is the change of gravity over half a second: g·v/r·t³/6.
    np.testing.assert_allclose(flight.measured[:, 0, :3], flight("position"), atol=1e-3)
    np.testing.assert_allclose(flight.measured[:, 0, 3:], flight("velocity"), atol=2e-3)


def test_an_imu_held_and_delayed_reports_the_past(fly):
    thrust = [[0.01 * k, 0.0, 0.0] for k in range(10)]
    craft = quiet(imu={"rate_hz": 5.0, "delay_s": 0.2})
    flight = fly(craft, thrust=thrust)
    undelayed = flight("delivered_acceleration")[:, 0]
    expected = undelayed[[0, 0, 0, 0, 2, 2, 4, 4, 6, 6, 8]]
    np.testing.assert_array_equal(flight("measured_specific_force")[:, 0], expected)


# What is sensed


def test_an_accelerometer_feels_thrust_and_not_gravity(fly):
    craft = quiet(imu={})
    flight = fly(
        craft,
        thrust=[[0.02, 0.0, -0.01]] * 5,
        states=ON_ORBIT,
        gravity=PointMass(EARTH.mu),
    )
    sensed = flight("measured_specific_force")
    np.testing.assert_array_equal(sensed[0], 0.0)
    np.testing.assert_allclose(sensed[1:], [[0.02, 0.0, -0.01]] * 5, rtol=1e-12)


def test_an_accelerometer_feels_sunlight_from_the_first_tick_on(fly):
    sun = np.array([[1.495978707e11, 0.0, 0.0, 0.0, 0.0, 0.0]])

    def sky():
        while True:
            yield sun

    light = SolarPressure(area_m2=100.0, radiation_coefficient=1.0, shadow_radius_m=0.0)
    environment = Environment(lambda x, y, z: (0.0, 0.0, 0.0), sky=sky(), sunlight=light)
    flight = fly(quiet(imu={}), thrust=COAST * 3, environment=environment)
    sensed = flight("measured_specific_force")
    np.testing.assert_array_equal(sensed[0], 0.0)
    np.testing.assert_allclose(sensed[1:, 0], -4.56e-6 * 100.0 / 10.0, rtol=2e-3)


def test_the_imu_feels_along_the_bodys_axes(fly):
    # Turned by 90° about z, the frame's x is the body's −y.
    attitude = {
        "kind": "rigid_body",
        "inertia_kg_m2": [1.0, 2.0, 2.5],
        "bandwidth_rad_s": 1e-9,
        "torque_limit_n_m": 1e-30,
        "start_rotation_rad": [0.0, 0.0, math.pi / 2],
        "start_rate_rad_s": [0.0, 0.0, 1e-4],
    }
    flight = fly({**quiet(imu={}), "attitude": attitude}, thrust=[[0.05, 0.0, 0.0]])
    np.testing.assert_allclose(
        flight("measured_specific_force")[1], [0.0, -0.05, 0.0], rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(flight("measured_angular_velocity")[1], [0, 0, 1e-4], rtol=1e-9)
    np.testing.assert_array_equal(flight("measured_angular_velocity"), flight("angular_velocity"))


# Random streams


NOISY = {
    "gnss": {"position_noise_m": 5.0, "velocity_noise_m_s": 0.1},
    "imu": {"accelerometer_noise_m_s2": 1e-3, "gyro_noise_rad_s": 1e-5},
    "star_tracker": {"noise_rad": 1e-4},
}


def drawn(flight, vehicle=0):
    """All that is random in a flight in which nothing moves, (ticks, 16)."""
    return np.hstack(
        [
            flight.measured[:, vehicle] - flight.measured[0, vehicle],
            flight("measured_specific_force", vehicle),
            flight("measured_angular_velocity", vehicle),
            flight("measured_attitude", vehicle),
        ]
    )


def test_the_same_seed_gives_the_same_flight_to_the_bit(fly):
    first, second = (fly(quiet(**NOISY), thrust=COAST * 50, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.extras, second.extras)
    np.testing.assert_array_equal(first.measured, second.measured)


def test_another_seed_gives_other_noise(fly):
    first, second = (drawn(fly(quiet(**NOISY), thrust=COAST * 50, seed=seed)) for seed in (7, 8))
    assert np.all(np.any(first != second, axis=0))


def test_two_vehicles_have_noise_of_their_own_that_goes_by_their_name(fly):
    both = fly(quiet(**NOISY), quiet(**NOISY), thrust=COAST * 50, names=["a", "b"])
    alone = fly(quiet(**NOISY), thrust=COAST * 50, names=["b"])
    assert np.all(np.any(drawn(both, 0) != drawn(both, 1), axis=0))
    np.testing.assert_array_equal(drawn(both, 1), drawn(alone))


@pytest.mark.parametrize("name", NOISY)
def test_a_sensor_more_or_less_changes_no_others_noise(fly, name):
    others = {other: NOISY[other] for other in NOISY if other != name}
    with_it = fly(quiet(**NOISY), thrust=COAST * 50)
    without = fly(quiet(**others), thrust=COAST * 50)
    if name != "gnss":
        np.testing.assert_array_equal(without.measured, with_it.measured)
    for column in without.layout.columns:
        place = without.layout[column.name], with_it.layout[column.name]
        np.testing.assert_array_equal(
            without.extras[:, 0, place[0]], with_it.extras[:, 0, place[1]]
        )


def test_a_vehicle_without_a_sensor_that_another_has_reports_zeros_and_its_true_state(fly):
    flight = fly(quiet(**NOISY), quiet(), thrust=COAST * 5)
    assert not flight("measured_attitude", 1).any()
    assert not flight("measured_specific_force", 1).any()
    np.testing.assert_array_equal(flight.measured[:, 1, :3], flight("position", 1))


def test_what_is_measured_leaves_what_is_true_alone(fly):
    noisy, clean = fly(quiet(**NOISY), thrust=COAST * 20), fly(quiet(), thrust=COAST * 20)
    np.testing.assert_array_equal(noisy("position"), clean("position"))
    np.testing.assert_array_equal(noisy("velocity"), clean("velocity"))
    np.testing.assert_array_equal(clean.measured[:, 0, :3], clean("position"))
    assert np.all(noisy.measured[:, 0, :3] != noisy("position"))
