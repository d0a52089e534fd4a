"""The rigid body of a quadrotor in a PyBullet world with ground under it.

Bullet's world axes are taken to be north, east, down, and its body axes forward, right, down:
Bullet does not care which way is up, and nothing has to be converted.

Bullet adds force to velocity, then velocity to position. Each step is therefore given the mean of
the forces of this step and the one before, which keeps Bullet's velocity half a step behind: the
leapfrog, second order. What is handed out is the velocity of the present. On the ground, where
forces are the solver's, Bullet's own velocity is handed out.
"""

import math
import operator
from collections.abc import Sequence
from typing import Final

from sims.bullet import import_pybullet
from sims.faults import MotorWeakness, PhysicalFault
from sims.plant import PlantError
from sims.quadrotor.config import QuadrotorConfig
from sims.quadrotor.rotors import Rotors
from sims.quadrotor.wind import Wind

Triple = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

GRAVITY_M_S2: Final = 9.80665
LEG_M: Final = 0.1
"""From the centre of mass down to the ground, with unloaded legs."""
_FOOT_M, _REACH_M = 0.02, 0.15
_HALF_HULL_M = (0.2, 0.2, 0.03)
# Four legs are springs that give by so much under the weight, and damp as critically as this.
_SAG_M, _DAMPING = 0.0025, 0.5
_FRICTION = 0.8
# Bullet clamps a body's speed at 100 m/s, damps it, and rests it when idle, unless told otherwise.
_FREE = {
    "maxJointVelocity": 1e9,
    "linearDamping": 0.0,
    "angularDamping": 0.0,
    "rollingFriction": 0.0,
}
_TOUCHED_M_S2 = 1e-6
"""Acceleration that nothing but the ground explains; rounding is far below."""


