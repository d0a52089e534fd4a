"""Flight modes, by PX4's ``custom_mode``, and what each sets the controller."""

import math
from dataclasses import dataclass
from typing import Final

from sims.mavlink.modes import FlightMode
from sims.rotation import Vector
from sims.standin.controller import AttitudeSetpoint, Setpoint
from sims.standin.estimator import Estimator
from sims.standin.parameters import Parameters

LABELS: Final = {
    FlightMode.POSITION: "Position",
    FlightMode.OFFBOARD: "Offboard",
    FlightMode.TAKE_OFF: "Takeoff",
    FlightMode.LOITER: "Hold",
    FlightMode.LAND: "Land",
}
"""As PX4's messages call them."""

_BRAKE_M_S2 = 3.0
_STANDS_M_S = 0.3
_REACHED_M = 0.3
_FAST_DESCENT_ABOVE_M = 6.0


@dataclass
class Navigator:
    """What the modes that fly themselves remember.

    Attributes:
        mode: The present one.
        blind: Whether it comes down without knowing where it is.
        sinks: Whether it comes down in a mode that otherwise holds.
        target_down: Height that take-off climbs to, NED, m.
        ground_down: Height of the ground at take-off, NED, m.
    """

    parameters: Parameters
    mode: FlightMode = FlightMode.LOITER
    blind: bool = False
    sinks: bool = False
    target_down: float = 0.0
    ground_down: float = 0.0
    _place: Vector | None = None
    _braking: Vector = (0.0, 0.0, 0.0)

    def enter(self, mode: FlightMode, state: Estimator, blind: bool = False) -> None:
        """Begin a mode from where the vehicle is."""
        self.mode, self.blind, self.sinks = mode, blind, False
        self._place = None
        self._braking = state.velocity

    def climbed(self, state: Estimator) -> bool:
        """Whether take-off has reached its height."""
        return state.position[2] - self.target_down < _REACHED_M

    def setpoint(self, dt: float, state: Estimator) -> Setpoint:
        """What the mode asks for now, in all but offboard flight."""
        if self.blind:
            return Setpoint(
                velocity=(math.nan, math.nan, self.parameters["MPC_LAND_SPEED"]),
                acceleration=(0.0, 0.0, math.nan),
            )
        if self.mode is FlightMode.TAKE_OFF:
            return self._climb(state)
        hold = self._hold(dt, state)
        if self.mode is not FlightMode.LAND and not self.sinks:
            return hold
        high = self.ground_down - state.position[2] > _FAST_DESCENT_ABOVE_M
        speed = self.parameters["MPC_Z_VEL_MAX_DN" if high else "MPC_LAND_SPEED"]
        (x, y, _), (vx, vy, _) = hold.position, hold.velocity
        return Setpoint(position=(x, y, math.nan), velocity=(vx, vy, speed))

    def _climb(self, state: Estimator) -> Setpoint:
        if self._place is None:
            self._place = state.position
        left = state.position[2] - self.target_down
        gain, most = self.parameters["MPC_Z_P"], self.parameters["MPC_TKO_SPEED"]
        return Setpoint(
            position=(self._place[0], self._place[1], math.nan),
            velocity=(math.nan, math.nan, -max(-most, min(most, gain * left))),
        )

    def _hold(self, dt: float, state: Estimator) -> Setpoint:
        """Brake steadily, then stay where it came to rest."""
        if self._place is None:
            x, y, z = self._braking
            speed = math.sqrt(x * x + y * y + z * z)
            keep = max(0.0, 1.0 - _BRAKE_M_S2 * dt / speed) if speed else 0.0
            self._braking = keep * x, keep * y, keep * z
            if keep == 0.0 and math.dist(state.velocity, (0.0, 0.0, 0.0)) < _STANDS_M_S:
                self._place = state.position
            else:
                return Setpoint(velocity=self._braking)
        return Setpoint(position=self._place, velocity=(0.0, 0.0, 0.0))


@dataclass
class Offboard:
    """The stream of set-points from outside.

    Attributes:
        wanted: The newest set-point.
        heard_us: When it came; None if none ever did.
    """

    wanted: Setpoint | AttitudeSetpoint | None = None
    heard_us: int | None = None
    _begun_us: int | None = None

    def hear(self, now_us: int, wanted: Setpoint | AttitudeSetpoint, gap_us: int) -> None:
        """Take a set-point; after a gap the stream has begun anew."""
        if self.heard_us is None or now_us - self.heard_us > gap_us:
            self._begun_us = now_us
        self.wanted, self.heard_us = wanted, now_us

    def running(self, now_us: int, gap_us: int) -> bool:
        """Whether there is a stream: two set-points, neither old."""
        if self.heard_us is None or self._begun_us is None:
            return False
        return self.heard_us > self._begun_us and now_us - self.heard_us <= gap_us
