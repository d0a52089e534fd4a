"""Flights of a spacecraft built from its configuration, told tick by tick."""

from typing import NamedTuple

import numpy as np
import pytest

from kernel.packing import Layout
from sims.orbit.columns import columns_of
from sims.orbit.environment import Environment
from sims.orbit.plant import OrbitPlant
from sims.orbit.spacecraft_config import SpacecraftConfig
from sims.plant import Command

IN_SPACE = (7e6, 0.0, 0.0, 0.0, 0.0, 0.0)


def no_gravity(x, y, z):
    return 0.0, 0.0, 0.0


class Flight(NamedTuple):
    """What was observed, from t = 0: extras (ticks + 1, vehicles, columns) and measured states."""

    layout: Layout
    extras: np.ndarray
    measured: np.ndarray

    def __call__(self, name, vehicle=0):
        """A scalar column (ticks + 1,), a vector (ticks + 1, 3) or a quaternion (ticks + 1, 4)."""
        if any(column.name == f"{name}_w" for column in self.layout.columns):
            place = self.layout.span(f"{name}_w", f"{name}_z")
        else:
            place = self.layout[name]
        values = self.extras[:, vehicle, place]
        return values[:, 0] if values.shape[1] == 1 else values


@pytest.fixture
def fly():
    """Flies spacecraft on given accelerations, one (3,) or (vehicles, 3) a tick.

    Far from everything and at rest, unless told otherwise.
    """

    def flown(
        *crafts,
        thrust,
        tick_s=0.1,
        substeps=2,
        seed=0,
        states=IN_SPACE,
        gravity=no_gravity,
        environment=None,
        names=None,
    ):
        crafts = [SpacecraftConfig.model_validate({"mass_kg": 10.0, **craft}) for craft in crafts]
        layout = Layout(columns_of(crafts, "gcrf"))
        plant = OrbitPlant(
            names=names or [f"v{i}" for i in range(len(crafts))],
            crafts=crafts,
            states=np.broadcast_to(np.array(states, dtype=float), (len(crafts), 6)),
            environment=environment or Environment(gravity),
            frame="gcrf",
            tick_ns=round(tick_s * 1e9),
            substeps=substeps,
            seed=seed,
        )
        seen = [plant.start()]
        for acceleration in thrust:
            told = np.broadcast_to(np.array(acceleration, dtype=float), (len(crafts), 3))
            seen.append(plant.exchange(Command(0, told, np.full(len(crafts), 2.0)), 0))
        plant.stop("end of test")
        return Flight(
            layout,
            np.array([observation.extras for observation in seen]),
            np.array([observation.state for observation in seen]),
        )

    return flown
