"""Two ends of the ring see the same memory."""

import os

import numpy as np

from harness.ring import Ring


def test_what_one_end_writes_the_other_reads():
    mine = Ring(capacity=8, vehicles=2, width=3, integers=4)
    theirs = Ring(8, 2, 3, 4, fd=os.dup(mine.fd))
    mine.cells[5] = [[1.0, -0.0, np.nan], [4.0, 5.0, 6.0]]
    mine.stamps[5] = [1, 2, -3, 2**62]
    assert theirs.cells[5].tobytes() == mine.cells[5].tobytes()
    assert theirs.stamps[5].tolist() == [1, 2, -3, 2**62]
    mine.close()
    theirs.close()


def test_what_one_end_has_written_the_other_can_count():
    mine = Ring(4, 1, 3, 2)
    theirs = Ring(4, 1, 3, 2, fd=os.dup(mine.fd))
    assert theirs.written == 0
    mine.written = 2**40
    assert theirs.written == 2**40
    assert not theirs.cells.any()
    mine.close()
    theirs.close()


def test_rows_and_stamps_do_not_overlap():
    ring = Ring(4, 2, 3, 5)
    ring.written = 3
    ring.cells[:] = np.inf
    assert not ring.stamps.any()
    ring.stamps[:] = -1
    assert np.isinf(ring.cells).all()
    assert ring.written == 3
    assert ring.cells.shape == (4, 2, 3)
    assert ring.stamps.shape == (4, 5)
    ring.close()


def test_memory_outlives_the_descriptor_as_long_as_somebody_looks():
    ring = Ring(2, 1, 1, 1)
    cells = ring.cells
    ring.close()
    cells[0] = 7.0
    assert cells[0, 0, 0] == 7.0
