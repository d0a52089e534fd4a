"""The loop's side of the recorder: copies a row into the ring and rings the doorbell.

The recorder is a process of its own (:mod:`harness.recorder_process`), so that compressing and
writing never run under the loop's interpreter lock. Its standard input is the doorbell: one line of
JSON, then pairs of little-endian int64, the count of ticks written and whether more will come.
"""

import json
import os
import select
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from harness.columns import STAMPS, RowLayout
from harness.errors import RecorderError
from harness.ring import Ring
from harness.trace.schema import TraceColumn

Array = NDArray[np.float64]

DOORBELL = struct.Struct("<qq")
MORE, END = 0, 1
COUNT = struct.Struct("<q")
LAST_COUNT = -1
"""Stands before the closing answer, where a count of ticks freed would."""

_RECEIVED = list(STAMPS).index("received_ns")
_RING_BYTES = 32 * 2**20
_TICKS_A_RING = 256
_RING_EVERY_NS = 250_000_000
_FINISH_TIMEOUT_S = 600.0


class Recorder:
    """Records the rows of one run into its directory."""

    def __init__(
        self,
        directory: Path,
        row: RowLayout,
        columns: list[TraceColumn],
        vehicles: int,
        settings: dict[str, Any],
        lock: int | None = None,
    ) -> None:
        """Start the recorder process.

        Args:
            directory: The run directory; it exists.
            row: Layout of a recorded row.
            columns: Columns of the trace.
            vehicles: Number of vehicles.
            settings: Whatever :func:`harness.derive.derive` needs, as JSON.
            lock: Descriptor of :func:`harness.lock.held`, held until the process has ended too.

        Raises:
            RecorderError: The process can't be started.
        """
        width = len(row.raw)
        integers = 2 + len(STAMPS)
        row_bytes = 8 * (vehicles * width + integers)
        self._ring = Ring(max(1024, _RING_BYTES // row_bytes), vehicles, width, integers)
        inputs = row.told.width
        outputs = inputs + row.decided.width + row.carried.width
        self._told, self._out = slice(0, inputs), slice(inputs, outputs)
        self._extras = slice(outputs, outputs + row.extras.width)
        self._whole = slice(outputs, width)
        self._link = slice(outputs + row.extras.width, width)
        self._extras_width, self._linked, self._spoken = row.extras.width, row.link.width > 0, 0
        self._pack = struct.Struct(f"={integers}q").pack_into
        self._integers = self._ring.stamps.data.cast("B")
        self._integers_bytes = 8 * integers
        self._written = self._announced = self._freed = 0
        self._answers = b""
        self._announce_at = 0
        self.waits = 0
        """Times that the loop waited for the recorder because the ring was full."""

        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "harness.recorder_process", str(self._ring.fd)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,  # a log file would be lost on a full disk
                pass_fds=(self._ring.fd, *([] if lock is None else [lock])),
                start_new_session=True,  # Ctrl-C is for the loop, which then ends the recording
            )
        except OSError as error:
            raise RecorderError(f"the recorder process can't be started: {error}") from error
        os.set_blocking(self._stdout().fileno(), False)
        head = {
            "directory": str(directory.resolve()),
            "capacity": self._ring.capacity,
            "vehicles": vehicles,
            "width": width,
            "raw": [column.name for column in row.raw],
            "columns": [column.to_json() for column in columns],
            **settings,
        }
        self._send(json.dumps(head).encode() + b"\n")

    def wait_until_ready(self) -> None:
        """Wait until the process has opened its journals, so that no row has to wait for that.

        Raises:
            RecorderError: It could not.
        """
        select.select([self._stdout()], [], [])
        if not self._collect():
            raise self._failure()

    def append(
        self, tick: int, t_ns: int, told: Array, out: Array, extras: Array, stamps: tuple[int, ...]
    ) -> None:
        """Record one tick of all vehicles.

        Args:
            tick: Tick number.
            t_ns: Time inside the run.
            told: Packed input; only its fresh part is recorded.
            out: Packed output, whole.
            extras: The plant's columns, with or without those of a link.
            stamps: Monotonic ns, in the order of :data:`harness.columns.STAMPS`.

        Raises:
            RecorderError: The recorder is gone.
        """
        if self._written - self._freed >= self._ring.capacity:
            self._wait_for_room()
        place = self._written % self._ring.capacity
        cells = self._ring.cells[place]
        cells[:, self._told] = told[:, self._told]
        cells[:, self._out] = out
        if not self._linked:
            cells[:, self._extras] = extras
        elif extras.shape[1] == self._extras_width:  # from a link with nothing to say
            cells[:, self._extras] = extras
            if self._spoken:  # where it had something to say a ring ago
                cells[:, self._link] = 0.0
                self._spoken -= 1
        else:
            cells[:, self._whole] = extras
            self._spoken = self._ring.capacity
        self._pack(self._integers, place * self._integers_bytes, tick, t_ns, *stamps)
        self._written += 1
        self._ring.written = self._written
        now = stamps[_RECEIVED]
        if self._written - self._announced >= _TICKS_A_RING or now >= self._announce_at:
            self._announce(MORE)
            self._announce_at = now + _RING_EVERY_NS

    def finish(self) -> dict[str, Any]:
        """End the recording and wait until the Parquet files are whole.

        Returns:
            What the recorder says of them: rows and the end of the hash chain.

        Raises:
            RecorderError: The recorder died or could not write.
        """
        self._announce(END)
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            raise self._failure() from None
        os.set_blocking(self._stdout().fileno(), True)
        answer = self._answers + self._stdout().read()
        while answer and COUNT.unpack_from(answer)[0] != LAST_COUNT:
            answer = answer[COUNT.size :]
        if self._process.wait(_FINISH_TIMEOUT_S) != 0:
            raise self._failure()
        self._ring.close()
        result: dict[str, Any] = json.loads(answer[COUNT.size :])
        return result

    def _announce(self, what: int) -> None:
        self._collect()
        self._send(DOORBELL.pack(self._written, what))
        self._announced = self._written

    def _collect(self) -> bool:
        """Take what the recorder has answered, so that its pipe never fills; whether it has."""
        try:
            got = os.read(self._stdout().fileno(), 2**16)
        except BlockingIOError:
            return False
        self._answers += got
        whole = len(self._answers) // COUNT.size * COUNT.size
        if whole:
            (self._freed,) = COUNT.unpack_from(self._answers, whole - COUNT.size)
            self._answers = self._answers[whole:]
        return bool(got)

    def _wait_for_room(self) -> None:
        if self._announced < self._written:
            self._announce(MORE)
        waited = False
        while self._written - self._freed >= self._ring.capacity:
            before = time.monotonic_ns()
            select.select([self._stdout()], [], [])
            if not self._collect():
                raise self._failure()  # readable, and nothing there: it is gone
            waited = waited or time.monotonic_ns() - before > 1_000_000
        self.waits += waited

    def _send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(message)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _failure(self) -> RecorderError:
        assert self._process.stderr is not None
        if not self._process.stderr.closed:
            self._said = self._process.stderr.read().decode(errors="replace").strip()
            self._process.stderr.close()
        code = self._process.wait(_FINISH_TIMEOUT_S)
        killed = f"killed by signal {-code}" if code < 0 else "no message"
        return RecorderError(f"the recorder stopped: {(self._said.splitlines() or [killed])[-1]}")
