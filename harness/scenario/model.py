"""What a scenario file may say. Keys carry their units; nothing is converted silently."""

import itertools
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from harness.scenario.claim import Claim
from harness.scenario.latency_criterion import LatencyCriterion
from harness.scenario.stability_criterion import (
    DelayMarginCriterion,
    ObservedCriterion,
    ProvedCriterion,
)
from harness.scenario.timing import Timing
from sims.config import Config, Position3, Positive, ThirdBodies, Velocity3
from sims.faults import AnyFault

ModeLabel = Literal["IDLE", "NULL-G", "STATION-KEEP", "TRAJECTORY"]
NotNegative = Annotated[float, Field(ge=0.0)]
Size = Annotated[float, Field(gt=0.0, le=1e9)]


class SlotReference(Config):
    """An orbit slot: the plant's nominal state in free fall under a gravity model."""

    kind: Literal["slot"]
    gravity: str = "j2"
    """Gravity model of the central body that the slot falls under."""
    third_bodies: ThirdBodies = ()
    """Bodies that pull on the slot from afar."""


class FixedPointReference(Config):
    """A point at rest in the plant's frame, or moving at a constant velocity."""

    kind: Literal["fixed_point"]
    position_m: Position3
    """Position at t = 0 in the plant's frame, m."""
    velocity_m_s: Velocity3 = (0.0, 0.0, 0.0)
    """Velocity in the plant's frame, m/s."""


class LibrationPointReference(Config):
    """The libration point that the plant is at, at rest in its synodic frame."""

    kind: Literal["libration_point"]


class FigureEightReference(Config):
    """A figure eight in a level plane, begun from rest at its centre."""

    kind: Literal["figure_eight"]
    centre_m: Position3
    """Where it crosses itself, in the plant's frame, m."""
    length_m: Size
    """From tip to tip, m."""
    width_m: Size
    """Across its length, m."""
    period_s: Annotated[float, Field(ge=1e-3, le=1e9)]
    """Time for the whole of it at full speed, s."""
    starts_at_s: NotNegative = 0.0
    """When it begins to move, s; at its centre until then."""
    ramp_s: Annotated[float, Field(ge=1e-3, le=1e9)] | None = None
    """Time over which it gathers speed, s; a quarter of the period if left out."""
    heading_deg: Annotated[float, Field(ge=-360.0, le=360.0)] = 0.0
    """Where its length points, from the frame's x towards its y, degrees."""

    @property
    def ramp(self) -> float:
        """Time over which it gathers speed, s."""
        return 0.25 * self.period_s if self.ramp_s is None else self.ramp_s


AnyReference = SlotReference | FixedPointReference | LibrationPointReference | FigureEightReference
Reference = Annotated[AnyReference, Field(discriminator="kind")]


class ModeChange(Config):
    """The mode from a moment on, until the next entry."""

    at_s: NotNegative
    """Time inside the run, s."""
    mode: ModeLabel
    """Control mode."""


class Criterion(Config):
    """A plain limit on a signal over a window of the run."""

    signal: str
    """A trace column, ``norm(VECTOR)``, or ``abs(COLUMN)``."""
    statistic: Literal["max", "min", "rms", "final"] = "max"
    """What is taken of the signal over the window."""
    at_most: float | None = None
    """Upper limit, in ``unit``."""
    at_least: float | None = None
    """Lower limit, in ``unit``."""
    unit: str
    """Unit of the limit; it must be the column's own."""
    after_s: NotNegative = 0.0
    """Start of the window, s."""
    until_s: Positive | None = None
    """End of the window, s; the end of the run if left out."""
    vehicle: str = "all"
    """A vehicle's name, ``all`` or ``any``."""
    about: str = ""
    """Why this limit, for the report."""
    requirement: str = ""
    """The requirement that it shows to be met, such as ``REQ-12``; verdict and report repeat it."""

    @model_validator(mode="after")
    def _one_limit(self) -> "Criterion":
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("give one limit: either at_most or at_least")
        if self.until_s is not None and self.until_s < self.after_s:
            raise ValueError(f"the window ends at {self.until_s} s, before it starts")
        return self


class FormulaCriterion(Config):
    """A formula of signal temporal logic, evaluated at the start of the run."""

    formula: str
    """Such as ``always[600:5400] (norm(error_position) <= 50 m)``. Conditions are comparisons
    (``<= < >= >``, ``==`` for categories and booleans) of columns, ``norm(VECTOR)`` and what
    ``+ - * / ^``, ``abs sqrt exp log min max`` make of them; ``COLUMN@VEHICLE`` is another
    vehicle's. They are joined by ``not and or ->``, ``always``, ``eventually`` and ``until``, each
    of the latter with a window ``[from:to]`` in seconds from then, or to the end of the run."""
    vehicle: str = "all"
    """A vehicle's name, ``all`` or ``any``: whose columns are meant by default."""
    about: str = ""
    """Why this is demanded, for the report."""
    requirement: str = ""
    """The requirement that it shows to be met, such as ``REQ-12``; verdict and report repeat it."""


CRITERION_KINDS: dict[str, type[Config]] = {
    "a limit": Criterion,
    "a formula": FormulaCriterion,
    "a text": FormulaCriterion,
    "a proof": ProvedCriterion,
    "a delay margin": DelayMarginCriterion,
    "an observation": ObservedCriterion,
    "a latency budget": LatencyCriterion,
}
"""What pydantic calls the kinds of criteria in its complaints; nothing that is written."""


