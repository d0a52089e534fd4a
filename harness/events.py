"""``events.jsonl``: what happened in a run, a line each, on disk as it happens."""

import errno
import json
import os
from pathlib import Path
from typing import Any

from harness.errors import RecorderError, reason
from harness.trace import files


class Events:
    """The file, open for appending; a line that was cut off is taken away first."""

    def __init__(self, directory: Path) -> None:
        path = directory / files.EVENTS
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        self._size = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(self._fd, self._size)

    def add(self, t_ns: int | None, event: str, **details: Any) -> None:
        """Add a line.

        Raises:
            RecorderError: The disk is full; the file is as it was.
        """
        line = (json.dumps({"t_ns": t_ns, "event": event, **details}) + "\n").encode()
        try:
            if os.write(self._fd, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._fd, self._size)
            raise RecorderError(f"{files.EVENTS} can't be written: {reason(error)}") from error
        self._size += len(line)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
