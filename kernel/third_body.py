"""Gravity of a distant body on a vehicle, as felt in the frame of the central body.

That frame is itself pulled by the distant body, so what is felt is the difference: the direct term
at the vehicle less the *indirect* term at the centre.
"""

from typing import Any

Component = Any
"""A Python float or a JAX scalar; the formula does not care which."""


def third_body(
    mu: float,
    x: Component,
    y: Component,
    z: Component,
    sx: Component,
    sy: Component,
    sz: Component,
) -> tuple[Component, Component, Component]:
    """Acceleration μ (d/|d|³ − s/|s|³), d = s − r, m/s².

    Near the centre the two terms are almost equal; Battin's function of
    q = (r·r − 2 r·s)/(s·s) takes their difference without losing digits. Source: Battin, *An
    Introduction to the Mathematics and Methods of Astrodynamics*, revised ed., section 8.4.

    Args:
        mu: Gravitational parameter of the distant body, m³/s².
        x: Position r of the vehicle relative to the centre, m.
        y: Its second component.
        z: Its third.
        sx: Position s of the distant body relative to the centre, m; not at r.
        sy: Its second component.
        sz: Its third.
    """
    s2 = sx * sx + sy * sy + sz * sz
    q = (x * (x - 2.0 * sx) + y * (y - 2.0 * sy) + z * (z - 2.0 * sz)) / s2
    root = (1.0 + q) ** 0.5  # |d|/|s|
    cube = root * root * root
    f = q * (3.0 + q * (3.0 + q)) / (1.0 + cube)
    k = -mu / (s2 * s2**0.5 * cube)
    return k * (x + f * sx), k * (y + f * sy), k * (z + f * sz)
