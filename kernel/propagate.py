"""Free fall under gravity models: what an orbit slot is."""

import math
from collections.abc import Callable, Sequence

from kernel.gravity import GravityModel
from kernel.jax64 import jax, jnp
from kernel.third_body import third_body

LONGEST_STEP_S = 2.0
"""In low Earth orbit this leaves a truncation error below a millimetre an orbit."""


def free_fall(
    gravity: GravityModel, dt: float, ticks: int, third_body_mus: Sequence[float] = ()
) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """A compiled propagator over a fixed number of ticks.

    Classical fourth-order Runge-Kutta; a tick above :data:`LONGEST_STEP_S` takes several steps.

    Args:
        gravity: Model of the central body that the motion follows.
        dt: Tick, s.
        ticks: Number of ticks.
        third_body_mus: Gravitational parameters of the bodies that pull from afar, m³/s².

    Returns:
        A function from states (vehicles, 6), metres and m/s, and the third bodies' states at every
        tick (ticks + 1, bodies, 6), which move on straight lines within one, to
        (ticks + 1, vehicles, 9): position, velocity and gravitational acceleration at every tick,
        the given states first.
    """
    steps = math.ceil(dt / LONGEST_STEP_S)
    h = dt / steps

    def acceleration(position: jax.Array, afar: jax.Array) -> jax.Array:
        x, y, z = position[:, 0], position[:, 1], position[:, 2]
        pull = jnp.stack(gravity(x, y, z), axis=1)
        for mu, (sx, sy, sz) in zip(third_body_mus, afar, strict=True):
            pull = pull + jnp.stack(third_body(mu, x, y, z, sx, sy, sz), axis=1)
        return pull

    def rate(state: jax.Array, bodies: jax.Array, elapsed: jax.Array | float) -> jax.Array:
        afar = bodies[:, :3] + elapsed * bodies[:, 3:]
        return jnp.concatenate([state[:, 3:], acceleration(state[:, :3], afar)], axis=1)

    def step(index: int, state: jax.Array, bodies: jax.Array) -> jax.Array:
        t = index * h
        k1 = rate(state, bodies, t)
        k2 = rate(state + 0.5 * h * k1, bodies, t + 0.5 * h)
        k3 = rate(state + 0.5 * h * k2, bodies, t + 0.5 * h)
        k4 = rate(state + h * k3, bodies, t + h)
        return state + (h / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    def tick(state: jax.Array, bodies: jax.Array) -> tuple[jax.Array, jax.Array]:
        row = jnp.concatenate([state, acceleration(state[:, :3], bodies[:, :3])], axis=1)
        return jax.lax.fori_loop(0, steps, lambda i, s: step(i, s, bodies), state), row

    @jax.jit
    def propagate(state: jax.Array, bodies: jax.Array) -> jax.Array:
        last, rows = jax.lax.scan(tick, state, bodies[:-1], length=ticks)
        end = jnp.concatenate([last, acceleration(last[:, :3], bodies[-1, :, :3])], axis=1)
        return jnp.concatenate([rows, end[None]])

    return propagate
