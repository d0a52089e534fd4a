"""Surface forces on a vehicle: drag, and the pressure of sunlight with the eclipse."""

import math
from dataclasses import dataclass

from kernel.bodies import ASTRONOMICAL_UNIT_M, SUN, Body
from sims.orbit.atmosphere import exponential_density
from sims.orbit.environment_config import DragConfig, SolarPressureConfig

Triple = tuple[float, float, float]

SOLAR_PRESSURE_N_M2 = 4.56e-6
"""Pressure of sunlight on a black surface at one astronomical unit.

Source: Montenbruck and Gill, *Satellite Orbits*, section 3.4.
"""


@dataclass(frozen=True)
class Drag:
    """−½ ρ C_D A |v| v with the velocity relative to an atmosphere that turns with its body.

    Source: Vallado, 4th ed., section 8.6.2.

    Attributes:
        body: The body that the atmosphere turns with.
        pole: Its axis.
        area_m2: Cross-section, m².
        drag_coefficient: C_D.
    """

    body: Body
    pole: Triple
    area_m2: float
    drag_coefficient: float

    @classmethod
    def of(cls, config: DragConfig, body: Body, pole: Triple) -> "Drag":
        """Drag as configured."""
        return cls(body, pole, config.area_m2, config.drag_coefficient)

    def force(self, position: Triple, velocity: Triple) -> Triple:
        """Force at a position and velocity in the inertial frame, N."""
        (x, y, z), (px, py, pz), w = position, self.pole, self.body.rotation_rad_s
        vx = velocity[0] - w * (py * z - pz * y)
        vy = velocity[1] - w * (pz * x - px * z)
        vz = velocity[2] - w * (px * y - py * x)
        density = exponential_density(math.hypot(x, y, z) - self.body.radius)
        k = -0.5 * density * self.drag_coefficient * self.area_m2 * math.hypot(vx, vy, vz)
        return k * vx, k * vy, k * vz


@dataclass(frozen=True)
class SolarPressure:
    """Pressure of sunlight on a surface that faces the Sun, less what a body takes of it.

    Source: Montenbruck and Gill, *Satellite Orbits*, sections 3.4.1 and 3.4.2.

    Attributes:
        area_m2: Cross-section, m².
        radiation_coefficient: C_R.
        shadow_radius_m: Radius of the body at the frame's centre that casts a shadow, m; 0 where
            none does.
    """

    area_m2: float
    radiation_coefficient: float
    shadow_radius_m: float

    @classmethod
    def of(cls, config: SolarPressureConfig, radius_m: float) -> "SolarPressure":
        """Sunlight as configured, about a body of that radius."""
        shadow = radius_m if config.eclipse else 0.0
        return cls(config.area_m2, config.radiation_coefficient, shadow)

    def force(self, position: Triple, sun: Triple) -> Triple:
        """Force at a position, for a Sun at another, N."""
        dx, dy, dz = position[0] - sun[0], position[1] - sun[1], position[2] - sun[2]
        distance = math.hypot(dx, dy, dz)
        light = sunlit_fraction(position, sun, self.shadow_radius_m)
        flux = SOLAR_PRESSURE_N_M2 * (ASTRONOMICAL_UNIT_M / distance) ** 2
        k = light * flux * self.radiation_coefficient * self.area_m2 / distance
        return k * dx, k * dy, k * dz


def sunlit_fraction(position: Triple, sun: Triple, radius_m: float) -> float:
    """Share of the Sun's disc that a round body at the origin leaves visible, 0 to 1."""
    x, y, z = position
    dx, dy, dz = sun[0] - x, sun[1] - y, sun[2] - z
    height, distance = math.hypot(x, y, z), math.hypot(dx, dy, dz)
    if radius_m <= 0.0 or x * dx + y * dy + z * dz >= 0.0:
        return 1.0  # the body is behind
    a = math.asin(min(1.0, SUN.radius / distance))
    b = math.asin(min(1.0, radius_m / height))
    cosine = -(x * dx + y * dy + z * dz) / (height * distance)
    c = math.acos(max(-1.0, min(1.0, cosine)))
    if c >= a + b:
        return 1.0
    if c <= abs(a - b):
        return 0.0 if b >= a else 1.0 - (b / a) ** 2
    along = (c * c + a * a - b * b) / (2.0 * c)
    across = math.sqrt(max(0.0, a * a - along * along))
    covered = a * a * math.acos(along / a) + b * b * math.acos((c - along) / b) - c * across
    return 1.0 - covered / (math.pi * a * a)
