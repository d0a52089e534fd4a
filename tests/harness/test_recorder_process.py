"""The recorder process loads little, and turns its journal into Parquet whole or not at all."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.recorder_process import _arrow, compact
from harness.trace.schema import TraceColumn


def journal(path, batches):
    schema = pa.schema(
        [
            pa.field("x", pa.float64(), nullable=False, metadata={"unit": "m"}),
            pa.field("mode", pa.dictionary(pa.int8(), pa.string()), nullable=False),
        ],
        metadata={"format": "1"},
    )
    modes = pa.array(["IDLE", "NULL-G"])
    with pa.ipc.new_stream(str(path), schema) as stream:
        for values in batches:
            codes = pa.array(np.zeros(len(values), np.int8))
            dictionary = pa.DictionaryArray.from_arrays(codes, modes)
            stream.write_batch(pa.record_batch([pa.array(values), dictionary], schema))


@pytest.mark.parametrize("batches", [[], [[1.0]], [[1.0, 2.0], [], [3.0]], [[0.5] * 70_000] * 5])
def test_a_journal_becomes_parquet(tmp_path, batches):
    journal(tmp_path / "x.arrows", [np.array(batch, float) for batch in batches])
    compact(tmp_path / "x.arrows", tmp_path / "x.parquet")
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["x"].to_pylist() == [value for batch in batches for value in batch]
    assert table.schema.metadata == {b"format": b"1"}
    assert table.schema.field("x").metadata[b"unit"] == b"m"
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
    array = _arrow(column, values)
    assert array.type == column.arrow_field().type
    array.validate(full=True)
    expected = [column.categories[code] for code in values] if column.categories else values
    for found, wanted in zip(array.to_pylist(), expected, strict=True):
        assert np.array_equal(found, wanted, equal_nan=column.kind == "float64")


def test_it_loads_neither_jax_nor_a_plant_nor_pandas():
    code = (
        "import sys, harness.recorder_process;"
        "print([m for m in ('jax', 'pybullet', 'pandas', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
