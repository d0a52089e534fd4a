"""Exponential atmosphere against its source."""

import itertools

import pytest

from sims.orbit.atmosphere import _LAYERS, exponential_density


def test_the_density_is_that_of_the_textbooks_example():
    # Vallado, 4th ed., example 8-4.
    assert exponential_density(747_211.9) == pytest.approx(2.1219854e-14, rel=1e-4)


@pytest.mark.parametrize(("below", "above"), list(itertools.pairwise(_LAYERS)), ids=str)
def test_layers_meet_as_well_as_their_printed_digits_allow(below, above):
    end = exponential_density(1e3 * above[0] - 1e-6)
    assert end == pytest.approx(above[1], rel=0.015)
    assert end > exponential_density(1e3 * above[0] + 10.0)


@pytest.mark.parametrize("height_km", [-10.0, 0.0, 24.999, 25.0, 400.0, 1000.0, 36_000.0])
def test_the_air_thins_with_height_everywhere(height_km):
    assert (
        exponential_density(1e3 * height_km) > exponential_density(1e3 * height_km + 100.0) >= 0.0
    )
