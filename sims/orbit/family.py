"""The orbit family: what its plants are and can do, before any physics is opened."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from kernel.bodies import BODIES, Body
from kernel.columns import Column, vector
from kernel.frames import celestial_pole, rtn_axes, utc_julian_date
from kernel.gravity import GravityModel
from kernel.modes import LABELS
from sims.config import BadValueError
from sims.orbit.config import OrbitConfig
from sims.orbit.elements import tle_state
from sims.plant import Plant, PlantSpec
from sims.registry import GRAVITY, find, names

Array = NDArray[np.float64]

FRAME = "gcrf"
COLUMNS = (
    *vector("position", "m", FRAME, "true position"),
    *vector("velocity", "m/s", FRAME, "true velocity"),
    *vector("delivered_acceleration", "m/s^2", FRAME, "thrust acceleration over the past tick"),
    Column("delta_v", "m/s", about="thrust acceleration delivered, integrated since the start"),
)


def slot_state(config: OrbitConfig) -> tuple[datetime | None, Array]:
    """Epoch and state (6,) that the slot starts from, GCRF.

    Raises:
        ValueError: The elements can't be propagated.
    """
    if config.tle is not None:
        return tle_state(config.tle)
    assert config.state is not None
    return config.state.epoch, np.array([*config.state.position_m, *config.state.velocity_m_s])


def starting_states(config: OrbitConfig, slot: Array) -> Array:
    """The vehicles' own starting states: the slot and their offsets, (vehicles, 6), GCRF.

    Raises:
        ValueError: Offsets are given along an orbit that has no plane.
    """
    vehicles = config.whole_vehicles()
    offsets = np.array([[*v.offset_rtn_m, *v.offset_rtn_m_s] for v in vehicles])
    if not offsets.any():
        return np.tile(slot, (len(vehicles), 1))
    axes = rtn_axes(slot[:3], slot[3:])
    return slot + np.hstack([offsets[:, :3] @ axes, offsets[:, 3:] @ axes])


def gravity_model(name: str, body: Body, pole: tuple[float, float, float]) -> GravityModel:
    """The gravity model of that name about a body.

    Raises:
        LookupError: No such model.
    """
    model: GravityModel = find(GRAVITY, name)(body, pole)
    return model


class OrbitFamily:
    """Entry point ``orbit`` of the group ``motorhand.plants``."""

    config_model = OrbitConfig

    def describe(self, config: OrbitConfig, rate_hz: float) -> PlantSpec:
        """See :meth:`sims.plant.PlantFamily.describe`."""
        if config.gravity not in names(GRAVITY):
            known = ", ".join(names(GRAVITY))
            message = f"no gravity model {config.gravity!r} (known: {known})"
            raise BadValueError(("gravity",), message)
        epoch, slot = slot_state(config)
        body = BODIES[config.body]
        vehicles = config.whole_vehicles()
        starts = starting_states(config, slot)
        for vehicle, start in zip(vehicles, starts, strict=True):
            height = float(np.linalg.norm(start[:3])) - body.radius
            if height <= 0.0:
                raise ValueError(
                    f"{vehicle.name} starts {-height / 1e3:,.1f} km inside the {body.name}"
                )
        return PlantSpec(
            family="orbit",
            fidelity="PyBullet rigid bodies under modelled gravity",
            vehicles=tuple(vehicle.name for vehicle in vehicles),
            frame=FRAME,
            clocks=frozenset({"lockstep"}),
            modes=frozenset(LABELS),
            rate_hz=(1e-4, 1e4),
            faults=frozenset(),
            deterministic=True,
            columns=COLUMNS,
            max_acceleration=np.array([v.thrust_limit_n / v.mass_kg for v in vehicles]),
            nominal_state=np.tile(slot, (len(vehicles), 1)),
            initial_state=starts,
            body=body.name,
            surface_m=body.radius,
            pole=(0.0, 0.0, 1.0) if epoch is None else celestial_pole(*utc_julian_date(epoch)),
            epoch=epoch,
        )

    def open(self, config: OrbitConfig, spec: PlantSpec, tick_ns: int, seed: int) -> Plant:
        """See :meth:`sims.plant.PlantFamily.open`; nothing here is random."""
        from sims.orbit.bullet import BulletOrbit

        return BulletOrbit(
            gravity=gravity_model(config.gravity, BODIES[config.body], spec.pole),
            states=starting_states(config, slot_state(config)[1]),
            masses=[v.mass_kg for v in config.whole_vehicles()],
            max_acceleration=spec.max_acceleration,
            tick_ns=tick_ns,
            surface_m=spec.surface_m,
            substeps=config.substeps,
        )


FAMILY = OrbitFamily()
