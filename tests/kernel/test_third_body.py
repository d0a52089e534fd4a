"""The pull of a distant body, against the difference taken with many digits."""

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.bodies import MOON, SUN
from kernel.jax64 import jnp
from kernel.third_body import third_body

component = st.floats(-1.0, 1.0).map(lambda c: round(c, 6))


def exact(mu, r, s):
    """μ (d/|d|³ − s/|s|³) in rational numbers, roots to sixty digits."""

    def over_cube(v):
        square = sum(c * c for c in v)
        root = Fraction(isqrt(int(square * 10**120)), 10**60)
        return [c / (square * root) for c in v]

    r, s = [Fraction(c) for c in r], [Fraction(c) for c in s]
    away = over_cube([b - a for a, b in zip(r, s, strict=True)])
    return [float(Fraction(mu) * (a - b)) for a, b in zip(away, over_cube(s), strict=True)]


@given(st.tuples(component, component, component), st.floats(6.4e6, 4.3e7))
def test_near_the_centre_no_digit_of_the_difference_is_lost(direction, reach):
    r = [round(reach * c, 3) for c in direction]
    s = [1.0e11, -1.1e11, 2.0e10]
    pull, expected = third_body(SUN.mu, *r, *s), exact(SUN.mu, r, s)
    assert np.linalg.norm(np.subtract(pull, expected)) <= 1e-14 * np.linalg.norm(expected)


def test_the_moon_pulls_at_both_sides_of_the_earth_alike_and_away_from_it():
    distance, r = 384_400e3, 6771e3
    near = third_body(MOON.mu, r, 0.0, 0.0, distance, 0.0, 0.0)
    far = third_body(MOON.mu, -r, 0.0, 0.0, distance, 0.0, 0.0)
    # The tide: 2 μ r/s³ and its next term, 3 μ r²/s⁴.
    tide = 2.0 * MOON.mu * r / distance**3
    assert near[0] == pytest.approx(tide * (1 + 1.5 * r / distance), rel=1e-3)
    assert far[0] == pytest.approx(-tide * (1 - 1.5 * r / distance), rel=1e-3)


def test_at_the_centre_nothing_is_felt():
    assert third_body(SUN.mu, 0.0, 0.0, 0.0, 1e11, 2e10, -3e10) == (0.0, 0.0, 0.0)


def test_the_same_formula_serves_jax():
    arguments = (7e6, -1e6, 2e6, 1e11, -1.1e11, 2e10)
    compiled = jnp.stack(third_body(SUN.mu, *jnp.array(arguments)))
    np.testing.assert_allclose(compiled, third_body(SUN.mu, *arguments), rtol=1e-14)
