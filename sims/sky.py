"""Distant bodies over a run: where they are at every tick, in blocks."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from kernel.frames import utc_julian_date

Array = NDArray[np.float64]


def sky_rows(
    bodies: Sequence[str], centre: str | None, epoch: datetime | None, dt: float, block: int
) -> Iterator[Array]:
    """States of distant bodies relative to the central one, without end.

    Args:
        bodies: Their names; there may be none.
        centre: The central body.
        epoch: UTC moment of t = 0.
        dt: Tick, s.
        block: Ticks in a block.

    Yields:
        m and m/s at the block's ticks and at the first of the next, (block + 1, bodies, 6).

    Raises:
        ValueError: The central body is among them, or it is not known where they are.
    """
    if not bodies:
        while True:
            yield np.empty((block + 1, 0, 6))
    if centre is None:
        raise ValueError("bodies pull from afar on orbits about a central body only")
    if centre in bodies:
        raise ValueError(f"the {centre} is the central body here; its pull is in gravity already")
    if epoch is None:
        raise ValueError("where they are depends on the date; give state.epoch, or a tle")
    from kernel.ephemeris import state_rows

    yield from state_rows(bodies, centre, *utc_julian_date(epoch), dt, block)
