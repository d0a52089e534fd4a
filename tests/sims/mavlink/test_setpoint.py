"""Set-points: what PX4 is told of a commanded thrust acceleration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink.setpoint import (
    acceleration_setpoint,
    attitude,
    attitude_setpoint,
    kinematic,
)
from sims.mavlink.vehicle import G_M_S2

parts = st.floats(-30.0, 30.0)
HOVER = (0.0, 0.0, -G_M_S2)


def turned(q, vector):
    """A body vector in NED."""
    w, u = q[0], np.array(q[1:])
    return vector + 2.0 * np.cross(u, np.cross(u, vector) + w * np.array(vector))


def test_thrust_that_just_holds_it_up_is_no_motion_at_all():
    assert kinematic(HOVER) == (0.0, 0.0, 0.0)
    told = acceleration_setpoint((1, 1), 5000, HOVER, 0.5)
    assert (told.afx, told.afy, told.afz) == (0.0, 0.0, 0.0)


def test_no_thrust_is_free_fall():
    assert kinematic((0.0, 0.0, 0.0)) == (0.0, 0.0, G_M_S2)


def test_only_acceleration_and_heading_are_told():
    told = acceleration_setpoint((7, 1), 5000, (1.0, -2.0, -3.0), 0.5)
    assert (told.target_system, told.target_component, told.time_boot_ms) == (7, 1, 5000)
    assert told.coordinate_frame == 1
    assert told.type_mask == 0b1000_0011_1111
    assert all(math.isnan(v) for v in (told.x, told.y, told.z, told.vx, told.vy, told.vz))
    assert (told.afx, told.afy, told.yaw) == (1.0, -2.0, 0.5)
    assert told.afz == pytest.approx(G_M_S2 - 3.0)
    assert math.isnan(told.yaw_rate)


@given(parts, parts, parts, st.floats(-7.0, 7.0))
def test_the_bodys_up_is_turned_along_the_thrust(x, y, z, yaw):
    size = math.sqrt(x * x + y * y + z * z)
    q = attitude((x, y, z), yaw)
    assert np.linalg.norm(q) == pytest.approx(1.0)
    wanted = (0.0, 0.0, -1.0) if size < 1e-3 else np.array([x, y, z]) / size
    np.testing.assert_allclose(turned(q, [0.0, 0.0, -1.0]), wanted, atol=2e-6)


@given(st.floats(-3.0, 3.0))
def test_a_level_body_heads_where_it_is_told_to(yaw):
    nose = turned(attitude(HOVER, yaw), [1.0, 0.0, 0.0])
    np.testing.assert_allclose(nose, [math.cos(yaw), math.sin(yaw), 0.0], atol=1e-12)


@pytest.mark.parametrize(
    ("acceleration", "thrust"),
    [(HOVER, 0.5), ((0.0, 0.0, -2.0 * G_M_S2), 1.0), ((40.0, 0.0, -40.0), 1.0), ((0, 0, 0), 0.0)],
)
def test_thrust_is_told_as_a_share_of_full_thrust_and_no_more(acceleration, thrust):
    told = attitude_setpoint((1, 1), 5000, acceleration, 0.0, 2.0 * G_M_S2)
    assert told.thrust == pytest.approx(thrust)
    assert told.type_mask == 0b111
