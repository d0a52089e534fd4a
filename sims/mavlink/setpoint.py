"""AGP's command as a set-point of PX4: pure functions from thrust acceleration to messages."""

import math
from typing import Any, Final

from sims.mavlink.dialect import mavlink
from sims.mavlink.vehicle import G_M_S2
from sims.rotation import Quaternion, Vector, product

_LOCAL_NED = 1
_ACCELERATION_AND_YAW: Final = 0x83F
"""Type mask: position (0x7), velocity (0x38) and yaw rate (0x800) are left out."""
_ATTITUDE_AND_THRUST: Final = 0x07
"""Type mask: the three body rates are left out."""
_NOT_GIVEN = float("nan")
_LEAST_M_S2: Final = 1e-3


def kinematic(acceleration: Vector) -> Vector:
    """The acceleration that a thrust acceleration comes to beside gravity, NED, m/s².

    PX4's position controller adds gravity by itself: it wants to be told what the vehicle shall do,
    not what the motors shall. Told −g it would push up with 2 g.
    """
    x, y, z = acceleration
    return x, y, z + G_M_S2


def acceleration_setpoint(
    target: tuple[int, int], t_ms: int, acceleration: Vector, yaw_rad: float
) -> Any:
    """SET_POSITION_TARGET_LOCAL_NED with the kinematic acceleration; nothing else is told.

    Args:
        target: System and component.
        t_ms: The autopilot's time, ms.
        acceleration: Thrust acceleration, NED, m/s².
        yaw_rad: Heading.
    """
    nothing = (_NOT_GIVEN,) * 3
    told = (*nothing, *nothing, *kinematic(acceleration), yaw_rad, _NOT_GIVEN)
    return mavlink.MAVLink_set_position_target_local_ned_message(
        t_ms, *target, _LOCAL_NED, _ACCELERATION_AND_YAW, *told
    )


def attitude_setpoint(
    target: tuple[int, int],
    t_ms: int,
    acceleration: Vector,
    yaw_rad: float,
    full_m_s2: float,
) -> Any:
    """SET_ATTITUDE_TARGET: the body's thrust axis along the acceleration, thrust by its length.

    Args:
        target: System and component.
        t_ms: The autopilot's time, ms.
        acceleration: Thrust acceleration, NED, m/s².
        yaw_rad: Heading.
        full_m_s2: Thrust acceleration of all motors at full.
    """
    size = math.sqrt(sum(part * part for part in acceleration))
    q = attitude(acceleration, yaw_rad)
    thrust = min(1.0, size / full_m_s2)
    return mavlink.MAVLink_set_attitude_target_message(
        t_ms, *target, _ATTITUDE_AND_THRUST, q, 0.0, 0.0, 0.0, thrust
    )


def attitude(acceleration: Vector, yaw_rad: float) -> Quaternion:
    """The attitude whose thrust axis (up in the body) is along an acceleration.

    Args:
        acceleration: NED, m/s²; where it is nothing, the body is level.
        yaw_rad: Heading, of the body's forward axis turned by the least tilt.

    Returns:
        Quaternion, body to NED, scalar-first: the least rotation from level, after the heading.
    """
    x, y, z = acceleration
    size = math.sqrt(x * x + y * y + z * z)
    if size < _LEAST_M_S2:
        x, y, z, size = 0.0, 0.0, -1.0, 1.0
    # From up, (0, 0, -1), to the wanted direction: half-angle form, axis = up × direction.
    cosine = -z / size
    w = math.sqrt(max(0.0, 0.5 * (1.0 + cosine)))
    over = (0.0, 1.0, 0.0, 0.0)  # straight down: over the side
    tilt = (w, 0.5 * y / size / w, -0.5 * x / size / w, 0.0) if w > 1e-6 else over
    half = 0.5 * yaw_rad
    return product(tilt, (math.cos(half), 0.0, 0.0, math.sin(half)))
