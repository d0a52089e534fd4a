"""A figure eight in a level plane: Gerono's lemniscate, flown from rest at its centre.

With φ the phase, it is at ``length/2 · sin φ`` along its axis and ``width/2 · sin 2φ`` across. The
phase's rate grows from zero along the smoothstep 3u² − 2u³ of the ramp, so that position, velocity
and acceleration have no jump. Derivatives are exact.
"""

import math

import numpy as np
from numpy.typing import NDArray

from harness.scenario.model import FigureEightReference

Array = NDArray[np.float64]


def figure_eight(config: FigureEightReference, seconds: Array) -> Array:
    """Position (m), velocity (m/s) and acceleration (m/s²) in the plant's frame, (n, 9).

    Args:
        config: The eight.
        seconds: Times inside the run, s, (n,).
    """
    ramp = config.ramp
    since = np.maximum(seconds - config.starts_at_s, 0.0)
    u = np.minimum(since / ramp, 1.0)
    omega = 2.0 * math.pi / config.period_s
    phase = omega * (ramp * u**3 * (1.0 - 0.5 * u) + np.maximum(since - ramp, 0.0))
    rate = omega * u**2 * (3.0 - 2.0 * u)
    growth = omega * 6.0 * u * (1.0 - u) / ramp
    heading = math.radians(config.heading_deg)
    along = np.array([math.cos(heading), math.sin(heading), 0.0])
    across = np.array([-math.sin(heading), math.cos(heading), 0.0])
    found = np.zeros((len(seconds), 9))
    found[:, :3] = config.centre_m
    for axis, size, lobes in ((along, config.length_m, 1), (across, config.width_m, 2)):
        sine, cosine = np.sin(lobes * phase), np.cos(lobes * phase)
        bend = lobes * growth * cosine - (lobes * rate) ** 2 * sine
        found[:, :3] += np.outer(0.5 * size * sine, axis)
        found[:, 3:6] += np.outer(0.5 * size * lobes * rate * cosine, axis)
        found[:, 6:] += np.outer(0.5 * size * bend, axis)
    return found


def hardest_acceleration(config: FigureEightReference, gravity: Array) -> float:
    """Largest thrust acceleration that it asks for under a uniform gravity, m/s².

    Args:
        config: The eight.
        gravity: Gravity in the plant's frame, m/s², (3,).
    """
    start = config.starts_at_s
    once = np.linspace(start, start + config.ramp + config.period_s, 2001)
    return float(np.linalg.norm(figure_eight(config, once)[:, 6:] - gravity, axis=1).max())
