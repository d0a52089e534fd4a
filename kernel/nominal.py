"""The nominal loop: the law about a double integrator, as a matrix a tick.

Where the controller's gravity is the plant's, the closed loop is three equal axes of a double
integrator under the sampled law. One axis is analysed here; its state is (position error, velocity
error, memory, commands in flight, oldest last).
"""

import numpy as np
from numpy.typing import NDArray

from kernel.gains import Gains
from kernel.modes import Mode

Matrix = NDArray[np.float64]


def continuous_matrix(gains: Gains) -> Matrix:
    """Generator of one axis without sampling or delay, shape (3, 3)."""
    return np.array(
        [
            [0.0, 1.0, 0.0],
            [-gains.k_r, -gains.k_v, -gains.k_i],
            [1.0, 0.0, -gains.lambda_decay],
        ]
    )


def tick_matrix(gains: Gains, dt: float, delay_ticks: int = 0) -> Matrix:
    """One tick of one axis under the whole law, command held over the tick.

    Args:
        gains: Gains, already at their bandwidth.
        dt: Tick, s.
        delay_ticks: Whole ticks between a command and its effect.

    Returns:
        Matrix of shape (3 + delay_ticks, 3 + delay_ticks).
    """
    phi, weight = gains.memory_step(dt)
    law = np.array([gains.k_r, gains.k_v, gains.k_i])
    a = np.zeros((3 + delay_ticks, 3 + delay_ticks))
    a[:3, :3] = [[1.0, dt, 0.0], [0.0, 1.0, 0.0], [weight, 0.0, phi]]
    effect = np.array([-0.5 * dt * dt, -dt, 0.0])
    if delay_ticks == 0:
        a[:3, :3] += np.outer(effect, law)
        return a
    a[:3, -1] = effect
    a[3, :3] = law
    a[4:, 3:-1] = np.eye(delay_ticks - 1)
    return a


def null_g_tick_matrix(gains: Gains, dt: float, delay_ticks: int = 0) -> Matrix:
    """One tick of the velocity error (and commands in flight) in NULL-G.

    Position is left out: it is not fed back, and its eigenvalue is exactly 1.
    """
    a = np.zeros((1 + delay_ticks, 1 + delay_ticks))
    a[0, 0] = 1.0
    if delay_ticks == 0:
        a[0, 0] -= dt * gains.k_v
        return a
    a[0, -1] = -dt
    a[1, 0] = gains.k_v
    a[2:, 1:-1] = np.eye(delay_ticks - 1)
    return a


def mode_tick_matrix(mode: Mode, gains: Gains, dt: float, delay_ticks: int = 0) -> Matrix | None:
    """The tick matrix of a mode, or None in IDLE, where no loop is closed."""
    if mode == Mode.IDLE:
        return None
    if mode == Mode.NULL_G:
        return null_g_tick_matrix(gains, dt, delay_ticks)
    return tick_matrix(gains, dt, delay_ticks)


def spectral_radius(a: Matrix) -> float:
    """Largest modulus among the eigenvalues."""
    return float(np.max(np.abs(np.linalg.eigvals(a))))


def per_second(per_tick: float, dt: float) -> float:
    """A contraction factor a tick of ``dt`` seconds, as a factor a second."""
    return float(per_tick ** (1.0 / dt))


def delay_margin_ticks(gains: Gains, dt: float, most: int = 200) -> int:
    """Longest constant delay, in ticks, for which the loop and all shorter delays are stable.

    Returns -1 when the loop is unstable without any delay.
    """
    for delay in range(most + 1):
        if spectral_radius(tick_matrix(gains, dt, delay)) >= 1.0:
            return delay - 1
    return most
