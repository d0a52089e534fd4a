"""A journal becomes Parquet whole or not at all, and is read up to where it breaks off."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.journal import arrow_array, compact
from harness.trace.journal import whole_batches
from harness.trace.schema import TraceColumn

SCHEMA = pa.schema(
    [
        pa.field("x", pa.float64(), nullable=False, metadata={"unit": "m"}),
        pa.field("mode", pa.dictionary(pa.int8(), pa.string()), nullable=False),
    ],
    metadata={"format": "1"},
)


def journal(path, batches):
    modes = pa.array(["IDLE", "NULL-G"])
    with pa.ipc.new_stream(str(path), SCHEMA) as stream:
        for values in batches:
            codes = pa.array(np.zeros(len(values), np.int8))
            dictionary = pa.DictionaryArray.from_arrays(codes, modes)
            stream.write_batch(pa.record_batch([pa.array(values), dictionary], SCHEMA))


@pytest.mark.parametrize("batches", [[], [[1.0]], [[1.0, 2.0], [], [3.0]], [[0.5] * 70_000] * 5])
def test_a_journal_becomes_parquet(tmp_path, batches):
    journal(tmp_path / "x.arrows", [np.array(batch, float) for batch in batches])
    compact(tmp_path / "x.arrows", tmp_path / "x.parquet", SCHEMA)
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["x"].to_pylist() == [value for batch in batches for value in batch]
    assert table.schema.metadata == {b"format": b"1"}
    assert table.schema.field("x").metadata[b"unit"] == b"m"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.arrows", "x.parquet"]


def test_a_journal_cut_anywhere_keeps_its_whole_batches(tmp_path):
    batches = [[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]]
    journal(tmp_path / "whole.arrows", [np.array(batch) for batch in batches])
    content = (tmp_path / "whole.arrows").read_bytes()
    cut = tmp_path / "cut.arrows"
    kept = set()
    for length in range(len(content) + 1):
        cut.write_bytes(content[:length])
        found = [batch.column("x").to_pylist() for batch in whole_batches(cut)]
        assert found == batches[: len(found)]
        kept.add(len(found))
    assert kept == {0, 1, 2, 3}


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5, 6])
def test_only_as_many_rows_as_wanted_are_kept(tmp_path, rows):
    journal(tmp_path / "x.arrows", [np.array(b) for b in ([1.0, 2.0], [3.0], [4.0, 5.0, 6.0])])
    compact(tmp_path / "x.arrows", tmp_path / "x.parquet", SCHEMA, rows)
    assert pq.read_table(tmp_path / "x.parquet")["x"].to_pylist() == [1, 2, 3, 4, 5, 6][:rows]


def test_without_a_journal_there_is_a_table_without_rows(tmp_path):
    compact(tmp_path / "x.arrows", tmp_path / "x.parquet", SCHEMA)
    assert pq.read_table(tmp_path / "x.parquet").num_rows == 0


def test_a_table_that_can_not_be_made_leaves_the_journal_and_nothing_else(tmp_path):
    journal(tmp_path / "x.arrows", [np.array([1.0])])
    (tmp_path / "x.parquet").mkdir()
    with pytest.raises(OSError, match="directory"):
        compact(tmp_path / "x.arrows", tmp_path / "x.parquet", SCHEMA)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.arrows", "x.parquet"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (TraceColumn("x"), np.array([1.0, -0.0, np.nan])),
        (TraceColumn("x", "int64"), np.array([1, -(2**62)])),
        (TraceColumn("x", "bool"), np.array([True, False, True] * 5)),
        (TraceColumn("x", "category", categories=("a", "b")), np.array([1, 0, 1])),
        (TraceColumn("x"), np.arange(20.0)[::3]),
    ],
)
def test_an_arrow_array_has_the_values_and_the_type_of_its_column(column, values):
    array = arrow_array(column, values)
    assert array.type == column.arrow_field().type
    array.validate(full=True)
    expected = [column.categories[code] for code in values] if column.categories else values
    for found, wanted in zip(array.to_pylist(), expected, strict=True):
        assert np.array_equal(found, wanted, equal_nan=column.kind == "float64")
