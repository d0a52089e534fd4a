"""A ring of rows in memory shared with the recorder process.

The writer never waits for the reader until the ring is full, and the reader sees only rows that it
was told of: the counts travel through a pipe, which orders them after the rows on any processor.
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
        cells, size = capacity * vehicles * width, 8 * capacity * (vehicles * width + integers)
        self.fd = _shared_memory(size) if fd is None else fd
        self._memory = mmap.mmap(self.fd, size)
        whole = np.frombuffer(self._memory, dtype=np.float64)
        self.capacity = capacity
        self.cells: NDArray[np.float64] = whole[:cells].reshape(capacity, vehicles, width)
        self.stamps: NDArray[np.int64] = whole[cells:].view(np.int64).reshape(capacity, integers)

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
