"""A ring of rows in memory shared with the recorder process.

The writer never waits for the reader until the ring is full. Counts travel through a pipe, which
orders them after the rows on any processor. The count beside the rows is for a reader that was told
nothing: what is counted there is visible a moment later, or when the writer is no more.
"""

import mmap
import os
import tempfile

import numpy as np
from numpy.typing import NDArray


class Ring:
    """``capacity`` ticks of float64 cells a vehicle, and of int64 cells a tick.

    Attributes:
        fd: Descriptor of the shared memory, to be inherited by the recorder process.
        cells: Rows, (capacity, vehicles, width).
        stamps: Integers a tick, (capacity, integers).
    """

    def __init__(
        self, capacity: int, vehicles: int, width: int, integers: int, fd: int | None = None
    ) -> None:
        """Make the memory, or attach to it where ``fd`` is given."""
        cells = capacity * vehicles * width
        size = 8 * (cells + capacity * integers + 1)
        self.fd = _shared_memory(size) if fd is None else fd
        # Had before the run: a first touch of a page would cost the loop tens of microseconds.
        present = 0 if fd is not None else getattr(mmap, "MAP_POPULATE", 0)
        self._memory = mmap.mmap(self.fd, size, flags=mmap.MAP_SHARED | present)
        whole = np.frombuffer(self._memory, dtype=np.float64)
        self.capacity = capacity
        self.cells: NDArray[np.float64] = whole[:cells].reshape(capacity, vehicles, width)
        stamps = whole[cells:-1].view(np.int64)
        self.stamps: NDArray[np.int64] = stamps.reshape(capacity, integers)
        self._written = memoryview(self._memory)[-8:].cast("q")

    @property
    def written(self) -> int:
        """Ticks written so far."""
        return self._written[0]

    @written.setter
    def written(self, count: int) -> None:
        self._written[0] = count

    def close(self) -> None:
        """Give the descriptor back; the memory goes with the last array that looks at it."""
        os.close(self.fd)


def _shared_memory(size: int) -> int:
    """A descriptor of anonymous memory: nothing to clean up, however the processes end."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("motorhand-ring")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.truncate(fd, size)
    return fd
