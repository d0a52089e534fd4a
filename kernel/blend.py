"""Bumpless mode changes: an offset of the reference that starts at the state and dies away.

At a change the reference is moved onto the present state, with the acceleration that makes the
command continue where it was; over the blend time the offset returns to zero along a quintic
whose value, rate and acceleration all end at zero.
"""

from kernel.jax64 import jax, jnp


def blend_offset(
    elapsed: jax.Array, duration: float, start: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Offset of the reference some time after a mode change.

    Args:
        elapsed: Time since the change, s, shape (); at or past ``duration`` the offset is zero.
        duration: Blend time, s, positive.
        start: Offset of position, velocity and acceleration at the change, shape (9,).

    Returns:
        Offsets of position (m), velocity (m/s) and acceleration (m/s²), each of shape (3,).
    """
    s = jnp.minimum(elapsed / duration, 1.0)
    p, v, a = start[0:3], start[3:6] * duration, start[6:9] * duration**2
    # Quintic Hermite basis: value, slope and curvature at s = 0; all three zero at s = 1.
    s2, s3, s4, s5 = s**2, s**3, s**4, s**5
    position = (
        p * (1 - 10 * s3 + 15 * s4 - 6 * s5)
        + v * (s - 6 * s3 + 8 * s4 - 3 * s5)
        + a * (0.5 * s2 - 1.5 * s3 + 1.5 * s4 - 0.5 * s5)
    )
    velocity = (
        p * (-30 * s2 + 60 * s3 - 30 * s4)
        + v * (1 - 18 * s2 + 32 * s3 - 15 * s4)
        + a * (s - 4.5 * s2 + 6 * s3 - 2.5 * s4)
    )
    acceleration = (
        p * (-60 * s + 180 * s2 - 120 * s3)
        + v * (-36 * s + 96 * s2 - 60 * s3)
        + a * (1 - 9 * s + 18 * s2 - 10 * s3)
    )
    return position, velocity / duration, acceleration / duration**2
