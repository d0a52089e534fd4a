"""Quadrotors that are closed again."""

import math

import pytest

from sims.quadrotor.body import Quadrotor
from sims.quadrotor.bullet_body import GRAVITY_M_S2
from sims.quadrotor.config import QuadrotorConfig

STEP_S = 0.004
NO_DRAG = {"linear_n_s_m": 0.0, "quadratic_n_s2_m2": 0.0}
NO_LAG = {"time_constant_s": 0.0}


def hover(mass_kg=1.5, max_thrust_n=7.07):
    """The control of each motor at which four of them carry a mass."""
    return (math.sqrt(mass_kg * GRAVITY_M_S2 / 4.0 / max_thrust_n),) * 4


@pytest.fixture
def built():
    """Builds quadrotors of what is told beside the defaults."""
    made = []

    def build(step_s=STEP_S, seed=1, **config):
        made.append(Quadrotor(QuadrotorConfig.model_validate(config), step_s, seed))
        return made[-1]

    yield build
    for quadrotor in made:
        quadrotor.close()
