"""Who is at work in a run directory: at most one run with its recorder, or one recovery."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import RunDirectoryError


@contextmanager
def held(directory: Path) -> Iterator[int]:
    """Hold the directory; gives a descriptor that holds it on in any process it is handed to.

    The lock is the folder's own, so there is no file to leave behind, and it goes with its holders.

    Raises:
        RunDirectoryError: Others are at work in it.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        what = "a run is still being recorded there, or recovered; try again when that has ended"
        raise RunDirectoryError(directory, what) from None
    except OSError:
        pass  # a file system without locks
    try:
        yield descriptor
    finally:
        os.close(descriptor)
