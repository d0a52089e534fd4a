"""Where Sun, Moon and Earth are, from the analytical theories in ERFA.

The Sun is that of ``epv00`` (VSOP2000 fitted to DE405: 11 km), the Moon that of ``moon98`` (ELP2000
by Meeus: 10″, a few km in distance). Positions are geometric: neither light time nor aberration,
20″ of the Sun's direction, is in them. TT stands for TDB, which differs by less than 2 ms.
"""

from collections.abc import Iterator, Sequence

import erfa
import numpy as np
from numpy.typing import NDArray

from kernel.bodies import ASTRONOMICAL_UNIT_M
from kernel.frames import tt_julian_date

Array = NDArray[np.float64]

_DAY_S = 86400.0
_NODE_S = 600.0
"""Spacing of exact positions; the cubic between them stays within a metre of the theory."""


def states(bodies: Sequence[str], centre: str, jd1: float, jd2: float, elapsed_s: Array) -> Array:
    """Positions and velocities relative to a centre, with ICRF axes.

    Args:
        bodies: Names, of ``sun``, ``moon`` and ``earth``.
        centre: Another of them.
        jd1: Two-part UTC date of the start, first part.
        jd2: Second part.
        elapsed_s: Seconds since then, shape (n,).

    Returns:
        m and m/s, shape (n, bodies, 6).
    """
    tt1, tt2 = tt_julian_date(jd1, jd2)
    tt = tt1, tt2 + np.asarray(elapsed_s) / _DAY_S
    seen = {name: _geocentric(name, *tt) for name in {*bodies, centre}}
    return np.stack([seen[name] - seen[centre] for name in bodies], axis=1)


def _geocentric(name: str, tt1: float, tt2: Array) -> Array:
    """Position and velocity as seen from the Earth, m and m/s, (n, 6)."""
    if name == "earth":
        return np.zeros((len(tt2), 6))
    state = -erfa.epv00(tt1, tt2)[0].view(float) if name == "sun" else erfa.moon98(tt1, tt2)
    au = np.asarray(state).view(np.float64).reshape(-1, 6)
    return au * [*[ASTRONOMICAL_UNIT_M] * 3, *[ASTRONOMICAL_UNIT_M / _DAY_S] * 3]


def state_rows(
    bodies: Sequence[str], centre: str, jd1: float, jd2: float, dt: float, block: int
) -> Iterator[Array]:
    """Positions and velocities at every tick, without end, in blocks that share their ends.

    Args:
        bodies: As in :func:`states`.
        centre: As there.
        jd1: As there.
        jd2: As there.
        dt: Tick, s.
        block: Ticks in a block.

    Yields:
        m and m/s, (block + 1, bodies, 6).
    """
    from scipy.interpolate import CubicHermiteSpline

    start = 0
    while True:
        ticks = dt * np.arange(start, start + block + 1)
        nodes = np.linspace(ticks[0], ticks[-1], 2 + int((ticks[-1] - ticks[0]) / _NODE_S))
        exact = states(bodies, centre, jd1, jd2, nodes)
        curve = CubicHermiteSpline(nodes, exact[..., :3], exact[..., 3:])
        yield np.concatenate([curve(ticks), curve(ticks, 1)], axis=-1)
        start += block
