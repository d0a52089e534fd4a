"""Free fall under a gravity model: what an orbit slot is."""

import math
from collections.abc import Callable

from kernel.gravity import GravityModel
from kernel.jax64 import jax, jnp

LONGEST_STEP_S = 2.0
"""In low Earth orbit this leaves a truncation error below a millimetre an orbit."""


def free_fall(gravity: GravityModel, dt: float, ticks: int) -> Callable[[jax.Array], jax.Array]:
    """A compiled propagator over a fixed number of ticks.

    Classical fourth-order Runge-Kutta; a tick above :data:`LONGEST_STEP_S` takes several steps.

    Args:
        gravity: Model that the motion follows.
        dt: Tick, s.
        ticks: Number of ticks.

    Returns:
        A function from states (vehicles, 6), metres and m/s, to (ticks + 1, vehicles, 9): position,
        velocity and gravitational acceleration at every tick, the given states first.
    """
    steps = math.ceil(dt / LONGEST_STEP_S)
    h = dt / steps

    def acceleration(position: jax.Array) -> jax.Array:
        return jnp.stack(gravity(position[:, 0], position[:, 1], position[:, 2]), axis=1)

    def rate(state: jax.Array) -> jax.Array:
        return jnp.concatenate([state[:, 3:], acceleration(state[:, :3])], axis=1)

    def step(state: jax.Array) -> jax.Array:
        k1 = rate(state)
        k2 = rate(state + 0.5 * h * k1)
        k3 = rate(state + 0.5 * h * k2)
        k4 = rate(state + h * k3)
        return state + (h / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    def tick(state: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        row = jnp.concatenate([state, acceleration(state[:, :3])], axis=1)
        return jax.lax.fori_loop(0, steps, lambda _, s: step(s), state), row

    @jax.jit
    def propagate(state: jax.Array) -> jax.Array:
        last, rows = jax.lax.scan(tick, state, None, length=ticks)
        end = jnp.concatenate([last, acceleration(last[:, :3])], axis=1)
        return jnp.concatenate([rows, end[None]])

    return propagate
