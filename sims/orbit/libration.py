"""The libration family: a vehicle at a libration point of two bodies, in their synodic frame.

Attitudes are relative to that frame, whose own turning is left out of them: 2e-7 rad/s with the Sun
and the Earth, 2.7e-6 rad/s with the Earth and the Moon.
"""

from itertools import repeat
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from kernel.modes import LABELS
from kernel.synodic import SYSTEMS, Synodic, libration_point
from sims.config import BadValueError, Position3, Velocity3
from sims.orbit.columns import columns_of
from sims.orbit.environment_config import SolarPressureConfig
from sims.orbit.family import FREE_FALL, authority, check_loop_rate
from sims.orbit.spacecraft_config import ZERO, SpacecraftConfig
from sims.plant import Plant, PlantSpec

if TYPE_CHECKING:
    from kernel.twin import Twin

FRAME = "synodic"


class LibrationConfig(SpacecraftConfig):
    """A libration point of the circular restricted three-body problem."""

    kind: Literal["libration"]
    system: str = "sun_earth"
    """The two bodies."""
    point: Literal["L1", "L2", "L3", "L4", "L5"]
    """The libration point that the vehicle is kept at."""
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "vehicle"
    """Name in traces, criteria and reports."""
    substeps: Annotated[int, Field(ge=1, le=1000)] = 2
    """Physics steps in a control tick."""
    offset_m: Position3 = ZERO
    """Start relative to the point, synodic frame, m."""
    offset_m_s: Velocity3 = ZERO
    """Starting velocity, synodic frame, m/s."""
    solar_pressure: SolarPressureConfig | None = None
    """Solar radiation pressure, in a system with the Sun; it moves the true resting point."""

    @field_validator("system")
    @classmethod
    def _known_system(cls, name: str) -> str:
        if name not in SYSTEMS:
            raise ValueError(f"no system {name!r} (known: {', '.join(SYSTEMS)})")
        return name


class LibrationFamily:
    """Entry point ``libration`` of the group ``motorhand.plants``."""

    config_model = LibrationConfig

    def describe(self, config: LibrationConfig, rate_hz: float) -> PlantSpec:
        """See :meth:`sims.plant.PlantFamily.describe`."""
        system = SYSTEMS[config.system]
        if config.solar_pressure is not None and config.system != "sun_earth":
            raise BadValueError(("solar_pressure",), "there is no Sun in this system; leave it out")
        if config.attitude.pointing == "rtn":
            message = "nothing orbits a libration point, so that it has no rtn axes; write inertial"
            raise BadValueError(("attitude", "pointing"), message)
        check_loop_rate(config, rate_hz)
        there = np.array([[*libration_point(system, config.point), 0.0, 0.0, 0.0]])
        return PlantSpec(
            family="libration",
            fidelity="PyBullet rigid bodies in the circular restricted three-body problem",
            vehicles=(config.name,),
            frame=FRAME,
            clocks=frozenset({"lockstep", "realtime"}),
            modes=frozenset(LABELS),
            rate_hz=(1e-7, 1e4),
            faults=frozenset(),
            deterministic=True,
            columns=columns_of([config], FRAME),
            max_acceleration=np.array([authority(config)]),
            nominal_state=there,
            initial_state=there + np.array([*config.offset_m, *config.offset_m_s]),
            surface_m=system.secondary_radius_m,
            system=config.system,
        )

    def open(self, config: LibrationConfig, spec: PlantSpec, tick_ns: int, seed: int) -> Plant:
        """See :meth:`sims.plant.PlantFamily.open`."""
        from sims.orbit.environment import Environment
        from sims.orbit.perturbations import SolarPressure
        from sims.orbit.plant import OrbitPlant

        system = SYSTEMS[config.system]
        light = config.solar_pressure
        sun = np.array([[-system.distance_m, 0.0, 0.0, 0.0, 0.0, 0.0]])
        environment = Environment(
            Synodic.of(system),
            sky=repeat(sun) if light else None,
            sunlight=None if light is None else SolarPressure.of(light, spec.surface_m),
            turn_rate_rad_s=system.rate_rad_s,
        )
        assert spec.initial_state is not None
        return OrbitPlant(
            names=spec.vehicles,
            crafts=[config],
            states=spec.initial_state,
            environment=environment,
            frame=FRAME,
            tick_ns=tick_ns,
            substeps=config.substeps,
            seed=seed,
            surface_m=spec.surface_m,
        )

    def twin(self, config: LibrationConfig, spec: PlantSpec, dt: float) -> "Twin":
        """See :meth:`sims.plant.PlantFamily.twin`."""
        from kernel.twin import Twin, orbital_step

        system = SYSTEMS[config.system]
        step = orbital_step(Synodic.of(system), dt, config.substeps, system.rate_rad_s)
        return Twin(step, FREE_FALL)


FAMILY = LibrationFamily()
