"""Bodies in a PyBullet world of their own, with nothing acting on them but what is applied.

Bullet adds the force to the velocity, then the velocity to the position. Started half a step early
in velocity that is the leapfrog: second order, symplectic, no drift of energy. Between steps Bullet
therefore holds the velocity half a step *behind* the position. Rotation it integrates to first
order, with the gyroscopic torque.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sims.bullet import import_pybullet
from sims.plant import PlantError

Array = NDArray[np.float64]
Triple = tuple[float, float, float]

# Bullet clamps a body's speed at 100 m/s unless told otherwise, and rests bodies that seem idle.
_UNCLAMPED = 1e9
_FREE = {
    "maxJointVelocity": _UNCLAMPED,
    "linearDamping": 0.0,
    "angularDamping": 0.0,
    "rollingFriction": 0.0,
}


class BulletWorld:
    """A PyBullet DIRECT world of free bodies.

    Attributes:
        positions: Of each body, m.
    """

    def __init__(
        self,
        states: Array,
        early: Sequence[Triple],
        masses: Sequence[float],
        step_s: float,
    ) -> None:
        """Build the world.

        Args:
            states: Starting positions and velocities, m and m/s, (bodies, 6).
            early: Velocity of each body half a step before the start, m/s.
            masses: kg; forces are applied as accelerations, so they only have to be sound.
            step_s: Length of a step, s.

        Raises:
            PlantError: PyBullet can't be loaded or opened.
        """
        self._bullet = import_pybullet()
        # Bound once, for the steps.
        self._push = self._bullet.applyExternalForce
        self._advance = self._bullet.stepSimulation
        self._ask = self._bullet.getBasePositionAndOrientation
        self._in_frame = self._bullet.WORLD_FRAME
        self._masses = list(masses)
        self.positions: list[Triple] = [(x, y, z) for x, y, z in states[:, :3].tolist()]
        self._world: int = self._bullet.connect(self._bullet.DIRECT)
        if self._world < 0:
            raise PlantError("PyBullet refused a DIRECT connection")
        self._bullet.setTimeStep(step_s, physicsClientId=self._world)
        self._bullet.setGravity(0.0, 0.0, 0.0, physicsClientId=self._world)
        self._bodies = [
            self._add_body(mass, position, velocity)
            for mass, position, velocity in zip(masses, self.positions, early, strict=True)
        ]

    def _add_body(self, mass: float, position: Triple, velocity: Triple) -> int:
        p, world = self._bullet, self._world
        # A shape gives the body its inertia; vehicles do not collide with one another.
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=[0.5] * 3, physicsClientId=world)
        body: int = p.createMultiBody(mass, shape, basePosition=position, physicsClientId=world)
        p.setCollisionFilterGroupMask(body, -1, 0, 0, physicsClientId=world)
        p.changeDynamics(
            body,
            -1,
            activationState=p.ACTIVATION_STATE_DISABLE_SLEEPING,
            physicsClientId=world,
            **_FREE,
        )
        p.resetBaseVelocity(body, linearVelocity=velocity, physicsClientId=world)
        return body

    def turn(self, body: int, inertia: Triple, quaternion: Array, rate: Array) -> None:
        """Give a body its inertia, attitude (scalar-first) and angular velocity in the frame."""
        p, world, index = self._bullet, self._world, self._bodies[body]
        p.changeDynamics(index, -1, localInertiaDiagonal=inertia, physicsClientId=world)
        w, x, y, z = quaternion.tolist()
        velocity = self.velocity(body)  # the next call stops the body
        p.resetBasePositionAndOrientation(
            index, self.positions[body], (x, y, z, w), physicsClientId=world
        )
        p.resetBaseVelocity(index, velocity, rate.tolist(), physicsClientId=world)

    def kick(self, body: int, acceleration: Triple) -> None:
        """Accelerate a body over the coming step, m/s²."""
        mass = self._masses[body]
        x, y, z = acceleration
        force = mass * x, mass * y, mass * z
        at = self.positions[body]
        self._push(self._bodies[body], -1, force, at, self._in_frame, self._world)

    def twist(self, body: int, torque: Triple) -> None:
        """Apply a torque in the body frame over the coming step, N·m."""
        p = self._bullet
        p.applyExternalTorque(self._bodies[body], -1, torque, p.LINK_FRAME, self._world)

    def step(self) -> None:
        """Take a step."""
        ask, world = self._ask, self._world
        self._advance(world)
        for index, body in enumerate(self._bodies):
            self.positions[index] = ask(body, world)[0]

    def velocity(self, body: int) -> Triple:
        """Velocity half a step before the present, m/s."""
        velocity: Triple = self._bullet.getBaseVelocity(self._bodies[body], self._world)[0]
        return velocity

    def attitude(self, body: int) -> tuple[Array, Array]:
        """Quaternion (scalar-first) and angular velocity in the frame, rad/s."""
        x, y, z, w = self._bullet.getBasePositionAndOrientation(self._bodies[body], self._world)[1]
        rate = self._bullet.getBaseVelocity(self._bodies[body], self._world)[1]
        return np.array([w, x, y, z]), np.array(rate)

    @property
    def is_open(self) -> bool:
        """Whether the world is there."""
        return self._world >= 0

    def close(self) -> None:
        """Close the world; may be called twice."""
        if self._world >= 0:
            self._bullet.disconnect(physicsClientId=self._world)
            self._world = -1
