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
        self._tick_s = tick_ns * 1e-9
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
        first: list[Triple] = []
        for vehicle, (x, y, z) in enumerate(command.acceleration.tolist()):
            size, limit = math.hypot(x, y, z), self._limits[vehicle]
            if size > limit:
                scale = limit / size
                x, y, z, size = x * scale, y * scale, z * scale, limit  # noqa: PLW2901
            ox, oy, oz = self._thrust[vehicle]
            first.append((0.5 * (ox + x), 0.5 * (oy + y), 0.5 * (oz + z)))
            self._thrust[vehicle] = (x, y, z)
            self._delta_v[vehicle] += size * self._tick_s
        self._step(first)
        for _ in range(self._substeps - 1):
            self._step(self._thrust)
        self._t_ns += self._tick_ns
        return self._observe()

    def inject(self, fault: str, on: bool) -> None:
        """No physical fault is modelled yet; the specification lists none."""
        raise PlantError(f"the orbit plant has no fault {fault!r}")

    def stop(self, reason: str) -> None:
        """Close the world."""
        if self._world >= 0:
            self._bullet.disconnect(physicsClientId=self._world)
            self._world = -1

    def _step(self, thrust: list[Triple]) -> None:
        p, world, positions = self._bullet, self._world, self._positions
        for vehicle, body in enumerate(self._bodies):
            mass = self._masses[vehicle]
            (gx, gy, gz), (ux, uy, uz) = self._fall[vehicle], thrust[vehicle]
            force = (mass * (gx + ux), mass * (gy + uy), mass * (gz + uz))
            p.applyExternalForce(body, -1, force, positions[vehicle], p.WORLD_FRAME, world)
        p.stepSimulation(world)
        for vehicle, body in enumerate(self._bodies):
            position = p.getBasePositionAndOrientation(body, world)[0]
            positions[vehicle] = position
            self._fall[vehicle] = self._gravity(*position)

    def _observe(self) -> Observation:
        half = 0.5 * self._step_s
        extras = np.empty((len(self._bodies), len(COLUMNS)))
        for vehicle, body in enumerate(self._bodies):
            x, y, z = self._positions[vehicle]
            if x * x + y * y + z * z < self._surface_m2:
                at = f"{self._t_ns * 1e-9:g} s"
                raise PlantError(f"vehicle {vehicle + 1} hit the ground at {at}")
            vx, vy, vz = self._bullet.getBaseVelocity(body, self._world)[0]
            (gx, gy, gz), (ux, uy, uz) = self._fall[vehicle], self._thrust[vehicle]
            extras[vehicle] = (
                *(x, y, z),
                *(vx + half * (gx + ux), vy + half * (gy + uy), vz + half * (gz + uz)),
                *(ux, uy, uz),
                self._delta_v[vehicle],
            )
        return Observation(self._t_ns, extras[:, :6], extras)
