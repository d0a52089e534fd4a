"""The Earth's magnetic field by the World Magnetic Model."""

import datetime

from sims.quadrotor.config import HomeConfig

_GAUSS_OF_NT = 1e-5


def field_gauss(home: HomeConfig) -> tuple[float, float, float]:
    """The field at home: to north, east and down, gauss."""
    from pygeomag import GeoMag

    first = datetime.date(home.date.year, 1, 1)
    days = (datetime.date(home.date.year + 1, 1, 1) - first).days
    year = home.date.year + (home.date - first).days / days
    # Each model is of five years.
    model = GeoMag(base_year=home.date.year // 5 * 5)
    found = model.calculate(home.latitude_deg, home.longitude_deg, home.altitude_m / 1e3, year)
    return found.x * _GAUSS_OF_NT, found.y * _GAUSS_OF_NT, found.z * _GAUSS_OF_NT
