"""Reading a run directory: whole, or not at all."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.trace import files
from harness.trace.chain import RowChain
from harness.trace.journal import whole_batches
from harness.trace.schema import TraceColumn
from harness.trace.timing import with_all_stamps

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]


class NotARunDirectoryError(Exception):
    """The folder lacks a part of a run directory, or has one that can't be read."""


@dataclass(frozen=True)
class Trace:
    """A trace, read a column at a time.

    Attributes:
        path: The Parquet file.
        columns: Its columns by name.
        vehicles: Vehicle names in the order of rows within a tick.
    """

    path: Path
    columns: dict[str, TraceColumn]
    vehicles: tuple[str, ...]

    def read(self, *names: str) -> dict[str, Array]:
        """Columns as arrays of shape (ticks, vehicles); categories as their codes.

        Raises:
            KeyError: The trace has no such column.
            NotARunDirectoryError: The file is damaged.
        """
        for name in names:
            self.columns[name]
        with _readable(self.path.name):
            found = _chunks(self.path, names)
        return {name: self._grid(chunks) for name, chunks in found.items()}

    @cached_property
    def t_ns(self) -> Array:
        """Time inside the run of every tick, ns, shape (ticks,)."""
        return np.ascontiguousarray(self.read("t_ns")["t_ns"][:, 0])

    def vector(self, name: str) -> Array:
        """A vector of three columns, shape (ticks, vehicles, 3)."""
        parts = self.read(*(f"{name}_{axis}" for axis in "xyz"))
        return np.stack(list(parts.values()), axis=-1)

    def to_pandas(self) -> "pd.DataFrame":
        """The whole trace as a data frame, one row a tick and vehicle, for work in a notebook."""
        with pq.ParquetFile(self.path) as file:
            frame: pd.DataFrame = file.read().to_pandas()
        return frame

    def _grid(self, chunks: list[Array]) -> Array:
        values = np.concatenate(chunks) if chunks else np.empty(0)
        return values.reshape(-1, len(self.vehicles))

    def batches(self, *names: str, rows: int = 2**16) -> Iterator[dict[str, Array]]:
        """Columns in batches of at most ``rows``, each of shape (rows,): for traces of any length.

        A journal comes in the batches that it was written in.
        """
        with _readable(self.path.name):
            for batch in _batches(self.path, names, rows):
                yield {name: _values(batch.column(name)) for name in names}

    def blocks(self, *names: str, ticks: int = 4096) -> Iterator[dict[str, Array]]:
        """Columns in blocks of about so many whole ticks, each of shape (ticks, vehicles)."""
        vehicles = len(self.vehicles)
        rest: dict[str, Array] = {}
        for batch in self.batches(*names, rows=ticks * vehicles):
            both = {n: np.concatenate([rest[n], v]) for n, v in batch.items()} if rest else batch
            whole = len(next(iter(both.values()))) // vehicles * vehicles
            if whole:
                yield {name: v[:whole].reshape(-1, vehicles) for name, v in both.items()}
            rest = {name: v[whole:] for name, v in both.items()}

    def row_chain(self) -> RowChain:
        """The hash chain, computed anew from the rows."""
        chain = RowChain(list(self.columns.values()))
        for batch in self.batches(*self.columns):
            chain.extend(batch)
        return chain

    def chain(self) -> str:
        """The end of the hash chain, computed anew from the rows."""
        return self.row_chain().hexdigest()


