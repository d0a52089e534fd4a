"""What a report says of a run's time: its stamps, and what was made of them after the run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.trace import files
from harness.trace.ages import ages
from harness.trace.reader import RunDirectory, read_json
from harness.trace.timing import Stamps, latency, stages

Plain = dict[str, Any]
Nanoseconds = NDArray[np.int64]


@dataclass(frozen=True)
class Latency:
    """A run in time; n ticks that sent a command.

    Attributes:
        told: What ``latency.json`` says; None of a run that has none.
        paced: Whether it kept to the wall clock.
        tick_ns: Control tick, ns.
        stamps: What ``timing.parquet`` has.
        late: From each tick's scheduled instant to its command, ns, (n,).
        stages: Where that went, and what came after it, ns, each (n,).
        age_s: Age of what was flown on, the oldest of all vehicles, s, (n,).
    """

    told: Plain | None
    paced: bool
    tick_ns: int
    stamps: Stamps
    late: Nanoseconds
    stages: dict[str, Nanoseconds]
    age_s: NDArray[np.float64]

    @classmethod
    def read(cls, run: RunDirectory) -> "Latency":
        """Read it from a run directory.

        Raises:
            NotARunDirectoryError: A file of it is damaged.
        """
        stamps, tick_ns = run.timing(), int(run.manifest["tick_ns"])
        paced = run.manifest["clock"]["kind"] == "realtime"
        file = run.path / files.LATENCY
        told = read_json(file) if file.exists() else None
        age = ages(run.trace, stamps, tick_ns / 1e9, paced).max(axis=1, initial=0.0)
        return cls(told, paced, tick_ns, stamps, latency(stamps), stages(stamps), age)

    @property
    def budget(self) -> Plain | None:
        """What was used of the proved delay margin."""
        return None if self.told is None else self.told["budget"]

    @property
    def deadlines(self) -> Plain | None:
        """What was made of the deadlines; None in lockstep."""
        return None if self.told is None else self.told["deadlines"]
