"""Constants of the central bodies, SI units."""

from typing import NamedTuple


class Body(NamedTuple):
    """A central body as its gravity models need it.

    Attributes:
        name: Lower-case name used in scenarios.
        mu: Gravitational parameter, m³/s².
        radius: Equatorial reference radius of the gravity model, m.
        j2: Second zonal coefficient (unnormalised), dimensionless.
    """

    name: str
    mu: float
    radius: float
    j2: float


EARTH = Body("earth", mu=3.986004415e14, radius=6378136.3, j2=1.0826261738522e-3)
"""EGM2008 (Pavlis et al. 2012), tide-free: C̄₂₀ = −0.484165143790815e-3 and J₂ = −√5 C̄₂₀."""

BODIES = {body.name: body for body in (EARTH,)}
