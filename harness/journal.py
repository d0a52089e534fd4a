"""Journals of a run under way, and their compaction to Parquet.

While the run lasts rows go to Arrow IPC streams, which are whole up to their last batch whatever
happens; a Parquet file without its footer could not be read.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.columns import timing_columns
from harness.trace import files
from harness.trace.journal import whole_batches
from harness.trace.schema import TraceColumn, arrow_schema

_ROW_GROUP_ROWS = 2**17


@dataclass(frozen=True)
class Part:
    """One of the two tables of a run: its journal, and the Parquet file that this becomes.

    Attributes:
        journal, parquet: The files.
        columns: Its columns.
        rows_a_tick: Rows that belong to one tick.
    """

    journal: Path
    parquet: Path
    columns: list[TraceColumn]
    rows_a_tick: int

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of both files."""
        return arrow_schema(self.columns, {"format": str(files.FORMAT)})

    def ticks(self) -> int | None:
        """Whole ticks recorded; None where there is neither file."""
        if self.parquet.exists():
            return int(pq.read_metadata(self.parquet).num_rows) // self.rows_a_tick
        if self.journal.exists():
            return sum(map(len, whole_batches(self.journal))) // self.rows_a_tick
        return None

    def compact(self, ticks: int | None = None) -> None:
        """Turn the journal, or the first ticks of it, into Parquet; without one, nothing into it.

        Raises:
            OSError: The disk is full or can't be read; the journal is as it was.
        """
        rows = None if ticks is None else ticks * self.rows_a_tick
        compact(self.journal, self.parquet, self.schema, rows)


def parts(directory: Path, columns: list[TraceColumn]) -> tuple[Part, Part]:
    """Trace and timing of a run directory."""
    (vehicles,) = [len(c.categories) for c in columns if c.name == "vehicle"]
    return (
        Part(directory / files.TRACE_JOURNAL, directory / files.TRACE, columns, vehicles),
        Part(directory / files.TIMING_JOURNAL, directory / files.TIMING, timing_columns(), 1),
    )


class Journal:
    """The stream of one part, open for writing."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self._schema = part.schema
        self._file = part.journal.open("wb")
        self._stream = pa.ipc.new_stream(self._file, self._schema)

    def write(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Append a batch and let the system have it."""
        columns = [arrow_array(column, arrays[column.name]) for column in self.part.columns]
        self._stream.write_batch(pa.record_batch(columns, self._schema))
        self._file.flush()

    def close(self) -> None:
        """End the stream."""
        self._stream.close()
        self._file.close()


def compact(journal: Path, parquet: Path, schema: pa.Schema, rows: int | None = None) -> None:
    """Turn a journal into a Parquet file that appears whole or not at all.

    Doubles that are noise to the last bit gain nothing from a dictionary; splitting their bytes
    is what lets them compress.

    Args:
        journal: An Arrow IPC stream, whole or cut off; it need not exist.
        parquet: The file to make.
        schema: Schema of both.
        rows: How many rows to keep; all if left out.
    """
    partial = parquet.with_suffix(".partial")
    left = np.inf if rows is None else rows
    try:
        with pq.ParquetWriter(
            partial,
            schema,
            compression="zstd",
            use_dictionary=[f.name for f in schema if pa.types.is_dictionary(f.type)],
            use_byte_stream_split=[f.name for f in schema if pa.types.is_floating(f.type)],
        ) as writer:
            waiting: list[pa.RecordBatch] = []
            for batch in whole_batches(journal) if journal.exists() else ():
                waiting.append(batch if len(batch) <= left else batch.slice(0, int(left)))
                left -= len(waiting[-1])
                if sum(len(b) for b in waiting) >= _ROW_GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(waiting, schema))
                    waiting = []
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, schema))
        os.replace(partial, parquet)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def arrow_array(column: TraceColumn, values: NDArray[Any]) -> pa.Array:
    """The values as an Arrow array over their own memory.

    ``pa.array`` would do, but loads pandas to ask whether the values are a series.
    """
    rows = len(values)
    if column.kind == "category":
        codes = pa.Array.from_buffers(pa.int8(), rows, [None, _buffer(values.astype(np.int8))])
        return pa.DictionaryArray.from_arrays(codes, _texts(column.categories))
    if column.kind == "bool":
        values = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(column.arrow_field().type, rows, [None, _buffer(values)])


def _texts(values: Sequence[str]) -> pa.Array:
    encoded = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(values), _buffer(offsets), pa.py_buffer(b"".join(encoded))
    )


def _buffer(values: NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(values))
