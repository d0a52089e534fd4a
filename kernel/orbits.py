"""Two-body facts of a state."""

import numpy as np
from numpy.typing import ArrayLike


def perigee_radius(state: ArrayLike, mu: float) -> float:
    """Closest distance to the centre on the two-body orbit through a state, m.

    Source: Vallado, *Fundamentals of Astrodynamics and Applications*, 4th ed., section 2.2:
    r_p = p/(1 + e) with semi-parameter p = h²/μ.

    Args:
        state: Position and velocity, m and m/s, shape (6,).
        mu: Gravitational parameter, m³/s².
    """
    s = np.asarray(state, dtype=np.float64)
    r, v = s[:3], s[3:]
    h = np.cross(r, v)
    eccentricity = np.cross(v, h) / mu - r / np.linalg.norm(r)
    return float(h @ h / mu / (1.0 + np.linalg.norm(eccentricity)))
