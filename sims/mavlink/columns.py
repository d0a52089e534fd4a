"""Columns that a flight with PX4 reports: the truth, what PX4 makes of it, and what it does."""

from typing import Final

from kernel.columns import Column, vector
from sims.mavlink.flight import PHASES
from sims.mavlink.modes import MODE_NAMES

FRAME: Final = "ned"
BODY: Final = "frd"
MOTORS: Final = 4

ESTIMATOR_FLAGS: Final = (
    *("attitude", "velocity_horizontal", "velocity_vertical"),
    *("position_relative", "position_absolute", "position_vertical", "terrain"),
    *("constant_position", "predicted_relative", "predicted_absolute"),
    *("gnss_glitch", "accelerometer_error"),
)
"""Bits of ESTIMATOR_STATUS.flags from the lowest: what the estimator has, and what is wrong."""


def quaternion(name: str, about: str) -> tuple[Column, ...]:
    """The four columns of an attitude, scalar first."""
    return tuple(Column(f"{name}_{part}", "", FRAME, about) for part in "wxyz")


ALWAYS: Final = (
    *vector("position", "m", FRAME, "true position, from where it stood at first"),
    *vector("velocity", "m/s", FRAME, "true velocity"),
    *vector("delivered_acceleration", "m/s^2", FRAME, "mean thrust acceleration, past tick"),
    *vector("unrealised_acceleration", "m/s^2", FRAME, "commanded less delivered, past tick"),
    *quaternion("attitude", "true attitude, body to frame"),
    *vector("angular_velocity", "rad/s", BODY, "true angular velocity"),
    *vector("wind", "m/s", FRAME, "wind"),
    *(
        Column(f"motor_{i}_output", about="motor command, 0 to 1, of the last step")
        for i in range(1, MOTORS + 1)
    ),
    Column("crashed", about="whether it has hit the ground hard", categories=("NO", "YES")),
)
"""Where the harness has the physics."""

TOLD: Final = (
    *quaternion("estimated_attitude", "the autopilot's estimate, body to frame"),
    Column("measurement_age", "s", about="age of the autopilot's estimate, in its time"),
    Column("flight_phase", about="where in its course the flight is", categories=PHASES),
    Column("autopilot_mode", about="the autopilot's flight mode", categories=MODE_NAMES),
    Column("armed", about="whether its motors may turn", categories=("NO", "YES")),
    *(
        Column(f"estimator_{name}", about="flag of the estimator", categories=("NO", "YES"))
        for name in ESTIMATOR_FLAGS
    ),
    Column("autopilot_time", "s", about="the autopilot's clock, from its boot"),
)
"""What the autopilot tells."""
