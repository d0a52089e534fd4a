"""Latitude and longitude as metres about an origin, and the standard atmosphere's heights.

Written apart from the simulator's own: an autopilot that shared its mistakes would hide them.
"""

import math
from dataclasses import dataclass
from typing import Final

EARTH_RADIUS_M: Final = 6_371_000.0
"""Of the sphere that PX4 projects from."""


@dataclass(frozen=True)
class Origin:
    """Where local coordinates begin: latitude and longitude, deg, and height above the sea, m."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float

    def north_east(self, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
        """Of a point, m: the azimuthal equidistant projection (Snyder, *Map Projections*, 25)."""
        lat, lat0 = math.radians(latitude_deg), math.radians(self.latitude_deg)
        east = math.radians(longitude_deg - self.longitude_deg)
        sin_lat, cos_lat = math.sin(lat), math.cos(lat)
        sin_0, cos_0 = math.sin(lat0), math.cos(lat0)
        north_part = cos_0 * sin_lat - sin_0 * cos_lat * math.cos(east)
        east_part = cos_lat * math.sin(east)
        sine = math.hypot(north_part, east_part)
        angle = math.atan2(sine, sin_0 * sin_lat + cos_0 * cos_lat * math.cos(east))
        scale = EARTH_RADIUS_M * (angle / sine if sine > 1e-12 else 1.0)
        return scale * north_part, scale * east_part

    def latitude_longitude(self, north_m: float, east_m: float) -> tuple[float, float]:
        """Of a point, deg: the inverse of :meth:`north_east`."""
        distance = math.hypot(north_m, east_m)
        if distance < 1e-9:
            return self.latitude_deg, self.longitude_deg
        angle, lat0 = distance / EARTH_RADIUS_M, math.radians(self.latitude_deg)
        sin_c, cos_c = math.sin(angle), math.cos(angle)
        lat = math.asin(cos_c * math.sin(lat0) + north_m / distance * sin_c * math.cos(lat0))
        east = math.atan2(
            east_m * sin_c,
            distance * math.cos(lat0) * cos_c - north_m * math.sin(lat0) * sin_c,
        )
        return math.degrees(lat), self.longitude_deg + math.degrees(east)


def pressure_altitude(pressure_hpa: float) -> float:
    """Height at which the standard atmosphere has a pressure, m (ISO 2533, troposphere)."""
    return 44_330.77 * (1.0 - float((pressure_hpa / 1013.25) ** 0.190263))
