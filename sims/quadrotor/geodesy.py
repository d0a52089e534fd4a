"""Local metres and degrees: PX4's map projection, so that its local position is ours.

Azimuthal equidistant about home, on a sphere of 6,371,000 m. Source: Snyder, *Map Projections: A
Working Manual*, USGS 1395, 1987, chapter 25.
"""

import math
from typing import Final

RADIUS_M: Final = 6_371_000.0


class Projection:
    """The map about one point."""

    def __init__(self, latitude_deg: float, longitude_deg: float) -> None:
        self._longitude = math.radians(longitude_deg)
        latitude = math.radians(latitude_deg)
        self._home_deg = latitude_deg, longitude_deg
        self._sine, self._cosine = math.sin(latitude), math.cos(latitude)

    def degrees(self, north_m: float, east_m: float) -> tuple[float, float]:
        """Latitude and longitude of a place on the map, degrees; longitude from −180 to 180."""
        distance = math.hypot(north_m, east_m)
        if distance == 0.0:
            return self._home_deg
        sine, cosine = math.sin(distance / RADIUS_M), math.cos(distance / RADIUS_M)
        north, east = north_m / distance, east_m / distance
        up = cosine * self._sine + north * sine * self._cosine
        across = east * sine
        along = self._cosine * cosine - north * self._sine * sine
        longitude = self._longitude + math.atan2(across, along)
        return (
            math.degrees(math.asin(max(-1.0, min(1.0, up)))),
            math.degrees(math.remainder(longitude, 2.0 * math.pi)),
        )

    def metres(self, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
        """North and east of a place, m."""
        latitude, turn = math.radians(latitude_deg), math.radians(longitude_deg) - self._longitude
        sine, cosine = math.sin(latitude), math.cos(latitude)
        east = cosine * math.sin(turn)
        north = self._cosine * sine - self._sine * cosine * math.cos(turn)
        ahead = self._sine * sine + self._cosine * cosine * math.cos(turn)
        size = math.hypot(north, east)
        # An arc tangent keeps the digits that an arc cosine of nearly 1 loses.
        scale = RADIUS_M * (math.atan2(size, ahead) / size if size else 1.0)
        return north * scale, east * scale
