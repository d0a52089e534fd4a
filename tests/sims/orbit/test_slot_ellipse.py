"""A slot on an ellipse about another: it stays there by itself."""

import math

import numpy as np
import pytest

from kernel.bodies import EARTH
from kernel.frames import rtn_axes
from sims.config import BadValueError
from sims.orbit.config import OrbitConfig
from sims.orbit.family import FAMILY
from sims.plant import Command

RADIUS_M = 6.9e6
SPEED_M_S = math.sqrt(EARTH.mu / RADIUS_M)
N = SPEED_M_S / RADIUS_M
PERIOD_S = math.tau / N
CIRCLE = {"position_m": [RADIUS_M, 0, 0], "velocity_m_s": [0, 0.6 * SPEED_M_S, 0.8 * SPEED_M_S]}


def company(ellipse, **changes):
    base = {
        "kind": "orbit",
        "gravity": "point_mass",
        "mass_kg": 10.0,
        "thrust_limit_n": 1.0,
        "state": CIRCLE,
        "vehicles": [{"name": "target"}, {"name": "inspector", "slot_ellipse": ellipse}],
    }
    return OrbitConfig.model_validate({**base, **changes})


def relative(ellipse, orbits=1.0, ticks=1000):
    """Where the inspector coasts about the target: radial, along-track, cross-track, and when."""
    config, tick_s = company(ellipse), orbits * PERIOD_S / ticks
    plant = FAMILY.open(config, FAMILY.describe(config, 1.0 / tick_s), round(tick_s * 1e9), 0)
    coast = Command(0, np.zeros((2, 3)), np.zeros(2))
    states = np.array(
        [plant.start().state, *(plant.exchange(coast, 0).state for _ in range(ticks))]
    )
    plant.stop("end of test")
    apart = states[:, 1, :3] - states[:, 0, :3]
    axes = rtn_axes(states[:, 0, :3], states[:, 0, 3:])
    return np.einsum("tij,tj->ti", axes, apart), tick_s * np.arange(ticks + 1)


@pytest.mark.parametrize("phase", [0.0, 1.0, -2.5])
def test_it_is_the_closed_form_of_clohessy_and_wiltshire(phase):
    b, c = 20.0, 7.0
    path, t = relative({"along_track_m": b, "cross_track_m": c, "phase_rad": phase})
    angle = N * t + phase
    expected = [-0.5 * b * np.cos(angle), b * np.sin(angle), c * np.sin(angle)]
    # What the linear equations leave out is of the order of b²/r = 6e-5 m, times an orbit's angle.
    np.testing.assert_allclose(path, np.transpose(expected), atol=2e-3)


def test_in_the_orbits_plane_it_is_twice_as_long_as_high_and_flown_once_an_orbit():
    path, _ = relative({"along_track_m": 50.0})
    height, length, width = path.max(axis=0) - path.min(axis=0)
    assert length == pytest.approx(100.0, rel=1e-3)
    assert height == pytest.approx(50.0, rel=1e-3)
    assert width < 1e-6
    np.testing.assert_allclose(path[-1], path[0], atol=0.01)


def test_at_phase_zero_it_is_straight_below_and_moves_ahead():
    path, _ = relative({"along_track_m": 50.0}, orbits=0.01)
    np.testing.assert_allclose(path[0], [-25.0, 0.0, 0.0], atol=1e-6)
    assert path[-1, 1] > 0.0


def test_its_drift_an_orbit_is_of_second_order_in_its_size():
    drifts = []
    for size in (1000.0, 2000.0, 4000.0):
        path, _ = relative({"along_track_m": size, "phase_rad": 1.0})
        drifts.append(abs(path[-1, 1] - path[0, 1]))
    assert drifts[0] < 2e-3 * 1000.0
    assert drifts[1] / drifts[0] == pytest.approx(4.0, rel=0.05)
    assert drifts[2] / drifts[1] == pytest.approx(4.0, rel=0.05)


def test_the_ellipse_is_the_vehicles_own_slot_and_offsets_are_from_it():
    config = company({"along_track_m": 50.0}, offset_rtn_m=[0, 3.0, 0])
    spec = FAMILY.describe(config, 10.0)
    slots, starts = spec.nominal_state[:, :3], spec.initial_state[:, :3]
    assert np.linalg.norm(slots[1] - slots[0]) == pytest.approx(25.0)
    np.testing.assert_allclose(np.linalg.norm(starts - slots, axis=1), 3.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("velocity", "message"),
    [([0.0, 11e3, 0.0], "orbit that never returns"), ([100.0, 0.0, 0.0], "parallel")],
)
def test_an_ellipse_about_no_orbit_is_refused_at_its_vehicle(velocity, message):
    state = {"position_m": [RADIUS_M, 0, 0], "velocity_m_s": velocity}
    with pytest.raises(BadValueError, match=message) as refusal:
        FAMILY.describe(company({"along_track_m": 50.0}, state=state), 10.0)
    assert refusal.value.key == ("vehicles", 1, "slot_ellipse")


@pytest.mark.parametrize(
    "ellipse", [{}, {"along_track_m": -1.0}, {"along_track_m": 1e7}, {"along_track_m": 1, "a": 1}]
)
def test_an_ellipse_that_can_not_be_is_refused(ellipse):
    with pytest.raises(ValueError, match="slot_ellipse"):
        company(ellipse)
