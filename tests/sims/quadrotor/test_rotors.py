"""Rotors against the closed form of a lag of the first order."""

import math

import numpy as np
import pytest

from sims.quadrotor.config import RotorsConfig
from sims.quadrotor.rotors import Rotors


@pytest.mark.parametrize("step_s", [0.001, 0.004, 0.02, 0.2])
def test_thrust_is_the_mean_of_the_square_of_a_lagging_speed(step_s):
    rotors = Rotors(RotorsConfig(max_thrust_n=8.0, time_constant_s=0.05), step_s)
    rotors.settle((0.2,) * 4)
    for k in range(5):
        rotors.turn((0.9,) * 4)
        t = np.linspace(k * step_s, (k + 1) * step_s, 20_001)
        speed = 0.9 - 0.7 * np.exp(-t / 0.05)
        assert rotors.thrusts == pytest.approx([8.0 * np.trapezoid(speed**2, t) / step_s] * 4)
        assert rotors.speeds == pytest.approx([speed[-1]] * 4)


def test_without_lag_thrust_is_there_at_once():
    rotors = Rotors(RotorsConfig(max_thrust_n=8.0, time_constant_s=0.0), 0.004)
    total, *_ = rotors.turn((0.5,) * 4)
    assert total == 4 * 8.0 * 0.25
    assert rotors.outputs == (0.25,) * 4


def test_steps_of_any_length_lead_to_the_same_speed():
    speeds = []
    for steps in (1, 7):
        rotors = Rotors(RotorsConfig(), 0.07 / steps)
        for _ in range(steps):
            rotors.turn((0.1, 0.4, 0.7, 1.0))
        speeds.append(rotors.speeds)
    assert speeds[0] == pytest.approx(speeds[1], rel=1e-12)


@pytest.mark.parametrize(
    ("motor", "roll", "pitch", "yaw"),
    [
        (1, -0.245, 0.1515, 0.05),  # front right, counter-clockwise
        (2, 0.1875, -0.1515, 0.05),  # rear left, counter-clockwise
        (3, 0.245, 0.1515, -0.05),  # front left, clockwise
        (4, -0.1875, -0.1515, -0.05),  # rear right, clockwise
    ],
)
def test_each_motor_of_the_default_turns_the_body_as_on_none_iris(motor, roll, pitch, yaw):
    rotors = Rotors(RotorsConfig(max_thrust_n=1.0, time_constant_s=0.0), 0.004)
    controls = [0.0] * 4
    controls[motor - 1] = 1.0
    assert rotors.turn(controls) == pytest.approx((1.0, roll, pitch, yaw))


def test_thrust_stays_within_what_a_rotor_has():
    rotors = Rotors(RotorsConfig(), 0.004)
    random = np.random.default_rng(1)
    for controls in random.integers(0, 2, (2000, 4)).astype(float).tolist():
        rotors.turn(controls)
        assert all(0.0 <= thrust <= 7.07 for thrust in rotors.thrusts)
        assert all(0.0 <= speed <= 1.0 and math.isfinite(speed) for speed in rotors.speeds)
