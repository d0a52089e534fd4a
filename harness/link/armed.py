"""When a scenario's faults act, and what each has to remember of the vehicle that it strikes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.faults import Actuation, ActuatorFault, Fault, Sensing, SensorFault
from sims.streams import stream

Array = NDArray[np.float64]

FLAG = "fault_"
"""Columns of the trace that say when a fault acts begin with this."""


def fault_ticks(fault: Fault, dt: float, ticks: int) -> tuple[int, int]:
    """First tick of a fault, and the first after it; the run's last observation is one too."""
    first = round(fault.at_s / dt)
    return first, ticks + 1 if fault.for_s is None else first + round(fault.for_s / dt)


@dataclass
class Armed:
    """A fault on one vehicle.

    Attributes:
        name: Its name in the scenario.
        fault: Its model.
        vehicle: Number of the vehicle.
        first, end: Its first tick, and the first after it.
        random: Its own random stream.
        acts: Whether it acts at the present tick.
        before: What came out of it a tick ago, whether it acted or not.
    """

    name: str
    fault: Fault
    vehicle: int
    first: int
    end: int
    random: np.random.Generator
    acts: bool = False
    before: Array = field(init=False, repr=False)

    def draw(self, tick: int) -> None:
        """Decide whether it acts at a tick; to be asked once a tick, in order."""
        there, chance = self.first <= tick < self.end, self.fault.chance
        self.acts = there and (chance >= 1.0 or bool(self.random.random() < chance))

    def measured(self, state: Array, elapsed_s: float) -> Array:
        """The state as a sensor with this fault has it, (6,)."""
        assert isinstance(self.fault, SensorFault)
        if self.acts:
            state = self.fault.measured(state, Sensing(elapsed_s, self.before, self.random))
        self.before = state
        return state

    def delivered(self, command: Array, dt: float) -> Array:
        """The acceleration that an actuator with this fault asks for, m/s², (3,)."""
        assert isinstance(self.fault, ActuatorFault)
        if self.acts:
            command = self.fault.delivered(command, Actuation(self.before, dt))
        self.before = command
        return command


def armed_faults(
    faults: Mapping[str, Any], vehicles: Iterable[str], dt: float, ticks: int, seed: int
) -> list[Armed]:
    """A scenario's faults, one for each vehicle that each strikes, in the scenario's order."""
    return [
        Armed(
            name,
            fault,
            index,
            *fault_ticks(fault, dt, ticks),
            stream(seed, f"fault {name} {vehicle}"),
        )
        for name, fault in faults.items()
        for index, vehicle in enumerate(vehicles)
        if fault.vehicle in ("all", vehicle)
    ]
