"""Gravity models: acceleration of a unit test mass at a position relative to the body's centre.

A model is a callable of the three position components. Its arithmetic is plain operators, so the
same formula serves Python floats (the plants' inner loops) and JAX tracers (the control law): the
model that a plant falls under and the one that a controller counters can't differ by a typing slip.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from kernel.bodies import Body

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
class NoGravity:
    """Free space: for plants in which nothing falls."""

    def __call__(
        self, x: Component, y: Component, z: Component
    ) -> tuple[Component, Component, Component]:
        """Zero, of the kind that the position is."""
        return 0.0 * x, 0.0 * y, 0.0 * z


Pole = tuple[float, float, float]


def no_gravity(body: Body | None, pole: Pole) -> NoGravity:
    """No gravity, about any body or none."""
    return NoGravity()


def point_mass(body: Body | None, pole: Pole) -> PointMass:
    """The body as a point mass; the pole plays no part.

    Raises:
        ValueError: There is no body.
    """
    return PointMass(_present(body).mu)


def j2(body: Body | None, pole: Pole) -> J2:
    """The body with its oblateness about ``pole``.

    Raises:
        ValueError: There is no body.
    """
    body = _present(body)
    return J2(body.mu, body.radius, body.j2, pole)


def _present(body: Body | None) -> Body:
    if body is None:
        raise ValueError("this gravity model needs a central body, and the plant has none")
    return body
