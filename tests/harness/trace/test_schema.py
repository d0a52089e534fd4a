"""A column says in the file what it is measured in and what it stands for."""

import pyarrow as pa
import pytest

from harness.trace.schema import TraceColumn, arrow_schema


@pytest.mark.parametrize(
    "column",
    [
        TraceColumn("x"),
        TraceColumn("tick", "int64", "ns", about="time"),
        TraceColumn("z", unit="m", frame="gcrf", basis="true", undefined_as_nan=True),
        TraceColumn("mode", "category", categories=("IDLE", "NULL-G")),
    ],
)
def test_a_column_survives_its_plain_form(column):
    assert TraceColumn.from_json(column.to_json()) == column


def test_unit_frame_meaning_and_basis_are_in_the_file():
    column = TraceColumn("x", unit="m", frame="gcrf", about="where", basis="true")
    field = column.arrow_field()
    assert field.metadata == {
        b"unit": b"m",
        b"frame": b"gcrf",
        b"about": b"where",
        b"basis": b"true",
    }
    assert not field.nullable


def test_nan_that_says_not_defined_is_announced_in_the_file():
    assert TraceColumn("x", undefined_as_nan=True).arrow_field().metadata == {
        b"nan": b"not defined"
    }


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("int64", pa.int64()),
        ("float64", pa.float64()),
        ("bool", pa.bool_()),
        ("category", pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_a_kind_is_stored_as_itself(kind, stored):
    assert TraceColumn("x", kind).arrow_field().type == stored


def test_a_file_says_its_format():
    assert arrow_schema([TraceColumn("x")], {"format": "1"}).metadata == {b"format": b"1"}
