"""Wind: a steady one, and gusts."""

import math

from sims.quadrotor.config import QuadrotorConfig
from sims.quadrotor.random_blocks import errors
from sims.streams import stream

Triple = tuple[float, float, float]


class Wind:
    """The air's velocity at the vehicle, the same wherever that is.

    Gusts are a Gauss-Markov process of the first order on each axis, exact at the steps, from its
    stationary distribution on.

    Attributes:
        now: To north, east and down, m/s.
    """

    def __init__(self, config: QuadrotorConfig, step_s: float, seed: int) -> None:
        self._steady = x, y, z = config.wind_ned_m_s
        self.now: Triple = (x, y, z)
        self._gusts = config.gusts
        if config.gusts is None:
            return
        size, over = config.gusts.standard_deviation_m_s, config.gusts.correlation_time_s
        random = stream(seed, "gusts")
        self._gust: list[float] = (size * random.standard_normal(3)).tolist()
        self._kept = math.exp(-step_s / over)
        renewed = size * math.sqrt(-math.expm1(-2.0 * step_s / over))
        self._new = errors(random, (renewed,) * 3, (0.0,) * 3)
        self._add()

    def blow(self) -> Triple:
        """Go on by a step, and give the wind."""
        if self._gusts is not None:
            kept = self._kept
            a, b, c = self._gust
            x, y, z = next(self._new)
            self._gust = [kept * a + x, kept * b + y, kept * c + z]
            self._add()
        return self.now

    def _add(self) -> None:
        (a, b, c), (x, y, z) = self._steady, self._gust
        self.now = a + x, b + y, c + z
