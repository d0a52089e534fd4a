"""How a body is turned: quaternions, the axes it should keep to, and the law that steers it there.

Quaternions are scalar-first and turn the body's axes into the frame's.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.frames import rtn_axes
from sims.orbit.spacecraft_config import RigidBodyAttitude

Array = NDArray[np.float64]

_INERTIAL = np.eye(3)


@dataclass(frozen=True)
class Target:
    """What a body is steered to.

    Attributes:
        axes: Its axes, rows in the frame, (3, 3).
        rate: Angular velocity of those axes, in the frame, rad/s, (3,).
    """

    axes: Array
    rate: Array


def target(pointing: str, position: Array, velocity: Array) -> Target:
    """Axes to keep to at a state; ``pointing`` is ``inertial`` or ``rtn``."""
    if pointing == "inertial":
        return Target(_INERTIAL, np.zeros(3))
    momentum = np.cross(position, velocity)
    return Target(rtn_axes(position, velocity), momentum / (position @ position))


def quaternion_of(axes: Array) -> Array:
    """Quaternion of a body whose axes are the rows of a rotation, (4,), scalar not negative.

    Source: Shepperd, *Journal of Guidance and Control* 1(3), 1978.
    """
    m = axes.T
    trace = float(np.trace(m))
    choices = np.array([trace, m[0, 0], m[1, 1], m[2, 2]])
    k = int(np.argmax(choices))
    q = np.empty(4)
    q[k] = 1.0 + 2.0 * choices[k] - trace
    pairs = {
        (0, 1): m[2, 1] - m[1, 2],
        (0, 2): m[0, 2] - m[2, 0],
        (0, 3): m[1, 0] - m[0, 1],
        (1, 2): m[1, 0] + m[0, 1],
        (1, 3): m[0, 2] + m[2, 0],
        (2, 3): m[2, 1] + m[1, 2],
    }
    for (i, j), value in pairs.items():
        if k in (i, j):
            q[j if k == i else i] = value
    q /= np.linalg.norm(q)
    return q if q[0] >= 0.0 else -q


def axes_of(q: Array) -> Array:
    """Body axes as rows in the frame, (3, 3), of a unit quaternion."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
            [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
            [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def product(a: Array, b: Array) -> Array:
    """Hamilton product: first ``b``, then ``a``."""
    s, t = a[1:], b[1:]
    return np.array([a[0] * b[0] - s @ t, *(a[0] * t + b[0] * s + np.cross(s, t))])


def turned_by(rotation: Array) -> Array:
    """Quaternion of a rotation vector, rad."""
    angle = float(np.linalg.norm(rotation))
    scale = 0.5 if angle < 1e-8 else math.sin(0.5 * angle) / angle
    return np.array([math.cos(0.5 * angle), *(scale * rotation)])


def turn_from(axes: Array, q: Array) -> Array:
    """The shorter turn from axes to a body of quaternion ``q``, in those axes, (4,)."""
    turn = product(quaternion_of(axes) * [1.0, -1.0, -1.0, -1.0], q)
    return turn if turn[0] >= 0.0 else -turn


def steering_torque(config: RigidBodyAttitude, q: Array, rate: Array, wanted: Target) -> Array:
    """Torque of the wheels in the body frame, N·m, (3,).

    Critically damped feedback of the quaternion's vector part and of the rate error, with the
    gyroscopic torque compensated; each axis limited. Source: Wie, *Space Vehicle Dynamics and
    Control*, section 7.3.

    Args:
        config: Inertia, bandwidth and limit.
        q: Attitude as measured.
        rate: Angular velocity as measured, body frame, rad/s.
        wanted: What to steer to.
    """
    inertia = np.array(config.inertia_kg_m2)
    error = turn_from(wanted.axes, q)
    excess = rate - axes_of(q) @ wanted.rate
    w = config.bandwidth_rad_s
    asked = inertia * (-2.0 * w * w * error[1:] - 2.0 * w * excess)
    asked += np.cross(rate, inertia * rate)
    return np.clip(asked, -config.torque_limit_n_m, config.torque_limit_n_m)
