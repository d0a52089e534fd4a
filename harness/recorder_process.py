"""The recorder process: rows from the ring to a journal, and the journal to Parquet at the end.

It loads neither JAX nor a plant. While the run lasts rows go to Arrow IPC streams, which are whole
up to their last batch whatever happens; a Parquet file without its footer could not be read. When
the doorbell is hung up without a word, because the run was killed, what was announced is kept.
"""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.columns import STAMPS, timing_columns
from harness.derive import derive
from harness.recorder import COUNT, DOORBELL, END, LAST_COUNT
from harness.ring import Ring
from harness.trace import files
from harness.trace.chain import RowChain
from harness.trace.schema import TraceColumn, arrow_schema

_FLUSH_TICKS = 4096
_FLUSH_S = 0.5


class _Journal:
    """Two Arrow IPC streams, compacted to Parquet at the end."""

    def __init__(self, directory: Path, columns: list[TraceColumn]) -> None:
        self._directory = directory
        self._columns = {
            files.TRACE_JOURNAL: columns,
            files.TIMING_JOURNAL: timing_columns(),
        }
        metadata = {"format": str(files.FORMAT)}
        self._schemas = {name: arrow_schema(mine, metadata) for name, mine in self._columns.items()}
        self._files = {name: (directory / name).open("wb") for name in self._columns}
        self._streams = {
            name: pa.ipc.new_stream(self._files[name], schema)
            for name, schema in self._schemas.items()
        }

    def write(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Append a batch and let the system have it."""
        columns = self._columns[name]
        batch = pa.record_batch(
            [_arrow(column, arrays[column.name]) for column in columns], self._schemas[name]
        )
        self._streams[name].write_batch(batch)
        self._files[name].flush()

    def close(self) -> None:
        """Compact both streams to Parquet and remove them."""
        for name, parquet in (
            (files.TIMING_JOURNAL, files.TIMING),
            (files.TRACE_JOURNAL, files.TRACE),
        ):
            self._streams[name].close()
            self._files[name].close()
            compact(self._directory / name, self._directory / parquet)
            (self._directory / name).unlink()


def compact(journal: Path, parquet: Path) -> None:
    """Turn an Arrow IPC stream into a Parquet file that appears whole or not at all.

    Doubles that are noise to the last bit gain nothing from a dictionary; splitting their bytes
    is what lets them compress.
    """
    partial = parquet.with_suffix(".partial")
    with pa.OSFile(str(journal)) as source, pa.ipc.open_stream(source) as stream:
        floats = [f.name for f in stream.schema if pa.types.is_floating(f.type)]
        others = [f.name for f in stream.schema if pa.types.is_dictionary(f.type)]
        with pq.ParquetWriter(
            partial,
            stream.schema,
            compression="zstd",
            use_dictionary=others,
            use_byte_stream_split=floats,
        ) as writer:
            waiting: list[pa.RecordBatch] = []
            for batch in stream:
                waiting.append(batch)
                if sum(len(b) for b in waiting) >= 2**17:
                    writer.write_table(pa.Table.from_batches(waiting, stream.schema))
                    waiting = []
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, stream.schema))
    os.replace(partial, parquet)


def _arrow(column: TraceColumn, values: NDArray[Any]) -> pa.Array:
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


class _Drain:
    """Takes announced ticks out of the ring and into the journal."""

    def __init__(self, head: dict[str, Any], ring: Ring) -> None:
        columns = [TraceColumn.from_json(plain) for plain in head["columns"]]
        self._ring = ring
        self._vehicles: int = head["vehicles"]
        self._raw: list[str] = head["raw"]
        self._derive = (head["metrics"], head["lambda_decay"])
        self._journal = _Journal(Path(head["directory"]), columns)
        self._chain = RowChain(columns)
        self.done = 0

    def upto(self, count: int) -> None:
        """Write all ticks before ``count``; the ring never holds more than its capacity."""
        while self.done < count:
            start = self.done % self._ring.capacity
            ticks = min(count - self.done, self._ring.capacity - start, _FLUSH_TICKS)
            part = slice(start, start + ticks)
            self._write(self._ring.cells[part], self._ring.stamps[part])
            self.done += ticks

    def _write(self, cells: NDArray[np.float64], integers: NDArray[np.int64]) -> None:
        rows = cells.reshape(-1, cells.shape[-1]).T
        columns: dict[str, NDArray[Any]] = dict(zip(self._raw, rows, strict=True))
        columns = derive(columns, *self._derive)
        columns["tick"] = np.repeat(integers[:, 0], self._vehicles)
        columns["t_ns"] = np.repeat(integers[:, 1], self._vehicles)
        columns["vehicle"] = np.tile(np.arange(self._vehicles, dtype=np.int8), len(cells))
        self._journal.write(files.TRACE_JOURNAL, columns)
        self._chain.extend(columns)
        timing = {name: integers[:, 2 + i] for i, name in enumerate(STAMPS)}
        self._journal.write(files.TIMING_JOURNAL, {"tick": integers[:, 0], **timing})

    def finish(self) -> dict[str, Any]:
        """Make the Parquet files and say what is in them."""
        self._journal.close()
        return {"rows": self._chain.rows, "sha512": self._chain.hexdigest()}


def record(ring_fd: int, doorbell: BinaryIO, answers: BinaryIO) -> None:
    """Record until the doorbell says END or is hung up."""
    head = json.loads(_line(doorbell))
    shape = head["capacity"], head["vehicles"], head["width"], 2 + len(STAMPS)
    drain = _Drain(head, Ring(*shape, fd=ring_fd))
    announced, more, pending = 0, True, b""
    drained_at, enough = time.monotonic(), min(_FLUSH_TICKS, head["capacity"] // 2)
    while more:
        ready, _, _ = select.select([doorbell], [], [], _FLUSH_S)
        if ready:
            got = os.read(doorbell.fileno(), 2**16)
            more, pending = bool(got), pending + got
            whole = len(pending) // DOORBELL.size * DOORBELL.size
            for count, what in DOORBELL.iter_unpack(pending[:whole]):
                announced, more = count, more and what != END
            pending = pending[whole:]
        waited = time.monotonic() - drained_at >= _FLUSH_S
        if waited or not more or announced - drain.done >= enough:
            drained_at = time.monotonic()
            if announced == drain.done:
                continue
            drain.upto(announced)
            try:
                answers.write(COUNT.pack(drain.done))
                answers.flush()
            except BrokenPipeError:
                more = False  # the run was killed; what was announced is kept
    answer = json.dumps(drain.finish()).encode()
    try:
        answers.write(COUNT.pack(LAST_COUNT) + answer)
        answers.flush()
    except BrokenPipeError:
        pass


def _line(stream: BinaryIO) -> bytes:
    """One line, byte by byte: nothing behind it may be buffered away."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(stream.fileno(), 1)
        if not byte:
            raise SystemExit(0)
        line += byte
    return line


def main() -> None:
    """Entry of ``python -m harness.recorder_process RING_FD``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        record(int(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
    except OSError as error:
        sys.exit(f"{error.filename or 'run directory'}: {error.strerror}")


if __name__ == "__main__":
    main()
