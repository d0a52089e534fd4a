"""One vehicle's way to the loop and back: what it measures, what arrives, and what it is told.

A held observation is carried along the reference: what is held is the error at the time of the
sample, since a place in an orbit is of no use a second later.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.link.armed import Armed
from harness.link.channel import Channel
from harness.link.columns import FRESH, HELD, PREDICTED
from sims.faults import (
    ActuatorFault,
    ChannelFault,
    ClockFault,
    Dropout,
    Duplication,
    Hang,
    Latency,
    Loss,
    Reordering,
    SensorFault,
)

Array = NDArray[np.float64]
Predict = Callable[[Array, Array], Array]
"""A state (6,) and a thrust acceleration (3,) to the state a tick later."""


class Sample(NamedTuple):
    """A measurement.

    Attributes:
        t_ns: When it was made, time inside the run.
        state: Position and velocity, m and m/s, (6,).
        beside: That less the reference's, (6,).
    """

    t_ns: int
    state: Array
    beside: Array


class Order(NamedTuple):
    """A command.

    Attributes:
        acceleration: Thrust acceleration, m/s², (3,).
        mode: Mode number.
        sample_ns: When the sample was made that it rests on, time inside the run.
    """

    acceleration: Array
    mode: float
    sample_ns: int


NOTHING = Order(np.zeros(3), 0.0, 0)
"""In force before the first command arrives; its age is counted from the start."""


class Way:
    """What is under way to and from one vehicle, and what arrived last."""

    def __init__(self, faults: Sequence[Armed], tick_ns: int, predict: Predict | None) -> None:
        """The faults that strike this vehicle; ``predict`` is a tick of its twin, if it is used."""
        self._faults = faults
        self._tick_ns, self._dt = tick_ns, tick_ns / 1e9
        self._predict = predict
        self._observations: Channel[Sample] = Channel()
        self._commands: Channel[Order] = Channel()
        self._sent: deque[tuple[int, Array]] = deque()
        self._predicted: tuple[int, Array] | None = None
        self._delivered = NOTHING.acceleration
        self.told = Sample(0, np.zeros(6), np.zeros(6))
        self.in_force = NOTHING

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way."""
        return self._observations.empty and self._commands.empty

    def follow(self, told: Sample, order: Order, tick: int) -> None:
        """Take up where both ways were as they should be: told this, and flown so since a tick."""
        self.told, self.in_force = told, order
        self._delivered, self._predicted = order.acceleration, None
        self._sent = deque([(tick, order.acceleration)])

    def observe(self, t_ns: int, state: Array, reference: Array) -> None:
        """Let the vehicle measure its state, (6,), where the reference is (9,), and send it."""
        tick = t_ns // self._tick_ns
        for armed in self._faults:
            if not armed.acts:
                continue
            elapsed_s = (tick - armed.first) * self._dt
            if isinstance(armed.fault, Dropout | Hang):
                return
            if isinstance(armed.fault, SensorFault):
                state = armed.measured(state, elapsed_s)
            elif isinstance(armed.fault, ClockFault):
                state = state - _moved(reference, armed.fault.ahead_s(elapsed_s))
        sample = Sample(t_ns, state, state - reference[:6])
        for due_ns in self._due("observation", t_ns):
            self._observations.send(due_ns, sample)

    def tell(self, t_ns: int, reference: Array) -> tuple[Array, int]:
        """What the controller is told now, (6,), and of which kind it is."""
        for sample in self._observations.arrived(t_ns):
            # Samples carry their time: one that was overtaken is of no use.
            if sample.t_ns >= self.told.t_ns:
                self.told, self._predicted = sample, None
        if self.told.t_ns == t_ns:
            return self.told.state, FRESH
        if self._predict is not None:
            return self._foreseen(t_ns // self._tick_ns, self._predict), PREDICTED
        return reference[:6] + self.told.beside, HELD

    def order(self, t_ns: int, acceleration: Array, mode: float, late_ns: int) -> Order:
        """Send a command, and say what the plant is to fly from now on.

        Args:
            t_ns: The tick that it is of, time inside the run.
            acceleration: Thrust acceleration, m/s², (3,).
            mode: Mode number.
            late_ns: By how much it is late of itself.
        """
        if self._predict is not None:
            self._sent.append((t_ns // self._tick_ns, acceleration.copy()))
            while self._sent[0][0] * self._tick_ns < self.told.t_ns:
                self._sent.popleft()
        fresh = Order(acceleration.copy(), mode, self.told.t_ns)
        for due_ns in self._due("command", t_ns + late_ns):
            self._commands.send(due_ns, fresh)
        for arrived in self._commands.arrived(t_ns):
            self.in_force = arrived  # a vehicle flies what it was told last
        delivered = self.in_force.acceleration
        for armed in self._faults:
            if armed.acts and isinstance(armed.fault, ActuatorFault):
                delivered = armed.delivered(delivered, self._delivered, self._dt)
        self._delivered = delivered
        return self.in_force._replace(acceleration=delivered)

    def _due(self, path: str, t_ns: int) -> list[int]:
        """When a message sent now arrives, once, twice or never."""
        due_ns, again = t_ns, []
        for armed in self._faults:
            fault = armed.fault
            if not armed.acts:
                continue
            if isinstance(fault, Hang):
                return []
            if not isinstance(fault, ChannelFault) or fault.path != path:
                continue
            if isinstance(fault, Loss):
                return []
            if isinstance(fault, Latency):
                due_ns += fault.delayed_ns(armed.random)
            elif isinstance(fault, Reordering):
                due_ns += fault.later_ticks * self._tick_ns
            elif isinstance(fault, Duplication):
                again.append(fault.later_ticks * self._tick_ns)
        return [due_ns, *(due_ns + later_ns for later_ns in again)]

    def _foreseen(self, tick: int, predict: Predict) -> Array:
        """The state at a tick: the last one told, flown on by the twin as was commanded since."""
        at, state = self._predicted or (self.told.t_ns // self._tick_ns, self.told.state)
        for sent, acceleration in self._sent:
            if at <= sent < tick:
                state, at = np.asarray(predict(state, acceleration)), sent + 1
        self._predicted = at, state
        return state


def _moved(reference: Array, seconds: float) -> Array:
    """How far the reference goes in a short time, (6,)."""
    velocity, acceleration = reference[3:6], reference[6:]
    there = seconds * (velocity + 0.5 * seconds * acceleration)
    return np.concatenate([there, seconds * acceleration])