@dataclass(frozen=True)
class RunDirectory:
    """A run directory as read from disk.

    Attributes:
        path: The folder.
        manifest: What was run, and on what.
        trace: What scenario, seed and machine determine.
    """

    path: Path
    manifest: dict[str, Any]
    trace: Trace

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """Open a folder.

        Raises:
            NotARunDirectoryError: It is not a whole run directory of a format known here.
        """
        manifest = read_manifest(path)
        file = _table_file(path, files.TRACE, files.TRACE_JOURNAL)
        with _readable(file.name):
            names = set(_schema(file).names)
        try:
            columns = [TraceColumn.from_json(plain) for plain in manifest["columns"]]
        except (KeyError, TypeError) as error:
            raise NotARunDirectoryError(f"{files.MANIFEST} lists no columns") from error
        by_name = {column.name: column for column in columns}
        if lost := set(by_name) - names:
            raise NotARunDirectoryError(f"{file.name} lacks the column {min(lost)}")
        trace = Trace(file, by_name, by_name["vehicle"].categories)
        return cls(path, manifest, trace)

    def verdict(self) -> dict[str, Any]:
        """The verdict as written at the end of the run.

        Raises:
            NotARunDirectoryError: There is none.
        """
        return read_json(self.path / files.VERDICT)

    def timing(self) -> dict[str, Array]:
        """Wall-clock stamps by column, shape (ticks,)."""
        file = _table_file(self.path, files.TIMING, files.TIMING_JOURNAL)
        with _readable(file.name):
            found = _chunks(file, _schema(file).names)
        return with_all_stamps({n: np.concatenate(c or [np.empty(0)]) for n, c in found.items()})

    def events(self) -> list[dict[str, Any]]:
        """What happened during the run, in order."""
        with _readable(files.EVENTS):
            text = (self.path / files.EVENTS).read_text(encoding="utf-8")
            return [json.loads(line) for line in text.splitlines()]


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a run directory, whole or not.

    Raises:
        NotARunDirectoryError: There is none of a format known here.
    """
    if not directory.is_dir():
        raise NotARunDirectoryError("is no folder")
    manifest = read_json(directory / files.MANIFEST)
    if manifest.get("format") != files.FORMAT:
        raise NotARunDirectoryError(
            f"{files.MANIFEST} has format {manifest.get('format')!r}; this reads {files.FORMAT}"
        )
    return manifest


def _table_file(directory: Path, parquet: str, journal: str) -> Path:
    """The Parquet file, or the journal where the disk had no room for more."""
    made = directory / parquet
    return made if made.exists() or not (directory / journal).exists() else directory / journal


def _schema(file: Path) -> pa.Schema:
    if file.suffix != files.JOURNAL_SUFFIX:
        return pq.read_schema(file)
    with pa.OSFile(str(file)) as source:
        return pa.ipc.read_schema(source)


def _batches(file: Path, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    if file.suffix == files.JOURNAL_SUFFIX:
        yield from whole_batches(file)
        return
    with pq.ParquetFile(file) as table:
        yield from table.iter_batches(rows, columns=list(names))


def _chunks(file: Path, names: Sequence[str]) -> dict[str, list[Array]]:
    """Whole columns, in pieces."""
    if file.suffix == files.JOURNAL_SUFFIX:
        found: dict[str, list[Array]] = {name: [] for name in names}
        for batch in whole_batches(file):
            for name in names:
                found[name].append(_values(batch.column(name)).copy())  # or the batch stays
        return found
    with pq.ParquetFile(file) as parquet:  # read_table would load pandas and a scanner
        table = parquet.read(columns=list(names))
    return {name: [_values(chunk) for chunk in table.column(name).chunks] for name in names}


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn what goes wrong while a file of the run directory is read into one named error."""
    try:
        yield
    except FileNotFoundError:
        raise NotARunDirectoryError(f"has no {name}") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        raise NotARunDirectoryError(f"{name} can't be read: {error}") from error


def _values(array: pa.Array) -> Array:
    """The values of a column without nulls; categories as codes.

    ``to_numpy`` would do, but loads pandas.
    """
    if pa.types.is_dictionary(array.type):
        array = array.indices
    memory, start, end = array.buffers()[1], array.offset, array.offset + len(array)
    if pa.types.is_boolean(array.type):
        bits = np.unpackbits(np.frombuffer(memory, np.uint8), bitorder="little")
        return bits[start:end].astype(bool)
    return np.frombuffer(memory, array.type.to_pandas_dtype())[start:end]


def read_json(path: Path) -> dict[str, Any]:
    """A file of a run directory that holds a mapping.

    Raises:
        NotARunDirectoryError: It is not there, or is damaged.
    """
    with _readable(path.name):
        plain = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(plain, dict):
        raise NotARunDirectoryError(f"{path.name} is not a mapping")
    return plain
