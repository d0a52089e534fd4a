"""JAX twins: what a proof and a prediction take a plant to be.

A twin is a pure function of one tick. It is a model, not the plant: every run that has one is held
against it, tick by tick.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kernel.gravity import GravityModel
from kernel.jax64 import jax, jnp

Step = Callable[[jax.Array, jax.Array], jax.Array]


@dataclass(frozen=True)
class Twin:
    """What a proof needs to know of a plant.

    Attributes:
        step: State (6,), position in m and velocity in m/s, and thrust acceleration (3,), m/s²,
            held over a tick, to the state a tick later.
        about: What it takes the plant to be, in words.
    """

    step: Step
    about: str


def orbital_step(
    gravity: GravityModel, dt: float, substeps: int, turn_rate_rad_s: float = 0.0
) -> Step:
    """One tick of a point mass under gravity and thrust, by the leapfrog.

    In a frame that turns about z, Coriolis' acceleration is taken by the trapezoidal rule.

    Args:
        gravity: What it falls under, the centrifugal term included where the frame turns.
        dt: Tick, s.
        substeps: Physics steps in a tick.
        turn_rate_rad_s: Rate at which the frame turns.
    """
    h = dt / substeps

    def fall(position: jax.Array) -> jax.Array:
        return jnp.stack(gravity(position[0], position[1], position[2]))

    def coriolis(velocity: jax.Array) -> jax.Array:
        still = jnp.zeros(())
        return 2.0 * turn_rate_rad_s * jnp.stack([velocity[1], -velocity[0], still])

    def turned(velocity: jax.Array) -> jax.Array:
        k = turn_rate_rad_s * h
        x, y, z = velocity
        scale = 1.0 / (1.0 + k * k)
        return jnp.stack([(x + k * y) * scale, (y - k * x) * scale, z])

    def step(state: jax.Array, thrust: jax.Array) -> jax.Array:
        position, velocity = state[:3], state[3:]
        pull = fall(position)
        for _ in range(substeps):
            if turn_rate_rad_s:
                pull = pull + coriolis(velocity)
            velocity = velocity + 0.5 * h * (pull + thrust)
            position = position + h * velocity
            pull = fall(position)
            velocity = velocity + 0.5 * h * (pull + thrust)
            if turn_rate_rad_s:
                velocity = turned(velocity)
        return jnp.concatenate([position, velocity])

    return step
