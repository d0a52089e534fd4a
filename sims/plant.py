"""The Plant protocol: what a thing must do to be flown by a scenario.

A *family* is found by its entry point. It describes a plant from its configuration without
importing the backend, so that what a plant can't do is said when the scenario is loaded; then it
opens one. A tick is one command and one observation; sub-steps are the plant's own affair::

    observation = plant.start()
    while flying:
        observation = plant.exchange(command, deadline_ns)
    plant.stop("end of run")

Observation, Command and rows have a leading vehicle axis, usually of length 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from kernel.bodies import BODIES
from kernel.columns import Column
from kernel.gravity import Surroundings
from kernel.synodic import SYSTEMS
from sims.faults import PhysicalFault

if TYPE_CHECKING:
    from kernel.twin import Twin

Array = NDArray[np.float64]


class PlantError(Exception):
    """A plant or an outside service failed while in use; the run ends and keeps its trace."""


class StartGivenUpError(PlantError):
    """A plant was told to end while it started."""


class Observation(NamedTuple):
    """What a plant tells the controller and the trace at one instant.

    The stamps are monotonic ns of this machine, and 0 where the plant does not tell.

    Attributes:
        t_ns: Time inside the run of the sample, ns.
        state: Position and velocity as the controller gets them, m and m/s in the plant's
            frame, shape (vehicles, 6).
        extras: The plant's own columns in the order of :attr:`PlantSpec.columns`,
            shape (vehicles, columns). Valid until the exchange after the
            next.
        sampled_ns: When the sensors were read.
        applied_ns: When the command before this was put into effect.
        clock_offset_ns: The plant's clock less this machine's, already taken off the stamps.
        clock_bound_ns: By how much that offset may be wrong: half the round trip that it was
            measured by.
    """

    t_ns: int
    state: Array
    extras: Array
    sampled_ns: int = 0
    applied_ns: int = 0
    clock_offset_ns: int = 0
    clock_bound_ns: int = 0


class Command(NamedTuple):
    """What the controller tells a plant for the coming tick.

    Attributes:
        t_ns: Time inside the run at which it takes effect, ns.
        acceleration: Thrust acceleration, m/s² in the plant's frame, shape (vehicles, 3).
        mode: Mode numbers, shape (vehicles,).
    """

    t_ns: int
    acceleration: Array
    mode: Array


@dataclass(frozen=True)
class PlantSpec:
    """What a plant is and can do, known without opening it.

    Attributes:
        family: Name of its entry point.
        fidelity: What stands behind it, for manifest, verdict and report.
        vehicles: Names, in the order of the vehicle axis.
        frame: Frame of all its vectors.
        clocks: Clocks it can run under, of ``lockstep`` and ``realtime``.
        modes: Labels of the control modes it can fly.
        rate_hz: Slowest and fastest control rate.
        faults: Kinds of the physical faults it can inject; those of sensors, channels, actuators
            and clocks are the harness's, and any plant can have them.
        deterministic: Whether equal commands give bit-equal observations.
        columns: Extra columns it reports. ``position`` and ``velocity`` among them are the truth;
            without them the measured state is all there is.
        max_acceleration: Largest thrust acceleration of each vehicle, m/s².
        nominal_state: Position and velocity that each vehicle's slot starts from,
            shape (vehicles, 6), or None where that is not known beforehand.
        initial_state: Position and velocity that each vehicle itself starts from,
            shape (vehicles, 6), or None where that is not known beforehand.
        body: Name of the central body, or None.
        surface_m: Radius below which nothing flies, m; 0 without a central body.
        pole: Axis of the central body in the plant's frame.
        system: Name of the two bodies that turn with a synodic frame, or None.
        epoch: UTC moment of t = 0, or None where no frame depends on it.
        lands_in_idle: Whether it lands, and flies no more, once IDLE follows a mode that it flew.
        uniform_gravity: Gravity near the ground in the plant's frame, m/s², or None elsewhere.
    """

    family: str
    fidelity: str
    vehicles: tuple[str, ...]
    frame: str
    clocks: frozenset[str]
    modes: frozenset[str]
    rate_hz: tuple[float, float]
    faults: frozenset[str]
    deterministic: bool
    columns: tuple[Column, ...]
    max_acceleration: Array
    nominal_state: Array | None = None
    initial_state: Array | None = None
    body: str | None = None
    surface_m: float = 0.0
    pole: tuple[float, float, float] = (0.0, 0.0, 1.0)
    system: str | None = None
    epoch: datetime | None = None
    lands_in_idle: bool = False
    uniform_gravity: tuple[float, float, float] | None = None

    @property
    def knows_truth(self) -> bool:
        """Whether the true state is among the plant's columns."""
        return any(column.name == "position_x" for column in self.columns)

    @property
    def surroundings(self) -> Surroundings:
        """What gravity models about this plant are made of."""
        body = None if self.body is None else BODIES[self.body]
        system = None if self.system is None else SYSTEMS[self.system]
        return Surroundings(body, self.pole, system, self.uniform_gravity)


