"""Quadrotors that are closed again."""

import pytest
from hovering import STEP_S

from sims.quadrotor.body import Quadrotor
from sims.quadrotor.config import QuadrotorConfig


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
