"""What a vehicle at a libration point says about itself, and what it can't be told."""

import numpy as np
import pytest
from pydantic import ValidationError

from kernel.synodic import EARTH_MOON, SUN_EARTH, libration_point
from sims.config import BadValueError
from sims.orbit.libration import FAMILY, LibrationConfig


def libration(**changes):
    base = {"kind": "libration", "point": "L2", "mass_kg": 500.0, "thrust_limit_n": 1.0}
    return LibrationConfig.model_validate({**base, **changes})


def refusal(**changes):
    with pytest.raises(BadValueError) as refused:
        FAMILY.describe(libration(**changes), 0.01)
    return refused.value.key, str(refused.value)


def test_its_slot_is_the_point_and_its_start_is_offset_from_it():
    config = libration(offset_m=[1e3, -2e3, 3e3], offset_m_s=[0.1, 0.2, -0.3])
    spec = FAMILY.describe(config, 0.01)
    there = np.array([*libration_point(SUN_EARTH, "L2"), 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(spec.nominal_state, [there])
    moved = spec.initial_state - there
    np.testing.assert_allclose(moved, [[1e3, -2e3, 3e3, 0.1, 0.2, -0.3]], rtol=1e-6)
    assert (spec.family, spec.frame, spec.system) == ("libration", "synodic", "sun_earth")
    assert (spec.vehicles, spec.body) == (("vehicle",), None)
    assert spec.max_acceleration == pytest.approx([0.002])


def test_the_ground_is_that_of_the_smaller_body():
    spec = FAMILY.describe(libration(system="earth_moon", name="gateway"), 0.01)
    assert spec.surface_m == EARTH_MOON.secondary_radius_m
    assert spec.vehicles == ("gateway",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"system": "sun_mars"}, r"no system 'sun_mars' \(known: sun_earth, earth_moon\)"),
        ({"point": "L6"}, "point"),
        ({"name": "A"}, "name"),
        ({"substeps": 0}, "substeps"),
        ({"vehicles": []}, "vehicles"),
    ],
)
def test_what_is_not_there_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        libration(**changes)


def test_there_are_no_axes_of_an_orbit():
    key, message = refusal(attitude={"kind": "ideal", "pointing": "rtn"})
    assert key == ("attitude", "pointing")
    assert message.endswith("write inertial")


def test_parts_that_can_not_be_flown_are_refused_as_anywhere():
    key, message = refusal(sensors={"imu": {"rate_hz": 1.0}})
    assert key == ("sensors", "imu", "rate_hz")
    assert message == "1 Hz is faster than the loop that reads it; at most 0.01"
    jets = [{"direction": [1, 0, 0], "limit_n": 1.0}, {"direction": [-1, 0, 0], "limit_n": 1.0}]
    key, message = refusal(thrust_limit_n=None, thrusters=jets)
    assert key == ("thrusters",)
    assert message == "the thrusters push in one plane only; no command out of it can be met"
