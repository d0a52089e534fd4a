"""Rotations in plain floats, held against scipy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sims.rotation import (
    Quaternion,
    conjugate,
    euler,
    facing,
    from_euler,
    product,
    rotate,
    turned_by,
    wrapped,
    yaw_of,
)

angles = st.floats(-math.pi, math.pi)
small = st.floats(-1.0, 1.0)
vectors = st.tuples(small, small, small)


def scipy_of(q: Quaternion) -> Rotation:
    w, x, y, z = q
    return Rotation.from_quat([x, y, z, w])


def same(a: Quaternion, b: Quaternion) -> bool:
    return abs(sum(x * y for x, y in zip(a, b, strict=True))) == pytest.approx(1.0, abs=1e-9)


@given(angles, st.floats(-1.5, 1.5), angles, vectors)
def test_angles_and_vectors_turn_as_scipy_s_do(
    roll: float, pitch: float, yaw: float, v: tuple[float, float, float]
) -> None:
    q = from_euler(roll, pitch, yaw)
    theirs = Rotation.from_euler("ZYX", [yaw, pitch, roll])
    np.testing.assert_allclose(rotate(q, v), theirs.apply(v), atol=1e-12)
    assert same(from_euler(*euler(q)), q)


@given(angles, angles, angles, angles)
def test_products_compose(a: float, b: float, c: float, d: float) -> None:
    p, q = from_euler(a, 0.3 * b, c), from_euler(d, 0.4, b)
    both = scipy_of(p) * scipy_of(q)
    np.testing.assert_allclose(scipy_of(product(p, q)).as_matrix(), both.as_matrix(), atol=1e-12)
    assert same(product(q, conjugate(q)), (1.0, 0.0, 0.0, 0.0))


@given(vectors)
def test_a_small_rotation_vector(v: tuple[float, float, float]) -> None:
    angle = tuple(0.02 * part for part in v)
    theirs = Rotation.from_rotvec(angle)
    x, y, z = angle
    np.testing.assert_allclose(
        scipy_of(turned_by((x, y, z))).as_matrix(), theirs.as_matrix(), atol=5e-6
    )


@given(st.floats(0.0, 1.5), angles, angles)
def test_facing_points_thrust_and_nose(tilt: float, towards: float, yaw: float) -> None:
    side = math.sin(tilt)
    up = side * math.cos(towards), side * math.sin(towards), -math.cos(tilt)
    q = facing(up, yaw)
    np.testing.assert_allclose(rotate(q, (0.0, 0.0, -1.0)), up, atol=1e-9)
    assert abs(wrapped(yaw_of(q) - yaw)) < 1e-6


def test_facing_along_the_heading_still_is_an_attitude() -> None:
    q = facing((1.0, 0.0, 0.0), 0.0)
    assert math.hypot(*q) == pytest.approx(1.0)
