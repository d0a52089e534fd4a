"""Gains of the AGP law and the one number, the bandwidth κ, that scales them together."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Gains:
    """Gains of the law at bandwidth κ = 1, or already scaled by :meth:`at_bandwidth`.

    Attributes:
        k_r: Position gain, s⁻².
        k_v: Velocity gain, s⁻¹.
        k_i: Gain on the memory, s⁻³.
        lambda_decay: Rate λ at which the memory forgets, s⁻¹; 0 is the plain integral.
        antiwindup_gain: Back-calculation gain K_b, s⁻². With K_b = K_r the position error
            drops out of the memory's input while the command is limited.
    """

    k_r: float = 0.1
    k_v: float = 0.6
    k_i: float = 0.01
    lambda_decay: float = 0.115
    antiwindup_gain: float = 0.1

    def at_bandwidth(self, kappa: float) -> "Gains":
        """The same loop shape, κ times as fast: every pole is multiplied by κ."""
        return Gains(
            k_r=self.k_r * kappa**2,
            k_v=self.k_v * kappa,
            k_i=self.k_i * kappa**3,
            lambda_decay=self.lambda_decay * kappa,
            antiwindup_gain=self.antiwindup_gain * kappa**2,
        )

    def memory_step(self, dt: float) -> tuple[float, float]:
        """Discretised memory z⁺ = φ z + w u for an input u held over one tick.

        Args:
            dt: Tick, s.

        Returns:
            φ = exp(−λ Δt) and w = (1 − φ)/λ in seconds; w is Δt at λ = 0 and exact near it.
        """
        x = self.lambda_decay * dt
        return math.exp(-x), dt if x == 0.0 else dt * (-math.expm1(-x) / x)

    def resting_offset(self) -> float:
        """Offset at rest under a constant disturbance, metres per m/s²: 1/(K_r + K_i/λ).

        Infinite where nothing holds the position.
        """
        if self.lambda_decay == 0.0 and self.k_i > 0.0:
            return 0.0
        memory = self.k_i / self.lambda_decay if self.k_i > 0.0 else 0.0
        return 1.0 / (self.k_r + memory) if self.k_r + memory > 0.0 else math.inf
