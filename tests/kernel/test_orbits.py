"""Two-body facts of a state."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.bodies import EARTH
from kernel.orbits import perigee_radius


def state_on_conic(perigee, eccentricity, true_anomaly, inclination=0.9):
    """State on the conic of that perigee radius, in a plane inclined about x."""
    p = perigee * (1.0 + eccentricity)
    c, s = math.cos(true_anomaly), math.sin(true_anomaly)
    tilt = np.array([[1.0, 0.0], [0.0, math.cos(inclination)], [0.0, math.sin(inclination)]])
    position = tilt @ [c, s] * p / (1.0 + eccentricity * c)
    velocity = tilt @ [-s, eccentricity + c] * math.sqrt(EARTH.mu / p)
    return np.concatenate([position, velocity])


def test_a_known_ellipse_has_its_perigee_wherever_the_state_lies_on_it():
    # Geostationary transfer: 250 km by 35 786 km over the equator, by vis-viva at both ends.
    low, high = 6628e3, 42164e3
    a = 0.5 * (low + high)
    at_perigee = [low, 0, 0, 0, math.sqrt(EARTH.mu * (2 / low - 1 / a)), 0]
    at_apogee = [0, high, 0, math.sqrt(EARTH.mu * (2 / high - 1 / a)), 0, 0]
    assert perigee_radius(at_perigee, EARTH.mu) == pytest.approx(low, rel=1e-12)
    assert perigee_radius(at_apogee, EARTH.mu) == pytest.approx(low, rel=1e-12)


@given(
    perigee=st.floats(6.5e6, 5e7),
    eccentricity=st.floats(0.0, 0.95),
    anomaly=st.floats(-math.pi, math.pi),
)
def test_the_perigee_does_not_depend_on_the_place_on_the_orbit(perigee, eccentricity, anomaly):
    state = state_on_conic(perigee, eccentricity, anomaly)
    assert perigee_radius(state, EARTH.mu) == pytest.approx(perigee, rel=1e-10)


@given(perigee=st.floats(6.5e6, 5e7), eccentricity=st.floats(1.0, 4.0), share=st.floats(-0.9, 0.9))
def test_parabola_and_hyperbola_have_a_closest_point_too(perigee, eccentricity, share):
    state = state_on_conic(perigee, eccentricity, share * math.acos(-1.0 / eccentricity))
    assert perigee_radius(state, EARTH.mu) == pytest.approx(perigee, rel=1e-10)


def test_a_body_at_rest_falls_through_the_centre():
    assert perigee_radius([7e6, 0, 0, 0, 0, 0], EARTH.mu) == 0.0
