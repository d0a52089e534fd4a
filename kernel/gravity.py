"""Gravity models: acceleration of a unit test mass at a position relative to the body's centre.

A model is a callable of the three position components. Its arithmetic is plain operators, so the
same formula serves Python floats (the plants' inner loops) and JAX tracers (the control law): the
model that a plant falls under and the one that a controller counters can't differ by a typing slip.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from kernel.bodies import Body
from kernel.synodic import Synodic, System

Component = Any
"""A Python float or a JAX scalar; the formulas do not care which."""

# Lost in rounding everywhere but at the very centre, where it makes the field 0 and not 0/0.
_CENTRE_M2 = 1e-100


class GravityModel(Protocol):
    """``model(x, y, z) -> (gx, gy, gz)``: metres in, m/s² out, one inertial frame."""

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Gravitational acceleration at a position."""
        ...


@dataclass(frozen=True)
class Uniform:
    """The same everywhere.

    Attributes:
        acceleration: m/s².
    """

    acceleration: tuple[float, float, float]

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Gravitational acceleration, m/s²."""
        gx, gy, gz = self.acceleration
        nothing = 0.0 * x  # of the position's own kind
        return nothing + gx, nothing + gy, nothing + gz


@dataclass(frozen=True)
class PointMass:
    """Newton's point mass, −μ r/|r|³.

    Attributes:
        mu: Gravitational parameter, m³/s².
    """

    mu: float

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Gravitational acceleration at a position, m/s²."""
        r2 = x * x + y * y + z * z + _CENTRE_M2
        k = -self.mu / (r2 * r2**0.5)
        return k * x, k * y, k * z


@dataclass(frozen=True)
class J2:
    """Point mass and the oblateness term of degree 2 about a pole.

    Source: Vallado, *Fundamentals of Astrodynamics and Applications*, 4th ed., section 8.7.1,
    written for any pole direction p: the added term is
    −(3/2) J₂ μ R²/|r|⁵ [(1 − 5 s²) r + 2 (r·p) p] with s = r·p/|r|.

    Attributes:
        mu: Gravitational parameter, m³/s².
        radius: Reference radius R, m.
        j2: J₂, dimensionless.
        pole: Unit vector of the body's axis in the frame of the positions.
    """

    mu: float
    radius: float
    j2: float
    pole: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Gravitational acceleration at a position, m/s²."""
        px, py, pz = self.pole
        r2 = x * x + y * y + z * z + _CENTRE_M2
        height = x * px + y * py + z * pz
        k = -self.mu / (r2 * r2**0.5)
        q = 1.5 * self.j2 * self.radius * self.radius / r2
        along_r = k * (1.0 + q * (1.0 - 5.0 * height * height / r2))
        along_pole = k * q * 2.0 * height
        return (
            along_r * x + along_pole * px,
            along_r * y + along_pole * py,
            along_r * z + along_pole * pz,
        )


@dataclass(frozen=True)
class Zonal:
    """Zonal harmonics of any degree about a pole.

    The gradient of −(μ/r) Σ Jₙ (R/r)ⁿ Pₙ(s), s = r·p/|r|, is
    Σ μ Jₙ Rⁿ/rⁿ⁺² [P′ₙ₊₁(s) r/|r| − P′ₙ(s) p], in which the point mass is the term n = 0 with
    J₀ = −1. The derivatives follow n P′ₙ₊₁ = (2n + 1) s P′ₙ − (n + 1) P′ₙ₋₁ (Abramowitz and
    Stegun 8.5.3 with 8.5.4); the sum is that of Vallado, 4th ed., section 8.6.

    Attributes:
        mu: Gravitational parameter, m³/s².
        radius: Reference radius R, m.
        zonals: J₂, J₃, …, dimensionless.
        pole: Unit vector of the body's axis in the frame of the positions.
    """

    mu: float
    radius: float
    zonals: tuple[float, ...]
    pole: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Gravitational acceleration at a position, m/s²."""
        px, py, pz = self.pole
        r2 = x * x + y * y + z * z + _CENTRE_M2
        r = r2**0.5
        s = (x * px + y * py + z * pz) / r
        ratio = self.radius / r
        slope, slope_next = 1.0, 3.0 * s  # P′₁ and P′₂
        along_r, along_pole, scale = -1.0, 0.0, ratio
        for n, j in enumerate(self.zonals, start=2):
            following = ((2 * n + 1) * s * slope_next - (n + 1) * slope) / n
            slope, slope_next = slope_next, following
            scale = scale * ratio
            along_r = along_r + j * scale * slope_next
            along_pole = along_pole - j * scale * slope
        k = self.mu / r2
        radial, axial = k * along_r / r, k * along_pole
        return (
            radial * x + axial * px,
            radial * y + axial * py,
            radial * z + axial * pz,
        )


@dataclass(frozen=True)
class NoGravity:
    """Free space: for plants in which nothing falls."""

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Zero, of the kind that the position is."""
        return 0.0 * x, 0.0 * y, 0.0 * z


Pole = tuple[float, float, float]


@dataclass(frozen=True)
class Surroundings:
    """What a gravity model may be made of: where the plant is.

    Attributes:
        body: Central body, or None.
        pole: Its axis in the plant's frame.
        system: The two bodies of a plant in a synodic frame, or None.
        uniform: Gravity near the ground in the plant's frame, m/s², or None elsewhere.
    """

    body: Body | None = None
    pole: Pole = (0.0, 0.0, 1.0)
    system: System | None = None
    uniform: tuple[float, float, float] | None = None

    def central_body(self) -> Body:
        """The central body.

        Raises:
            ValueError: There is none.
        """
        if self.body is None:
            raise ValueError("this gravity model needs a central body, and the plant has none")
        return self.body


# Factories: what the entry points of the group ``motorhand.gravity`` name. Each raises ValueError
# where the surroundings lack what its model needs.


def no_gravity(around: Surroundings) -> NoGravity:
    """No gravity, about any body or none."""
    return NoGravity()


def uniform(around: Surroundings) -> Uniform:
    """The same gravity everywhere, as it is near the ground."""
    if around.uniform is None:
        raise ValueError("gravity is uniform near the ground only, and the plant is not there")
    return Uniform(around.uniform)


def point_mass(around: Surroundings) -> PointMass:
    """The central body as a point mass."""
    return PointMass(around.central_body().mu)


def j2(around: Surroundings) -> J2:
    """The central body with its oblateness."""
    body = around.central_body()
    return J2(body.mu, body.radius, _zonals(body)[0], around.pole)


def j6(around: Surroundings) -> Zonal:
    """The central body with its zonal terms of degree 2 to 6."""
    body = around.central_body()
    return Zonal(body.mu, body.radius, _zonals(body)[:5], around.pole)


def synodic(around: Surroundings) -> Synodic:
    """Both bodies of a circular restricted three-body system, in its turning frame."""
    if around.system is None:
        raise ValueError(
            "this gravity model needs two bodies, and the plant is not in such a frame"
        )
    return Synodic.of(around.system)


def _zonals(body: Body) -> tuple[float, ...]:
    if not body.zonals:
        raise ValueError(f"the {body.name} is taken as round here: use point_mass")
    return body.zonals
