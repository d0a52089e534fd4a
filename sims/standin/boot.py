"""What the autopilot can do by when, in its own time since it was switched on."""

from dataclasses import dataclass
from typing import Final

LATEST_START_US: Final = 5_000_000
"""A clock that begins later than this never lets the estimator align."""


@dataclass
class Boot:
    """Times from which things work, µs; those of a PX4 in lockstep.

    Attributes:
        position_us: Local position is estimated.
        home_us: Home is set.
        ready_us: Arming is checked, and allowed where nothing is wrong.
        began_us: First time stamp of the sensors; None before there is one.
    """

    position_us: int = 1_400_000
    home_us: int = 2_700_000
    ready_us: int = 4_200_000
    began_us: int | None = None

    def begin(self, now_us: int) -> None:
        """Note the first time stamp; later calls change nothing."""
        if self.began_us is None:
            self.began_us = now_us

    def delay(self, by_us: int) -> None:
        """Take longer for everything."""
        self.position_us += by_us
        self.home_us += by_us
        self.ready_us += by_us

    @property
    def aligns(self) -> bool:
        """Whether the estimator will ever align."""
        return self.began_us is not None and self.began_us < LATEST_START_US
