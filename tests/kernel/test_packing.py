"""Named places in packed arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.columns import Column, vector
from kernel.packing import Layout

LAYOUT = Layout.of(
    Column("mode"),
    vector("position", "m", "gcrf"),
    vector("velocity", "m/s", "gcrf"),
    Column("elapsed", "s"),
)


def test_a_scalar_has_one_place():
    assert LAYOUT["mode"] == slice(0, 1)
    assert LAYOUT["elapsed"] == slice(7, 8)


def test_a_vector_has_three_places_under_its_own_name():
    assert LAYOUT["position"] == slice(1, 4)
    assert LAYOUT["position_y"] == slice(2, 3)


def test_the_width_is_the_number_of_columns():
    assert LAYOUT.width == len(LAYOUT.columns) == 8


def test_a_span_includes_both_its_ends():
    assert LAYOUT.span("position", "velocity") == slice(1, 7)
    assert LAYOUT.span("mode", "elapsed") == slice(0, 8)


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError, match="altitude"):
        LAYOUT["altitude"]


def test_a_vector_of_columns_keeps_unit_frame_and_meaning():
    x, y, z = vector("force", "N", "gcrf", "total")
    assert [column.name for column in (x, y, z)] == ["force_x", "force_y", "force_z"]
    assert {column[1:4] for column in (x, y, z)} == {("N", "gcrf", "total")}


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_places_follow_one_another_without_gap_or_overlap(are_vectors):
    groups = [
        vector(f"v{i}", "", "") if is_vector else Column(f"s{i}")
        for i, is_vector in enumerate(are_vectors)
    ]
    layout = Layout.of(*groups)
    names = [f"{'v' if is_vector else 's'}{i}" for i, is_vector in enumerate(are_vectors)]
    places = np.arange(layout.width)
    np.testing.assert_array_equal(np.concatenate([places[layout[n]] for n in names]), places)


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two columns are named 'a'"):
        Layout.of(Column("a"), Column("a"))


def test_a_lone_component_is_no_vector():
    with pytest.raises(KeyError):
        Layout.of(Column("tilt_x"), Column("roll"), Column("pitch"))["tilt"]
