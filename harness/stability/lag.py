"""Thrust that lags, as it must have been: no plant reports it.

It is that of the twin, driven by commands of the proof's ranges: of those, tick by tick, the one
that best leads to the velocities that were flown. So a run is a trajectory of the twin but for what
moves its position and velocity besides, and all of that is held against what was assumed. Where a
loop begins to be closed, the thrust had is what its first ticks show it to be, since a proof holds
for any.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.stability.flown import Flown
from kernel.jax64 import jax, jnp
from kernel.proof.problem import Problem

Array = NDArray[np.float64]

_VELOCITY = slice(3, 6)


class Lagging:
    """The lag of a loop, compiled for whole flights."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._felt = jax.jit(jax.vmap(self._felt_at))
        self._scan = jax.jit(self._scanned)

    def felt(self, flight: Flown, in_flight: Array) -> Array:
        """The thrust acceleration at each tick that makes the next velocity right, m/s², (n, 3).

        Args:
            flight: The flight, n ticks of it.
            in_flight: Commands, (n, 3); the one of the least delay is taken to be in force.
        """
        least, error = self._problem.delays[0], flight.error
        commands = np.concatenate([np.zeros((least, 3)), in_flight])[: len(error) - 1]
        found = np.asarray(self._felt(error[:-1], error[1:], commands, flight.reference[:-1]))
        return np.concatenate([found, found[-1:]])

    def reconstructed(self, flight: Flown, in_flight: Array) -> tuple[Array, Array]:
        """Thrust had at each tick, and commanded and to be had from there, m/s², (n, 3) each."""
        begins = flight.applies & ~np.concatenate([[False], flight.applies[:-1]])
        last = len(in_flight) - 1
        after = np.minimum(np.arange(last + 1) + 1, last)
        beyond = np.minimum(after + 1, last)
        # The last two ticks have nothing two ticks on, the last nothing at all to be held against.
        counts = (beyond > after).astype(np.float64)
        error, reference = flight.error, flight.reference
        before = np.zeros((self._problem.delays[1], 3))
        padded = np.concatenate([before, in_flight, in_flight[-1:]])
        rows = (error, error[after], error[beyond], reference, reference[after])
        ticks = (np.arange(last + 1), begins, counts, *rows)
        had, thrust = self._scan(in_flight[0], padded, ticks)
        return np.asarray(had), np.asarray(thrust)

    def _felt_at(
        self, error: jax.Array, after: jax.Array, thrust: jax.Array, reference: jax.Array
    ) -> jax.Array:
        def velocity(had: jax.Array) -> jax.Array:
            moving = jnp.concatenate([error, had])
            return self._problem.loop.move(moving, thrust, reference)[_VELOCITY]

        nothing = jnp.zeros(3)
        lacking = after[_VELOCITY] - velocity(nothing)
        found: jax.Array = jnp.linalg.solve(jax.jacfwd(velocity)(nothing), lacking)
        return found

    def _scanned(self, had: jax.Array, commands: jax.Array, ticks: Any) -> Any:
        move, (low, high) = self._problem.loop.move, self._problem.gains
        least, most = self._problem.delays

        def tick(had: jax.Array, told: Any) -> Any:
            k, begins, counts, error, after, beyond, reference, reference_after = told
            some = jax.lax.dynamic_slice(commands, (k, 0), (most - least + 2, 3))
            # By delay, the command of this tick and that of the next: over one tick a lag hides
            # nearly all of what is commanded.
            tried = jnp.stack([some[:-1], some[1:]], axis=1)

            def at_first(thrust: jax.Array) -> jax.Array:
                return jnp.where(begins, self._felt_at(error, after, thrust, reference), had)

            def two_ticks(thrust: jax.Array) -> jax.Array:
                one = move(jnp.concatenate([error, at_first(thrust[0])]), thrust[0], reference)
                two = move(jnp.concatenate([after, one[6:]]), thrust[1], reference_after)
                return jnp.concatenate([one[_VELOCITY], counts * two[_VELOCITY]])

            nothing = jnp.zeros((2, 3))
            wanted = jnp.concatenate([after[_VELOCITY], counts * beyond[_VELOCITY]])
            wanted = wanted - two_ticks(nothing)
            leads_to = jnp.einsum("vta,dta->dv", jax.jacfwd(two_ticks)(nothing), tried)
            square = jnp.maximum(jnp.sum(leads_to * leads_to, axis=-1), 1e-300)
            share = jnp.clip(leads_to @ wanted / square, low, high)
            off = jnp.sum((share[:, None] * leads_to - wanted) ** 2, axis=-1)
            best = jnp.argmin(off)
            thrust = share[best] * tried[best, 0]
            held = at_first(thrust)
            onward = move(jnp.concatenate([error, held]), thrust, reference)[6:]
            return onward, (held, thrust)

        return jax.lax.scan(tick, had, ticks)[1]
