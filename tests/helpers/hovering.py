"""What tests fly quadrotors with."""

import math

from sims.quadrotor.bullet_body import GRAVITY_M_S2

STEP_S = 0.004
NO_DRAG = {"linear_n_s_m": 0.0, "quadratic_n_s2_m2": 0.0}
NO_LAG = {"time_constant_s": 0.0}


def hover(mass_kg=1.5, max_thrust_n=7.07):
    """The control of each motor at which four of them carry a mass."""
    return (math.sqrt(mass_kg * GRAVITY_M_S2 / 4.0 / max_thrust_n),) * 4