def _kind_of_criterion(written: Any) -> str:
    if isinstance(written, str):
        return "a text"
    for key, kind in _KEYS_OF_KINDS.items():
        if isinstance(written, CRITERION_KINDS[kind]) or (
            isinstance(written, dict) and key in written
        ):
            return kind
    return "a limit"


_KEYS_OF_KINDS = {
    "formula": "a formula",
    "proved_below": "a proof",
    "at_least_ms": "a delay margin",
    "below": "an observation",
    "budget_used_below": "a latency budget",
}
"""By which key a criterion is known that is no plain limit."""


_SHORTHAND = (
    "A formula of signal temporal logic, such as "
    "``always[600:5400] (norm(error_position) <= 50 m)``: short for a mapping with ``formula``."
)
AnyCriterion = Annotated[
    Annotated[Criterion, Tag("a limit")]
    | Annotated[FormulaCriterion, Tag("a formula")]
    | Annotated[ProvedCriterion, Tag("a proof")]
    | Annotated[DelayMarginCriterion, Tag("a delay margin")]
    | Annotated[ObservedCriterion, Tag("an observation")]
    | Annotated[LatencyCriterion, Tag("a latency budget")]
    | Annotated[
        FormulaCriterion,
        BeforeValidator(lambda text: {"formula": text}),
        WithJsonSchema({"type": "string", "description": _SHORTHAND}),
        Tag("a text"),
    ],
    Discriminator(_kind_of_criterion),
]
"""A plain limit, a formula with or without more to say about it, or a demand on stability or
latency."""


def _demanded(written: Any) -> Any:
    """Without what is taken back."""
    if not isinstance(written, dict):
        return written
    return {name: demanded for name, demanded in written.items() if demanded is not None}


def _no_axis(name: str) -> str:
    if name.endswith(("_x", "_y", "_z")):
        raise ValueError("its column would pass for an axis of a vector; don't end in _x, _y or _z")
    return name


FaultName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_no_axis)]


class Baseline(Config):
    """An earlier run that this one must not be worse than."""

    run: Annotated[str, Field(min_length=1)]
    """Its run directory, relative to this file. What held there must still be demanded here."""
    tolerances: dict[str, NotNegative] = Field(default_factory=dict)
    """Largest difference allowed, by column or vector, in its unit; of a category or a boolean, the
    share of ticks at which it may differ."""


class ScenarioModel(Config):
    """A scenario: a plant, a controller, a reference, and what is expected of the run."""

    format: Literal[1]
    """Version of the scenario language."""
    name: Annotated[str, Field(min_length=1)]
    """Title in reports."""
    description: str = ""
    """What is being tested, in a sentence or two."""
    known_failure: Annotated[str, Field(min_length=1)] | None = None
    """Why this scenario is known to fail. The verdict stays FAILED; under pytest that is expected,
    and a run that passes is an error."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Seed of everything random in the run."""
    clock: Literal["lockstep", "realtime"] = "lockstep"
    """Whether the plant owns time or the wall clock does."""
    duration_s: Positive
    """Length of the run, s; a whole number of ticks."""
    rate_hz: Positive
    """Control rate, Hz."""
    plant: dict[str, Any]
    """What is flown; ``kind`` names the plant."""
    controller: dict[str, Any]
    """What flies it; ``kind`` names the controller."""
    reference: Reference
    """Where the vehicle should be."""
    modes: Annotated[tuple[ModeChange, ...], Field(strict=False, min_length=1)]
    """Control modes over the run; the first entry is at 0 s."""
    expect: Annotated[dict[str, AnyCriterion], Field(min_length=1), BeforeValidator(_demanded)]
    """Criteria by name; all must hold for the run to pass. ``null`` takes back one that an included
    file has."""
    baseline: Baseline | None = None
    """An earlier run to hold this one against."""
    certificate: Claim | None = None
    """What is to be proved of the loop; see ``motorhand certify``."""
    timing: Timing = Timing()
    """Late observations, deadlines, and what the system is asked for."""
    faults: Annotated[dict[FaultName, AnyFault], BeforeValidator(_demanded)] = Field(
        default_factory=dict
    )
    """Faults by name. Each is in the trace as a column ``fault_NAME`` that says when it acts.
    ``null`` takes back one that an included file has."""

    @field_validator("modes")
    @classmethod
    def _modes_in_order(cls, modes: tuple[ModeChange, ...]) -> tuple[ModeChange, ...]:
        times = [change.at_s for change in modes]
        if times[0] != 0.0:
            raise ValueError(f"the first entry is at {times[0]} s; it must be at 0")
        if any(later <= sooner for sooner, later in itertools.pairwise(times)):
            raise ValueError("entries must come in order of at_s, each later than the last")
        return modes


_Some = Annotated[list[Any], Field(min_length=1)]
_Named = Annotated[dict[str, Any], Field(min_length=1)]


class ScenarioFile(ScenarioModel):
    """A scenario as a file says it, with where the rest of it is and how it varies."""

    include: str | Annotated[list[str], Field(min_length=1)] = Field(default_factory=list)
    """Files whose mappings are merged underneath this one, relative to it: what is written here
    wins, and a later file wins over an earlier. A file that is there to be included only says no
    ``format:``."""
    matrix: Annotated[dict[str, _Some | _Named], Field(min_length=1, default_factory=dict)]
    """Values by key, such as ``plant.mass_kg: [4.2, 8.4]``, or by name: every combination is a
    scenario of its own."""
