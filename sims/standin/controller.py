"""From set-points to motors: position, velocity, acceleration, attitude, rate, mixer.

The structure, the units of thrust and torque, and the parameters are those of PX4's multicopter
controllers, so that set-points mean the same: an acceleration is kinematic (gravity is added
here), and thrust is a share of the largest, of which ``MPC_THR_HOVER`` hovers.
"""

import math
from dataclasses import dataclass
from typing import Final

from sims.rotation import (
    IDENTITY,
    Quaternion,
    Vector,
    conjugate,
    facing,
    product,
    rotate,
    wrapped,
    yaw_of,
)
from sims.standin.estimator import GRAVITY_M_S2, Estimator
from sims.standin.mixer import Mixer
from sims.standin.parameters import Parameters

NONE: Final = (math.nan, math.nan, math.nan)
_FASTEST_TURN = (3.84, 3.84, 3.49)  # rad/s: 220 and 200 °/s
_STEEPEST_DEG = 85.0
_INTEGRAL_AT_MOST = 0.3
_DERIVATIVE_LAG_S = 0.005
_HOVER_LAG_S = 2.0
_HOVER_RANGE = (0.1, 0.9)


@dataclass(frozen=True)
class Setpoint:
    """What is to be flown to; an axis that is not a number is left to the others.

    Attributes:
        position: NED about the origin, m.
        velocity: NED, m/s; added to what the position asks for.
        acceleration: NED, m/s², kinematic; added to what the velocity asks for.
        yaw: rad; not a number: as it is.
        turning: Yaw rate, rad/s.
    """

    position: Vector = NONE
    velocity: Vector = NONE
    acceleration: Vector = NONE
    yaw: float = math.nan
    turning: float = 0.0


@dataclass(frozen=True)
class AttitudeSetpoint:
    """Attitude (body to NED; None: rates alone), rates (FRD, rad/s) and thrust (0..1)."""

    attitude: Quaternion | None
    rates: Vector
    thrust: float


