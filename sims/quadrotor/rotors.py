"""Rotors that follow their motors' controls with a lag, and what they do to the body."""

import math
from collections.abc import Sequence

from sims.faults import MotorWeakness
from sims.plant import PlantError
from sims.quadrotor.config import RotorsConfig


class ControlError(PlantError):
    """Motor controls that are no four numbers from 0 to 1."""


class Rotors:
    """Four rotors; means over a step are exact for a control that is constant in it.

    Left out: gyroscopic torque of the rotors, reaction to their acceleration, inflow.

    Attributes:
        speeds: Of each at the end of the last step, as a share of its fastest.
        thrusts: Mean of each over the last step, N.
    """

    def __init__(self, config: RotorsConfig, step_s: float) -> None:
        self._places = [(r.forward_m, r.right_m) for r in config.rotors]
        turning = config.torque_per_thrust_m
        self._turns = [turning if r.turns == "ccw" else -turning for r in config.rotors]
        self._max = config.max_thrust_n
        self._whole = [self._max] * len(self._places)
        tau = config.time_constant_s
        # Speed is c + b·exp(−t/τ); its square is averaged over the step term by term.
        self._left = math.exp(-step_s / tau) if tau else 0.0
        self._mean = -tau / step_s * math.expm1(-step_s / tau) if tau else 0.0
        self._square = -0.5 * tau / step_s * math.expm1(-2.0 * step_s / tau) if tau else 0.0
        self._weak: list[MotorWeakness] = []
        self.speeds = [0.0] * len(self._places)
        self.thrusts = [0.0] * len(self._places)

    def settle(self, controls: Sequence[float]) -> tuple[float, float, float, float]:
        """Turn as controls want, at once; otherwise as :meth:`turn`."""
        self.speeds = list(controls)
        return self.turn(controls)

    def turn(self, controls: Sequence[float]) -> tuple[float, float, float, float]:
        """Follow controls over a step.

        Args:
            controls: From 0 to 1 by motor.

        Returns:
            Total thrust, N, and the torque about the body's axes (FRD), N·m; means over the step.

        Raises:
            ControlError: They are not four numbers from 0 to 1.
        """
        speeds, thrusts = self.speeds, self.thrusts
        if len(controls) != len(thrusts):
            raise ControlError(f"{len(controls)} motor controls; the quadrotor has {len(thrusts)}")
        total = roll = pitch = yaw = 0.0
        for i, c in enumerate(controls):
            if not 0.0 <= c <= 1.0:
                raise ControlError(f"control of motor {i + 1} is {c}; it must be from 0 to 1")
            b = speeds[i] - c
            speeds[i] = c + b * self._left
            thrust = self._whole[i] * (c * c + b * (2.0 * c * self._mean + b * self._square))
            thrusts[i] = thrust
            forward, right = self._places[i]
            total += thrust
            roll -= right * thrust
            pitch += forward * thrust
            yaw += self._turns[i] * thrust
        return total, roll, pitch, yaw

    @property
    def outputs(self) -> tuple[float, ...]:
        """Mean thrust of each over the last step, as a share of ``max_thrust_n``."""
        return tuple(thrust / self._max for thrust in self.thrusts)

    def weaken(self, fault: MotorWeakness, on: bool) -> None:
        """Switch the weakness of a motor on or off; of two at once, each takes its share."""
        if on:
            self._weak.append(fault)
        elif fault in self._weak:
            self._weak.remove(fault)
        self._whole = [self._max] * len(self._places)
        for weak in self._weak:
            self._whole[weak.motor - 1] *= 1.0 - weak.loss_percent / 100.0
