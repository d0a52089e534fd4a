"""Constants of the central bodies."""

import math

import pytest

from kernel.bodies import BODIES, EARTH


def test_bodies_are_found_by_their_own_name():
    assert all(body.name == name for name, body in BODIES.items())


def test_the_earth_has_the_oblateness_of_egm2008():
    assert pytest.approx(math.sqrt(5.0) * 0.484165143790815e-3, rel=1e-12) == EARTH.j2


def test_the_earth_has_the_zonal_terms_that_textbooks_print():
    # Vallado, 4th ed., table D-1, to the digits printed there.
    expected = (1.08263e-3, -2.53266e-6, -1.61962e-6, -2.2730e-7, 5.4068e-7)
    assert pytest.approx(expected, rel=0.003) == EARTH.zonals
