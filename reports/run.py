"""A run as its report sees it: read once, a column at a time."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.trace.reader import NotARunDirectoryError, RunDirectory
from reports.faults import Fault, read_faults
from reports.latency import Latency
from reports.series import time_axis
from reports.stability import Stability

Array = NDArray[Any]


@dataclass(frozen=True)
class Run:
    """What the sections of a report read.

    Attributes:
        directory: The run directory.
        beside: An earlier run, whose latency is laid over this one's.
    """

    directory: RunDirectory
    beside: RunDirectory | None = None

    @classmethod
    def read(cls, path: Path, beside: RunDirectory | None = None) -> "Run":
        """Open a run directory, beside an earlier one or else beside its baseline.

        Raises:
            NotARunDirectoryError: It is not one.
        """
        directory = RunDirectory.open(path)
        return cls(directory, _baseline(directory) if beside is None else beside)

    @property
    def manifest(self) -> dict[str, Any]:
        """The run's manifest."""
        return self.directory.manifest

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """The run's verdict."""
        return self.directory.verdict()

    @cached_property
    def stability(self) -> Stability | None:
        """What there is to say of stability, if anything."""
        return Stability.read(self.directory.path, len(self.vehicles))

    @cached_property
    def latency(self) -> Latency:
        """What there is to say of its time."""
        return Latency.read(self.directory)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """What was made to go wrong, if anything."""
        return read_faults(self.directory)

    @property
    def vehicles(self) -> tuple[str, ...]:
        """Vehicle names."""
        return self.directory.trace.vehicles

    def has(self, column: str) -> bool:
        """Whether the trace has that column."""
        return column in self.directory.trace.columns

    @cached_property
    def seconds(self) -> Array:
        """Time inside the run of every tick, s."""
        return np.asarray(self.directory.trace.t_ns / 1e9)

    @cached_property
    def axis(self) -> tuple[float, str]:
        """Seconds per unit of the time axis, and the unit."""
        return time_axis(float(self.seconds[-1]) if len(self.seconds) else 0.0)

    @property
    def t(self) -> Array:
        """Time of every tick in the unit of the time axis."""
        return np.asarray(self.seconds / self.axis[0])

    def column(self, name: str) -> Array:
        """A column, (ticks, vehicles)."""
        return self.directory.trace.read(name)[name]

    def vector(self, name: str) -> Array:
        """A vector, (ticks, vehicles, 3)."""
        return self.directory.trace.vector(name)

    def norm(self, name: str) -> Array:
        """Length of a vector, (ticks, vehicles)."""
        return np.asarray(np.linalg.norm(self.vector(name), axis=-1))

    def basis(self, name: str) -> str:
        """``true`` or ``measured``: what an unprefixed column stands for in this run."""
        return self.directory.trace.columns[name].basis


def earlier(path: Path) -> RunDirectory:
    """A run that another can be laid beside.

    Raises:
        NotARunDirectoryError: It is none, or what it says of its time can't be read.
    """
    found = RunDirectory.open(path)
    Latency.read(found)
    return found


def _baseline(run: RunDirectory) -> RunDirectory | None:
    """The baseline of a run, where its scenario names one that is still there."""
    baseline = run.manifest["scenario"].get("baseline")
    try:
        return earlier(Path(baseline["run"])) if baseline else None
    except NotARunDirectoryError:
        return None
