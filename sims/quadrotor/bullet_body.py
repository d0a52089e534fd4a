"""One body on legs over flat ground, in a PyBullet world of its own.

Bullet's world axes are taken to be north, east, down, and its body axes forward, right, down:
Bullet does not care which way is up, and nothing has to be converted.
"""

import math
from typing import Final

from sims.bullet import import_pybullet
from sims.plant import PlantError

Triple = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

GRAVITY_M_S2: Final = 9.80665
SAG_M: Final = 0.0025
"""By how much the legs give under the weight; a body that stands on them is at height zero."""
_DAMPING = 0.5
"""Of the legs, as a share of the critical one."""
_LEG_M, _FOOT_M, _REACH_M = 0.1, 0.02, 0.15
_HALF_HULL_M = (0.2, 0.2, 0.03)
_FRICTION = 0.8
_FASTEST_M_S = 10_000.0
"""What lies beyond comes of forces that no step is short enough for."""
# Bullet clamps a body's speed at 100 m/s, damps it, and rests it when idle, unless told otherwise.
_FREE = {
    "maxJointVelocity": 1e9,
    "linearDamping": 0.0,
    "angularDamping": 0.0,
    "rollingFriction": 0.0,
}


class TooFastError(PlantError):
    """A motion that no step of this length can follow."""


class BulletBody:
    """A body that moves under what is applied to it, and under the ground's push.

    Nothing else acts: gravity has to be applied.

    Attributes:
        position: NED, m.
        quaternion: Scalar first, body to NED.
        velocity: NED, m/s, as Bullet keeps it.
        turning: Angular velocity in NED, rad/s, as Bullet keeps it.
    """

    def __init__(self, mass_kg: float, inertia_kg_m2: Triple, step_s: float) -> None:
        """Build the world.

        Raises:
            PlantError: PyBullet can't be loaded or opened.
        """
        self._bullet = p = import_pybullet()
        # Bound once, for the steps.
        self._push, self._twist = p.applyExternalForce, p.applyExternalTorque
        self._advance = p.stepSimulation
        self._place, self._motion = p.getBasePositionAndOrientation, p.getBaseVelocity
        self._in_world, self._in_body = p.WORLD_FRAME, p.LINK_FRAME
        self._step_s, self._fastest_turn = step_s, (math.pi / step_s) ** 2
        self._world: int = p.connect(p.DIRECT)
        if self._world < 0:
            raise PlantError("PyBullet refused a DIRECT connection")
        p.setTimeStep(step_s, physicsClientId=self._world)
        p.setGravity(0.0, 0.0, 0.0, physicsClientId=self._world)
        self._add_ground()
        self._body = self._add_body(mass_kg, inertia_kg_m2)
        self.set((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))

    def _add_ground(self) -> None:
        p, world = self._bullet, self._world
        up = (0.0, 0.0, -1.0)
        plane = p.createCollisionShape(p.GEOM_PLANE, planeNormal=up, physicsClientId=world)
        p.createMultiBody(
            0.0, plane, basePosition=(0.0, 0.0, _LEG_M - SAG_M), physicsClientId=world
        )

    def _add_body(self, mass_kg: float, inertia_kg_m2: Triple) -> int:
        p, world = self._bullet, self._world
        # Balls for feet: their contacts come and go singly, where a box's flicker.
        sides = (_REACH_M, -_REACH_M)
        feet = [(forward, right, _LEG_M - _FOOT_M) for forward in sides for right in sides]
        shape = p.createCollisionShapeArray(
            [p.GEOM_SPHERE] * 4 + [p.GEOM_BOX],
            radii=[_FOOT_M] * 4 + [0.0],
            halfExtents=[(0.0, 0.0, 0.0)] * 4 + [_HALF_HULL_M],
            collisionFramePositions=[*feet, (0.0, 0.0, 0.0)],
            physicsClientId=world,
        )
        body: int = p.createMultiBody(mass_kg, shape, physicsClientId=world)
        stiffness = mass_kg * GRAVITY_M_S2 / SAG_M
        p.changeDynamics(
            body,
            -1,
            localInertiaDiagonal=inertia_kg_m2,
            activationState=p.ACTIVATION_STATE_DISABLE_SLEEPING,
            lateralFriction=_FRICTION,
            contactStiffness=stiffness / 4.0,
            contactDamping=2.0 * _DAMPING * math.sqrt(stiffness * mass_kg) / 4.0,
            physicsClientId=world,
            **_FREE,
        )
        return body

    def set(
        self, position: Triple, quaternion: Quaternion, velocity: Triple, turning: Triple
    ) -> None:
        """Put it somewhere, in motion; each as in :class:`BulletBody`."""
        p, world, body, (w, x, y, z) = self._bullet, self._world, self._body, quaternion
        p.resetBasePositionAndOrientation(body, position, (x, y, z, w), physicsClientId=world)
        p.resetBaseVelocity(body, velocity, turning, physicsClientId=world)
        self.position, self.quaternion = position, quaternion
        self.velocity, self.turning = velocity, turning

    def step(self, force: Triple, torque: Triple) -> None:
        """Take a step.

        Args:
            force: On the centre of mass, NED, N.
            torque: About the body's axes, N·m.

        Raises:
            TooFastError: It moves faster than anything flies, or turns by half a turn in a step.
        """
        body, world = self._body, self._world
        self._push(body, -1, force, self.position, self._in_world, world)
        self._twist(body, -1, torque, self._in_body, world)
        self._advance(world)
        self.position, (x, y, z, w) = self._place(body, world)
        self.quaternion = w, x, y, z
        self.velocity, self.turning = self._motion(body, world)
        (north, east, down), (p, q, r) = self.velocity, self.turning
        # Written so that what is no number fails, too.
        slow = north * north + east * east + down * down < _FASTEST_M_S * _FASTEST_M_S
        if not (slow and p * p + q * q + r * r < self._fastest_turn):
            raise TooFastError(
                f"the quadrotor moves at {self.velocity} m/s and turns at {self.turning} rad/s: "
                f"its motors are too strong for it, or the step of {self._step_s:g} s is too long"
            )

    def close(self) -> None:
        """Close the world; may be called twice."""
        if self._world >= 0:
            self._bullet.disconnect(physicsClientId=self._world)
            self._world = -1
