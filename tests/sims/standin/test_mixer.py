"""From thrust and torque to four motors."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.standin.mixer import ROTORS, Mixer

unit = st.floats(-1.0, 1.0)


def torques(thrusts: list[float]) -> tuple[float, float, float]:
    """Roll, pitch and yaw that rotors' thrusts, NED up, make of themselves (r × F)."""
    roll = sum(-y * t for (_, y, _), t in zip(ROTORS, thrusts, strict=True))
    pitch = sum(x * t for (x, _, _), t in zip(ROTORS, thrusts, strict=True))
    yaw = sum(km * t for (_, _, km), t in zip(ROTORS, thrusts, strict=True))
    return roll, pitch, yaw


@pytest.mark.parametrize("axis", range(3))
def test_a_small_torque_turns_about_its_own_axis_only(axis: int) -> None:
    asked = [0.0, 0.0, 0.0]
    asked[axis] = 0.05
    motors = Mixer().motors((asked[0], asked[1], asked[2]), 0.5, 0.0)
    made = torques(motors)
    assert made[axis] > 0.0
    assert all(abs(made[other]) < 1e-12 for other in range(3) if other != axis)
    assert sum(motors) == pytest.approx(4 * 0.5, abs=0.02)


@given(unit, unit, unit, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_motors_stay_within_their_range(
    roll: float, pitch: float, yaw: float, thrust: float, curve: float
) -> None:
    motors = Mixer().motors((roll, pitch, yaw), thrust, curve)
    assert all(0.0 <= motor <= 1.0 for motor in motors)


@given(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(0.3, 1.0))
def test_roll_and_pitch_are_had_in_full_though_thrust_is_not(
    roll: float, pitch: float, thrust: float
) -> None:
    mixer = Mixer()
    made = torques(mixer.motors((roll, pitch, 0.0), thrust, 0.0))
    wanted = torques(mixer.motors((roll, pitch, 0.0), 0.5, 0.0))
    assert made == pytest.approx(wanted, abs=1e-9)


def test_yaw_gives_way_first() -> None:
    mixer = Mixer()
    motors = mixer.motors((0.3, 0.0, 0.6), 0.5, 0.0)
    assert mixer.saturated
    roll, _, yaw = torques(motors)
    alone_roll, _, _ = torques(mixer.motors((0.3, 0.0, 0.0), 0.5, 0.0))
    _, _, alone_yaw = torques(mixer.motors((0.0, 0.0, 0.4), 0.5, 0.0))
    assert roll == pytest.approx(alone_roll)
    assert 0.0 < yaw < alone_yaw


@pytest.mark.parametrize("curve", [0.0, 0.3, 1.0])
def test_a_thrust_curve_is_undone(curve: float) -> None:
    control, *_ = Mixer().motors((0.0, 0.0, 0.0), 0.36, curve)
    assert curve * control**2 + (1.0 - curve) * control == pytest.approx(0.36)
    if curve == 1.0:
        assert control == pytest.approx(math.sqrt(0.36))
