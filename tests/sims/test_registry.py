"""Parts are found by their entry points."""

import pytest

from kernel.bodies import EARTH
from kernel.gravity import J2, PointMass, Surroundings
from sims.orbit.family import FAMILY
from sims.registry import CONTROLLERS, GRAVITY, PLANTS, find, names


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (PLANTS, "orbit"),
        (CONTROLLERS, "agp"),
        (GRAVITY, "j2"),
        (GRAVITY, "none"),
        (GRAVITY, "point_mass"),
    ],
)
def test_what_the_project_ships_is_listed(group, name):
    assert name in names(group)


def test_names_are_sorted():
    assert list(names(GRAVITY)) == sorted(names(GRAVITY))


def test_a_plant_is_found_by_its_name():
    assert find(PLANTS, "orbit") is FAMILY


def test_a_gravity_model_is_found_by_its_name_and_built_about_a_body():
    pole = (0.0, 0.6, 0.8)
    assert find(GRAVITY, "point_mass")(Surroundings(EARTH, pole)) == PointMass(EARTH.mu)
    assert find(GRAVITY, "j2")(Surroundings(EARTH, pole)) == J2(
        EARTH.mu, EARTH.radius, EARTH.j2, pole
    )


@pytest.mark.parametrize("group", [PLANTS, CONTROLLERS, GRAVITY])
def test_an_unknown_name_is_refused_with_the_names_that_are_known(group):
    with pytest.raises(LookupError, match="no 'warp-drive'") as refusal:
        find(group, "warp-drive")
    assert all(name in str(refusal.value) for name in names(group))


def test_an_empty_group_says_that_the_package_may_not_be_installed():
    with pytest.raises(LookupError, match="is the package installed"):
        find("motorhand.no_such_group", "orbit")
