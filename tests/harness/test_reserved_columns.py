"""No two parts of a run may call different things by one name."""

import pytest

from harness.columns import RowLayout
from kernel.agp_layout import agp_layouts
from kernel.columns import Column, vector
from kernel.packing import Layout


def taken(*extras):
    told, decided, carried = agp_layouts("gcrf")
    return RowLayout(told, decided, carried, extras=Layout.of(*extras)).taken()


def test_the_true_state_of_a_plant_is_its_own():
    state = vector("position", "m", "gcrf"), vector("velocity", "m/s", "gcrf")
    assert taken(*state, Column("delta_v", "m/s")) is None


@pytest.mark.parametrize(
    "name", ["limited", "tick", "t_ns", "vehicle", "primal_state", "error_position_x"]
)
def test_a_plant_can_not_shadow_what_the_run_or_the_controller_says(name):
    assert taken(Column("delta_v"), Column(name)) == name
