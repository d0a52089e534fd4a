"""The local Lipschitz constant: what the loop's Jacobian does at the states that a run visited."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.stability.flown import Flown
from harness.stability.metric import Metric
from kernel.jax64 import jax
from kernel.proof.problem import Problem
from kernel.proof.small_gain_search import wanted_gain_squared

Array = NDArray[np.float64]

_MATRICES = 32768
_FEWEST = 64
_BISECTIONS = 40


@dataclass(frozen=True)
class Local:
    """Local constants of some ticks.

    Attributes:
        ticks: The ticks, (n,).
        per_tick: The constants, the worst of the ranges each, (n,).
    """

    ticks: NDArray[np.int64]
    per_tick: Array


def local(
    problem: Problem,
    metric: Metric,
    flight: Flown,
    ticks: NDArray[np.int64],
    had: Array | None = None,
) -> Local:
    """Local constants at some ticks; evenly chosen where there are very many.

    Args:
        problem: What was to be proved.
        metric: The metric.
        flight: The flight.
        ticks: Ticks of which the proof speaks, each with the one after it.
        had: Thrust had at every tick of the flight where it lags, m/s², (n, 3).
    """
    delays = range(metric.evidence.delays[0], metric.evidence.delays[1] + 1)
    by_metric = metric.evidence.method == "metric"
    cases = len(set(problem.gains)) * (len(delays) if by_metric else _BISECTIONS)
    most = max(_FEWEST, _MATRICES // cases)
    if len(ticks) > most:
        ticks = ticks[np.unique(np.linspace(0, len(ticks) - 1, most).astype(int))]
    if not len(ticks):
        return Local(ticks, np.empty(0))
    control = jax.jit(jax.vmap(jax.jacfwd(problem.loop.control, argnums=(0, 1))))
    move = jax.jit(jax.vmap(jax.jacfwd(problem.loop.move, argnums=(0, 1))))

    def at(some: NDArray[np.int64]) -> tuple[Array, Array]:
        made = control(flight.error[some], flight.memory[some], flight.reference[some])
        unknown = np.zeros((len(some), 3, 3 if problem.loop.lags else 0))
        c, z = (np.concatenate([*map(np.asarray, pair), unknown], axis=-1) for pair in made)
        return c, z

    c, z = at(ticks)
    moving = flight.error if had is None else np.concatenate([flight.error, had], axis=1)
    a, e = map(np.asarray, move(moving[ticks], flight.command[ticks], flight.reference[ticks]))
    slopes = _Slopes(c, z, a, e, [3 * s + axis for s in problem.loop.states for axis in range(3)])
    if by_metric:
        found = [
            slopes.norms(metric, gain, delay)
            for gain in sorted(set(problem.gains))
            for delay in delays
        ]
    else:
        drift = at(ticks + 1)[0] - c
        found = [slopes.rates(metric, gain, drift) for gain in sorted(set(problem.gains))]
    return Local(ticks, np.max(found, axis=0))


@dataclass(frozen=True)
class _Slopes:
    """Derivatives of command, memory, what moves by itself, and that by thrust; by tick.

    What moves are errors of position and velocity, and thrust that lags, which the controller does
    not know.
    """

    c: Array
    z: Array
    a: Array
    e: Array
    kept: list[int]

    @property
    def moving(self) -> list[int]:
        """The places of what moves by itself among the states."""
        return [*range(6), *range(9, self.c.shape[-1])]

    def without_delay(self, gain: float) -> Array:
        own = self.c.shape[-1]
        m = np.zeros((len(self.c), own, own))
        m[:, 6:9] = self.z
        rows, columns = np.ix_(self.moving, self.moving)
        m[:, rows, columns] = self.a
        m[:, self.moving] += gain * self.e @ self.c
        return m[:, self.kept][:, :, self.kept]

    def effect(self, gain: float) -> Array:
        """What a command that is in force does to the states."""
        found = np.zeros((len(self.c), self.c.shape[-1], 3))
        found[:, self.moving] = gain * self.e
        return found[:, self.kept]

    def norms(self, metric: Metric, gain: float, delay: int) -> Array:
        """‖J‖_P."""
        most, n = metric.commands, len(self.kept)
        j = np.zeros((len(self.c), n + 3 * most, n + 3 * most))
        if delay == 0:
            j[:, :n, :n] = self.without_delay(gain)
        else:
            j[:, :n, :n] = self.without_delay(0.0)
            j[:, :n, n + 3 * delay - 3 : n + 3 * delay] = self.effect(gain)
        if most:
            j[:, n : n + 3, :n] = self.c[:, :, self.kept]
            for row in range(n + 3, n + 3 * most):
                j[:, row, row - 3] = 1.0
        root = np.kron(np.linalg.cholesky(metric.evidence.p).T, np.eye(3))
        return np.asarray(np.linalg.norm(root @ j @ np.linalg.inv(root), 2, axis=(1, 2)))

    def rates(self, metric: Metric, gain: float, drift: Array) -> Array:
        """The least rate at which the small gain's inequality holds there."""
        n = len(self.kept)
        moved = np.concatenate([self.without_delay(gain), self.effect(-gain)], axis=2)
        still = np.eye(n, n + 3)
        change = self.c[:, :, self.kept] @ (moved - still) + drift[:, :, self.kept] @ moved
        p = np.kron(metric.evidence.p, np.eye(3))
        weight, delay = metric.evidence.weight, metric.evidence.delays[1]
        # In units in which the form is near the identity: else its roundings would decide.
        units = 1.0 / np.sqrt(np.concatenate([np.diag(p), np.full(3, weight)]))
        p, moved, change = p * np.outer(units[:n], units[:n]), moved * units, change * units
        moved = moved / units[:n, None]
        moving = moved.transpose(0, 2, 1) @ p @ moved
        changing = change.transpose(0, 2, 1) @ change

        def worst(rate: Array) -> Array:
            gamma = np.array([wanted_gain_squared(one, delay) / one**2 for one in rate.tolist()])
            own = np.zeros_like(moving)
            own[:, :n, :n] = p * (rate**2)[:, None, None]
            own[:, n:, n:] = np.eye(3)
            form = own - moving - weight * gamma[:, None, None] * changing
            return np.asarray(np.linalg.eigvalsh(form)[:, 0])

        return _bisected(worst, len(self.c))


def _bisected(worst: Callable[[Any], Array], count: int) -> Array:
    """Where a rising function of a rate becomes positive, between 0.5 and 1.5."""
    low, high = np.full(count, 0.5), np.full(count, 1.5)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        good = worst(middle) > 0.0
        high, low = np.where(good, middle, high), np.where(good, low, middle)
    return high