class Plant(Protocol):
    """An open plant. A lockstep plant owns time; a real-time plant answers when it answers."""

    def start(self) -> Observation:
        """Begin at t = 0 and give the first observation.

        Raises:
            PlantError: The plant can't start.
        """
        ...

    def exchange(self, command: Command, deadline_ns: int) -> Observation | None:
        """Hand over a command and get the next observation.

        Args:
            command: In force until the next exchange.
            deadline_ns: Monotonic time by which a real-time plant must answer; a lockstep plant
                takes the time it needs.

        Returns:
            None where nothing new arrived by the deadline.

        Raises:
            PlantError: The plant failed.
        """
        ...

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """Switch a physical fault, of a kind in :attr:`PlantSpec.faults`, on or off."""
        ...

    def stop(self, reason: str) -> None:
        """Leave the plant safe and release it. May be called twice; never raises."""
        ...


Note = Callable[[int, str, dict[str, Any]], None]
"""Takes time inside the run (ns), the name of an event, and more about it."""


@runtime_checkable
class KeepsRecords(Protocol):
    """What a plant may be besides: one that leaves files, tells of events, and has an identity."""

    def keep_records(self, folder: Path, note: Note) -> None:
        """Keep files in a folder of the run directory; called once, before the start.

        Args:
            folder: Not there yet; the plant makes it if it has something to keep.
            note: Takes what happens; to be called from within ``start`` and ``exchange`` only.
        """
        ...

    def identity(self) -> dict[str, Any]:
        """What answers, such as a firmware and its version; empty until it is known."""
        ...


@runtime_checkable
class StartsSlowly(Protocol):
    """What a plant may be besides: one whose start takes long enough to be broken off."""

    def heed(self, is_ending: Callable[[], bool]) -> None:
        """Ask this again and again while starting; called once, before the start.

        Args:
            is_ending: Whether the run has been told to end; then ``start`` raises
                StartGivenUpError.
        """
        ...


class PlantFamily(Protocol):
    """What an entry point in the group ``motorhand.plants`` gives.

    Attributes:
        config_model: Pydantic model of the scenario's ``plant:`` mapping; unknown keys are
            refused and ``kind`` is the name of the entry point.
    """

    config_model: type[BaseModel]

    def describe(self, config: Any, rate_hz: float) -> PlantSpec:
        """Say what such a plant can do; imports no backend and opens nothing.

        Raises:
            ValueError: The configuration makes no sense; the message says what and why.
        """
        ...

    def twin(self, config: Any, spec: PlantSpec, dt: float) -> "Twin | None":
        """A pure JAX model of one vehicle over a tick of ``dt`` seconds; None without one."""
        ...

    def open(self, config: Any, spec: PlantSpec, tick_ns: int, seed: int) -> Plant:
        """Open the plant for a control tick; ``seed`` feeds whatever in it is random.

        Raises:
            PlantError: It can't be opened.
        """
        ...
