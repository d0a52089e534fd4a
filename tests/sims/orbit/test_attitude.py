"""How a body is turned: as it should be, or as torques turn it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kernel.bodies import EARTH
from kernel.gravity import PointMass
from sims.orbit.attitude import (
    axes_of,
    product,
    quaternion_of,
    steering_torque,
    target,
    turn_from,
    turned_by,
)
from sims.orbit.spacecraft_config import RigidBodyAttitude

COAST = [[0.0, 0.0, 0.0]]
QUARTER = math.pi / 2
POINT_MASS = PointMass(EARTH.mu)
RADIUS_M = 7e6
SPEED_M_S = math.sqrt(EARTH.mu / RADIUS_M)
MEAN_MOTION = SPEED_M_S / RADIUS_M
ON_ORBIT = (RADIUS_M, 0.0, 0.0, 0.0, 0.6 * SPEED_M_S, 0.8 * SPEED_M_S)
ALONG, CROSS = np.array([0.0, 0.6, 0.8]), np.array([0.0, -0.8, 0.6])
JETS = [
    {"direction": sign * np.eye(3)[axis], "limit_n": 1.0} for axis in range(3) for sign in (1, -1)
]


def rigid(**changes):
    base = {
        "kind": "rigid_body",
        "inertia_kg_m2": [1.0, 2.0, 2.5],
        "bandwidth_rad_s": 0.2,
        "torque_limit_n_m": 10.0,
    }
    return {**base, **changes}


FREE = {"bandwidth_rad_s": 1e-9, "torque_limit_n_m": 1e-30}
"""A body whose wheels do next to nothing."""


# Quaternions, held against scipy's

unit_quaternion = (
    st.tuples(*[st.floats(-1.0, 1.0)] * 4)
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: np.array(q) / np.linalg.norm(q))
)


def rotation(q):
    """Body to frame."""
    return Rotation.from_quat(q, scalar_first=True)


@given(q=unit_quaternion)
def test_the_axes_of_a_quaternion_are_the_bodys_in_the_frame(q):
    np.testing.assert_allclose(axes_of(q).T, rotation(q).as_matrix(), atol=1e-14)


@given(q=unit_quaternion)
def test_a_quaternion_is_found_again_from_its_axes_with_its_scalar_not_negative(q):
    found = quaternion_of(axes_of(q))
    assert found[0] >= 0.0
    assert min(np.abs(found - q).max(), np.abs(found + q).max()) < 1e-14


@given(a=unit_quaternion, b=unit_quaternion)
def test_a_product_turns_first_by_the_second(a, b):
    both = (rotation(a) * rotation(b)).as_matrix()
    np.testing.assert_allclose(rotation(product(a, b)).as_matrix(), both, atol=1e-14)


@given(vector=st.tuples(*[st.floats(-3.0, 3.0)] * 3) | st.tuples(*[st.floats(-1e-8, 1e-8)] * 3))
def test_a_rotation_vector_turns_about_itself_by_its_length(vector):
    expected = Rotation.from_rotvec(vector).as_matrix()
    np.testing.assert_allclose(
        rotation(turned_by(np.array(vector))).as_matrix(), expected, atol=1e-14
    )


@given(q=unit_quaternion, there=unit_quaternion)
def test_the_turn_from_axes_to_a_body_is_the_shorter_one(q, there):
    turn = turn_from(axes_of(there), q)
    assert turn[0] >= 0.0
    expected = (rotation(there).inv() * rotation(q)).as_matrix()
    np.testing.assert_allclose(rotation(turn).as_matrix(), expected, atol=1e-13)


# Ideal attitude


def test_inertial_pointing_is_along_the_frame_and_does_not_turn():
    wanted = target("inertial", np.array(ON_ORBIT[:3]), np.array(ON_ORBIT[3:]))
    np.testing.assert_array_equal(wanted.axes, np.eye(3))
    np.testing.assert_array_equal(wanted.rate, 0.0)


def test_rtn_pointing_is_radial_along_and_cross_track_and_turns_once_an_orbit():
    wanted = target("rtn", np.array(ON_ORBIT[:3]), np.array(ON_ORBIT[3:]))
    np.testing.assert_allclose(wanted.axes, [[1, 0, 0], ALONG, CROSS], atol=1e-15)
    np.testing.assert_allclose(wanted.rate, MEAN_MOTION * CROSS, rtol=1e-12)


def test_an_ideal_body_keeps_to_its_axes_all_along_the_orbit(fly):
    craft = {
        "thrust_limit_n": 1.0,
        "attitude": {"kind": "ideal", "pointing": "rtn"},
        "sensors": {"star_tracker": {}, "imu": {}},
    }
    flight = fly(craft, thrust=COAST * 60, tick_s=100.0, states=ON_ORBIT, gravity=POINT_MASS)
    for attitude, position in zip(flight("measured_attitude"), flight("position"), strict=True):
        radial = position / np.linalg.norm(position)
        expected = [radial, np.cross(CROSS, radial), CROSS]
        np.testing.assert_allclose(axes_of(attitude), expected, atol=1e-5)
    turning = flight("measured_angular_velocity")
    np.testing.assert_allclose(
        turning, np.tile([0, 0, MEAN_MOTION], (61, 1)), atol=5e-3 * MEAN_MOTION
    )


def test_an_ideal_bodys_radial_thruster_is_the_one_that_pushes_outwards(fly):
    craft = {"thrusters": JETS, "attitude": {"kind": "ideal", "pointing": "rtn"}}
    outwards, onwards = [0.05, 0.0, 0.0], 0.03 * ALONG
    flight = fly(
        craft, thrust=[outwards, onwards], states=ON_ORBIT, gravity=POINT_MASS, tick_s=0.01
    )
    assert flight("thruster_1_force")[1] == pytest.approx(0.5, rel=1e-3)
    assert flight("thruster_3_force")[2] == pytest.approx(0.3, rel=1e-3)


# A rigid body left to itself


def spinning(fly, substeps, rates=(0.05, 0.1, 0.02)):
    craft = {"thrust_limit_n": 1.0, "attitude": rigid(**FREE, start_rate_rad_s=rates)}
    flight = fly(craft, thrust=COAST * 1000, substeps=substeps)
    inertia, rate = np.array([1.0, 2.0, 2.5]), flight("angular_velocity")
    energy = 0.5 * np.sum(inertia * rate**2, axis=1)
    axes = np.array([axes_of(q) for q in flight("attitude")])
    return energy, np.einsum("ti,tij->tj", inertia * rate, axes)


def test_free_of_torque_energy_and_momentum_stay_to_first_order_in_the_step(fly):
    energy_errors, momentum_errors = [], []
    for substeps in (2, 4, 8):
        energy, momentum = spinning(fly, substeps)
        energy_errors.append(abs(energy[-1] / energy[0] - 1.0))
        turned = np.linalg.norm(momentum[-1] - momentum[0])
        momentum_errors.append(turned / np.linalg.norm(momentum[0]))
    for errors in (energy_errors, momentum_errors):
        assert errors[0] < 0.01  # after 11 radians of tumbling
        assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.05)
        assert errors[1] / errors[2] == pytest.approx(2.0, rel=0.05)


def test_spinning_about_a_principal_axis_a_body_keeps_on_for_ever(fly):
    energy, momentum = spinning(fly, 2, rates=(0.0, 0.0, 0.3))
    np.testing.assert_allclose(energy, energy[0], rtol=1e-12)
    np.testing.assert_allclose(momentum, [[0.0, 0.0, 0.75]] * 1001, atol=1e-12)


def test_the_quaternion_follows_the_angular_velocity(fly):
    craft = {"thrust_limit_n": 1.0, "attitude": rigid(**FREE, start_rate_rad_s=[0, 0, 0.3])}
    flight = fly(craft, thrust=COAST * 100)
    expected = [turned_by(np.array([0.0, 0.0, 0.03 * k])) for k in range(101)]
    turned = [abs(q @ e) for q, e in zip(flight("attitude"), expected, strict=True)]
    np.testing.assert_allclose(turned, 1.0, atol=1e-12)


# Thrusters that turn it


def off_centre(position, **attitude):
    jet = {"direction": [1, 0, 0], "position_m": position, "limit_n": 1.0}
    return {"thrusters": [jet], "attitude": rigid(**FREE, **attitude)}


@pytest.mark.parametrize(
    ("position", "torque"),
    [([0, 0.5, 0], [0, 0, -0.5]), ([0, 0, 0.5], [0, 0.5, 0]), ([3.0, 0, 0], [0, 0, 0])],
)
def test_a_thruster_off_the_centre_of_mass_turns_the_body(fly, position, torque):
    flight = fly(off_centre(position), thrust=[[0.1, 0.0, 0.0]], tick_s=0.01)
    gained = np.array(torque) * 0.01 / [1.0, 2.0, 2.5]
    np.testing.assert_allclose(flight("angular_velocity")[1], gained, rtol=1e-4, atol=1e-12)


def test_its_torque_is_about_the_bodys_axes_however_the_body_is_turned(fly):
    # Turned by 90° about x, the body's z looks along −y of the frame.
    craft = off_centre([0, 0.5, 0], start_rotation_rad=[QUARTER, 0, 0])
    flight = fly(craft, thrust=[[0.1, 0.0, 0.0]], tick_s=0.01)
    np.testing.assert_allclose(
        flight("angular_velocity")[1], [0, 0, -0.5 * 0.01 / 2.5], rtol=1e-4, atol=1e-12
    )


def test_thrust_in_the_world_follows_the_attitude(fly):
    # Turned by 90° about z, the thruster that pushes along the body's x pushes along +y.
    craft = {
        "thrusters": [{"direction": [1, 0, 0], "limit_n": 1.0}],
        "attitude": rigid(**FREE, start_rotation_rad=[0, 0, QUARTER]),
    }
    flight = fly(craft, thrust=[[0.1, 0.1, 0.0], [0.1, 0.0, 0.0]])
    delivered = flight("delivered_acceleration")
    np.testing.assert_allclose(delivered[1], [0.0, 0.1, 0.0], atol=1e-9)
    np.testing.assert_allclose(delivered[2], 0.0, atol=1e-9)


def test_thrust_turns_with_a_body_that_turns_within_the_tick(fly):
    craft = {
        "thrusters": [{"direction": [1, 0, 0], "limit_n": 1.0}],
        "attitude": rigid(**FREE, start_rate_rad_s=[0, 0, QUARTER]),
    }
    flight = fly(craft, thrust=[[0.1, 0.0, 0.0]], tick_s=1.0, substeps=200)
    mean = 0.1 * 2.0 / math.pi
    np.testing.assert_allclose(
        flight("delivered_acceleration")[1], [mean, mean, 0], rtol=0.01, atol=1e-9
    )


# Steered by its wheels


def test_the_law_settles_from_an_initial_error_without_overshoot(fly):
    start = {"start_rotation_rad": [0.6, -0.3, 0.2]}
    flight = fly({"thrust_limit_n": 1.0, "attitude": rigid(**start)}, thrust=COAST * 1000)
    error = flight("attitude_error")
    assert error[0] == pytest.approx(0.7, rel=1e-12)
    assert np.all(np.diff(error[error > 1e-6]) < 0.0)
    assert error[-1] < 1e-5  # after 20 time constants
    # Critically damped: (1 + wt) exp(−wt), a little slower for the sine of a large angle.
    assert error[100] == pytest.approx(0.7 * 3.0 * math.exp(-2.0), rel=0.05)


def test_the_law_comes_to_rest_from_a_tumble_even_at_its_torque_limit(fly):
    start = {"start_rotation_rad": [2.0, 1.0, 0.0], "start_rate_rad_s": [0.3, -0.2, 0.1]}
    craft = {"thrust_limit_n": 1.0, "attitude": rigid(torque_limit_n_m=0.02, **start)}
    flight = fly(craft, thrust=COAST * 3000)
    gained = np.diff(flight("angular_velocity"), axis=0)
    assert np.abs(gained[:, 0]).max() * 1.0 / 0.1 < 0.03  # wheels and gyroscopic torque
    assert flight("attitude_error")[-1] < 1e-4
    assert np.abs(flight("angular_velocity")[-1]).max() < 1e-5


def test_the_law_keeps_to_axes_that_turn_with_the_orbit(fly):
    craft = {"thrust_limit_n": 1.0, "attitude": rigid(pointing="rtn")}
    flight = fly(craft, thrust=COAST * 2000, tick_s=0.5, states=ON_ORBIT, gravity=POINT_MASS)
    assert flight("attitude_error").max() < 1e-3
    np.testing.assert_allclose(flight("angular_velocity")[-1], [0, 0, MEAN_MOTION], atol=1e-6)


def test_the_law_is_steered_by_what_the_star_tracker_says(fly):
    craft = {
        "thrust_limit_n": 1.0,
        "attitude": rigid(),
        "sensors": {"star_tracker": {"bias_rad": [0.01, 0.0, -0.02]}},
    }
    flight = fly(craft, thrust=COAST * 1000)
    # It rests where the biased measurement says that it is on target.
    resting = Rotation.from_quat(flight("attitude")[-1], scalar_first=True).as_rotvec()
    np.testing.assert_allclose(resting, [-0.01, 0.0, 0.02], atol=1e-6)


@pytest.mark.parametrize(("bandwidth", "settles"), [(5.0, True), (10.0, False)])
def test_the_fastest_bandwidth_allowed_at_10_hz_settles_and_twice_that_does_not(
    fly, bandwidth, settles
):
    attitude = rigid(
        bandwidth_rad_s=bandwidth, torque_limit_n_m=1e3, start_rotation_rad=[0.1, 0, 0]
    )
    flight = fly({"thrust_limit_n": 1.0, "attitude": attitude}, thrust=COAST * 300)
    assert (flight("attitude_error")[-1] < 1e-6) == settles


def test_each_wheel_gives_no_more_than_its_limit():
    config = RigidBodyAttitude.model_validate(rigid(torque_limit_n_m=0.05))
    wanted = target("inertial", np.zeros(3), np.zeros(3))
    asked = steering_torque(config, turned_by(np.array([2.0, 0.01, -2.0])), np.zeros(3), wanted)
    assert asked[0] == -0.05
    assert -0.05 < asked[1] < 0.0
    assert asked[2] == 0.05
