"""One vehicle's way to the loop and back: what it measures, what arrives, and what it is told.

A held observation is carried along the reference: what is held is the error at the time of the
sample, since a place in an orbit is of no use a second later.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
        self._sent: dict[int, Array] = {}
        self._predicted: tuple[int, Array] | None = None
        self.told = Sample(0, np.zeros(6), np.zeros(6))
        self.in_force = NOTHING

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way."""
        return self._observations.empty and self._commands.empty

    def follow(self, told: Sample, order: Order | None) -> None:
        """Take up where both ways were as they should be.

        Args:
            told: What arrived last.
            order: What was sent with it and is flown; None where that is what was in force.
        """
        self.told, self._predicted, self._sent = told, None, {}
        if order is not None:
            self.in_force = order
            self._sent[self._tick(order.sample_ns)] = order.acceleration
        for armed in self._faults:
            sensing = isinstance(armed.fault, SensorFault)
            armed.before = told.state if sensing else self.in_force.acceleration

    def observe(self, t_ns: int, state: Array, reference: Array) -> None:
        """Let the vehicle measure its state, (6,), where the reference is (9,), and send it."""
        if any(armed.acts and isinstance(armed.fault, Dropout | Hang) for armed in self._faults):
            return
        tick, state = self._tick(t_ns), state.copy()
        for armed in self._faults:
            elapsed_s = (tick - armed.first) * self._dt
            if isinstance(armed.fault, SensorFault):
                state = armed.measured(state, elapsed_s)
            elif armed.acts and isinstance(armed.fault, ClockFault):
                state = state - _moved(reference, armed.fault.ahead_s(elapsed_s))
        self._send("observation", t_ns, Sample(t_ns, state, state - reference[:6]))

    def tell(self, t_ns: int, reference: Array) -> tuple[Array, int]:
        """What the controller is told now, (6,), and of which kind it is."""
        for sample in self._observations.arrived(t_ns):
            # Samples carry their time: one that was overtaken is of no use.
            if sample.t_ns >= self.told.t_ns:
                self.told, self._predicted, since = sample, None, self._tick(sample.t_ns)
                self._sent = {tick: a for tick, a in self._sent.items() if tick >= since}
        if self.told.t_ns == t_ns:
            return self.told.state, FRESH
        if self._predict is not None:
            return self._foreseen(self._tick(t_ns), self._predict), PREDICTED
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
            self._sent[self._tick(t_ns)] = acceleration.copy()
        self._send("command", t_ns + late_ns, Order(acceleration.copy(), mode, self.told.t_ns))
        hangs = any(armed.acts and isinstance(armed.fault, Hang) for armed in self._faults)
        for arrived in self._commands.arrived(t_ns):
            if not hangs:
                self.in_force = arrived  # a vehicle flies what it was told last
        delivered = self.in_force.acceleration
        for armed in self._faults:
            if isinstance(armed.fault, ActuatorFault):
                delivered = armed.delivered(delivered, self._dt)
        return self.in_force._replace(acceleration=delivered)

    def _send(self, path: str, t_ns: int, message: Any) -> None:
        """Send a message at a time; it arrives once, twice or never."""
        due_ns, overtaken, again = t_ns, False, []
        for armed in self._faults:
            fault = armed.fault
            if not armed.acts or not isinstance(fault, ChannelFault) or fault.path != path:
                continue
            if isinstance(fault, Loss):
                return
            if isinstance(fault, Latency):
                due_ns += fault.delayed_ns(armed.random)
            elif isinstance(fault, Reordering):
                due_ns, overtaken = due_ns + fault.later_ticks * self._tick_ns, True
            elif isinstance(fault, Duplication):
                again.append(fault.later_ticks * self._tick_ns)
        channel: Channel[Any] = self._observations if path == "observation" else self._commands
        channel.send(due_ns, message, overtaken)
        for later_ns in again:
            channel.send(due_ns + later_ns, message, overtaken=True)

    def _foreseen(self, tick: int, predict: Predict) -> Array:
        """The state at a tick: the last one told, flown on by the twin as was commanded since."""
        at, state = self._predicted or (self._tick(self.told.t_ns), self.told.state)
        for sent in range(at, tick):
            if sent in self._sent:
                state = np.asarray(predict(state, self._sent[sent]))
        self._predicted = tick, state
        return state

    def _tick(self, t_ns: int) -> int:
        """The tick nearest to a time: a plant in real time is not quite on its ticks."""
        return round(t_ns / self._tick_ns)


def _moved(reference: Array, seconds: float) -> Array:
    """How far the reference goes in a short time, (6,)."""
    velocity, acceleration = reference[3:6], reference[6:]
    there = seconds * (velocity + 0.5 * seconds * acceleration)
    return np.concatenate([there, seconds * acceleration])
