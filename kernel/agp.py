"""The AGP law: counter gravity by thrust, with feedback and a memory that forgets.

One tick for one vehicle, in the plant's frame, as a pure function. Gravity is countered with
thrust, never changed.
"""

from typing import NamedTuple

from kernel.gains import Gains
from kernel.jax64 import jax, jnp
from kernel.modes import Mode


class LawStep(NamedTuple):
    """What one tick of the law gives.

    Attributes:
        unlimited: Acceleration the law asks for, m/s², shape (3,).
        commanded: The same with its magnitude limited and its direction kept, m/s², shape (3,).
        limited: Whether the limit changed the command, shape ().
        memory: The memory z after the tick, m·s, shape (3,).
    """

    unlimited: jax.Array
    commanded: jax.Array
    limited: jax.Array
    memory: jax.Array


def limit(acceleration: jax.Array, a_max: float | jax.Array) -> tuple[jax.Array, jax.Array]:
    """Limit the magnitude to ``a_max`` (m/s², positive), keeping the direction.

    Both branches agree at the limit. The square inside the maximum gives the one not taken a
    value and a derivative at zero too.

    Returns:
        The limited acceleration, shape (3,), and whether the limit was passed, shape ().
    """
    square = jnp.sum(acceleration * acceleration)
    largest = a_max * a_max
    limited = square > largest
    scaled = acceleration * (a_max / jnp.sqrt(jnp.maximum(square, largest)))
    return jnp.where(limited, scaled, acceleration), limited


def law(
    gains: Gains,
    a_max: float | jax.Array,
    dt: float,
    mode: jax.Array,
    error_position: jax.Array,
    error_velocity: jax.Array,
    feedforward: jax.Array,
    memory: jax.Array,
) -> LawStep:
    """One tick of the law.

    In IDLE nothing is commanded. In NULL-G position is not fed back, so the memory takes no
    position error either. In both the memory only decays.

    Args:
        gains: Gains, already at their bandwidth.
        a_max: Largest thrust acceleration, m/s², positive.
        dt: Tick, s.
        mode: A :class:`~kernel.modes.Mode` as a number, shape ().
        error_position: Reference minus position, m, shape (3,).
        error_velocity: Reference minus velocity, m/s, shape (3,).
        feedforward: Reference acceleration minus gravity, a_ref − g(r), m/s², shape (3,).
        memory: z before the tick, m·s, shape (3,).
    """
    phi, weight = gains.memory_step(dt)
    active = mode != Mode.IDLE
    whole = mode >= Mode.STATION_KEEP
    position_terms = gains.k_r * error_position + gains.k_i * memory
    unlimited = jnp.where(
        active,
        feedforward + gains.k_v * error_velocity + jnp.where(whole, position_terms, 0.0),
        0.0,
    )
    commanded, limited = limit(unlimited, a_max)
    intake = error_position + (commanded - unlimited) / gains.antiwindup_gain
    decayed = phi * memory + weight * jnp.where(whole, intake, 0.0)
    return LawStep(unlimited, commanded, limited, decayed)
