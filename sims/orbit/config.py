"""The ``plant:`` mapping of an orbital scenario."""

from functools import partial
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from kernel.bodies import BODIES
from sims.config import Config, Position3, Velocity3, as_text
from sims.orbit.elements import checked_line


class CartesianState(Config):
    """A state in the inertial frame."""

    position_m: Position3
    """Position relative to the central body, gcrf, m."""
    velocity_m_s: Velocity3
    """Velocity relative to the central body, gcrf, m/s."""
    epoch: Annotated[AwareDatetime, Field(strict=False), BeforeValidator(as_text)] | None = None
    """UTC moment of t = 0, such as 2019-12-09T16:38:29Z; places the ground track and the pole."""


Tle = Annotated[
    tuple[
        Annotated[str, AfterValidator(partial(checked_line, 1))],
        Annotated[str, AfterValidator(partial(checked_line, 2))],
    ],
    Field(strict=False),
]
Kilograms = Annotated[float, Field(gt=0.0, le=1e15)]
Newtons = Annotated[float, Field(ge=1e-12, le=1e15)]


class VehicleConfig(Config):
    """One vehicle; what it leaves out it takes from the plant."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    """Name in traces, criteria and reports."""
    mass_kg: Kilograms | None = None
    """Mass, kg."""
    thrust_limit_n: Newtons | None = None
    """Largest thrust in any direction, N."""
    offset_rtn_m: Position3 | None = None
    """Start relative to the slot: radial, along-track, cross-track, m."""
    offset_rtn_m_s: Velocity3 | None = None
    """Starting velocity relative to the slot: radial, along-track, cross-track, m/s."""


class Vehicle(NamedTuple):
    """A vehicle with nothing left out; fields as in :class:`VehicleConfig`."""

    name: str
    mass_kg: float
    thrust_limit_n: float
    offset_rtn_m: tuple[float, float, float]
    offset_rtn_m_s: tuple[float, float, float]


class OrbitConfig(Config):
    """An orbit about a central body; PyBullet integrates it."""

    kind: Literal["orbit"]
    body: str = "earth"
    """Central body."""
    gravity: str = "j2"
    """Gravity model that the vehicles fall under."""
    substeps: Annotated[int, Field(ge=1, le=1000)] = 2
    """Physics steps in a control tick."""
    mass_kg: Kilograms
    """Mass of a vehicle, kg."""
    thrust_limit_n: Newtons
    """Largest thrust of a vehicle in any direction, N."""
    tle: Tle | None = None
    """Two-line element set, both lines; t = 0 is its epoch. Or give ``state``."""
    state: CartesianState | None = None
    """Starting state of the slot. Or give ``tle``."""
    offset_rtn_m: Position3 = (0.0, 0.0, 0.0)
    """Start relative to the slot: radial, along-track, cross-track, m."""
    offset_rtn_m_s: Velocity3 = (0.0, 0.0, 0.0)
    """Starting velocity relative to the slot: radial, along-track, cross-track, m/s."""
    vehicles: Annotated[tuple[VehicleConfig, ...], Field(strict=False, min_length=1)] = (
        VehicleConfig(name="vehicle"),
    )
    """Vehicles sharing the orbit."""

    @field_validator("body")
    @classmethod
    def _known_body(cls, name: str) -> str:
        if name not in BODIES:
            raise ValueError(f"no central body {name!r} (known: {', '.join(BODIES)})")
        return name

    @field_validator("vehicles")
    @classmethod
    def _distinct_names(cls, vehicles: tuple[VehicleConfig, ...]) -> tuple[VehicleConfig, ...]:
        names = [vehicle.name for vehicle in vehicles]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two vehicles are named {twice[0]!r}; give each a name of its own")
        return vehicles

    @model_validator(mode="after")
    def _one_orbit(self) -> "OrbitConfig":
        if (self.tle is None) == (self.state is None):
            raise ValueError("give the orbit once: either tle or state")
        return self

    def whole_vehicles(self) -> tuple[Vehicle, ...]:
        """The vehicles with everything they leave to the plant filled in."""
        return tuple(
            Vehicle(
                name=vehicle.name,
                mass_kg=_or(vehicle.mass_kg, self.mass_kg),
                thrust_limit_n=_or(vehicle.thrust_limit_n, self.thrust_limit_n),
                offset_rtn_m=_or(vehicle.offset_rtn_m, self.offset_rtn_m),
                offset_rtn_m_s=_or(vehicle.offset_rtn_m_s, self.offset_rtn_m_s),
            )
            for vehicle in self.vehicles
        )


T = TypeVar("T")


def _or(own: T | None, inherited: T) -> T:
    return inherited if own is None else own
