"""The ``plant:`` mapping of an orbital scenario."""

from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from kernel.bodies import CENTRAL_BODIES
from sims.config import BadValueError, Config, Position3, Velocity3, as_text
from sims.orbit.elements import checked_line
from sims.orbit.environment_config import PerturbationsConfig
from sims.orbit.spacecraft_config import (
    ZERO,
    Attitude,
    Kilograms,
    Newtons,
    PropellantConfig,
    SensorsConfig,
    SpacecraftConfig,
    ThrusterConfig,
)


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


class SlotEllipse(Config):
    """A natural ellipse about the shared slot: Clohessy and Wiltshire's bounded relative motion.

    In the orbit's plane it is half as high as it is long, and it is flown once an orbit. Free of
    drift it is about a circular orbit, and while small beside it.
    """

    along_track_m: Annotated[float, Field(ge=0.0, le=1e6)]
    """Semi-axis along the track, m."""
    cross_track_m: Annotated[float, Field(ge=0.0, le=1e6)] = 0.0
    """Amplitude across the track, m."""
    phase_rad: Annotated[float, Field(ge=-10.0, le=10.0)] = 0.0
    """Where on it the vehicle is at t = 0: at 0 straight below, moving ahead."""


class VehicleConfig(Config):
    """One vehicle; what it leaves out it takes from the plant."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    """Name in traces, criteria and reports."""
    mass_kg: Kilograms | None = None
    """Mass at the start, kg."""
    true_mass_kg: Kilograms | None = None
    """Mass that it really has, kg, where that is not ``mass_kg``."""
    thrust_limit_n: Newtons | None = None
    """Largest thrust in any direction, N."""
    thrusters: Annotated[tuple[ThrusterConfig, ...], Field(strict=False, min_length=1)] | None = (
        None
    )
    """Thrusters fixed in the body."""
    propellant: PropellantConfig | None = None
    """Propellant."""
    attitude: Attitude | None = None
    """How the body is turned."""
    sensors: SensorsConfig | None = None
    """What the vehicle measures."""
    offset_rtn_m: Position3 | None = None
    """Start relative to its slot: radial, along-track, cross-track, m."""
    offset_rtn_m_s: Velocity3 | None = None
    """Starting velocity relative to its slot: radial, along-track, cross-track, m/s."""
    slot_ellipse: SlotEllipse | None = None
    """Ellipse about the shared slot that is this vehicle's own slot."""

    def parts(self) -> dict[str, Any]:
        """What it says of its own parts."""
        given = {name: getattr(self, name) for name in SpacecraftConfig.model_fields}
        return {name: part for name, part in given.items() if part is not None}


class Vehicle(NamedTuple):
    """A vehicle with nothing left out.

    Attributes:
        name: As in :class:`VehicleConfig`.
        craft: Its parts.
        offset_rtn_m, offset_rtn_m_s, slot_ellipse: As in :class:`VehicleConfig`.
    """

    name: str
    craft: SpacecraftConfig
    offset_rtn_m: tuple[float, float, float]
    offset_rtn_m_s: tuple[float, float, float]
    slot_ellipse: SlotEllipse | None


class OrbitConfig(SpacecraftConfig):
    """An orbit about a central body; PyBullet integrates it."""

    kind: Literal["orbit"]
    body: str = "earth"
    """Central body."""
    gravity: str = "j2"
    """Gravity model that the vehicles fall under."""
    perturbations: PerturbationsConfig = PerturbationsConfig()
    """What else acts on the vehicles."""
    substeps: Annotated[int, Field(ge=1, le=1000)] = 2
    """Physics steps in a control tick."""
    tle: Tle | None = None
    """Two-line element set, both lines; t = 0 is its epoch. Or give ``state``."""
    state: CartesianState | None = None
    """Starting state of the slot. Or give ``tle``."""
    offset_rtn_m: Position3 = ZERO
    """Start relative to the slot: radial, along-track, cross-track, m."""
    offset_rtn_m_s: Velocity3 = ZERO
    """Starting velocity relative to the slot: radial, along-track, cross-track, m/s."""
    vehicles: Annotated[tuple[VehicleConfig, ...], Field(strict=False, min_length=1)] = (
        VehicleConfig(name="vehicle"),
    )
    """Vehicles sharing the orbit."""

    @field_validator("body")
    @classmethod
    def _known_body(cls, name: str) -> str:
        if name not in CENTRAL_BODIES:
            raise ValueError(f"no central body {name!r} (known: {', '.join(CENTRAL_BODIES)})")
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
    def _one_orbit(self) -> Self:
        if (self.tle is None) == (self.state is None):
            raise ValueError("give the orbit once: either tle or state")
        if self.body != "earth" and self.tle is not None:
            raise ValueError("a tle is of an orbit about the earth; give a state")
        if self.body != "earth" and self.perturbations.drag is not None:
            raise ValueError(f"no atmosphere is known here of the {self.body}: leave out drag")
        return self

    def whole_vehicles(self) -> tuple[Vehicle, ...]:
        """The vehicles with everything they leave to the plant filled in.

        Raises:
            BadValueError: Parts of one do not go together.
        """
        whole = []
        for index, vehicle in enumerate(self.vehicles):
            try:
                craft = self.overridden(vehicle.parts())
            except ValueError as error:
                raise BadValueError(("vehicles", index), str(error)) from error
            whole.append(
                Vehicle(
                    vehicle.name,
                    craft,
                    _or(vehicle.offset_rtn_m, self.offset_rtn_m),
                    _or(vehicle.offset_rtn_m_s, self.offset_rtn_m_s),
                    vehicle.slot_ellipse,
                )
            )
        return tuple(whole)


T = TypeVar("T")


def _or(own: T | None, inherited: T) -> T:
    return inherited if own is None else own
