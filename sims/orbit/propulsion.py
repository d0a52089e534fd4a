"""From a commanded acceleration to the force that acts, and the propellant that it takes.

A drive is told a command at each tick and asked for its push at each physics step. It knows the
vehicle's present mass, so a command is met whatever has been burnt, up to the drive's limits.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kernel.bodies import STANDARD_GRAVITY_M_S2
from sims.orbit.spacecraft_config import PropellantConfig, SpacecraftConfig

Triple = tuple[float, float, float]
Array = NDArray[np.float64]
NOTHING: Triple = (0.0, 0.0, 0.0)


class Tank:
    """Mass of a vehicle, and the propellant in it.

    Attributes:
        mass: Present mass, kg.
        stated: What it is taken to be where forces are computed, kg.
        used: Propellant used, kg.
        empties: Whether thrust takes any.
    """

    def __init__(
        self, mass: float, propellant: PropellantConfig | None, true_mass: float | None = None
    ) -> None:
        self.mass = mass if true_mass is None else true_mass
        self.stated = mass
        self.used = 0.0
        self.empties = propellant is not None
        self._start, self._stated = self.mass, mass
        self._fuel = math.inf if propellant is None else propellant.fuel_kg
        self._exhaust = (
            math.inf
            if propellant is None
            else propellant.specific_impulse_s * STANDARD_GRAVITY_M_S2
        )

    def burn(self, acceleration: float, step: float) -> float:
        """Burn what a thrust acceleration held over a step takes, by the rocket equation.

        Returns:
            The mean acceleration that the propellant left allows, m/s².
        """
        spent = self.mass * -math.expm1(-acceleration * step / self._exhaust)
        left = self._fuel - self.used
        if spent > left:
            acceleration = -self._exhaust * math.log1p(-left / self.mass) / step
        self._take(spent)
        return acceleration

    def burn_force(self, force: float, step: float) -> float:
        """Burn what thrusters of a summed force take over a step.

        Returns:
            The share of the force that the propellant left allows.
        """
        spent, left = force * step / self._exhaust, self._fuel - self.used
        self._take(spent)
        return 1.0 if spent <= left else left / spent

    def _take(self, spent: float) -> None:
        self.used = min(self.used + spent, self._fuel)
        self.mass = self._start - self.used
        self.stated = self._stated - self.used


class Drive(Protocol):
    """What pushes one vehicle.

    Attributes:
        tank: Its mass and propellant.
        steady: Whether the push is the same at every step of a tick.
    """

    tank: Tank
    steady: bool

    def command(self, acceleration: Triple, axes: Array | None, tick: float) -> None:
        """Take the command, m/s², for a tick (s); ``axes`` are the body's, rows in the frame."""
        ...

    def push(self, step: float, axes: Array | None) -> Triple:
        """Mean thrust acceleration over the coming step, in the frame, m/s²; burns propellant."""
        ...

    def torque(self) -> Triple:
        """Torque of the last push, body frame, N·m."""
        ...

    def forces(self) -> Sequence[float]:
        """Force of each thruster in the last push, N."""
        ...


class AnyDirection:
    """A drive that pushes in any direction, at once, up to a limit."""

    def __init__(self, tank: Tank, limit_n: float) -> None:
        self.tank = tank
        self.steady = not tank.empties
        self._limit_n = limit_n
        self._wanted: Triple = NOTHING
        self._size = 0.0

    def command(self, acceleration: Triple, axes: Array | None, tick: float) -> None:
        """See :class:`Drive`."""
        x, y, z = acceleration
        if self.tank.stated != self.tank.mass:
            had = self.tank.stated / self.tank.mass
            x, y, z = had * x, had * y, had * z
        size, limit = math.hypot(x, y, z), self._limit_n / self.tank.mass
        if size > limit:
            scale = limit / size
            x, y, z, size = x * scale, y * scale, z * scale, limit
        self._wanted, self._size = (x, y, z), size

    def push(self, step: float, axes: Array | None) -> Triple:
        """See :class:`Drive`."""
        if self.steady:
            return self._wanted
        got = self.tank.burn(self._size, step)
        if got == self._size:
            return self._wanted
        share = got / self._size
        x, y, z = self._wanted
        return x * share, y * share, z * share

    def torque(self) -> Triple:
        """It pushes at the centre of mass."""
        return NOTHING

    def forces(self) -> Sequence[float]:
        """It has no thrusters."""
        return ()


def drive_of(craft: SpacecraftConfig) -> Drive:
    """The drive of a vehicle."""
    tank = Tank(craft.mass_kg, craft.propellant, craft.true_mass_kg)
    if craft.thrusters is not None:
        # Its solvers take a third of a second to import, which most runs need not wait for.
        from sims.orbit.thrusters import Thrusters

        return Thrusters(tank, craft.thrusters)
    assert craft.thrust_limit_n is not None
    return AnyDirection(tank, craft.thrust_limit_n)


def authority_n(craft: SpacecraftConfig) -> float:
    """Largest force that the drive can give in every direction alike, N.

    The forces that thrusters can give make up a zonotope, each of whose faces is spanned by two of
    them; what is sought is its nearest face.

    Raises:
        ValueError: There is a direction in which they can't push at all.
    """
    if craft.thrusters is None:
        assert craft.thrust_limit_n is not None
        return craft.thrust_limit_n
    directions = np.array([t.unit for t in craft.thrusters])
    limits = np.array([t.limit_n for t in craft.thrusters])
    normals = np.cross(directions[:, None], directions[None]).reshape(-1, 3)
    sizes = np.linalg.norm(normals, axis=1)
    normals = normals[sizes > 1e-9] / sizes[sizes > 1e-9, None]
    if np.linalg.matrix_rank(directions) < 3:
        raise ValueError("the thrusters push in one plane only; no command out of it can be met")
    reach = np.maximum(normals @ directions.T, 0.0) @ limits
    nearest = int(np.argmin(reach))
    if reach[nearest] <= 1e-9 * limits.max():
        towards = ", ".join(f"{c:.3g}" for c in normals[nearest])
        raise ValueError(f"no thruster pushes towards [{towards}]; no command there can be met")
    return float(reach[nearest])
