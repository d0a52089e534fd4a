"""Thrusters fixed in the body, and the allocation of a commanded acceleration to them."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import lsq_linear, nnls

from sims.orbit.propulsion import Array, Tank, Triple
from sims.orbit.spacecraft_config import ThrusterConfig

# Its square is by how much more a force counts than a torque: 10¹⁰ leaves both well above roundoff.
_FORCE_BEFORE_TORQUE = 1e5


class Thrusters:
    """Thrusters fixed in the body, to which a command is allocated by least squares.

    Of all that they can do together, 0 ≤ u ≤ limit, they do that whose force is nearest to the
    wanted one, and of what is equally near, that which turns the body least. Both are one problem
    of non-negative least squares in which forces weigh far more than torques (Lawson and Hanson,
    *Solving Least Squares Problems*, chapters 22 and 23). What is out of reach, and what minimum
    pulses, steps, lag and an empty tank leave out, is the unrealised part of the command.
    """

    steady = False

    def __init__(self, tank: Tank, thrusters: Sequence[ThrusterConfig]) -> None:
        self.tank = tank
        self._directions = np.array([t.unit for t in thrusters]).T
        self._arms = np.array([np.cross(t.position_m, t.unit) for t in thrusters]).T
        longest = float(np.abs(self._arms).max())
        turning = self._arms / (longest * _FORCE_BEFORE_TORQUE) if longest else self._arms
        self._effects = np.vstack([self._directions, turning])
        self._limits = np.array([t.limit_n for t in thrusters])
        self._shortest = np.array([t.minimum_pulse_s for t in thrusters])
        self._quanta = np.array([t.quantum_n for t in thrusters])
        self._lags = np.array([t.lag_s for t in thrusters])
        self._set = np.zeros(len(thrusters))
        self._now = np.zeros(len(thrusters))
        self._mean = np.zeros(len(thrusters))

    def command(self, acceleration: Triple, axes: Array | None, tick: float) -> None:
        """See :class:`Drive`."""
        assert axes is not None
        wanted = axes @ (self.tank.stated * np.array(acceleration))
        size = float(np.linalg.norm(wanted))
        if size == 0.0:
            self._set = np.zeros_like(self._set)
            return
        # Solved at unit size: NNLS stops at an absolute tolerance.
        effect = np.concatenate([wanted / size, np.zeros(3)])
        forces = nnls(self._effects, effect)[0] * size
        if (forces > self._limits).any():
            forces = self._within_limits(effect, size)
        stepped = self._quanta > 0.0
        quanta, limits = self._quanta[stepped], self._limits[stepped]
        steps = np.minimum(np.round(forces[stepped] / quanta), np.floor(limits / quanta + 1e-9))
        forces[stepped] = steps * quanta
        # A mean thrust within a tick is a pulse of full thrust for part of it.
        forces[forces / self._limits * tick < self._shortest * (1.0 - 1e-9)] = 0.0
        self._set = forces

    def _within_limits(self, effect: Array, size: float) -> Array:
        # NNLS knows no upper limits, but is thirty times as fast; most commands exceed none.
        shares = lsq_linear(
            self._effects,
            effect,
            (0.0, self._limits / size),
            method="bvls",
            tol=1e-14,
            max_iter=100 * len(self._limits),
        ).x
        forces: Array = np.minimum(shares * size, self._limits)
        return forces

    def push(self, step: float, axes: Array | None) -> Triple:
        """See :class:`Drive`."""
        assert axes is not None
        with np.errstate(divide="ignore"):
            x = step / self._lags
        # The exact mean over the step of a first-order response, and its end.
        behind = self._now - self._set
        self._mean = self._set + behind * (-np.expm1(-x) / x)
        self._now = self._set + behind * np.exp(-x)
        mass = self.tank.mass
        share = self.tank.burn_force(float(self._mean.sum()), step)
        self._mean *= share
        force = self._directions @ self._mean @ axes
        fx, fy, fz = (force / (0.5 * (mass + self.tank.mass))).tolist()
        return fx, fy, fz

    def torque(self) -> Triple:
        """See :class:`Drive`."""
        x, y, z = (self._arms @ self._mean).tolist()
        return x, y, z

    def forces(self) -> Sequence[float]:
        """See :class:`Drive`."""
        forces: list[float] = self._mean.tolist()
        return forces
