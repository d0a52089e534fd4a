"""What an orbital plant says about itself before any physics is opened."""

import math

import numpy as np
import pytest

from kernel.bodies import EARTH
from kernel.gravity import J2, PointMass, Surroundings
from sims.config import BadValueError
from sims.orbit.config import OrbitConfig
from sims.orbit.family import FAMILY, gravity_model, slot_state, slot_states, starting_states
from sims.plant import PlantSpec

POSITION = np.array([4e6, -5e6, 3e6])
VELOCITY = np.array([5e3, 4e3, 1e3])
STATE = {"position_m": POSITION.tolist(), "velocity_m_s": VELOCITY.tolist()}
TLE = [
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
]


def orbit(**changes):
    base = {"kind": "orbit", "mass_kg": 4.0, "thrust_limit_n": 1.0, "state": STATE}
    return OrbitConfig.model_validate({**base, **changes})


def describe(**changes) -> PlantSpec:
    return FAMILY.describe(orbit(**changes), 10.0)


def unit(vector):
    return vector / np.linalg.norm(vector)


RADIAL = unit(POSITION)
CROSS = unit(np.cross(POSITION, VELOCITY))
ALONG = np.cross(CROSS, RADIAL)


@pytest.mark.parametrize(
    ("offset", "direction"),
    [([100.0, 0, 0], RADIAL), ([0, 100.0, 0], ALONG), ([0, 0, 100.0], CROSS)],
)
def test_offsets_are_radial_along_track_and_cross_track(offset, direction):
    start = describe(offset_rtn_m=offset).initial_state[0]
    moved = start[:3] - POSITION
    assert moved @ direction == pytest.approx(100.0, abs=1e-8)
    assert np.linalg.norm(moved) == pytest.approx(100.0, abs=1e-8)
    np.testing.assert_array_equal(start[3:], VELOCITY)

    start = describe(offset_rtn_m_s=offset).initial_state[0]
    moved = start[3:] - VELOCITY
    assert moved @ direction == pytest.approx(100.0, abs=1e-10)
    assert np.linalg.norm(moved) == pytest.approx(100.0, abs=1e-10)
    np.testing.assert_array_equal(start[:3], POSITION)


def test_without_offsets_the_vehicle_starts_on_the_slot_to_the_bit():
    spec = describe()
    np.testing.assert_array_equal(spec.initial_state, [[*POSITION, *VELOCITY]])
    np.testing.assert_array_equal(spec.nominal_state, spec.initial_state)


def test_each_vehicle_starts_at_its_own_offset_from_the_same_slot():
    vehicles = [{"name": "a", "offset_rtn_m": [10, 0, 0]}, {"name": "b"}]
    spec = describe(vehicles=vehicles, offset_rtn_m=[0, 20, 0])
    assert spec.vehicles == ("a", "b")
    np.testing.assert_array_equal(spec.nominal_state, [[*POSITION, *VELOCITY]] * 2)
    moved = spec.initial_state[:, :3] - POSITION
    np.testing.assert_allclose(moved, [10 * RADIAL, 20 * ALONG], rtol=0.0, atol=1e-8)


def test_offsets_along_an_orbit_without_a_plane_are_refused():
    falling = {"position_m": [7e6, 0.0, 0.0], "velocity_m_s": [-10.0, 0.0, 0.0]}
    with pytest.raises(ValueError, match="parallel"):
        describe(state=falling, offset_rtn_m=[1.0, 0.0, 0.0])
    assert describe(state=falling).initial_state.tolist() == [[7e6, 0, 0, -10, 0, 0]]


def test_a_start_inside_the_earth_is_refused_with_the_vehicle_and_the_depth():
    buried = {"position_m": [6.3e6, 0.0, 0.0], "velocity_m_s": [0.0, 7.5e3, 0.0]}
    with pytest.raises(ValueError, match=r"vehicle starts 78\.1 km inside the earth"):
        describe(state=buried)


def test_an_offset_into_the_earth_is_refused_for_the_vehicle_that_has_it():
    vehicles = [{"name": "high"}, {"name": "deep", "offset_rtn_m": [-2e6, 0, 0]}]
    with pytest.raises(ValueError, match="deep starts"):
        describe(vehicles=vehicles)


def test_a_start_at_the_surface_is_refused_and_a_metre_above_it_is_not():
    def at(height_m):
        position = [EARTH.radius + height_m, 0.0, 0.0]
        return {"position_m": position, "velocity_m_s": [0.0, 7.9e3, 0.0]}

    with pytest.raises(ValueError, match="inside the earth"):
        describe(state=at(0.0))
    assert describe(state=at(1.0)).surface_m == EARTH.radius


def test_an_unknown_gravity_model_is_refused_with_those_that_are_known():
    with pytest.raises(BadValueError, match=r"no gravity .*'flat'.*known: .*j2.*point_mass") as bad:
        describe(gravity="flat")
    assert bad.value.key == ("gravity",)


def test_an_unknown_gravity_model_can_not_be_built():
    with pytest.raises(BadValueError, match=r"no gravity .*'flat'.*known: .*j2.*point_mass"):
        gravity_model("flat", Surroundings(EARTH))


def test_authority_is_thrust_over_mass():
    vehicles = [{"name": "a"}, {"name": "b", "mass_kg": 8.0}, {"name": "c", "thrust_limit_n": 3.0}]
    np.testing.assert_allclose(describe(vehicles=vehicles).max_acceleration, [0.25, 0.125, 0.75])


def test_without_an_epoch_the_pole_is_the_z_axis():
    spec = describe()
    assert spec.epoch is None
    assert spec.pole == (0.0, 0.0, 1.0)


def test_with_an_epoch_the_pole_is_that_of_date():
    spec = describe(tle=TLE, state=None)
    assert spec.epoch is not None
    assert np.linalg.norm(spec.pole) == pytest.approx(1.0, abs=1e-15)
    # A fifth of a century of precession at 20 arc seconds a year.
    assert math.degrees(spec.pole[0]) == pytest.approx(20 * 20.04 / 3600, abs=0.003)


def test_the_slot_of_an_element_set_is_in_metres():
    epoch, state = slot_state(orbit(tle=TLE, state=None))
    assert epoch is not None
    assert np.linalg.norm(state[:3]) == pytest.approx(6790e3, abs=10e3)


def test_the_plant_says_what_it_is():
    spec = describe()
    assert (spec.family, spec.frame, spec.body) == ("orbit", "gcrf", "earth")
    assert spec.clocks == {"lockstep", "realtime"}
    assert spec.modes == {"IDLE", "NULL-G", "STATION-KEEP", "TRAJECTORY"}
    assert spec.deterministic
    assert spec.knows_truth
    assert spec.faults == {"gravity_error"}


def test_gravity_is_built_about_the_pole_of_the_plant():
    pole = (0.0, 0.6, 0.8)
    assert gravity_model("j2", Surroundings(EARTH, pole)) == J2(
        EARTH.mu, EARTH.radius, EARTH.j2, pole
    )
    assert gravity_model("point_mass", Surroundings(EARTH, pole)) == PointMass(EARTH.mu)


def test_starting_states_have_one_row_a_vehicle():
    vehicles = orbit(vehicles=[{"name": name} for name in "abc"]).whole_vehicles()
    slots = slot_states(vehicles, np.arange(6.0), EARTH.mu)
    assert starting_states(vehicles, slots).shape == (3, 6)
