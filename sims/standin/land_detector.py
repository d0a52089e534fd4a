"""Whether the vehicle stands on the ground, as far as it can tell itself."""

from dataclasses import dataclass

_LEFT_M, _LEFT_M_S = 0.15, 0.3
_STILL_DOWN_M_S, _STILL_SIDE_M_S = 0.25, 1.0
_WEAK = 0.7  # of the thrust that hovers: nobody flies on that and stands still
_CONTACT_S, _LANDED_S = 0.35, 0.7


@dataclass
class LandDetector:
    """Two steps: contact, when it goes down no further; and landed, when that lasts.

    Attributes:
        landed: Whether it stands on the ground.
        contact: Whether it touches it.
    """

    landed: bool = True
    contact: bool = True
    _still_s: float = 0.0

    def update(
        self, dt: float, height_m: float, velocity: tuple[float, float, float], thrust: float
    ) -> None:
        """Take the next moment of armed flight.

        Args:
            dt: Time since the last one, s.
            height_m: Above where it took off.
            velocity: NED, m/s.
            thrust: As a share of what hovers.
        """
        north, east, down = velocity
        if self.landed:
            if thrust > _WEAK and (height_m > _LEFT_M or down < -_LEFT_M_S):
                self.landed = self.contact = False
                self._still_s = 0.0
            return
        still = abs(down) < _STILL_DOWN_M_S and north * north + east * east < _STILL_SIDE_M_S**2
        self._still_s = self._still_s + dt if still and thrust < _WEAK else 0.0
        self.contact = self._still_s > _CONTACT_S
        self.landed = self._still_s > _CONTACT_S + _LANDED_S
