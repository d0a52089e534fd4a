"""The nominal loop: the law about a double integrator, as a matrix a tick.

Where the controller's gravity is the plant's, the closed loop is three equal axes of a double
integrator under the sampled law. One axis is analysed here; its state is (position error, velocity
error, memory, thrust had where it lags, commands in flight, oldest last).
"""

import numpy as np
from numpy.typing import NDArray

from kernel.gains import Gains
from kernel.lag import lag_over
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


def tick_matrix(gains: Gains, dt: float, delay_ticks: int = 0, lag_s: float = 0.0) -> Matrix:
    """One tick of one axis under the whole law, command held over the tick.

    Args:
        gains: Gains, already at their bandwidth.
        dt: Tick, s.
        delay_ticks: Whole ticks between a command and its effect.
        lag_s: Time constant of thrust behind commands, s; 0 for none.

    Returns:
        Square matrix of 3 + delay_ticks rows, and one more where thrust lags.
    """
    phi, weight = gains.memory_step(dt)
    still = np.array([[1.0, dt, 0.0], [0.0, 1.0, 0.0], [weight, 0.0, phi]])
    effect = np.array([-0.5 * dt * dt, -dt, 0.0])
    law = np.array([gains.k_r, gains.k_v, gains.k_i])
    if lag_s:
        left, once, twice = lag_over(dt, lag_s)
        still, effect, law = _lagging(still, effect, law, np.array([twice, once, 0.0]), left)
    return _closed(still, effect, law, delay_ticks)


def null_g_tick_matrix(gains: Gains, dt: float, delay_ticks: int = 0, lag_s: float = 0.0) -> Matrix:
    """One tick of the velocity error (thrust that lags, and commands in flight) in NULL-G.

    Position is left out: it is not fed back, and its eigenvalue is exactly 1.
    """
    still, effect, law = np.eye(1), np.array([-dt]), np.array([gains.k_v])
    if lag_s:
        left, once, _ = lag_over(dt, lag_s)
        still, effect, law = _lagging(still, effect, law, np.array([once]), left)
    return _closed(still, effect, law, delay_ticks)


def _lagging(
    still: Matrix, effect: Matrix, law: Matrix, lacking: Matrix, left: float
) -> tuple[Matrix, Matrix, Matrix]:
    """The same with the thrust had as one more state, and the command as what it goes to.

    Args:
        still: What states become by themselves.
        effect: What thrust does to them.
        law: The command, by states.
        lacking: What thrust beyond the command does to them, less.
        left: How much of it is left at the end of the tick.
    """
    n = len(still)
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n], whole[:n, n], whole[n, n] = still, -lacking, left
    return whole, np.append(effect + lacking, 1.0 - left), np.append(law, 0.0)


def _closed(still: Matrix, effect: Matrix, law: Matrix, delay_ticks: int) -> Matrix:
    """The tick matrix of a law that is fed back, at once or so many ticks late."""
    n = len(still)
    a = np.zeros((n + delay_ticks, n + delay_ticks))
    a[:n, :n] = still
    if delay_ticks == 0:
        a[:n, :n] += np.outer(effect, law)
        return a
    a[:n, -1] = effect
    a[n, :n] = law
    a[n + 1 :, n:-1] = np.eye(delay_ticks - 1)
    return a


def mode_tick_matrix(
    mode: Mode, gains: Gains, dt: float, delay_ticks: int = 0, lag_s: float = 0.0
) -> Matrix | None:
    """The tick matrix of a mode, or None in IDLE, where no loop is closed."""
    if mode == Mode.IDLE:
        return None
    if mode == Mode.NULL_G:
        return null_g_tick_matrix(gains, dt, delay_ticks, lag_s)
    return tick_matrix(gains, dt, delay_ticks, lag_s)


def spectral_radius(a: Matrix) -> float:
    """Largest modulus among the eigenvalues."""
    return float(np.max(np.abs(np.linalg.eigvals(a))))


def per_second(per_tick: float, dt: float) -> float:
    """A contraction factor a tick of ``dt`` seconds, as a factor a second."""
    return float(per_tick ** (1.0 / dt))


def delay_margin_ticks(gains: Gains, dt: float, most: int = 200, lag_s: float = 0.0) -> int:
    """Longest constant delay, in ticks, for which the loop and all shorter delays are stable.

    Returns -1 when the loop is unstable without any delay.
    """
    for delay in range(most + 1):
        if spectral_radius(tick_matrix(gains, dt, delay, lag_s)) >= 1.0:
            return delay - 1
    return most
