"""A plant as the loop meets it where anything can be late, lost or at fault.

Inside the link a tick looks to the loop as it does without: there is an observation each time. In
the run's own time a command takes effect at the start of its tick. Against the wall clock one can
be so late that the next tick was due already; then it takes effect where it really came, and until
then a simulated plant flies on with the command before, as a real one would.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.link.armed import Armed
from harness.link.columns import FLAG, FRESH, link_layout
from harness.link.way import Order, Predict, Sample, Way
from sims.faults import Death, PhysicalFault
from sims.plant import Command, Observation, Plant, PlantError

Array = NDArray[np.float64]
Late = Literal["hold", "predict", "abort"]


class Link:
    """A plant behind two ways that can be trusted as far as the scenario says."""

    def __init__(
        self,
        plant: Plant,
        faults: Sequence[Armed],
        references: Iterator[Array],
        vehicles: int,
        tick_ns: int,
        plant_columns: int,
        late: Late = "hold",
        predict: Predict | None = None,
        give_up_ns: int | None = None,
        paced: bool = False,
        simulated: bool = True,
    ) -> None:
        """Put a link before a plant.

        Args:
            plant: The plant, not yet started.
            faults: Faults by vehicle, in the scenario's order.
            references: One (vehicles, 9) array a tick.
            vehicles: Number of vehicles.
            tick_ns: Control tick, ns.
            plant_columns: Number of the plant's own columns.
            late: What the controller is told where no observation has arrived.
            predict: A tick of the plant's twin, where that is to be predicted.
            give_up_ns: How long to do without an observation, ns; None is for ever.
            paced: Whether the loop keeps to the wall clock.
            simulated: Whether the plant's time is the run's, so that a late command must be kept
                from it until it is due.
        """
        self._plant, self._faults, self._references = plant, list(faults), references
        self._tick_ns = tick_ns
        self._plant_columns = plant_columns
        names = list(dict.fromkeys(armed.name for armed in faults))
        layout = link_layout(names)
        places = {c.name: plant_columns + i for i, c in enumerate(layout.columns)}
        self._told_at, self._age_at = places["observation"], places["observation_age"]
        self._command_age_at = places["command_age"]
        self._flag_at = {name: places[f"{FLAG}{name}"] for name in names}
        self._late, self._give_up_ns = late, give_up_ns
        self._paced, self._keeps_late = paced, paced and simulated
        self._edges = sorted({e for a in faults for e in (a.first, a.end)}, reverse=True)
        self._ways = [
            Way(
                [armed for armed in faults if armed.vehicle == vehicle],
                tick_ns,
                predict if late == "predict" else None,
            )
            for vehicle in range(vehicles)
        ]
        # Two, since a row is recorded only after the exchange that makes the next.
        self._rows = [np.zeros((vehicles, plant_columns + layout.width)) for _ in range(2)]
        self._tick = 0
        self._idle = True
        self._command: Command | None = None

    def start(self) -> Observation:
        """Begin. A run starts with its sensors running: there is a first observation."""
        self._observation = self._plant.start()
        self._reference = next(self._references)
        self._wake()
        return self._deliver(self._observation)

    def exchange(self, command: Command, deadline_ns: int) -> Observation | None:
        """See :meth:`sims.plant.Plant.exchange`; None from a plant that owns time is handed on.

        Raises:
            PlantError: The plant failed, or the scenario does not go on without an observation.
        """
        late_ns = 0
        if self._keeps_late and (behind := time.monotonic_ns() - deadline_ns) > 0:
            late_ns = (1 + behind // self._tick_ns) * self._tick_ns
        if not self._idle or late_ns:
            self._wake()
            answer = self._plant.exchange(self._ordered(command, late_ns), deadline_ns)
            self._tick += 1
        else:
            # Nothing acts and nothing is under way: the plant is met as it is.
            answer = self._plant.exchange(command, deadline_ns)
            self._tick += 1
            self._command = command
            if self._keeps_late:  # the loop's own array is another mode by the time of a late one
                self._command = Command(command.t_ns, command.acceleration, command.mode.copy())
            if answer is not None and (not self._edges or self._tick < self._edges[-1]):
                self._observation, self._reference = answer, next(self._references)
                return self._widened(answer) if self._paced else answer
            self._wake()
        if answer is None and not self._paced:
            return None
        self._reference = next(self._references)
        if answer is None:
            t_ns = self._tick * self._tick_ns
            missing = self._observation._replace(t_ns=t_ns, sampled_ns=0, applied_ns=0)
            return self._deliver(missing, silent=True)
        self._observation = answer
        return self._deliver(answer)

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """See :meth:`sims.plant.Plant.inject`."""
        self._plant.inject(fault, on)

    def stop(self, reason: str) -> None:
        """See :meth:`sims.plant.Plant.stop`."""
        self._plant.stop(reason)

    def _wake(self) -> None:
        """From idling, in which every observation and every command arrived as it was sent."""
        if not self._idle:
            return
        self._idle = False
        t_ns, command, self._command = self._observation.t_ns, self._command, None
        for vehicle, way in enumerate(self._ways):
            state = self._observation.state[vehicle].copy()
            told = Sample(t_ns, state, state - self._reference[vehicle, :6])
            order = None
            if command is not None:
                acceleration = command.acceleration[vehicle].copy()
                order = Order(acceleration, float(command.mode.flat[vehicle]), command.t_ns)
            way.follow(told, order)

    def _ordered(self, command: Command, late_ns: int) -> Command:
        """What the plant is to fly at this tick."""
        for armed in self._faults:
            if armed.acts and isinstance(armed.fault, Death):
                died = f"the plant died at {command.t_ns / 1e9:.9g} s"
                raise PlantError(f"{died}: fault {armed.name!r}")
        accelerations, modes = np.empty_like(command.acceleration), np.empty(len(self._ways))
        for vehicle, way in enumerate(self._ways):
            mode = float(command.mode.flat[vehicle])
            order = way.order(command.t_ns, command.acceleration[vehicle], mode, late_ns)
            accelerations[vehicle], modes[vehicle] = order.acceleration, order.mode
            age_ns = command.t_ns - order.sample_ns
            self._rows[0][vehicle, self._command_age_at] = age_ns * 1e-9
        return Command(command.t_ns, accelerations, modes.reshape(command.mode.shape))

    def _deliver(self, observation: Observation, silent: bool = False) -> Observation:
        """The observation of a tick as the controller gets it."""
        tick, t_ns = self._tick, observation.t_ns
        while self._edges and self._edges[-1] <= tick:
            self._edges.pop()
        for armed in self._faults:
            armed.draw(tick)
        self._switch(tick)
        told = self._widened(observation)
        row, state = told.extras, np.empty_like(observation.state)
        fresh = True
        for vehicle, way in enumerate(self._ways):
            reference = self._reference[vehicle]
            if not silent:
                way.observe(t_ns, observation.state[vehicle], reference)
            state[vehicle], kind = way.tell(t_ns, reference)
            age_ns = t_ns - way.told.t_ns
            self._may_go_on(t_ns, age_ns)
            row[vehicle, self._told_at], row[vehicle, self._age_at] = kind, age_ns * 1e-9
            fresh = fresh and kind == FRESH and way.quiet
        for armed in self._faults:
            row[armed.vehicle, self._flag_at[armed.name]] = armed.acts
        self._idle = fresh and not any(a.first <= tick < a.end for a in self._faults)
        return told._replace(state=state)

    def _switch(self, tick: int) -> None:
        """Let faults inside the plant end and begin: what follows another must not be ended too."""
        for on in (False, True):
            for armed in self._faults:
                edge = armed.first if on else armed.end
                if edge == tick and armed.vehicle == 0 and isinstance(armed.fault, PhysicalFault):
                    self._plant.inject(armed.fault, on)

    def _may_go_on(self, t_ns: int, age_ns: int) -> None:
        if age_ns and self._late == "abort":
            raise PlantError(
                f"no observation had arrived at {t_ns / 1e9:.9g} s, and "
                "timing.late_observation is abort"
            )
        if self._give_up_ns is not None and age_ns > self._give_up_ns:
            raise PlantError(
                f"no observation for {age_ns / 1e9:.9g} s at {t_ns / 1e9:.9g} s; "
                f"timing.give_up_after_s is {self._give_up_ns / 1e9:.9g}"
            )

    def _widened(self, observation: Observation) -> Observation:
        """The observation with the link's own columns, all zero."""
        self._rows.reverse()
        row = self._rows[0]
        row[:, : self._plant_columns] = observation.extras
        row[:, self._plant_columns :] = 0.0
        return observation._replace(extras=row)
