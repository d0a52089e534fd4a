"""The recorder process: rows from the ring to a journal, and the journal to Parquet at the end.

It loads neither JAX nor a plant. Rows are on disk at most ``_LOOK_S`` + ``_LOOK_S`` + ``_FLUSH_S``
after the loop wrote them, announced or not, so that no kill costs more than a second. When the
doorbell is hung up without a word, because the run was killed, all of its rows are kept.
"""

import json
import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from harness.columns import STAMPS
from harness.derive import derive
from harness.errors import reason
from harness.journal import Journal, parts
from harness.recorder import COUNT, DOORBELL, END, LAST_COUNT
from harness.ring import Ring
from harness.trace.chain import RowChain
from harness.trace.schema import TraceColumn

_FLUSH_TICKS = 4096
_FLUSH_S = 0.5
_LOOK_S = 0.1


class _Drain:
    """Takes announced ticks out of the ring and into the journal."""

    def __init__(self, head: dict[str, Any], ring: Ring) -> None:
        columns = [TraceColumn.from_json(plain) for plain in head["columns"]]
        self._ring = ring
        self._vehicles: int = head["vehicles"]
        self._raw: list[str] = head["raw"]
        self._derive = (head["metrics"], head["lambda_decay"])
        trace, timing = parts(Path(head["directory"]), columns)
        self._trace, self._timing = Journal(trace), Journal(timing)
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
        self._trace.write(columns)
        self._chain.extend(columns)
        timing = {name: integers[:, 2 + i] for i, name in enumerate(STAMPS)}
        self._timing.write({"tick": integers[:, 0], **timing})

    def finish(self) -> dict[str, Any]:
        """Make the Parquet files and say what is in them."""
        journals = (self._timing, self._trace)
        for journal in journals:
            journal.close()
        for journal in journals:
            journal.part.compact()
        for journal in journals:
            journal.part.journal.unlink()
        return {"rows": self._chain.rows, "sha512": self._chain.hexdigest()}


def record(ring_fd: int, doorbell: BinaryIO, answers: BinaryIO) -> None:
    """Record until the doorbell says END or is hung up."""
    head = json.loads(_line(doorbell))
    shape = head["capacity"], head["vehicles"], head["width"], 2 + len(STAMPS)
    ring = Ring(*shape, fd=ring_fd)
    drain = _Drain(head, ring)
    _answer(answers, 0)
    more, pending = True, b""
    announced = seen = 0
    looked_at = drained_at = time.monotonic()
    enough = min(_FLUSH_TICKS, head["capacity"] // 2)
    while more:
        ready, _, _ = select.select([doorbell], [], [], _LOOK_S)
        if (now := time.monotonic()) - looked_at >= _LOOK_S:
            # A count is believed a look later: by then its rows are visible on any processor.
            announced, seen, looked_at = max(announced, seen), ring.written, now
        if ready:
            got = os.read(doorbell.fileno(), 2**16)
            if not got:
                more, announced = False, ring.written  # nobody is left to write
            pending += got
            whole = len(pending) // DOORBELL.size * DOORBELL.size
            for count, what in DOORBELL.iter_unpack(pending[:whole]):
                announced, more = max(announced, count), more and what != END
            pending = pending[whole:]
        waited = now - drained_at >= _FLUSH_S
        if waited or not more or announced - drain.done >= enough:
            drained_at = now
            if announced > drain.done:
                drain.upto(announced)
                _answer(answers, drain.done)
    _answer(answers, LAST_COUNT, json.dumps(drain.finish()).encode())


def _answer(answers: BinaryIO, count: int, text: bytes = b"") -> None:
    """Tell the loop, if it is still there; where not, the doorbell says so too."""
    with suppress(BrokenPipeError):
        os.write(answers.fileno(), COUNT.pack(count) + text)


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
    os.set_blocking(sys.stderr.fileno(), False)  # a pipe: what does not fit is left out
    try:
        record(int(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
    except OSError as error:
        _give_up(reason(error))
    except Exception:
        _give_up(traceback.format_exc())


def _give_up(message: str) -> NoReturn:
    """End at once: buffers that could not be written would complain again on the way out."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), message.encode())
    os._exit(1)


if __name__ == "__main__":
    main()
