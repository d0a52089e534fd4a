"""Where the AGP controller's quantities lie."""

import pytest

from kernel.agp_layout import agp_layouts, told_layout

TOLD, DECIDED, CARRIED = agp_layouts("gcrf")


def test_every_controller_is_told_the_same():
    assert told_layout("gcrf") == TOLD


def test_no_two_columns_share_a_name():
    names = [column.name for layout in (TOLD, DECIDED, CARRIED) for column in layout.columns]
    assert len(names) == len(set(names)) == 16 + 13 + 17


def test_vectors_are_in_the_frame_that_was_asked_for_and_scalars_in_none():
    for layout in agp_layouts("moon"):
        for column in layout.columns:
            assert column.frame == ("moon" if column.name[-2:] in {"_x", "_y", "_z"} else "")


@pytest.mark.parametrize(
    "name",
    [
        "unlimited_acceleration",
        "measured_error_position",
        "measured_error_velocity",
        "integral_state",
        "limited",
    ],
)
def test_what_the_harness_needs_is_decided(name):
    assert DECIDED[name].start < DECIDED.width
