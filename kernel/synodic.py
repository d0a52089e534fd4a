"""The circular restricted three-body problem in its turning (synodic) frame.

The frame is centred on the smaller body and turns with the pair: x points away from the larger
body, z along the pair's angular momentum. Seen there both bodies rest, and so do the five libration
points.
"""

from dataclasses import dataclass
from typing import Any, Literal

from kernel.bodies import ASTRONOMICAL_UNIT_M, EARTH, MOON, SUN
from kernel.third_body import third_body

Component = Any
"""A Python float or a JAX scalar; the formulas do not care which."""
Point = Literal["L1", "L2", "L3", "L4", "L5"]
POINTS: tuple[Point, ...] = ("L1", "L2", "L3", "L4", "L5")


@dataclass(frozen=True)
class System:
    """Two bodies on circles about their common centre of mass.

    Attributes:
        name: Lower-case name used in scenarios.
        primary_mu: Gravitational parameter of the larger body, m³/s².
        secondary_mu: Gravitational parameter of the smaller body, m³/s².
        distance_m: Distance between the two, m.
        primary_radius_m, secondary_radius_m: Radii of their surfaces, m.
    """

    name: str
    primary_mu: float
    secondary_mu: float
    distance_m: float
    primary_radius_m: float = 0.0
    secondary_radius_m: float = 0.0

    @property
    def rate_rad_s(self) -> float:
        """Rate at which the pair turns, rad/s: Kepler's third law."""
        return float(((self.primary_mu + self.secondary_mu) / self.distance_m**3) ** 0.5)


SUN_EARTH = System(
    "sun_earth", SUN.mu, EARTH.mu + MOON.mu, ASTRONOMICAL_UNIT_M, SUN.radius, EARTH.radius
)
"""The Sun, and the Earth with the Moon's mass added to it, one astronomical unit apart."""

EARTH_MOON = System("earth_moon", EARTH.mu, MOON.mu, 384_400e3, EARTH.radius, MOON.radius)
"""The Earth and the Moon at its mean distance."""

SYSTEMS = {system.name: system for system in (SUN_EARTH, EARTH_MOON)}


@dataclass(frozen=True)
class Synodic:
    """Gravity of both bodies and the centrifugal term, at rest in the turning frame.

    Attributes:
        primary_mu, secondary_mu, distance_m: As in :class:`System`.
        rate_squared: Square of the turning rate, s⁻².
    """

    primary_mu: float
    secondary_mu: float
    distance_m: float
    rate_squared: float

    @classmethod
    def of(cls, system: System) -> "Synodic":
        """The model of a system."""
        return cls(
            system.primary_mu,
            system.secondary_mu,
            system.distance_m,
            system.rate_rad_s**2,
        )

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Acceleration felt at rest at a position, m/s²; Coriolis' term is not in it.

        The primary acts with its indirect term, because the frame's centre falls towards it.
        """
        ax, ay, az = third_body(self.primary_mu, x, y, z, -self.distance_m, 0.0, 0.0)
        r2 = x * x + y * y + z * z
        k = -self.secondary_mu / (r2 * r2**0.5)
        w2 = self.rate_squared
        return ax + (k + w2) * x, ay + (k + w2) * y, az + k * z


def libration_point(system: System, point: Point) -> tuple[float, float, float]:
    """Position of a libration point in the synodic frame, m.

    The collinear ones are the zeros of the acceleration along x, found by bracketing; the others
    complete equilateral triangles. Source: Szebehely, *Theory of Orbits*, chapter 4.
    """
    d = system.distance_m
    if point in ("L4", "L5"):
        side = 1.0 if point == "L4" else -1.0
        return -0.5 * d, side * 0.75**0.5 * d, 0.0
    from scipy.optimize import brentq

    model = Synodic.of(system)
    hill = d * (system.secondary_mu / (3.0 * system.primary_mu)) ** (1.0 / 3.0)
    ends = {"L1": (-1.5 * hill, -0.5 * hill), "L2": (0.5 * hill, 1.5 * hill)}
    low, high = ends.get(point, (-2.5 * d, -1.5 * d))
    root = brentq(lambda x: model(x, 0.0, 0.0)[0], low, high, xtol=1e-9, rtol=1e-15)
    return float(root), 0.0, 0.0
