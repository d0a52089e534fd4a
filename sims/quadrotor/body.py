"""The rigid body of a quadrotor: what its rotors, the air and the ground do to it.

Bullet adds force to velocity, then velocity to position. Each step is therefore given the mean of
the forces of this step and the one before, which keeps Bullet's velocity half a step behind: the
leapfrog, second order. What is handed out is the velocity of the present. On the ground, where
forces are the solver's, Bullet's own velocity is handed out.
"""

import math
from collections.abc import Sequence

from sims.faults import MotorWeakness, PhysicalFault
from sims.plant import PlantError
from sims.quadrotor.bullet_body import GRAVITY_M_S2, SAG_M, BulletBody, Quaternion, Triple
from sims.quadrotor.config import QuadrotorConfig
from sims.quadrotor.rotors import Rotors
from sims.quadrotor.wind import Wind

_TOUCHED_M_S2 = 1e-6
"""Acceleration that nothing but the ground explains; rounding is far below."""
_STILL = (0.0, 0.0, 0.0)


class Quadrotor:
    """A quadrotor, at rest on the ground at first, its nose to the north.

    Attributes:
        position: North, east, down of where it stood at first, m.
        velocity: North, east, down, m/s.
        quaternion: Scalar first, body (FRD) to NED.
        axes: Its rotation matrix: rows north, east, down; columns forward, right, down.
        rate: Angular velocity about forward, right, down, rad/s.
        specific_force: Forward, right, down, mean over the last step, m/s²: all that is felt, the
            ground included; what an ideal accelerometer in the centre of mass shows.
        delivered_acceleration: North, east, down, mean of the rotors' thrust over the last step by
            the true mass, m/s².
        on_ground: Whether the ground pushed it in the last step.
        crash: How it crashed; empty while it has not. A crashed body goes on to be simulated.
    """

    def __init__(self, config: QuadrotorConfig, step_s: float, seed: int) -> None:
        """Build the world and stand the vehicle in it.

        Args:
            config: What it is made of.
            step_s: Length of a step, s; 0.0005 to 0.02.
            seed: Of the run; gusts have their own stream.

        Raises:
            PlantError: PyBullet can't be loaded or opened, or the step is no such length.
        """
        if not 0.0005 <= step_s <= 0.02:
            raise PlantError(f"a step of {step_s:g} s; give 0.0005 to 0.02 s")
        self._step_s = step_s
        self._mass = config.real_mass_kg
        self._inertia = ix, iy, iz = config.inertia_kg_m2
        self._gyration = iy - iz, iz - ix, ix - iy
        self._linear, self._quadratic = config.drag.linear_n_s_m, config.drag.quadratic_n_s2_m2
        self._rotors = Rotors(config.rotors, step_s)
        self._wind = Wind(config, step_s, seed)
        self._crash_speed = config.crash_speed_m_s
        self._crash_cosine = math.cos(math.radians(config.crash_tilt_deg))
        self._bullet = BulletBody(self._mass, self._inertia, step_s)
        self.place()

    def place(
        self,
        position: Triple = _STILL,
        velocity: Triple = _STILL,
        quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0),
        rate: Triple = _STILL,
        controls: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    ) -> None:
        """Put it somewhere; standing on the ground with its rotors still, unless told.

        Args:
            position: North, east, down, m.
            velocity: North, east, down, m/s.
            quaternion: Scalar first, body to NED, of length 1.
            rate: About forward, right, down, rad/s.
            controls: Motor controls that the rotors have followed already.

        Raises:
            ControlError: They are not four numbers from 0 to 1.
        """
        self.on_ground, self.crash = position[2] >= -SAG_M, ""
        self.position, self.velocity, self.rate = position, velocity, rate
        self.quaternion, self.axes = quaternion, _axes(quaternion)
        thrust, roll, pitch, yaw = self._rotors.settle(controls)
        push, (dx, dy, dz) = self._accelerations(thrust, velocity, 0.0)
        self.delivered_acceleration = px, py, pz = push
        # What acted in the step before, that the next is to take its mean with.
        self._pull: Triple = (px + dx, py + dy, pz + dz + GRAVITY_M_S2)
        self._torque: Triple = (roll, pitch, yaw)
        felt = (0.0, 0.0, -GRAVITY_M_S2) if self.on_ground else (px + dx, py + dy, pz + dz)
        self.specific_force = self._in_body(felt)
        late = 0.0 if self.on_ground else -0.5 * self._step_s
        self._late_rate = _carried(rate, self._spin(rate), late)
        late_velocity = _carried(velocity, self._pull, late)
        self._bullet.set(position, quaternion, late_velocity, self._in_ned(self._late_rate))

    def step(self, controls: Sequence[float]) -> None:
        """Take a step under motor controls that stay as they are.

        Args:
            controls: From 0 to 1 by motor, in the autopilot's order.

        Raises:
            ControlError: They are not four numbers from 0 to 1.
            TooFastError: It moves faster than anything flies, or turns by half a turn in a step.
        """
        dt, mass, bullet = self._step_s, self._mass, self._bullet
        half = 0.5 * dt
        thrust, roll, pitch, yaw = self._rotors.turn(controls)
        self._wind.blow()

        late = late_x, late_y, late_z = bullet.velocity
        midway = late if self.on_ground else _carried(late, self._pull, dt)
        push, drag = self._accelerations(thrust, midway, half)
        (px, py, pz), (dx, dy, dz) = push, drag
        before_x, before_y, before_z = self._pull
        pull = x, y, z = px + dx, py + dy, pz + dz + GRAVITY_M_S2
        mean_x, mean_y, mean_z = 0.5 * (before_x + x), 0.5 * (before_y + y), 0.5 * (before_z + z)

        before_roll, before_pitch, before_yaw = self._torque
        # Bullet's gyroscopic torque is that of half a step ago; this makes it the present one.
        (p, q, r), (lp, lq, lr), (jx, jy, jz) = self.rate, self._late_rate, self._gyration
        torque = (
            0.5 * (before_roll + roll) + jx * (q * r - lq * lr),
            0.5 * (before_pitch + pitch) + jy * (r * p - lr * lp),
            0.5 * (before_yaw + yaw) + jz * (p * q - lp * lq),
        )
        bullet.step((mass * mean_x, mass * mean_y, mass * mean_z), torque)

        self._pull, self._torque, self.delivered_acceleration = pull, (roll, pitch, yaw), push
        new_x, new_y, new_z = bullet.velocity
        # What the ground did is what nothing else explains.
        gx, gy, gz = (
            (new_x - late_x) / dt - mean_x,
            (new_y - late_y) / dt - mean_y,
            (new_z - late_z) / dt - mean_z,
        )
        forward, right, down = self._in_body((gx + dx, gy + dy, gz + dz))
        self.specific_force = forward, right, down - thrust / mass
        self.position, self.quaternion = bullet.position, bullet.quaternion
        self.axes = _axes(bullet.quaternion)
        self._late_rate = self._in_body(bullet.turning)
        self.on_ground = abs(gx) + abs(gy) + abs(gz) > _TOUCHED_M_S2
        if self.on_ground:
            self.velocity, self.rate = bullet.velocity, self._late_rate
            self.crash = self.crash or self._crashed(late_z)
        else:
            self.velocity = new_x + half * x, new_y + half * y, new_z + half * z
            self.rate = _carried(self._late_rate, self._spin(self._late_rate), half)

    def _accelerations(
        self, thrust: float, velocity: Triple, ahead: float
    ) -> tuple[Triple, Triple]:
        """Of thrust and of drag, NED, m/s², at a velocity and as the axes will be in a moment."""
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self.axes
        lift = -thrust / self._mass
        # The down axis turns towards forward by the pitch rate, and away from right by the roll.
        p, q = ahead * self.rate[0], ahead * self.rate[1]
        push = (
            lift * (xz + q * xx - p * xy),
            lift * (yz + q * yx - p * yy),
            lift * (zz + q * zx - p * zy),
        )
        (north, east, down), (wind_north, wind_east, wind_down) = velocity, self._wind.now
        x, y, z = north - wind_north, east - wind_east, down - wind_down
        airspeed = math.sqrt(x * x + y * y + z * z)
        k = -(self._linear + self._quadratic * airspeed) / self._mass
        return push, (k * x, k * y, k * z)

    def _spin(self, rate: Triple) -> Triple:
        """Angular acceleration at a rate, rad/s², by Euler's equations."""
        (p, q, r), (roll, pitch, yaw) = rate, self._torque
        (ix, iy, iz), (jx, jy, jz) = self._inertia, self._gyration
        return (roll + jx * q * r) / ix, (pitch + jy * r * p) / iy, (yaw + jz * p * q) / iz

    def _in_body(self, vector: Triple) -> Triple:
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self.axes
        x, y, z = vector
        return (
            xx * x + yx * y + zx * z,
            xy * x + yy * y + zy * z,
            xz * x + yz * y + zz * z,
        )

    def _in_ned(self, vector: Triple) -> Triple:
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self.axes
        x, y, z = vector
        return (
            xx * x + xy * y + xz * z,
            yx * x + yy * y + yz * z,
            zx * x + zy * y + zz * z,
        )

    def _crashed(self, down_m_s: float) -> str:
        upright = self.axes[2][2]
        if down_m_s > self._crash_speed:
            return f"it hit the ground at {down_m_s:.2f} m/s"
        if upright < self._crash_cosine:
            tilt = math.degrees(math.acos(max(-1.0, upright)))
            return f"it touched the ground tilted by {tilt:.0f} degrees"
        return ""

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Mean thrust of each motor over the last step, as a share of the largest of one."""
        return self._rotors.outputs

    @property
    def wind(self) -> Triple:
        """The air's velocity to north, east and down, gusts included, m/s."""
        return self._wind.now

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """Switch the weakness of a motor on or off.

        Raises:
            PlantError: It is no fault of the body.
        """
        if not isinstance(fault, MotorWeakness):
            raise PlantError(f"a quadrotor's body can't have {type(fault).__name__}")
        self._rotors.weaken(fault, on)

    def close(self) -> None:
        """Close the world; may be called twice."""
        self._bullet.close()


def _axes(quaternion: Quaternion) -> tuple[Triple, Triple, Triple]:
    w, x, y, z = quaternion
    xx, yy, zz, xy, xz, yz = x * x, y * y, z * z, x * y, x * z, y * z
    wx, wy, wz = w * x, w * y, w * z
    return (
        (1.0 - 2.0 * (yy + zz), 2.0 * (xy - wz), 2.0 * (xz + wy)),
        (2.0 * (xy + wz), 1.0 - 2.0 * (xx + zz), 2.0 * (yz - wx)),
        (2.0 * (xz - wy), 2.0 * (yz + wx), 1.0 - 2.0 * (xx + yy)),
    )


def _carried(value: Triple, slope: Triple, by_s: float) -> Triple:
    (x, y, z), (dx, dy, dz) = value, slope
    return x + by_s * dx, y + by_s * dy, z + by_s * dz
