"""JAX twins: what a proof and a prediction take a plant to be.

A twin is a pure function of one tick. It is a model, not the plant: every run that has one is held
against it, tick by tick.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kernel.gravity import GravityModel
from kernel.jax64 import jax, jnp
from kernel.lag import lag_over

Step = Callable[[jax.Array, jax.Array], jax.Array]


@dataclass(frozen=True)
class Twin:
    """What a proof needs to know of a plant.

    Attributes:
        step: State and thrust acceleration commanded (3,), m/s², held over a tick, to the state a
            tick later. The state is (6,), position in m and velocity in m/s; where thrust lags
            behind commands it is (9,), with the thrust acceleration had in m/s² behind them.
        about: What it takes the plant to be, in words.
        lag_s: Time in which thrust comes 63 % of the way to what is commanded, s; 0 where what is
            commanded is had at once.
    """

    step: Step
    about: str
    lag_s: float = 0.0

    @property
    def lags(self) -> bool:
        """Whether the state has the thrust acceleration in it."""
        return self.lag_s > 0.0


def translation(gravity: GravityModel, dt: float, lag_s: float, about: str) -> Twin:
    """The twin of a point mass whose thrust lags behind commands, or does not.

    Args:
        gravity: What it falls under.
        dt: Tick, s.
        lag_s: Time constant of the lag, s; 0 for none.
        about: What it takes the plant to be, in words.
    """
    if lag_s == 0.0:
        return Twin(orbital_step(gravity, dt, substeps=1), about)
    return Twin(lagging_step(gravity, dt, lag_s), about, lag_s)


def lagging_step(gravity: GravityModel, dt: float, lag_s: float) -> Step:
    """One tick of a point mass whose thrust acceleration α follows commands u by α′ = (u − α)/τ.

    Such is a vehicle that has to turn its body before it pushes elsewhere. Under uniform gravity it
    is exact for a command that is held over the tick.

    Args:
        gravity: What it falls under, taken as it is where the tick begins.
        dt: Tick, s.
        lag_s: τ, s, positive.
    """
    left, once, twice = lag_over(dt, lag_s)

    def step(state: jax.Array, thrust: jax.Array) -> jax.Array:
        position, velocity, had = state[:3], state[3:6], state[6:]
        steady = jnp.stack(gravity(position[0], position[1], position[2])) + thrust
        lacking = had - thrust
        moved = position + dt * velocity + 0.5 * dt * dt * steady + twice * lacking
        return jnp.concatenate(
            [moved, velocity + dt * steady + once * lacking, thrust + left * lacking]
        )

    return step


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
