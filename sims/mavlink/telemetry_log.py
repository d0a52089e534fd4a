"""A ``.tlog``: every frame of a link with the time it passed, as ground stations write and read it.

Each frame follows its time in µs since 1970 in 8 bytes, the highest first. Frames are kept in
memory and written every second, or when there are many, and at the end.
"""

import struct
import time
from pathlib import Path
from typing import Final

from sims.plant import PlantError

_EVERY_NS: Final = 1_000_000_000
_MOST_BYTES: Final = 1 << 18
_time = struct.Struct(">Q").pack


class LogError(PlantError):
    """A log can't be written."""


class TelemetryLog:
    """An open log.

    One that can't be written any more says so once, from :meth:`write_due`. Nothing is kept of it
    after that, so that who would rather fly on without a log can.

    Attributes:
        unwritten: Frames that are not in it for that reason.
    """

    def __init__(self, path: Path) -> None:
        """Begin a log.

        Args:
            path: Of a file that is not there yet.

        Raises:
            LogError: It can't be made.
        """
        self._path = path
        try:
            # Unbuffered: what could not be written must not be tried again on closing.
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise LogError(f"the log {path} can't be made: {error.strerror}") from error
        self._unix_ns = time.time_ns() - time.monotonic_ns()
        self._content, self._frames = bytearray(), 0
        self._written_ns = 0
        self._is_broken = False
        self.unwritten = 0

    def add(self, frame: bytes, at_ns: int) -> None:
        """Take a frame; nothing is written yet.

        Args:
            frame: All its bytes.
            at_ns: When it passed, monotonic.
        """
        if self._is_broken:
            self.unwritten += 1
            return
        self._content += _time((at_ns + self._unix_ns) // 1000)
        self._content += frame
        self._frames += 1

    def write_due(self, now_ns: int) -> None:
        """Write what there is, if it is time.

        Raises:
            LogError: It can't be written; this is told once.
        """
        if now_ns - self._written_ns >= _EVERY_NS or len(self._content) >= _MOST_BYTES:
            self._written_ns = now_ns
            self._write()

    def _write(self) -> None:
        try:
            while self._content:
                del self._content[: self._file.write(self._content)]
        except OSError as error:
            self._is_broken = True
            self.unwritten += self._frames
            self._content.clear()
            raise LogError(f"the log {self._path} can't be written: {error.strerror}") from error
        finally:
            self._frames = 0

    def close(self) -> None:
        """Write the rest and close it; may be called twice.

        Raises:
            LogError: The rest can't be written.
        """
        if self._file.closed:
            return
        try:
            self._write()
        finally:
            self._file.close()
