"""A vehicle whose mass is not what its commands are computed with gets another acceleration."""

import numpy as np
import pytest

from sims.orbit.propulsion import drive_of
from sims.orbit.spacecraft_config import PropellantConfig, SpacecraftConfig, ThrusterConfig

FOUR_WAYS = ((1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))


def pushed(craft, command, axes=None):
    drive = drive_of(craft)
    drive.command(command, axes, 0.1)
    return np.array(drive.push(0.1, axes))


def test_twice_the_mass_gets_half_of_what_is_commanded():
    craft = SpacecraftConfig(mass_kg=2.0, true_mass_kg=4.0, thrust_limit_n=10.0)
    np.testing.assert_allclose(pushed(craft, (1.0, 0.0, -2.0)), [0.5, 0.0, -1.0])


def test_the_limit_is_one_on_force():
    craft = SpacecraftConfig(mass_kg=2.0, true_mass_kg=4.0, thrust_limit_n=10.0)
    np.testing.assert_allclose(pushed(craft, (0.0, 100.0, 0.0)), [0.0, 2.5, 0.0])


def test_thrusters_are_allocated_by_the_stated_mass():
    thrusters = tuple(ThrusterConfig(direction=way, limit_n=50.0) for way in FOUR_WAYS)
    craft = SpacecraftConfig(mass_kg=2.0, true_mass_kg=4.0, thrusters=thrusters)
    found = pushed(craft, (1.0, 0.5, -2.0), np.eye(3))
    np.testing.assert_allclose(found, [0.5, 0.25, -1.0], rtol=1e-6)


def test_a_vehicle_with_a_mass_of_its_own_has_that_mass():
    shared = SpacecraftConfig(mass_kg=2.0, true_mass_kg=4.0, thrust_limit_n=10.0)
    assert shared.overridden({"mass_kg": 3.0}).true_mass_kg is None
    assert shared.overridden({"thrust_limit_n": 1.0}).true_mass_kg == 4.0


def test_a_true_mass_that_is_all_propellant_is_refused():
    tank = PropellantConfig(specific_impulse_s=100.0, fuel_kg=1.5)
    with pytest.raises(ValueError, match="all of the true_mass_kg of 1"):
        SpacecraftConfig(mass_kg=2.0, true_mass_kg=1.0, thrust_limit_n=1.0, propellant=tank)
