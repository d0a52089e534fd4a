"""What a link adds to a plant's columns in the trace."""

from collections.abc import Iterable

from kernel.columns import Column
from kernel.packing import Layout

FLAG = "fault_"
"""Columns that say when a fault acts begin with this; its name follows."""
TOLD = ("FRESH", "HELD", "PREDICTED")
"""What the controller is told of a vehicle: the categories of ``observation``, as formulas have
them."""
FRESH, HELD, PREDICTED = range(3)


def link_layout(faults: Iterable[str]) -> Layout:
    """The columns, given the names of a scenario's faults."""
    return Layout.of(
        Column("observation", about="whether what the controller is told is fresh"),
        Column("observation_age", "s", about="time since what the controller is told was sampled"),
        Column("command_age", "s", about="time since the sample behind the command in force"),
        *(Column(f"{FLAG}{name}", about="whether this fault acts") for name in faults),
    )
