"""A level set is drawn as the shadow of all states in it, whichever way space is turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.sections.stability.level_set import half_ellipse, in_plane, shadow

RHO = 150.0
WITHOUT_DELAY = np.array(
    [
        [1.0, 2.1816887410306585, -0.0011515657503106326],
        [2.1816887410306585, 32076.894926520992, 0.3961900641330218],
        [-0.0011515657503106326, 0.3961900641330218, 1.7373309740601075e-05],
    ]
)
IN_FLIGHT = np.pad(WITHOUT_DELAY, (0, 2)) + np.diag([0.0, 0.0, 0.0, 4e5, 4e5])
IN_FLIGHT[0, 3] = IN_FLIGHT[3, 0] = 50.0
METRICS = pytest.mark.parametrize("p", [WITHOUT_DELAY, IN_FLIGHT], ids=["plain", "in flight"])


def states(p, seed, count=2000):
    """States on the boundary of the level set, of every axis, (count, states, 3)."""
    raw = np.random.default_rng(seed).normal(size=(count, 3 * len(p)))
    root = np.linalg.cholesky(np.kron(p, np.eye(3)))
    flat = np.linalg.solve(root.T, raw.T).T
    size = np.sqrt(np.einsum("ni,ij,nj->n", flat, np.kron(p, np.eye(3)), flat))
    return (RHO * flat / size[:, None]).reshape(count, len(p), 3)


def size_in_shadow(p, points):
    return np.sqrt(np.einsum("ns,st,nt->n", points, shadow(p), points))


@METRICS
@given(seed=st.integers(0, 2**32 - 1))
def test_every_state_of_a_level_set_is_within_its_shadow(p, seed):
    some = states(p, seed, count=200)
    points = in_plane(some[:, 0], some[:, 1])
    assert np.all(size_in_shadow(p, points) <= RHO * (1.0 + 1e-9))


@METRICS
def test_the_shadow_is_no_larger_than_it_has_to_be(p):
    line = half_ellipse(shadow(p), RHO)
    inverse = np.linalg.inv(p)
    # The state of least norm over a point of the plane, along one axis.
    lifted = inverse[:, :2] @ np.linalg.solve(inverse[:2, :2], line.T)
    np.testing.assert_allclose(np.sqrt(np.einsum("sn,st,tn->n", lifted, p, lifted)), RHO)


@METRICS
def test_the_line_drawn_is_the_boundary_and_keeps_to_the_right(p):
    line = half_ellipse(shadow(p), RHO)
    np.testing.assert_allclose(size_in_shadow(p, line), RHO)
    assert np.all(line[:, 0] >= -1e-9)
    np.testing.assert_allclose(line[[0, -1], 0], 0.0, atol=1e-9 * RHO)


def test_where_a_run_is_drawn_does_not_depend_on_the_axes():
    random = np.random.default_rng(1)
    position, velocity = random.normal(size=(2, 50, 3))
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    np.testing.assert_allclose(
        in_plane(position, velocity), in_plane(position @ turn, velocity @ turn)
    )


def test_a_vehicle_on_its_reference_has_a_place_too():
    assert np.array_equal(in_plane(np.zeros((1, 3)), np.ones((1, 3))), [[0.0, 0.0]])