class Controller:
    """The cascade of one vehicle.

    Attributes:
        hover: Thrust that hovers, 0..1, as learnt in flight.
        wanted: Attitude asked for last.
        acceleration: Kinematic acceleration asked for last, NED, m/s².
        thrust: Collective thrust asked for last, 0..1.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._p = parameters
        self._mixer = Mixer()
        low, high = _HOVER_RANGE
        self.hover = min(max(parameters["MPC_THR_HOVER"], low), high)
        self.wanted: Quaternion = IDENTITY
        self.acceleration: Vector = (0.0, 0.0, 0.0)
        self.thrust = 0.0
        self._yaw = 0.0
        self._bounded = False
        self._velocity_integral = [0.0, 0.0, 0.0]
        self._rate_integral = [0.0, 0.0, 0.0]
        self._rate_before: Vector = (0.0, 0.0, 0.0)
        self._spin = [0.0, 0.0, 0.0]
        self._gains()

    def _gains(self) -> None:
        p = self._p
        self._attitude_p = p["MC_ROLL_P"], p["MC_PITCH_P"], p["MC_YAW_P"]
        self._rate_p = p["MC_ROLLRATE_P"], p["MC_PITCHRATE_P"], p["MC_YAWRATE_P"]
        self._rate_i = p["MC_ROLLRATE_I"], p["MC_PITCHRATE_I"], p["MC_YAWRATE_I"]
        self._rate_d = p["MC_ROLLRATE_D"], p["MC_PITCHRATE_D"], 0.0
        self._velocity_p = (p["MPC_XY_VEL_P_ACC"],) * 2 + (p["MPC_Z_VEL_P_ACC"],)
        self._velocity_i = (p["MPC_XY_VEL_I_ACC"],) * 2 + (p["MPC_Z_VEL_I_ACC"],)
        self._velocity_d = (p["MPC_XY_VEL_D_ACC"],) * 2 + (0.0,)
        self._position_p = (p["MPC_XY_P"],) * 2 + (p["MPC_Z_P"],)

    def changed(self) -> None:
        """A parameter was set."""
        self._gains()

    def reset(self, state: Estimator) -> None:
        """Forget what was integrated; on the ground, where nothing answers to it."""
        self._velocity_integral = [0.0, 0.0, 0.0]
        self._rate_integral = [0.0, 0.0, 0.0]
        self._yaw = yaw_of(state.attitude)

    def translate(
        self, dt: float, state: Estimator, setpoint: Setpoint, most: float = 1.0
    ) -> AttitudeSetpoint:
        """Attitude and thrust that bring the vehicle to a set-point.

        Args:
            dt: Time since the last call, s.
            state: Where the vehicle is.
            setpoint: Where it is to be.
            most: Limit of thrust, 0..1.
        """
        yaw = self._heading(dt, setpoint)
        x, y, z = self._wanted_acceleration(dt, state, setpoint)
        thrust, attitude = self._lean(x, y, z, yaw, min(most, self._p["MPC_THR_MAX"]))
        # Turning about the vertical, seen from the body.
        rates = rotate(conjugate(state.attitude), (0.0, 0.0, setpoint.turning))
        self.acceleration = x, y, z
        return AttitudeSetpoint(attitude, rates, thrust)

    def _heading(self, dt: float, setpoint: Setpoint) -> float:
        if math.isfinite(setpoint.yaw):
            self._yaw = setpoint.yaw
        elif setpoint.turning:
            self._yaw = wrapped(self._yaw + setpoint.turning * dt)
        return self._yaw

    def _wanted_acceleration(self, dt: float, state: Estimator, setpoint: Setpoint) -> Vector:
        wanted = [0.0, 0.0, 0.0]
        speeds = self._wanted_velocity(state, setpoint)
        for axis in range(3):
            speed, forward = speeds[axis], setpoint.acceleration[axis]
            if math.isfinite(speed):
                error = speed - state.velocity[axis]
                integral = self._velocity_integral
                wanted[axis] = (
                    self._velocity_p[axis] * error
                    + integral[axis]
                    - self._velocity_d[axis] * state.acceleration[axis]
                )
                # Not wound up by what can't be had.
                bounded = self._bounded if axis == 2 else abs(wanted[axis]) >= GRAVITY_M_S2
                if not bounded or error * wanted[axis] < 0.0:
                    integral[axis] += self._velocity_i[axis] * error * dt
                    integral[axis] = max(-GRAVITY_M_S2, min(GRAVITY_M_S2, integral[axis]))
            if math.isfinite(forward):
                wanted[axis] += forward
        return wanted[0], wanted[1], wanted[2]

    def _wanted_velocity(self, state: Estimator, setpoint: Setpoint) -> Vector:
        wanted = list(setpoint.velocity)
        for axis in range(3):
            place = setpoint.position[axis]
            if math.isfinite(place):
                towards = self._position_p[axis] * (place - state.position[axis])
                wanted[axis] = towards + (wanted[axis] if math.isfinite(wanted[axis]) else 0.0)
        x, y, z = wanted
        speed, most = math.hypot(x, y), self._p["MPC_XY_VEL_MAX"]
        if speed > most:
            x, y = x * most / speed, y * most / speed
        if math.isfinite(z):
            z = max(-self._p["MPC_Z_VEL_MAX_UP"], min(self._p["MPC_Z_VEL_MAX_DN"], z))
        return x, y, z

    def _lean(
        self, x: float, y: float, z: float, yaw: float, most: float
    ) -> tuple[float, Quaternion]:
        """Thrust, and the attitude in which it points the right way, within the tilt's limit."""
        up = GRAVITY_M_S2 - z  # the specific force that is wanted upwards
        side = math.hypot(x, y)
        tilt = max(0.0, min(_STEEPEST_DEG, self._p["MPC_TILTMAX_AIR"]))
        tangent = math.tan(math.radians(tilt))
        height = max(up, 0.1 * GRAVITY_M_S2)
        if side > height * tangent:
            x, y, side = x * height * tangent / side, y * height * tangent / side, height * tangent
        size = math.hypot(side, height)
        direction = x / size, y / size, -height / size
        least = self._p["MPC_THR_MIN"]
        # Thrust along the body's axis whose vertical part is what hovers, scaled.
        asked = up * self.hover / GRAVITY_M_S2 * size / height
        thrust = min(max(asked, least), most)
        self._bounded = thrust != asked
        return thrust, facing(direction, yaw)

    def motors(
        self, dt: float, state: Estimator, wanted: AttitudeSetpoint, flying: bool
    ) -> list[float]:
        """The motors' controls, 0..1, (4,).

        Args:
            dt: Time since the last call, s.
            state: Attitude and rates of the vehicle.
            wanted: Those it is to have.
            flying: Whether it can turn; on the ground nothing is integrated.
        """
        rates = wanted.rates
        if wanted.attitude is not None:
            self.wanted = wanted.attitude
            rates = self._wanted_rates(state.attitude, wanted)
        self._yaw = yaw_of(wanted.attitude or state.attitude)
        self.thrust = wanted.thrust
        keep = math.exp(-dt / _DERIVATIVE_LAG_S)
        torque = [0.0, 0.0, 0.0]
        for axis in range(3):
            rate = state.rate[axis]
            spin = (rate - self._rate_before[axis]) / dt
            self._spin[axis] = spin + keep * (self._spin[axis] - spin)
            error = rates[axis] - rate
            torque[axis] = (
                self._rate_p[axis] * error
                + self._rate_integral[axis]
                - self._rate_d[axis] * self._spin[axis]
            )
            if flying and not self._mixer.saturated:
                total = self._rate_integral[axis] + self._rate_i[axis] * error * dt
                self._rate_integral[axis] = max(-_INTEGRAL_AT_MOST, min(_INTEGRAL_AT_MOST, total))
        self._rate_before = state.rate
        turn = torque[0], torque[1], torque[2]
        return self._mixer.motors(turn, wanted.thrust, self._p["THR_MDL_FAC"])

    def _wanted_rates(self, attitude: Quaternion, wanted: AttitudeSetpoint) -> Vector:
        assert wanted.attitude is not None
        w, x, y, z = product(conjugate(attitude), wanted.attitude)
        twice = 2.0 if w >= 0.0 else -2.0
        p, q, r = self._attitude_p
        a, b, c = wanted.rates
        fp, fq, fr = _FASTEST_TURN
        return (
            max(-fp, min(fp, twice * x * p + a)),
            max(-fq, min(fq, twice * y * q + b)),
            max(-fr, min(fr, twice * z * r + c)),
        )

    def learn_hover(self, dt: float, state: Estimator) -> None:
        """Learn from the vertical specific force what thrust hovers."""
        if not self._p["MPC_USE_HTE"]:
            return
        lift = GRAVITY_M_S2 - state.acceleration[2]
        upright = rotate(state.attitude, (0.0, 0.0, 1.0))[2]
        if lift < 0.3 * GRAVITY_M_S2 or upright < 0.5:
            return
        seen = self.thrust * upright * GRAVITY_M_S2 / lift
        low, high = _HOVER_RANGE
        self.hover += (max(low, min(high, seen)) - self.hover) * dt / _HOVER_LAG_S
