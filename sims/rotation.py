"""Quaternions in plain floats: scalar-first, body to NED.

At 250 steps a second on a shared core, arrays of three numbers cost more than they save.
"""

import math

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation b, followed by a."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def conjugate(q: Quaternion) -> Quaternion:
    """The inverse of a unit quaternion."""
    return q[0], -q[1], -q[2], -q[3]


def normalised(q: Quaternion) -> Quaternion:
    """At unit length."""
    w, x, y, z = q
    n = 1.0 / math.sqrt(w * w + x * x + y * y + z * z)
    return w * n, x * n, y * n, z * n


def rotate(q: Quaternion, v: Vector) -> Vector:
    """A body vector in NED."""
    w, x, y, z = q
    vx, vy, vz = v
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return (
        vx + w * tx + y * tz - z * ty,
        vy + w * ty + z * tx - x * tz,
        vz + w * tz + x * ty - y * tx,
    )


def turned_by(angle: Vector) -> Quaternion:
    """A small rotation vector, rad, as a quaternion; exact to second order."""
    x, y, z = angle
    return normalised((1.0, 0.5 * x, 0.5 * y, 0.5 * z))


def from_euler(roll: float, pitch: float, yaw: float) -> Quaternion:
    """Of yaw, then pitch, then roll, rad."""
    cr, sr = math.cos(0.5 * roll), math.sin(0.5 * roll)
    cp, sp = math.cos(0.5 * pitch), math.sin(0.5 * pitch)
    cy, sy = math.cos(0.5 * yaw), math.sin(0.5 * yaw)
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )


def euler(q: Quaternion) -> Vector:
    """Roll, pitch and yaw, rad."""
    w, x, y, z = q
    return (
        math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y)),
        math.asin(max(-1.0, min(1.0, 2.0 * (w * y - z * x)))),
        yaw_of(q),
    )


def yaw_of(q: Quaternion) -> float:
    """Yaw, rad."""
    w, x, y, z = q
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def wrapped(angle: float) -> float:
    """An angle within ±π."""
    return math.remainder(angle, 2.0 * math.pi)


def facing(up: Vector, yaw: float) -> Quaternion:
    """The attitude whose body z axis points against ``up``, a unit vector, at a yaw.

    The columns of its matrix are the body's axes; y is chosen perpendicular to the heading.
    """
    zx, zy, zz = -up[0], -up[1], -up[2]
    cy, sy = math.cos(yaw), math.sin(yaw)
    # x is along z₀ × z with z₀ = (-sin, cos, 0): the heading, made perpendicular to z.
    xx, xy, xz = cy * zz, sy * zz, -(sy * zy + cy * zx)
    n = math.sqrt(xx * xx + xy * xy + xz * xz)
    if n < 1e-6:  # lying on its side along the heading: any yaw is as good
        return from_euler(0.0, math.pi / 2, yaw)
    sign = 1.0 if zz >= 0.0 else -1.0
    xx, xy, xz = sign * xx / n, sign * xy / n, sign * xz / n
    yx, yy, yz = zy * xz - zz * xy, zz * xx - zx * xz, zx * xy - zy * xx
    return _of_axes((xx, xy, xz), (yx, yy, yz), (zx, zy, zz))


def _of_axes(x: Vector, y: Vector, z: Vector) -> Quaternion:
    trace = x[0] + y[1] + z[2]
    if trace > 0.0:
        s = 2.0 * math.sqrt(1.0 + trace)
        return 0.25 * s, (y[2] - z[1]) / s, (z[0] - x[2]) / s, (x[1] - y[0]) / s
    if x[0] >= y[1] and x[0] >= z[2]:
        s = 2.0 * math.sqrt(1.0 + x[0] - y[1] - z[2])
        return (y[2] - z[1]) / s, 0.25 * s, (y[0] + x[1]) / s, (z[0] + x[2]) / s
    if y[1] >= z[2]:
        s = 2.0 * math.sqrt(1.0 + y[1] - x[0] - z[2])
        return (z[0] - x[2]) / s, (y[0] + x[1]) / s, 0.25 * s, (z[1] + y[2]) / s
    s = 2.0 * math.sqrt(1.0 + z[2] - x[0] - y[1])
    return (x[1] - y[0]) / s, (z[0] + x[2]) / s, (z[1] + y[2]) / s, 0.25 * s
