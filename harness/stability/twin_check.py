"""The twin held against a run: how far one tick went otherwise than a proof says.

The error of a tick is w = ξ(k+1) − F(ξ(k), …), with F the proved loop: its controller told the true
state, its twin under the thrust of the proof's ranges, and of the delays in them, that comes
nearest to what the vehicle did. Noise that moves the real command is so part of w. Where ‖w‖_P
exceeds what was assumed, the proof is not about this run.

Thrust that lags is reconstructed by :mod:`harness.stability.lag`, by the proved loop itself, so
that no part of w is in it: what lags otherwise shows in velocity.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.stability.flown import Flown
from harness.stability.lag import Lagging
from harness.stability.metric import Metric
from kernel.jax64 import jax
from kernel.proof.problem import Problem

Array = NDArray[np.float64]

_BLOCK, _MOST_TRIED = 4096, 2**18
COMPONENTS = {"position": "m", "velocity": "m/s", "memory": "m s"}
"""What w consists of."""


@dataclass(frozen=True)
class Checked:
    """A flight as the proof sees it.

    Attributes:
        ticks: The ticks of which the proof speaks, whatever comes after them, (n,).
        residual: ‖w‖_P of them, m, (n,).
        components: Lengths of w's parts, by name, each (n,).
        size: ‖ξ‖_P at every tick of the flight, m.
        size_at_entry: The same with all that is in flight: what ‖ξ‖_P stays below from there.
        had: The thrust acceleration at every tick of the flight where it lags, m/s², (n, 3); else
            (n, 0).
    """

    ticks: NDArray[np.int64]
    residual: Array
    components: dict[str, Array]
    size: Array
    size_at_entry: Array
    had: Array


class TwinCheck:
    """The proved loop, compiled for whole flights at once."""

    def __init__(self, problem: Problem, metric: Metric) -> None:
        self._problem, self._metric = problem, metric
        self._control = jax.jit(jax.vmap(problem.loop.control))
        self._move = jax.jit(jax.vmap(problem.loop.move))
        self._lagging = Lagging(problem) if problem.loop.lags else None

    def check(self, flight: Flown) -> Checked:
        """A whole flight."""
        still = np.zeros_like(flight.memory)
        own, kept = _blocks(self._control, flight.error, flight.memory, flight.reference)
        nominal, _ = _blocks(self._control, np.zeros_like(flight.error), still, flight.reference)
        # What is in flight from before the proof's time is what was really commanded.
        in_flight = np.where(flight.applies[:, None], own, flight.command)
        ticks = np.flatnonzero(flight.applies[:-1])
        had = np.empty((len(flight.error), 0))
        if self._lagging is not None:
            had, commanded = self._lagging.reconstructed(flight, in_flight)
            thrust = commanded[ticks]
        else:
            thrust = self._thrust(flight, ticks, in_flight)
        moving = np.concatenate([flight.error, had], axis=1)[ticks]
        moved = _blocks(self._move, moving, thrust, flight.reference[ticks])[0]
        off = flight.error[ticks + 1] - moved[:, :6]
        memory = flight.memory[ticks + 1] - kept[ticks]
        parts = {"position": off[:, :3], "velocity": off[:, 3:], "memory": memory}
        nothing = np.zeros((len(ticks), self._metric.commands, 3))
        late = in_flight - nominal
        size = self._metric.size(
            flight.error,
            flight.memory,
            _before(late, self._metric.commands, -nominal[0]),
            had - nominal if had.size else had,
        )
        changes = np.diff(late, axis=0, prepend=-nominal[:1])
        return Checked(
            ticks,
            self._metric.size(off, memory, nothing, np.zeros_like(had[ticks])),
            {name: np.linalg.norm(part, axis=-1) for name, part in parts.items()},
            size,
            self._metric.size_at_entry(size, np.sum(np.square(changes), axis=-1)),
            had,
        )

    def difference(self, one: Flown, other: Flown, some: slice) -> Array:
        """‖ξ‖_P of what two flights about one reference differ by, m, at some ticks."""
        rows = min(len(one.seconds), len(other.seconds))
        pairs = ((one.error, other.error), (one.memory, other.memory), (one.command, other.command))
        error, memory, command = (mine[:rows] - theirs[:rows] for mine, theirs in pairs)
        late = _before(command, self._metric.commands, np.zeros(3))
        had = np.empty((rows, 0))
        if self._lagging is not None:
            mine, theirs = (self._lagging.felt(each, each.command) for each in (one, other))
            had = mine[:rows] - theirs[:rows]
        return self._metric.size(error, memory, late, had)[some]

    def _thrust(self, flight: Flown, ticks: NDArray[np.int64], in_flight: Array) -> Array:
        """The thrust in the proof's ranges that comes nearest to what the vehicle did."""
        least, most = self._problem.delays
        low, high = self._problem.gains
        still = np.zeros((len(ticks), 3))
        error, reference = flight.error[ticks], flight.reference[ticks]
        coasted = _blocks(self._move, error, still, reference)[0]
        wanted = (coasted - flight.error[ticks + 1])[:, 3:] / self._problem.dt
        found = np.empty_like(wanted)
        padded = np.concatenate([np.zeros((most, 3)), in_flight])
        block = max(1, min(_BLOCK, _MOST_TRIED // (most - least + 1)))
        for start in range(0, len(ticks), block):
            some = slice(start, start + block)
            tried = padded[ticks[some, None] + most - np.arange(least, most + 1)]
            square = np.maximum(np.sum(tried * tried, axis=-1), 1e-300)
            share = np.sum(tried * wanted[some, None], axis=-1) / square
            had = np.clip(share, low, high)[..., None] * tried
            off = np.sum((had - wanted[some, None]) ** 2, axis=-1)
            found[some] = had[np.arange(len(had)), np.argmin(off, axis=1)]
        return found


def _before(values: Array, count: int, first: Array) -> Array:
    """The values before each, youngest first, (n, count, 3); ``first`` is before all."""
    padded = np.concatenate([np.tile(first, (count, 1)), values])
    rows = len(values)
    ago = [padded[count - back : count - back + rows] for back in range(1, count + 1)]
    return np.stack(ago, axis=1) if ago else np.empty((rows, 0, 3))


def _blocks(function: Any, *arguments: Array) -> list[Array]:
    """A compiled function over rows, in blocks of one size: it is compiled once."""
    rows = len(arguments[0])
    found: list[list[Array]] = []
    for start in range(0, max(rows, 1), _BLOCK):
        given = [argument[start : start + _BLOCK] for argument in arguments]
        lost = _BLOCK - len(given[0])
        # What fills the last block up must be a place where gravity is defined.
        filled = [np.concatenate([part, np.ones((lost, part.shape[1]))]) for part in given]
        made = function(*filled)
        both = made if isinstance(made, tuple) else (made,)
        found.append([np.asarray(part)[: _BLOCK - lost] for part in both])
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]
