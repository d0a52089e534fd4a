"""Which columns a run's trace has: the controller's, the plant's, and what is derived from them.

``measured_*`` is what the controller was given. An unprefixed position, velocity or error is the
true one where the plant knows it, and its ``basis`` says which it is.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.link.columns import FLAG, TOLD
from harness.trace.schema import Kind, TraceColumn
from kernel.columns import AXES, Column
from kernel.modes import LABELS
from kernel.packing import Layout

if TYPE_CHECKING:
    from sims.plant import PlantSpec

CATEGORIES = {"control_mode": LABELS, "carried_mode": LABELS, "observation": TOLD}
PUBLISHED = (
    *("tick", "t_ns", "vehicle", "primal_state", "lipschitz_constant", "stability_margin"),
    *("lambda_decay", "error_position", "error_velocity"),
)
"""Names that a run makes itself; vectors without their axis."""
STAMPS = {
    "scheduled_ns": "tick due; in lockstep, when its observation was in hand",
    "ready_ns": "all of the tick before done, its record included",
    "received_ns": "observation in hand and tick begun",
    "controller_in_ns": "controller called",
    "controller_out_ns": "controller returned",
    "sent_ns": "command handed to the plant; 0 where the run ends with the observation",
    "answered_ns": "the plant's answer in hand",
    "sampled_ns": "sensors read; 0 where the plant does not tell",
    "applied_ns": "command put into effect; 0 where the plant does not tell",
    "clock_offset_ns": "the plant's clock less this machine's, taken off its stamps",
    "clock_bound_ns": "by how much that offset may be wrong: half the round trip",
}
"""Columns of ``timing.parquet`` beside the tick, monotonic wall clock, and what each is."""


def is_boolean(name: str) -> bool:
    """Whether a recorded column is yes or no."""
    return name == "limited" or name.startswith(FLAG)


@dataclass(frozen=True)
class RowLayout:
    """One recorded row as float64 cells: the parts below in order.

    Attributes:
        told, decided, carried: The controller's layouts.
        extras: The plant's layout.
        link: That of the link between loop and plant; empty where there is none.
    """

    told: Layout
    decided: Layout
    carried: Layout
    extras: Layout
    link: Layout = field(default_factory=lambda: Layout(()))

    @property
    def raw(self) -> tuple[Column, ...]:
        """Columns of the row in order."""
        parts = (self.told, self.decided, self.carried, self.extras, self.link)
        return tuple(column for part in parts for column in part.columns)

    def taken(self) -> str | None:
        """A name that two parts claim, or that belongs to the run itself."""
        seen = {*PUBLISHED, *(f"{name}_{axis}" for name in PUBLISHED for axis in AXES)}
        for column in self.raw:
            if column.name in seen:
                return column.name
            seen.add(column.name)
        return None


def trace_columns(spec: "PlantSpec", row: RowLayout) -> list[TraceColumn]:
    """All columns of ``trace.parquet`` for a plant and a controller, in order."""
    basis = "true" if spec.knows_truth else "measured"
    recorded = {column.name: column for column in row.raw}
    columns = [
        TraceColumn("tick", "int64", about="control tick, from 0"),
        TraceColumn("t_ns", "int64", "ns", about="time inside the run"),
        TraceColumn("vehicle", "category", categories=spec.vehicles),
    ]
    for name, unit in (("position", "m"), ("velocity", "m/s")):
        columns += _vector(name, unit, spec.frame, basis)
    for name, unit in (("position", "m"), ("velocity", "m/s")):
        about = f"blended reference minus {name}"
        columns += _vector(f"error_{name}", unit, spec.frame, basis, about)
    columns += [
        _as_recorded(column)
        for name, column in recorded.items()
        if name not in {c.name for c in columns}
    ]
    undefined = replace(TraceColumn(""), undefined_as_nan=True)
    return [
        *columns,
        replace(
            undefined,
            name="primal_state",
            unit="m",
            about="size of the closed-loop error in the metric P",
            basis=basis,
        ),
        replace(
            undefined,
            name="lipschitz_constant",
            unit="1/s",
            about="contraction a second, proved or nominal as the manifest's metric says; not "
            "defined in IDLE and while limited",
        ),
        replace(undefined, name="stability_margin", about="1 - lipschitz_constant"),
        TraceColumn("lambda_decay", unit="1/s", about="rate at which the memory forgets"),
    ]


def timing_columns() -> list[TraceColumn]:
    """All columns of ``timing.parquet``: one row a tick, monotonic wall clock."""
    return [TraceColumn("tick", "int64")] + [
        TraceColumn(name, "int64", "ns", about=about) for name, about in STAMPS.items()
    ]


def _vector(name: str, unit: str, frame: str, basis: str, about: str = "") -> list[TraceColumn]:
    return [
        TraceColumn(f"{name}_{axis}", unit=unit, frame=frame, basis=basis, about=about)
        for axis in AXES
    ]


def _as_recorded(column: Column) -> TraceColumn:
    words = column.categories or CATEGORIES.get(column.name)
    if words:
        return TraceColumn(column.name, "category", about=column.about, categories=words)
    kind: Kind = "bool" if is_boolean(column.name) else "float64"
    return TraceColumn(column.name, kind, column.unit, column.frame, column.about)
