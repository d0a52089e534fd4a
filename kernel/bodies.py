"""Constants of celestial bodies, SI units."""

import math
from typing import NamedTuple


class Body(NamedTuple):
    """A celestial body as gravity models and environments need it.

    Attributes:
        name: Lower-case name used in scenarios.
        mu: Gravitational parameter, m³/s².
        radius: Equatorial radius that the gravity model refers to, m.
        zonals: Unnormalised zonal coefficients J₂, J₃, …; empty where none are known here.
        rotation_rad_s: Sidereal rotation rate about the pole, rad/s.
    """

    name: str
    mu: float
    radius: float
    zonals: tuple[float, ...] = ()
    rotation_rad_s: float = 0.0

    @property
    def j2(self) -> float:
        """Oblateness J₂."""
        return self.zonals[0]


def _unnormalised(*coefficients: float) -> tuple[float, ...]:
    """J_n = −√(2n + 1) C̄_n0 of the normalised C̄₂₀, C̄₃₀ and so on."""
    return tuple(-math.sqrt(2 * n + 1) * c for n, c in enumerate(coefficients, start=2))


EARTH = Body(
    "earth",
    mu=3.986004415e14,
    radius=6378136.3,
    zonals=_unnormalised(
        -0.484165143790815e-3,
        0.957161207093473e-6,
        0.539965866638991e-6,
        0.686702913736681e-7,
        -0.149953927978527e-6,
    ),
    rotation_rad_s=7.292115e-5,
)
"""EGM2008 (Pavlis et al. 2012), tide-free."""

MOON = Body("moon", mu=4.902800118e12, radius=1737.4e3, rotation_rad_s=2.6616995e-6)
"""μ of DE440 (Park et al. 2021), IAU mean radius; taken as round."""

SUN = Body("sun", mu=1.32712440041279419e20, radius=695.7e6)
"""μ of DE440 (Park et al. 2021), IAU 2015 nominal radius; taken as round."""

BODIES = {body.name: body for body in (EARTH, MOON, SUN)}
CENTRAL_BODIES = ("earth", "moon")
"""Bodies that an orbit can be about."""

ASTRONOMICAL_UNIT_M = 149_597_870_700.0
"""IAU 2012 resolution B2."""
STANDARD_GRAVITY_M_S2 = 9.80665
"""By which specific impulse is defined."""
