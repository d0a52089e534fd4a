"""PyBullet as an orbital integrator: leapfrog over its semi-implicit step.

Bullet adds the force to the velocity, then the velocity to the position. Started half a step early
in velocity that is the leapfrog: second order, symplectic, no drift of energy. Between steps Bullet
therefore holds the velocity half a step *behind* the position; what is reported is brought forward
by the half kick. A thrust that changes at a tick is applied as the mean of old and new in the
tick's first step, which makes each half of the kick use its own thrust: without gravity this is
the exact zero-order hold.
"""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.gravity import GravityModel
from sims.orbit.family import COLUMNS
from sims.plant import Command, Observation, PlantError

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


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """PyBullet announces its build on standard error, from C, when it is imported."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _import_pybullet() -> Any:
    if "pybullet" in sys.modules:
        return sys.modules["pybullet"]
    with _quiet_stderr():
        import pybullet
    return pybullet


class BulletOrbit:
    """Bodies in free fall and under thrust, in a PyBullet DIRECT world of their own."""

    def __init__(
        self,
        gravity: GravityModel,
        states: Array,
        masses: Sequence[float],
        max_acceleration: Array,
        tick_ns: int,
        substeps: int,
        surface_m: float = 0.0,
    ) -> None:
        """Build the world.

        Args:
            gravity: Model that all bodies fall under.
            states: Starting positions and velocities, m and m/s, (vehicles, 6).
            masses: kg, one a vehicle.
            max_acceleration: Thrust authority, m/s², (vehicles,).
            tick_ns: Control tick, ns.
            substeps: Bullet steps a tick.
            surface_m: Radius of the ground, m.

        Raises:
            PlantError: PyBullet can't be loaded or opened.
        """
        try:
            self._bullet = _import_pybullet()
        except ImportError as error:
            raise PlantError(f"PyBullet can't be imported: {error}") from error
        self._gravity = gravity
        self._masses = list(masses)
        self._limits = [float(a) for a in max_acceleration]
        self._tick_ns = tick_ns
        self._substeps = substeps
        self._surface_m2 = surface_m * surface_m
        self._step_s = tick_ns * 1e-9 / substeps
        self._t_ns = 0
        vehicles = len(self._masses)
        self._thrust: list[Triple] = [(0.0, 0.0, 0.0)] * vehicles
        self._delta_v = [0.0] * vehicles
        self._positions: list[Triple] = [(x, y, z) for x, y, z in states[:, :3].tolist()]
        self._fall: list[Triple] = [gravity(*position) for position in self._positions]
        self._world = self._bullet.connect(self._bullet.DIRECT)
        if self._world < 0:
            raise PlantError("PyBullet refused a DIRECT connection")
        self._bodies = [self._add_body(i, states[i].tolist()) for i in range(vehicles)]

    def _add_body(self, vehicle: int, state: list[float]) -> int:
        p, world = self._bullet, self._world
        p.setTimeStep(self._step_s, physicsClientId=world)
        p.setGravity(0.0, 0.0, 0.0, physicsClientId=world)
        # A shape gives the body its inertia; vehicles do not collide with one another.
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=[0.5] * 3, physicsClientId=world)
        body: int = p.createMultiBody(
            self._masses[vehicle], shape, basePosition=state[:3], physicsClientId=world
        )
        p.setCollisionFilterGroupMask(body, -1, 0, 0, physicsClientId=world)
        p.changeDynamics(
            body,
            -1,
            activationState=p.ACTIVATION_STATE_DISABLE_SLEEPING,
            physicsClientId=world,
            **_FREE,
        )
        half = 0.5 * self._step_s
        early = [v - half * g for v, g in zip(state[3:], self._fall[vehicle], strict=True)]
        p.resetBaseVelocity(body, linearVelocity=early, physicsClientId=world)
        return body

    def start(self) -> Observation:
        """Observe t = 0."""
        return self._observe()

    def exchange(self, command: Command, deadline_ns: int) -> Observation:
        """Apply a thrust acceleration over one tick and observe its end."""
        if self._world < 0:
            raise PlantError("the orbit plant was stopped")
        old = self._thrust
        self._thrust = [
            self._within_authority(vehicle, wanted)
            for vehicle, wanted in enumerate(command.acceleration.tolist())
        ]
        self._step([_mean(a, b) for a, b in zip(old, self._thrust, strict=True)])
        for _ in range(self._substeps - 1):
            self._step(self._thrust)
        tick_s = self._tick_ns * 1e-9
        for vehicle, thrust in enumerate(self._thrust):
            self._delta_v[vehicle] += math.hypot(*thrust) * tick_s
        self._t_ns += self._tick_ns
        for vehicle, (x, y, z) in enumerate(self._positions):
            if x * x + y * y + z * z < self._surface_m2:
                raise PlantError(f"vehicle {vehicle + 1} hit the ground at {self._t_ns * 1e-9:g} s")
        return self._observe()

    def inject(self, fault: str, on: bool) -> None:
        """No physical fault is modelled yet; the specification lists none."""
        raise PlantError(f"the orbit plant has no fault {fault!r}")

    def stop(self, reason: str) -> None:
        """Close the world."""
        if self._world >= 0:
            self._bullet.disconnect(physicsClientId=self._world)
            self._world = -1

    def _within_authority(self, vehicle: int, wanted: list[float]) -> Triple:
        size = math.hypot(*wanted)
        limit = self._limits[vehicle]
        scale = limit / size if size > limit else 1.0
        return wanted[0] * scale, wanted[1] * scale, wanted[2] * scale

    def _step(self, thrust: list[Triple]) -> None:
        p, world = self._bullet, self._world
        for vehicle, body in enumerate(self._bodies):
            mass = self._masses[vehicle]
            (gx, gy, gz), (ux, uy, uz) = self._fall[vehicle], thrust[vehicle]
            force = (mass * (gx + ux), mass * (gy + uy), mass * (gz + uz))
            p.applyExternalForce(
                body, -1, force, self._positions[vehicle], p.WORLD_FRAME, physicsClientId=world
            )
        p.stepSimulation(physicsClientId=world)
        for vehicle, body in enumerate(self._bodies):
            position = p.getBasePositionAndOrientation(body, physicsClientId=world)[0]
            self._positions[vehicle] = position
            self._fall[vehicle] = self._gravity(*position)

    def _observe(self) -> Observation:
        half = 0.5 * self._step_s
        extras = np.empty((len(self._bodies), len(COLUMNS)))
        for vehicle, body in enumerate(self._bodies):
            (vx, vy, vz), _ = self._bullet.getBaseVelocity(body, physicsClientId=self._world)
            (gx, gy, gz), (ux, uy, uz) = self._fall[vehicle], self._thrust[vehicle]
            velocity = vx + half * (gx + ux), vy + half * (gy + uy), vz + half * (gz + uz)
            extras[vehicle] = (
                *self._positions[vehicle],
                *velocity,
                ux,
                uy,
                uz,
                self._delta_v[vehicle],
            )
        return Observation(self._t_ns, extras[:, :6], extras)


def _mean(a: Triple, b: Triple) -> Triple:
    return 0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), 0.5 * (a[2] + b[2])
