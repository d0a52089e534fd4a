"""Gravity models against closed forms and potentials."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import gravity
from kernel.bodies import EARTH
from kernel.gravity import J2, PointMass
from kernel.jax64 import jax, jnp

component = st.floats(-1.0, 1.0)
directions = (
    st.tuples(component, component, component)
    .filter(lambda d: math.hypot(*d) > 0.1)
    .map(lambda d: np.array(d) / math.hypot(*d))
)
radii = st.floats(6.4e6, 5e8)


@jax.jit
def minus_potential(position, pole):
    """The potential energy of J2 with its sign turned: μ/r (1 − J₂ (R/r)² (3 s² − 1)/2)."""
    r = jnp.sqrt(position @ position)
    s = position @ pole / r
    oblate = EARTH.j2 * (EARTH.radius / r) ** 2 * (3.0 * s**2 - 1.0) / 2.0
    return EARTH.mu / r * (1.0 - oblate)


POTENTIAL_GRADIENT = jax.jit(jax.grad(minus_potential))


def j2_about(pole):
    return gravity.j2(EARTH, tuple(np.asarray(pole).tolist()))


def close(actual, expected, relative):
    return np.linalg.norm(np.subtract(actual, expected)) <= relative * np.linalg.norm(expected)


@given(directions, radii)
def test_a_point_mass_pulls_towards_the_centre_by_the_inverse_square(direction, r):
    pull = gravity.point_mass(EARTH, (0.0, 0.0, 1.0))(*(r * direction).tolist())
    assert close(pull, -EARTH.mu / r**2 * direction, 1e-14)


@given(directions, radii, directions)
def test_j2_is_the_gradient_of_its_potential_about_any_pole(direction, r, pole):
    expected = POTENTIAL_GRADIENT(r * direction, pole)
    assert close(j2_about(pole)(*(r * direction).tolist()), expected, 1e-13)


def test_without_oblateness_j2_is_the_point_mass():
    round_earth = J2(EARTH.mu, EARTH.radius, 0.0)
    assert close(round_earth(4e6, -5e6, 3e6), PointMass(EARTH.mu)(4e6, -5e6, 3e6), 1e-15)


def test_an_oblate_body_pulls_more_at_its_equator_and_less_at_its_pole():
    model, r = j2_about([0.0, 0.0, 1.0]), 7e6
    sphere = EARTH.mu / r**2
    excess = 1.5 * EARTH.j2 * (EARTH.radius / r) ** 2
    assert model(r, 0.0, 0.0)[0] == pytest.approx(-sphere * (1.0 + excess), rel=1e-15)
    assert model(0.0, 0.0, r)[2] == pytest.approx(-sphere * (1.0 - 2.0 * excess), rel=1e-15)


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2])
@given(direction=directions, r=radii, pole=directions)
def test_the_same_model_serves_plain_floats_and_jax(make, direction, r, pole):
    model = make(EARTH, tuple(pole.tolist()))
    position = r * direction
    plain = model(*position.tolist())
    assert close(jnp.stack(model(*jnp.asarray(position))), plain, 1e-15)


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2])
def test_compiled_gravity_agrees_with_plain_floats(make):
    model = make(EARTH, (0.0, 0.6, 0.8))
    compiled = jax.jit(lambda p: jnp.stack(model(p[0], p[1], p[2])))
    for position in np.random.default_rng(5).normal(size=(200, 3)) * 7e6:
        assert close(compiled(position), model(*position.tolist()), 1e-15)


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2])
def test_the_field_is_zero_and_not_nan_at_the_centre(make):
    model = make(EARTH, (0.0, 0.0, 1.0))
    assert model(0.0, 0.0, 0.0) == (0.0, 0.0, 0.0)
    assert np.array_equal(jnp.stack(model(*jnp.zeros(3))), np.zeros(3))


def test_in_free_space_nothing_falls():
    model = gravity.no_gravity(None, (0.0, 0.0, 1.0))
    assert model(7e6, -1.0, 0.0) == (0.0, 0.0, 0.0)
    assert np.array_equal(jnp.stack(model(*jnp.array([7e6, -1.0, 0.0]))), np.zeros(3))


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2])
def test_the_gravity_of_a_body_needs_a_body(make):
    with pytest.raises(ValueError, match="needs a central body"):
        make(None, (0.0, 0.0, 1.0))
