"""Every column of a trace says its unit, its frame, and whether it is the truth."""

import pytest

from harness.columns import STAMPS, timing_columns


@pytest.fixture
def columns(short):
    return short().columns


def test_a_plant_that_knows_the_truth_gives_true_columns(columns):
    assert columns["position_x"].basis == "true"
    assert columns["error_velocity_z"].basis == "true"
    assert columns["primal_state"].basis == "true"
    assert columns["measured_position_x"].basis == ""


def test_a_plant_that_does_not_gives_measured_ones(hover):
    columns = hover().columns
    assert columns["position_x"].basis == "measured"
    assert columns["error_position_x"].basis == "measured"


def test_a_truth_that_is_told_is_a_column_once(hover):
    scenario = hover(plant="knows_truth: true")
    assert scenario.columns["position_x"].basis == "true"
    names = [column.name for column in scenario.row.raw]
    assert names.count("position_x") == 1


def test_time_and_vehicle_come_first(columns):
    assert list(columns)[:3] == ["tick", "t_ns", "vehicle"]
    assert columns["t_ns"].unit == "ns"
    assert columns["vehicle"].categories == ("iss",)


def test_what_the_controller_got_gave_and_carries_is_there(columns):
    needed = {"control_mode", "limited", "carried_mode", "blend_elapsed"}
    for vector in (
        "measured_position",
        "measured_velocity",
        "reference_position",
        "reference_velocity",
        "reference_acceleration",
        "unlimited_acceleration",
        "commanded_acceleration",
        "delivered_acceleration",
        "integral_state",
        "carried_memory",
    ):
        needed |= {f"{vector}_{axis}" for axis in "xyz"}
    assert needed <= set(columns)


def test_vectors_have_a_frame_and_physical_columns_a_unit(columns):
    for name, column in columns.items():
        if name.endswith(("_x", "_y", "_z")):
            assert column.frame == "gcrf"
            assert column.unit
        elif column.kind == "float64" and name != "stability_margin":
            assert column.unit, name


def test_only_what_may_be_undefined_may_be_nan(columns):
    assert {name for name, column in columns.items() if column.undefined_as_nan} == {
        "primal_state",
        "lipschitz_constant",
        "stability_margin",
    }


def test_modes_are_named(columns):
    assert columns["control_mode"].categories == ("IDLE", "NULL-G", "STATION-KEEP", "TRAJECTORY")
    assert columns["limited"].kind == "bool"


def test_timing_has_a_row_a_tick_of_monotonic_nanoseconds():
    tick, *stamps = timing_columns()
    assert tick.name == "tick"
    assert tuple(column.name for column in stamps) == tuple(STAMPS)
    assert {column.unit for column in stamps} == {"ns"}