class Quadrotor:
    """A quadrotor, at rest on the ground at first, its nose to the north.

    Attributes:
        position: North, east, down of where it stood at first, m.
        velocity: North, east, down, m/s.
        quaternion: Scalar first, body (FRD) to NED.
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
        if not 5e-4 <= step_s <= 0.02 + 1e-12:
            raise PlantError(f"a step of {step_s:g} s; give 0.0005 to 0.02 s")
        self._bullet = import_pybullet()
        # Bound once, for the steps.
        self._push = self._bullet.applyExternalForce
        self._twist = self._bullet.applyExternalTorque
        self._advance = self._bullet.stepSimulation
        self._place = self._bullet.getBasePositionAndOrientation
        self._motion = self._bullet.getBaseVelocity
        self._in_world, self._in_body = self._bullet.WORLD_FRAME, self._bullet.LINK_FRAME
        self._step_s = step_s
        self._mass = config.real_mass_kg
        self._inertia = config.inertia_kg_m2
        self._linear, self._quadratic = config.drag.linear_n_s_m, config.drag.quadratic_n_s2_m2
        self._rotors = Rotors(config.rotors, step_s)
        self._wind = Wind(config, step_s, seed)
        self._crash_speed = config.crash_speed_m_s
        self._crash_cosine = math.cos(math.radians(config.crash_tilt_deg))
        self._world: int = self._bullet.connect(self._bullet.DIRECT)
        if self._world < 0:
            raise PlantError("PyBullet refused a DIRECT connection")
        self._body = self._build()
        self.place()

    def _build(self) -> int:
        p, world = self._bullet, self._world
        p.setTimeStep(self._step_s, physicsClientId=world)
        p.setGravity(0.0, 0.0, 0.0, physicsClientId=world)
        ground = p.createCollisionShape(
            p.GEOM_PLANE, planeNormal=(0.0, 0.0, -1.0), physicsClientId=world
        )
        # The legs have sunk by their sag when it stands, and standing is position zero.
        p.createMultiBody(
            0.0, ground, basePosition=(0.0, 0.0, LEG_M - _SAG_M), physicsClientId=world
        )
        down = LEG_M - _FOOT_M
        feet = [(x, y, down) for x in (_REACH_M, -_REACH_M) for y in (_REACH_M, -_REACH_M)]
        shape = p.createCollisionShapeArray(
            [p.GEOM_SPHERE] * 4 + [p.GEOM_BOX],
            radii=[_FOOT_M] * 4 + [0.0],
            halfExtents=[(0.0, 0.0, 0.0)] * 4 + [_HALF_HULL_M],
            collisionFramePositions=[*feet, (0.0, 0.0, 0.0)],
            physicsClientId=world,
        )
        body: int = p.createMultiBody(self._mass, shape, physicsClientId=world)
        stiffness = self._mass * GRAVITY_M_S2 / _SAG_M
        damping = 2.0 * _DAMPING * math.sqrt(stiffness * self._mass)
        p.changeDynamics(
            body,
            -1,
            localInertiaDiagonal=self._inertia,
            activationState=p.ACTIVATION_STATE_DISABLE_SLEEPING,
            lateralFriction=_FRICTION,
            contactStiffness=stiffness / 4.0,
            contactDamping=damping / 4.0,
            physicsClientId=world,
            **_FREE,
        )
        return body

    def place(
        self,
        position: Triple = (0.0, 0.0, 0.0),
        velocity: Triple = (0.0, 0.0, 0.0),
        quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0),
        rate: Triple = (0.0, 0.0, 0.0),
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
        self.on_ground, self.crash = position[2] >= -_SAG_M, ""
        self.position, self.velocity, self.rate = position, velocity, rate
        self._turn_to(*quaternion)
        thrust, roll, pitch, yaw = self._rotors.settle(controls)
        self._torque: Triple = (roll, pitch, yaw)
        pushed, (dragged_x, dragged_y, dragged_z) = self._forces(thrust, velocity, 0.0)
        self.delivered_acceleration = push_x, push_y, push_z = pushed
        self._pull = push_x + dragged_x, push_y + dragged_y, push_z + dragged_z + GRAVITY_M_S2
        weight = GRAVITY_M_S2 if self.on_ground else 0.0
        self.specific_force = self._in_axes(dragged_x, dragged_y, dragged_z - weight)
        half = 0.0 if self.on_ground else 0.5 * self._step_s
        north, east, down = (v - half * a for v, a in zip(velocity, self._pull, strict=True))
        self._behind = north, east, down
        p, world, body = self._bullet, self._world, self._body
        w, x, y, z = quaternion
        turning = [sum(map(operator.mul, row, rate)) for row in self._axes]
        p.resetBasePositionAndOrientation(body, position, (x, y, z, w), physicsClientId=world)
        p.resetBaseVelocity(body, self._behind, turning, physicsClientId=world)

    def step(self, controls: Sequence[float]) -> None:
        """Take a step under motor controls that stay as they are.

        Args:
            controls: From 0 to 1 by motor, in the autopilot's order.

        Raises:
            ControlError: They are not four numbers from 0 to 1.
        """
        dt, mass, body, world = self._step_s, self._mass, self._body, self._world
        thrust, roll, pitch, yaw = self._rotors.turn(controls)
        self._wind.blow()

        # Forces as they are in the middle of the step, and their mean with those of the one before.
        half = 0.5 * dt
        was_x, was_y, was_z = self._behind
        before_x, before_y, before_z = self._pull
        ahead = 0.0 if self.on_ground else dt
        midway = was_x + ahead * before_x, was_y + ahead * before_y, was_z + ahead * before_z
        pushed, (drag_x, drag_y, drag_z) = self._forces(thrust, midway, half)
        push_x, push_y, push_z = pushed
        now_x, now_y, now_z = push_x + drag_x, push_y + drag_y, push_z + drag_z + GRAVITY_M_S2
        mean_x, mean_y, mean_z = (
            0.5 * (before_x + now_x),
            0.5 * (before_y + now_y),
            0.5 * (before_z + now_z),
        )
        before_roll, before_pitch, before_yaw = self._torque
        force = mass * mean_x, mass * mean_y, mass * mean_z
        torque = (
            0.5 * (before_roll + roll),
            0.5 * (before_pitch + pitch),
            0.5 * (before_yaw + yaw),
        )
        self._push(body, -1, force, self.position, self._in_world, world)
        self._twist(body, -1, torque, self._in_body, world)
        self._advance(world)
        self._pull, self._torque = (now_x, now_y, now_z), (roll, pitch, yaw)
        self.delivered_acceleration = pushed

        # What the ground did is what nothing else explains.
        self._behind, turning = self._motion(body, world)
        new_x, new_y, new_z = self._behind
        ground_x = (new_x - was_x) / dt - mean_x
        ground_y = (new_y - was_y) / dt - mean_y
        ground_z = (new_z - was_z) / dt - mean_z
        right, across, along = self._in_axes(
            ground_x + drag_x, ground_y + drag_y, ground_z + drag_z
        )
        self.specific_force = right, across, along - thrust / mass

        self.position, (x, y, z, w) = self._place(body, world)
        self._turn_to(w, x, y, z)
        p, q, r = self._in_axes(*turning)
        touched = abs(ground_x) + abs(ground_y) + abs(ground_z) > _TOUCHED_M_S2
        self.on_ground = touched
        if touched:
            self.velocity, self.rate = self._behind, (p, q, r)
            if not self.crash:
                self.crash = self._crashed(was_z)
            return
        self.velocity = new_x + half * now_x, new_y + half * now_y, new_z + half * now_z
        ix, iy, iz = self._inertia
        self.rate = (
            p + half * (roll - (iz - iy) * q * r) / ix,
            q + half * (pitch - (ix - iz) * r * p) / iy,
            r + half * (yaw - (iy - ix) * p * q) / iz,
        )

    def _forces(self, thrust: float, velocity: Triple, later_s: float) -> tuple[Triple, Triple]:
        """Accelerations by thrust and by drag, NED, at a velocity, somewhat later in the turn."""
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self._axes
        p, q, _ = self.rate
        lift = -thrust / self._mass
        # The body's down axis turns towards forward by q, and away from right by p.
        p, q = p * later_s, q * later_s
        pushed = (
            lift * (xz + q * xx - p * xy),
            lift * (yz + q * yx - p * yy),
            lift * (zz + q * zx - p * zy),
        )
        (north, east, down), (wind_north, wind_east, wind_down) = velocity, self._wind.now
        x, y, z = north - wind_north, east - wind_east, down - wind_down
        size = math.sqrt(x * x + y * y + z * z)
        k = -(self._linear + self._quadratic * size) / self._mass
        return pushed, (k * x, k * y, k * z)

    def _turn_to(self, w: float, x: float, y: float, z: float) -> None:
        """Take an attitude; the columns of the axes are forward, right and down in NED."""
        self.quaternion = w, x, y, z
        xx, yy, zz, xy, xz, yz = x * x, y * y, z * z, x * y, x * z, y * z
        wx, wy, wz = w * x, w * y, w * z
        self._axes = (
            (1.0 - 2.0 * (yy + zz), 2.0 * (xy - wz), 2.0 * (xz + wy)),
            (2.0 * (xy + wz), 1.0 - 2.0 * (xx + zz), 2.0 * (yz - wx)),
            (2.0 * (xz - wy), 2.0 * (yz + wx), 1.0 - 2.0 * (xx + yy)),
        )

    def _in_axes(self, north: float, east: float, down: float) -> Triple:
        """A vector of NED in the body's axes."""
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self._axes
        return (
            north * xx + east * yx + down * zx,
            north * xy + east * yy + down * zy,
            north * xz + east * yz + down * zz,
        )

    def _crashed(self, down_m_s: float) -> str:
        if down_m_s > self._crash_speed:
            return f"it hit the ground at {down_m_s:.2f} m/s"
        if self._axes[2][2] < self._crash_cosine:
            tilt = math.degrees(math.acos(max(-1.0, self._axes[2][2])))
            return f"it touched the ground tilted by {tilt:.0f} degrees"
        return ""

    @property
    def axes(self) -> tuple[Triple, Triple, Triple]:
        """Rotation of the body's axes (FRD, columns) into NED (rows)."""
        return self._axes

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
        if self._world >= 0:
            self._bullet.disconnect(physicsClientId=self._world)
            self._world = -1
