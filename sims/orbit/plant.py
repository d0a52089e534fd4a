"""The orbit plant: vehicles with their drives and sensors, in an environment, moved by PyBullet.

A leapfrog: at each node everything that acts is evaluated at the position there, and kicks the
velocity from half a step before to half a step after. A thrust that changes at a node counts with
the mean of old and new, so that each half of the kick uses its own: without gravity this is the
exact zero-order hold. What is reported is the velocity at the node, brought forward by the half
kick before it.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernel.packing import Layout
from sims.faults import GravityError, PhysicalFault
from sims.orbit.attitude import (
    Target,
    axes_of,
    product,
    quaternion_of,
    steering_torque,
    target,
    turn_from,
    turned_by,
)
from sims.orbit.bullet import BulletWorld
from sims.orbit.columns import always, columns_of
from sims.orbit.environment import Environment
from sims.orbit.propulsion import NOTHING, drive_of
from sims.orbit.sensors import Gnss, Imu, StarTracker
from sims.orbit.spacecraft_config import RigidBodyAttitude, SpacecraftConfig
from sims.plant import Command, Observation, PlantError
from sims.streams import stream

Array = NDArray[np.float64]
Triple = tuple[float, float, float]
_ALWAYS = len(always(""))


class Spacecraft:
    """One vehicle: its drive, attitude and sensors."""

    def __init__(self, name: str, craft: SpacecraftConfig, seed: int) -> None:
        """Build it; random streams come from the seed and the vehicle's name."""
        self.name = name
        self.drive = drive_of(craft)
        self.attitude = craft.attitude
        self.turns = isinstance(craft.attitude, RigidBodyAttitude)
        sensors = craft.sensors
        self.gnss = sensors.gnss and Gnss(sensors.gnss, stream(seed, f"{name} gnss"))
        self.imu = sensors.imu and Imu(sensors.imu, stream(seed, f"{name} imu"))
        self.star_tracker = sensors.star_tracker and StarTracker(
            sensors.star_tracker, stream(seed, f"{name} star_tracker")
        )
        self.has_axes = bool(
            craft.thrusters is not None or self.turns or self.imu or self.star_tracker
        )
        self.axes: Array | None = None
        self.target: Target | None = None
        self.rate = np.zeros(3)
        self.quaternion = np.array([1.0, 0.0, 0.0, 0.0])
        self.wheels: Triple = NOTHING
        self.thrust: Triple = NOTHING
        self.fall: Triple = NOTHING
        self.gravity: Triple = NOTHING
        self.commanded: Triple = NOTHING
        self.delivered: Triple = NOTHING
        self.surface: Triple = NOTHING
        self.delta_v = 0.0


