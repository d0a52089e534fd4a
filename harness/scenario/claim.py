"""``certificate:``: what is to be proved of a scenario's loop, and over which ranges."""

from typing import Annotated, Literal

from pydantic import Field

from sims.config import Config, Positive

Percent = Annotated[float, Field(ge=0.0, le=90.0)]
NotNegative = Annotated[float, Field(ge=0.0)]


class Claim(Config):
    """The region about the reference and the ranges for which stability is to be proved."""

    error_position_m: Positive
    """Half-width of the region on each axis, m."""
    error_velocity_m_s: Positive
    """Half-width of the region on each axis, m/s."""
    mode: Literal["NULL-G", "STATION-KEEP", "TRAJECTORY"] | None = None
    """Control mode; the last in the schedule that is not IDLE if left out."""
    mass_percent: Percent = 0.0
    """By how much the true mass may differ from the stated one, either way."""
    thrust_gain_percent: Percent = 0.0
    """By how much the thrust may differ from what is commanded, either way."""
    delay_ms: Annotated[float, Field(ge=0.0, le=1e9)] = 0.0
    """Longest delay from an observation to the command made of it; any shorter one, changing at
    every tick, is included."""
    disturbance_m: NotNegative = 1e-6
    """Largest position error that whatever is not in the twin makes in one tick, m."""
    disturbance_m_s: NotNegative = 1e-8
    """Largest velocity error that whatever is not in the twin makes in one tick, m/s."""
