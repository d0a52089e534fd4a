"""A metric in which the nominal loop contracts at every tick.

A stable loop need not shrink the Euclidean norm: P makes the one norm that it does shrink. P comes
from the discrete Lyapunov equation of the loop divided by a rate just above its spectral radius.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from kernel.gains import Gains
from kernel.modes import Mode
from kernel.nominal import Matrix, mode_tick_matrix, per_second, spectral_radius

_RATE_KEPT = 0.98
"""Share of the spectral decay rate that the metric keeps. At 1 the equation has no solution."""


@dataclass(frozen=True)
class NominalMetric:
    """Metric and contraction of one mode's nominal loop.

    Attributes:
        p: Metric of one axis, symmetric and positive definite; the whole P is I₃ ⊗ p. Order:
            position error, velocity error, memory (only the velocity error in NULL-G).
        per_tick: Contraction factor a tick in that metric, ‖A‖_P.
        per_second: The same per second: ``lipschitz_constant`` of kind nominal.
        spectral_per_second: What no metric can beat: the spectral radius, per second.
    """

    p: Matrix
    per_tick: float
    per_second: float
    spectral_per_second: float


def metric_norm(a: Matrix, p: Matrix) -> float:
    """Largest factor by which ``a`` stretches a vector in the metric ``p``."""
    root = np.linalg.cholesky(p).T
    return float(np.linalg.norm(root @ a @ np.linalg.inv(root), 2))


def lyapunov_metric(a: Matrix, rate: float, weights: Matrix) -> Matrix:
    """P ≻ 0 with AᵀPA = rate² (P − Q) for Q = diag(weights), scaled so that P[0, 0] is 1.

    Args:
        a: Tick matrix.
        rate: Contraction asked for, above the spectral radius of ``a``.
        weights: Positive diagonal of Q, shape (n,).

    Raises:
        ValueError: ``rate`` is not above the spectral radius, so no metric has it.
    """
    if not spectral_radius(a) < rate:
        raise ValueError(f"no metric contracts at {rate}: spectral radius {spectral_radius(a)}")
    p = solve_discrete_lyapunov(a.T / rate, np.diag(weights))
    p = 0.5 * (p + p.T)
    return np.asarray(p / p[0, 0])


def nominal_metric(mode: Mode, gains: Gains, dt: float) -> NominalMetric | None:
    """The metric of a mode's nominal loop without delay.

    ``primal_state`` is √(ξᵀPξ) in metres. In NULL-G ξ is the velocity error alone and P is
    1/K_v², which makes it the distance covered while the velocity error dies away.

    Returns:
        None in IDLE, and where the loop is not stable: then there is nothing to publish.
    """
    a = mode_tick_matrix(mode, gains, dt)
    if a is None:
        return None
    # Measured in the loop's own time, all states are of one size: P then follows the bandwidth
    # exactly, and slow loops keep their digits.
    tau = gains.k_v / gains.k_r if gains.k_r > 0.0 else 1.0 / gains.k_v
    own = np.array([1.0 / gains.k_v]) if mode == Mode.NULL_G else np.array([1.0, tau, 1.0 / tau])
    scaled = own[:, None] * a / own
    if not np.isfinite(scaled).all():
        return None
    spectral = spectral_radius(scaled)
    if spectral >= 1.0:
        return None
    if mode == Mode.NULL_G:
        p = np.eye(1)
    else:
        p = lyapunov_metric(scaled, spectral**_RATE_KEPT, np.ones(3))
    per_tick = metric_norm(scaled, p)
    whole = own[:, None] * p * own
    return NominalMetric(whole, per_tick, per_second(per_tick, dt), per_second(spectral, dt))