class OrbitPlant:
    """Vehicles in an environment."""

    def __init__(
        self,
        names: Sequence[str],
        crafts: Sequence[SpacecraftConfig],
        states: Array,
        environment: Environment,
        frame: str,
        tick_ns: int,
        substeps: int,
        seed: int,
        surface_m: float = 0.0,
    ) -> None:
        """Build the plant.

        Args:
            names: Of the vehicles.
            crafts: Their parts.
            states: Starting positions and velocities, m and m/s, (vehicles, 6).
            environment: What moves them.
            frame: Of all vectors.
            tick_ns: Control tick, ns.
            substeps: Physics steps in a tick.
            seed: The run's seed.
            surface_m: Radius of the ground, m.

        Raises:
            PlantError: PyBullet can't be loaded or opened.
        """
        self._crafts = [Spacecraft(*parts, seed) for parts in zip(names, crafts, strict=True)]
        self._environment = environment
        self._layout = Layout(columns_of(crafts, frame))
        self._width = self._layout.width
        self._burns = any(craft.propellant is not None for craft in crafts)
        self._turns = any(craft.turns for craft in self._crafts)
        self._has_gnss = any(craft.sensors.gnss is not None for craft in crafts)
        self._tick_ns = tick_ns
        self._tick_s = tick_ns / 1e9
        self._substeps = substeps
        self._step_s = self._tick_s / substeps
        self._share = 1.0 / substeps
        self._surface_m2 = surface_m * surface_m
        self._t_ns = 0
        half = 0.5 * self._step_s
        early: list[Triple] = []
        for craft, state in zip(self._crafts, states.tolist(), strict=True):
            x, y, z, vx, vy, vz = state
            craft.gravity = environment.gravity((x, y, z), 0.0)
            self._feel(craft, (x, y, z), (vx, vy, vz), 0.0)
            ax, ay, az = craft.fall
            early.append((vx - half * ax, vy - half * ay, vz - half * az))
            craft.surface = NOTHING
        masses = [craft.drive.tank.mass for craft in self._crafts]
        self._world = BulletWorld(states, early, masses, self._step_s)
        for vehicle, craft in enumerate(self._crafts):
            self._aim(craft, states[vehicle])
            if isinstance(craft.attitude, RigidBodyAttitude):
                self._set_turning(vehicle, craft, craft.attitude)

    def start(self) -> Observation:
        """Observe t = 0."""
        return self._observe()

    def exchange(self, command: Command, deadline_ns: int) -> Observation:
        """Apply a thrust acceleration over one tick and observe its end."""
        if not self._world.is_open:
            raise PlantError("the orbit plant was stopped")
        for craft, (x, y, z) in zip(self._crafts, command.acceleration.tolist(), strict=True):
            craft.commanded = x, y, z
            craft.delivered = craft.surface = NOTHING
            craft.drive.command((x, y, z), craft.axes, self._tick_s)
        for index in range(self._substeps):
            self._step((index + 1) * self._step_s)
        for craft in self._crafts:
            if craft.drive.steady:
                self._count(craft, self._tick_s, 1.0)
        if not self._environment.bare:
            self._environment.next_tick()
        self._t_ns += self._tick_ns
        return self._observe()

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """Gravity that is not as modelled."""
        if not isinstance(fault, GravityError):
            raise PlantError(f"the orbit plant can't have {type(fault).__name__}")
        self._environment.pull_harder(fault.percent if on else 0.0)
        for craft, position in zip(self._crafts, self._world.positions, strict=True):
            (fx, fy, fz), (gx, gy, gz) = craft.fall, craft.gravity
            craft.gravity = x, y, z = self._environment.gravity(position, 0.0)
            # What changes at a node counts with the mean of old and new, as thrust does.
            craft.fall = fx + 0.5 * (x - gx), fy + 0.5 * (y - gy), fz + 0.5 * (z - gz)

    def stop(self, reason: str) -> None:
        """Close the world."""
        self._world.close()

    def _step(self, elapsed: float) -> None:
        """One physics step, which ends ``elapsed`` after the tick's start."""
        world, step = self._world, self._step_s
        for vehicle, craft in enumerate(self._crafts):
            (fx, fy, fz), (ox, oy, oz) = craft.fall, craft.thrust
            craft.thrust = x, y, z = craft.drive.push(step, craft.axes)
            world.kick(vehicle, (fx + 0.5 * (ox + x), fy + 0.5 * (oy + y), fz + 0.5 * (oz + z)))
            if not craft.drive.steady:
                self._count(craft, step, self._share)
            if craft.turns:
                px, py, pz = craft.drive.torque()
                wx, wy, wz = craft.wheels
                world.twist(vehicle, (wx + px, wy + py, wz + pz))
        world.step()
        environment = self._environment
        for vehicle, craft in enumerate(self._crafts):
            craft.fall = craft.gravity = environment.gravity(world.positions[vehicle], elapsed)
        if environment.bare and not self._turns:
            return
        for vehicle, craft in enumerate(self._crafts):
            if not environment.bare:
                velocity = self._at_node(craft, world.velocity(vehicle), craft.gravity)
                velocity = environment.turned(velocity, step)
                self._feel(craft, world.positions[vehicle], velocity, elapsed)
            if craft.turns:
                craft.quaternion, rate = world.attitude(vehicle)
                craft.axes = axes_of(craft.quaternion)
                craft.rate = craft.axes @ rate

    def _count(self, craft: Spacecraft, seconds: float, share: float) -> None:
        """Count the present thrust as delivered for so long, a share of the tick."""
        (x, y, z), (dx, dy, dz) = craft.thrust, craft.delivered
        craft.delta_v += math.sqrt(x * x + y * y + z * z) * seconds
        craft.delivered = dx + share * x, dy + share * y, dz + share * z

    def _at_node(self, craft: Spacecraft, early: Triple, fall: Triple) -> Triple:
        """Velocity at the node, from that half a step before."""
        half = 0.5 * self._step_s
        (fx, fy, fz), (ux, uy, uz) = fall, craft.thrust
        return (
            early[0] + half * (fx + ux),
            early[1] + half * (fy + uy),
            early[2] + half * (fz + uz),
        )

    def _feel(self, craft: Spacecraft, position: Triple, velocity: Triple, elapsed: float) -> None:
        """Add to gravity at a node what else acts there, but for the vehicle's own thrust."""
        gx, gy, gz = craft.gravity
        cx, cy, cz = self._environment.coriolis(velocity)
        fx, fy, fz = self._environment.surface_force(position, velocity, elapsed)
        mass = craft.drive.tank.mass
        sx, sy, sz = fx / mass, fy / mass, fz / mass
        craft.fall = gx + cx + sx, gy + cy + sy, gz + cz + sz
        ox, oy, oz = craft.surface
        share = self._share
        craft.surface = ox + share * sx, oy + share * sy, oz + share * sz

    def _aim(self, craft: Spacecraft, state: Array) -> None:
        """Where the body should be turned at a state; an ideal one is there already."""
        if not craft.has_axes:
            return
        craft.target = target(craft.attitude.pointing, state[:3], state[3:])
        if not craft.turns:
            craft.axes = craft.target.axes
            craft.quaternion = quaternion_of(craft.axes)
            craft.rate = craft.axes @ craft.target.rate

    def _set_turning(self, vehicle: int, craft: Spacecraft, config: RigidBodyAttitude) -> None:
        assert craft.target is not None
        there = turned_by(np.array(config.start_rotation_rad))
        craft.quaternion = product(quaternion_of(craft.target.axes), there)
        craft.axes = axes_of(craft.quaternion)
        craft.rate = craft.axes @ craft.target.rate + np.array(config.start_rate_rad_s)
        self._world.turn(vehicle, config.inertia_kg_m2, craft.quaternion, craft.rate @ craft.axes)

    def _observe(self) -> Observation:
        extras = np.zeros((len(self._crafts), self._width))
        for vehicle, craft in enumerate(self._crafts):
            x, y, z = self._world.positions[vehicle]
            if x * x + y * y + z * z < self._surface_m2:
                at = f"{self._t_ns / 1e9:g} s"
                raise PlantError(f"{craft.name} hit the ground at {at}")
            (cx, cy, cz), (dx, dy, dz) = craft.commanded, craft.delivered
            row = extras[vehicle]
            row[:_ALWAYS] = (
                *(x, y, z),
                *self._at_node(craft, self._world.velocity(vehicle), craft.fall),
                *(dx, dy, dz),
                *(cx - dx, cy - dy, cz - dz),
                craft.delta_v,
            )
            if self._width > _ALWAYS:
                self._report(craft, row)
        return Observation(self._t_ns, self._measured(extras), extras)

    def _measured(self, extras: Array) -> Array:
        """What the controller is told: the true state, or what a receiver makes of it."""
        measured = extras[:, :6]
        if not self._has_gnss:
            return measured
        measured = measured.copy()
        for craft, row, told in zip(self._crafts, extras, measured, strict=True):
            if craft.gnss:
                fall = np.array(craft.gravity)
                told[:], age = craft.gnss.measure(self._t_ns, row[:6], fall)
                row[self._layout["measurement_age"]] = age
        return measured

    def _report(self, craft: Spacecraft, row: Array) -> None:
        """Fill the columns that only some plants have."""
        layout = self._layout
        self._aim(craft, row[:6])
        if self._burns:
            row[layout["mass"]] = craft.drive.tank.mass
            row[layout["fuel_used"]] = craft.drive.tank.used
        for index, force in enumerate(craft.drive.forces(), start=1):
            row[layout[f"thruster_{index}_force"]] = force
        q, rate = craft.quaternion, craft.rate
        if craft.star_tracker:
            q = craft.star_tracker.measure(self._t_ns, q)
            row[layout.span("measured_attitude_w", "measured_attitude_z")] = q
        if craft.imu and craft.axes is not None:
            pushed = np.add(craft.delivered, craft.surface)
            sensed = craft.imu.measure(self._t_ns, craft.axes @ pushed, rate)
            row[layout["measured_specific_force"]] = sensed[:3]
            row[layout["measured_angular_velocity"]] = rate = sensed[3:]
        if isinstance(craft.attitude, RigidBodyAttitude):
            assert craft.target is not None
            row[layout.span("attitude_w", "attitude_z")] = craft.quaternion
            row[layout["angular_velocity"]] = craft.rate
            w, *turn = turn_from(craft.target.axes, craft.quaternion)
            row[layout["attitude_error"]] = 2.0 * math.atan2(math.hypot(*turn), w)
            x, y, z = steering_torque(craft.attitude, q, rate, craft.target).tolist()
            craft.wheels = x, y, z
