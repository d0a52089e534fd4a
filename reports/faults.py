"""The faults of a run: when each was to be there, and at which ticks it acted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.trace.reader import RunDirectory

FLAG = "fault_"
"""Columns that say when a fault acts begin with this; its name follows."""


@dataclass(frozen=True)
class Fault:
    """A fault as its scenario has it, and what came of it.

    Attributes:
        name: Its name, with spaces.
        kind: What kind of fault it is, with spaces.
        path: Which way it strikes, of a channel's fault; else empty.
        about: What it stands for.
        vehicle: Whom it strikes, or ``all``.
        start_s, end_s: When it was to be there, s; ends with the run at the latest.
        acted: Whether it acted on any vehicle, (ticks,).
    """

    name: str
    kind: str
    path: str
    about: str
    vehicle: str
    start_s: float
    end_s: float
    acted: NDArray[np.bool_]


def read_faults(run: RunDirectory) -> tuple[Fault, ...]:
    """The faults of a run in the scenario's order; those that it did not come to are left out."""
    if not len(run.trace.t_ns):
        return ()
    last_s = float(run.trace.t_ns[-1]) / 1e9
    given: dict[str, Any] = run.manifest["scenario"].get("faults") or {}
    found = []
    for name, fault in given.items():
        column = f"{FLAG}{name}"
        if column not in run.trace.columns or fault["at_s"] > last_s:
            continue
        lasts_s = np.inf if fault["for_s"] is None else fault["for_s"]
        found.append(
            Fault(
                name.replace("_", " "),
                fault["kind"].replace("_", " "),
                fault.get("path", ""),
                fault["about"],
                fault["vehicle"],
                fault["at_s"],
                min(last_s, fault["at_s"] + lasts_s),
                np.asarray(run.trace.read(column)[column].any(axis=1)),
            )
        )
    return tuple(found)
