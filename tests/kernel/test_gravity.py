"""Gravity models against closed forms and potentials."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import gravity
from kernel.bodies import EARTH, MOON
from kernel.gravity import J2, PointMass, Surroundings, Zonal, uniform
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
    return gravity.j2(Surroundings(EARTH, tuple(np.asarray(pole).tolist())))


def close(actual, expected, relative):
    return np.linalg.norm(np.subtract(actual, expected)) <= relative * np.linalg.norm(expected)


@given(directions, radii)
def test_a_point_mass_pulls_towards_the_centre_by_the_inverse_square(direction, r):
    pull = gravity.point_mass(Surroundings(EARTH))(*(r * direction).tolist())
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


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2, gravity.j6])
@given(direction=directions, r=radii, pole=directions)
def test_the_same_model_serves_plain_floats_and_jax(make, direction, r, pole):
    model = make(Surroundings(EARTH, tuple(pole.tolist())))
    position = r * direction
    plain = model(*position.tolist())
    assert close(jnp.stack(model(*jnp.asarray(position))), plain, 1e-15)


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2, gravity.j6])
def test_compiled_gravity_agrees_with_plain_floats(make):
    model = make(Surroundings(EARTH, (0.0, 0.6, 0.8)))
    compiled = jax.jit(lambda p: jnp.stack(model(p[0], p[1], p[2])))
    for position in np.random.default_rng(5).normal(size=(200, 3)) * 7e6:
        assert close(compiled(position), model(*position.tolist()), 1e-15)


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2])
def test_the_field_is_zero_and_not_nan_at_the_centre(make):
    model = make(Surroundings(EARTH))
    assert model(0.0, 0.0, 0.0) == (0.0, 0.0, 0.0)
    assert np.array_equal(jnp.stack(model(*jnp.zeros(3))), np.zeros(3))


def test_in_free_space_nothing_falls():
    model = gravity.no_gravity(Surroundings())
    assert model(7e6, -1.0, 0.0) == (0.0, 0.0, 0.0)
    assert np.array_equal(jnp.stack(model(*jnp.array([7e6, -1.0, 0.0]))), np.zeros(3))


@pytest.mark.parametrize("make", [gravity.point_mass, gravity.j2, gravity.j6])
def test_the_gravity_of_a_body_needs_a_body(make):
    with pytest.raises(ValueError, match="needs a central body"):
        make(Surroundings())


@pytest.mark.parametrize("make", [gravity.j2, gravity.j6])
def test_a_body_taken_as_round_has_no_zonal_terms(make):
    with pytest.raises(ValueError, match="the moon is taken as round here: use point_mass"):
        make(Surroundings(MOON))


def test_zonal_terms_of_degree_two_alone_are_j2():
    pole = (0.48, 0.6, 0.64)
    second = Zonal(EARTH.mu, EARTH.radius, EARTH.zonals[:1], pole)
    for position in np.random.default_rng(6).normal(size=(50, 3)) * 7e6:
        assert close(second(*position.tolist()), j2_about(pole)(*position.tolist()), 1e-14)


@jax.jit
def minus_zonal_potential(position, pole):
    """μ/r (1 − Σ Jₙ (R/r)ⁿ Pₙ(s)), the Legendre polynomials written out."""
    r = jnp.sqrt(position @ position)
    s = position @ pole / r
    legendre = (
        (3 * s**2 - 1) / 2,
        (5 * s**3 - 3 * s) / 2,
        (35 * s**4 - 30 * s**2 + 3) / 8,
        (63 * s**5 - 70 * s**3 + 15 * s) / 8,
        (231 * s**6 - 315 * s**4 + 105 * s**2 - 5) / 16,
    )
    terms = zip(EARTH.zonals, legendre, strict=True)
    return (
        EARTH.mu
        / r
        * (1 - sum(j * (EARTH.radius / r) ** n * p for n, (j, p) in enumerate(terms, 2)))
    )


ZONAL_GRADIENT = jax.jit(jax.grad(minus_zonal_potential))


@given(directions, radii, directions)
def test_zonals_to_degree_six_are_the_gradient_of_their_potential(direction, r, pole):
    model = gravity.j6(Surroundings(EARTH, tuple(pole.tolist())))
    expected = ZONAL_GRADIENT(r * direction, pole)
    assert close(model(*(r * direction).tolist()), expected, 1e-13)


def test_the_poles_differ_by_the_odd_terms():
    model, r = gravity.j6(Surroundings(EARTH)), 7e6
    north, south = model(0.0, 0.0, r)[2], model(0.0, 0.0, -r)[2]
    q = EARTH.radius / r
    odd = 4 * EARTH.zonals[1] * q**3 + 6 * EARTH.zonals[3] * q**5  # (n + 1) Jₙ (R/r)ⁿ at a pole
    assert north + south == pytest.approx(2 * EARTH.mu / r**2 * odd, rel=1e-9)


def test_near_the_ground_gravity_is_the_same_everywhere():
    pull = (0.0, 0.0, 9.80665)
    model = uniform(Surroundings(uniform=pull))
    assert model(1.0, -2.0, 3e3) == pull
    assert np.stack(jax.vmap(model)(*np.ones((3, 4)))).shape == (3, 4)


def test_gravity_is_uniform_near_the_ground_only():
    with pytest.raises(ValueError, match="near the ground only"):
        uniform(Surroundings(EARTH))
