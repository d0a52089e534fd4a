"""Sensors: true quantities as they are measured, with noise, bias, rate and delay.

Each draws from a random stream of its own, so that adding one changes no other.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from sims.orbit.attitude import product, turned_by
from sims.orbit.spacecraft_config import GnssConfig, ImuConfig, SampledConfig, StarTrackerConfig

Array = NDArray[np.float64]
T = TypeVar("T")

# Ticks are whole nanoseconds: three of 30 Hz end a nanosecond before the sample of 10 Hz is due.
_EARLY_NS = 1000


class Sampled(Generic[T]):
    """Samples taken at a rate and handed over after a delay, each held until the next is there."""

    def __init__(self, config: SampledConfig) -> None:
        self._every_ns = 0 if config.rate_hz is None else round(1e9 / config.rate_hz)
        self._delay_ns = round(1e9 * config.delay_s)
        self._waiting: deque[tuple[int, T]] = deque()
        self._next_ns = 0

    def at(self, t_ns: int, take: Callable[[], T]) -> tuple[int, T]:
        """The newest sample handed over by now, and when it was taken.

        The first is there at once: a run starts with its sensors running.

        Args:
            t_ns: Time inside the run.
            take: Takes a sample now; called only when one is due.
        """
        late_ns = t_ns - self._next_ns
        if late_ns >= -_EARLY_NS:
            self._waiting.append((t_ns, take()))
            due_ns = t_ns if late_ns <= _EARLY_NS else self._next_ns
            self._next_ns = due_ns + self._every_ns
        while len(self._waiting) > 1 and self._waiting[1][0] + self._delay_ns <= t_ns + _EARLY_NS:
            self._waiting.popleft()
        return self._waiting[0]


class Gnss:
    """Position and velocity of one vehicle, as the controller is told them."""

    def __init__(self, config: GnssConfig, random: np.random.Generator) -> None:
        self._random = random
        self._sampled: Sampled[Array] = Sampled(config)
        self._propagated = config.propagated
        self._noise = np.repeat([config.position_noise_m, config.velocity_noise_m_s], 3)
        self._bias = np.array([*config.position_bias_m, *config.velocity_bias_m_s])

    def measure(self, t_ns: int, state: Array, fall: Array) -> tuple[Array, float]:
        """The measured state, m and m/s, (6,), and the age of its fix, s.

        Args:
            t_ns: Time inside the run.
            state: True position and velocity, (6,).
            fall: Gravitational acceleration there, m/s², (3,).
        """

        def take() -> Array:
            error = self._bias + self._noise * self._random.standard_normal(6)
            return np.concatenate([state + error, fall])

        taken_ns, fix = self._sampled.at(t_ns, take)
        age = (t_ns - taken_ns) * 1e-9
        r, v, g = fix[:3], fix[3:6], fix[6:]
        if self._propagated:
            r, v = r + age * (v + 0.5 * age * g), v + age * g
        return np.concatenate([r, v]), age


class Imu:
    """Specific force and angular velocity of one vehicle, body frame."""

    def __init__(self, config: ImuConfig, random: np.random.Generator) -> None:
        self._random = random
        self._sampled: Sampled[Array] = Sampled(config)
        self._noise = np.repeat([config.accelerometer_noise_m_s2, config.gyro_noise_rad_s], 3)
        self._bias = np.array([*config.accelerometer_bias_m_s2, *config.gyro_bias_rad_s])

    def measure(self, t_ns: int, specific_force: Array, rate: Array) -> Array:
        """Measured specific force (m/s²) and angular velocity (rad/s), (6,)."""

        def take() -> Array:
            error: Array = self._bias + self._noise * self._random.standard_normal(6)
            return np.concatenate([specific_force, rate]) + error

        _, sample = self._sampled.at(t_ns, take)
        return sample


class StarTracker:
    """Attitude of one vehicle."""

    def __init__(self, config: StarTrackerConfig, random: np.random.Generator) -> None:
        self._random = random
        self._sampled: Sampled[Array] = Sampled(config)
        self._noise = config.noise_rad
        self._bias = np.array(config.bias_rad)

    def measure(self, t_ns: int, q: Array) -> Array:
        """Measured quaternion, scalar-first, (4,)."""

        def take() -> Array:
            error = self._bias + self._noise * self._random.standard_normal(3)
            return product(q, turned_by(error))

        _, sample = self._sampled.at(t_ns, take)
        return sample
