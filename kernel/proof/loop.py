"""The closed loop as a map from one tick's error to the next, and enclosures of it over boxes.

The error ξ is (position error, velocity error, controller's memory, thrust had where it lags,
commands in flight with the youngest first), each of three axes, relative to the nominal solution.
Position and velocity follow the reference, whose states over the run are covered by boxes; thrust
and commands are then what the controller asks for on it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from kernel.controller import PackedController
from kernel.jax64 import jax, jnp
from kernel.modes import Mode
from kernel.proof.derivatives import derivative
from kernel.proof.interpreter import Interpreter
from kernel.proof.program import Program, unrolled
from kernel.proof.terms import ZERO, ProofError, Term, ball
from kernel.twin import Step

Array = NDArray[np.float64]


_LAST = 100
"""Number of the first input that is the controller's last command."""


@dataclass(frozen=True)
class Reference:
    """How the reference moves.

    Attributes:
        step: Its state (6,) to that of the next tick.
        acceleration: Its position (3,) to the acceleration that the controller is told (3,).
    """

    step: Callable[[jax.Array], jax.Array]
    acceleration: Callable[[jax.Array], jax.Array]


@dataclass(frozen=True)
class Box:
    """Where reference and error may be.

    Attributes:
        low, high: Ends of the reference's position and velocity, (6,).
        error: Half-widths of the error: position, velocity, memory and command, (4,). Thrust that
            lags stays where commands do.
    """

    low: Array
    high: Array
    error: Array


@dataclass(frozen=True)
class Enclosure:
    """The loop's parts over a box; rows and columns have three axes each.

    Attributes:
        control: Derivative of the command by all states but commands in flight: position error,
            velocity error, memory and, where it lags, the thrust had.
        memory: Derivative of the next memory by the same.
        motion: Derivative of what moves by itself a tick later, the errors of position and velocity
            and the thrust that lags, by what it is now.
        effect: Derivative of the same by the thrust commanded.
    """

    control: arb_mat
    memory: arb_mat
    motion: arb_mat
    effect: arb_mat

    @property
    def axes(self) -> int:
        """How many states there are beside commands in flight, in three axes each."""
        return int(self.control.ncols())

    @property
    def moving(self) -> list[int]:
        """The places among them of what moves by itself."""
        return [*range(6), *range(9, self.axes)]


class ClosedLoop:
    """A controller closed with a twin about a reference, in one mode, limits off."""

    def __init__(
        self,
        controller: PackedController,
        mode: Mode,
        twin: Step,
        reference: Reference,
        dt: float,
        lags: bool = False,
    ) -> None:
        """Close the loop.

        Args:
            controller: Of one vehicle, with a limit that it never reaches.
            mode: The mode, in force for so long that nothing of a change to it is left.
            twin: What the plant is taken to be.
            reference: How the reference moves.
            dt: Tick, s.
            lags: Whether the twin's thrust lags, so that its state is (9,).
        """
        self._controller = controller
        self._mode = mode
        self._twin = twin
        self.reference = reference
        self.dt = dt
        self.lags = lags
        fed_back = (0, 1, 2) if mode >= Mode.STATION_KEEP else (1,)
        self.states = (*fed_back, 3) if lags else fed_back
        """Which of position error, velocity error and memory the mode feeds back, and the thrust
        that lags. What is not among them is free within its box."""

    def control(
        self, error: jax.Array, memory: jax.Array, reference: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Command, m/s², and next memory, by the controller's own function."""
        command, kept, _ = self._controlled(error, memory, reference, jnp.zeros(3))
        return command, kept

    def _controlled(
        self, error: jax.Array, memory: jax.Array, reference: jax.Array, last: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Command, next memory, and what else it carries on, given its last command."""
        c = self._controller
        state = reference - error
        feedforward = self.reference.acceleration(reference[:3])
        told = jnp.concatenate([jnp.full(1, float(self._mode)), state, reference, feedforward])
        carried = [*jnp.asarray(c.steady(self._mode))]
        carried[c.carried[c.memory]] = memory
        carried[c.carried["commanded_acceleration"]] = last
        after = c.step(jnp.concatenate([told, jnp.stack(carried)])[None])[0][c.decided.width :]
        return after[c.carried["commanded_acceleration"]], after[c.carried[c.memory]], after

    def move(self, error: jax.Array, thrust: jax.Array, reference: jax.Array) -> jax.Array:
        """What moves by itself a tick later.

        Args:
            error: Errors of position and velocity, (6,); where thrust lags, the thrust acceleration
                had, m/s², behind them, (9,).
            thrust: Thrust acceleration commanded and to be had, m/s², (3,).
            reference: Position and velocity of the reference, (6,).
        """
        if not self.lags:
            return self.reference.step(reference) - self._twin(reference - error, thrust)
        after = self._twin(jnp.concatenate([reference - error[:6], error[6:]]), thrust)
        return jnp.concatenate([self.reference.step(reference) - after[:6], after[6:]])

    @cached_property
    def _control_jaxpr(self) -> Any:
        return jax.make_jaxpr(self._controlled)(np.zeros(6), np.zeros(3), np.ones(6), np.zeros(3))

    @cached_property
    def _move_jaxpr(self) -> Any:
        moving = np.zeros(9 if self.lags else 6)
        return jax.make_jaxpr(self.move)(moving, np.zeros(3), np.ones(6))

    @cached_property
    def _control(self) -> Program:
        return unrolled(self._control_jaxpr)

    @cached_property
    def _moving(self) -> Program:
        return unrolled(self._move_jaxpr)

    def text(self) -> str:
        """The loop as it is interpreted: its operations, with every digit of its constants."""
        told = []
        for jaxpr in (self._control_jaxpr, self._move_jaxpr):
            told += [str(jaxpr), *(np.asarray(value).tobytes().hex() for value in constants(jaxpr))]
        return "\n".join(told)

    def enclose(self, box: Box) -> Enclosure:
        """The derivatives over a box.

        Raises:
            ProofError: Something in the loop is not defined, or jumps, in the box.
        """
        run = Interpreter()
        reference = _inputs(map(ball, box.low.tolist(), box.high.tolist()))
        position, velocity, memory, command = np.repeat(box.error, 3).reshape(4, 3).tolist()
        around = [arb(0, half) for half in (*position, *velocity)]
        errors, kept = _inputs(around, 0), _inputs((arb(0, half) for half in memory), 6)
        a, z = self._command(run, errors, kept, reference, command)
        run = Interpreter()
        commanded = [arb(0, half) for half in command]
        around = [*around, *commanded] if self.lags else around
        moving, thrust = _inputs(around, 0), _inputs(commanded, len(around))
        (e,) = run.run(self._moving, moving, thrust, reference)
        moved = _gradients(e, len(around) + 3, "the twin")
        rows = moved.tolist()
        if not all(entry.is_zero() for row in rows[6:] for entry in row[:6]):
            raise ProofError("in the twin: its thrust lags by more than its commands")
        axes = 12 if self.lags else 9
        return Enclosure(
            _gradients(a, axes, "the controller"),
            _gradients(z, axes, "the controller"),
            arb_mat([row[: len(around)] for row in rows]),
            arb_mat([row[len(around) :] for row in rows]),
        )

    def _command(
        self, run: Interpreter, errors: Any, memory: Any, reference: Any, last: Sequence[float]
    ) -> tuple[Any, Any]:
        """Command and next memory; the controller must carry on nothing else that matters."""
        before = _inputs((arb(0, half) for half in last), _LAST)
        command, kept, carried = run.run(self._control, errors, memory, reference, before)
        for term in (*command, *kept):
            if any(not term.gradient.get(_LAST + axis, ZERO).is_zero() for axis in range(3)):
                raise ProofError("in the controller: its last command decides on the next one")
        c = self._controller
        known = {c.memory, "commanded_acceleration"}
        known_places = {place for name in known for place in _places(c.carried[name])}
        for place, steady in enumerate(c.steady(self._mode).tolist()):
            stays = not carried[place].trouble and carried[place].value == arb(steady)
            if place not in known_places and not stays:
                name = c.carried.columns[place].name
                raise ProofError(f"in the controller: it carries {name} on beside its memory")
        return command, kept

    def drift(self, box: Box, motion: Array) -> arb_mat:
        """Bounds on how the command's derivatives change within a tick, (3, 9) or (3, 12).

        Args:
            box: Where reference and error are, before and after.
            motion: By how much each of error (6), memory (3) and reference (6) moves at most.

        Raises:
            ProofError: The derivatives may jump, or can't be differentiated.
        """
        run = Interpreter()
        reference = _inputs(map(ball, box.low.tolist(), box.high.tolist()), 9)
        position, velocity, memory = np.repeat(box.error[:3], 3).reshape(3, 3).tolist()
        errors = _inputs((arb(0, half) for half in (*position, *velocity)), 0)
        kept = _inputs((arb(0, half) for half in memory), 6)
        a, _ = self._command(run, errors, kept, reference, [box.error[3]] * 3)
        _check(a, "the controller")
        moves = motion.tolist()

        def bound(slope: Term) -> arb:
            _check([slope], "the controller")
            if max(slope.gradient, default=0) >= len(moves):
                raise ProofError("in the controller: its last command decides on the next one")
            changes = (abs(by) * moves[index] for index, by in slope.gradient.items())
            return arb(0, sum(changes, ZERO).upper())

        nothing = [ZERO] * 3 if self.lags else []
        return arb_mat(
            [
                [*(bound(derivative(run.tape, term, column)) for column in range(9)), *nothing]
                for term in a
            ]
        )

    def nominal(self, box: Box, gain: arb, late: Sequence[arb] | None = None) -> "Nominal":
        """What one tick does to an error of zero.

        Args:
            box: Where the reference is.
            gain: Thrust had over thrust commanded.
            late: The command in force; None is that of the present reference.

        Raises:
            ProofError: Something in the loop is not defined, or jumps, in the box.
        """
        whole = self._nominal(box, gain, late)
        if all(term.value.is_zero() for part in whole for term in part):
            return Nominal(*([term.value for term in part] for part in whole))
        # The mean value form: tighter than the balls themselves, quadratically so in small boxes.
        middle = 0.5 * (box.low + box.high)
        here = self._nominal(Box(middle, middle, box.error), gain, late)
        half = [
            arb(0, max(high - mid, mid - low))
            for low, high, mid in np.stack([box.low, box.high, middle]).T.tolist()
        ]

        def tight(over: Term, at: Term) -> arb:
            reach = (slope * half[index] for index, slope in over.gradient.items())
            return over.value.intersection(sum(reach, at.value))

        both = zip(whole, here, strict=True)
        return Nominal(*([tight(*pair) for pair in zip(*parts, strict=True)] for parts in both))

    def _nominal(self, box: Box, gain: arb, late: Sequence[arb] | None) -> list[Any]:
        run = Interpreter()
        reference = _inputs(map(ball, box.low.tolist(), box.high.tolist()), 0)
        zeros = np.full(6, run.tape.zero, dtype=object)
        command, memory = self._command(run, zeros, zeros[:3], reference, [box.error[3]] * 3)
        in_force = command if late is None else _inputs(late)
        scale = Term(gain)
        applied = np.array([run.tape.apply("mul", scale, term) for term in in_force], dtype=object)
        moving = np.concatenate([zeros, command]) if self.lags else zeros
        (moved,) = run.run(self._moving, moving, applied, reference)
        _check((*command, *memory), "the controller")
        _check(moved, "the twin")
        return [command, moved[:6], memory, moved[6:]]


@dataclass(frozen=True)
class Nominal:
    """What one tick does to an error of zero.

    Attributes:
        command: The command, m/s², (3).
        error: Errors of position and velocity a tick later, (6).
        memory: The memory a tick later, (3).
        thrust: The thrust had a tick later, where it lags, m/s², (3); else empty.
    """

    command: list[arb]
    error: list[arb]
    memory: list[arb]
    thrust: list[arb]


def constants(closed: Any) -> Iterator[Any]:
    """Every number that a closed jaxpr holds, those of the functions that it calls too."""
    yield from closed.consts
    for equation in closed.jaxpr.eqns:
        yield from (place.val for place in equation.invars if hasattr(place, "val"))
        for value in equation.params.values():
            if hasattr(value, "jaxpr") and hasattr(value, "consts"):
                yield from constants(value)


def tick_jacobian(
    parts: Enclosure, gain: arb, delay: int, most: int, states: Sequence[int]
) -> arb_mat:
    """Jacobian of the whole error over one tick.

    Args:
        parts: The loop's parts.
        gain: Thrust had over thrust commanded.
        delay: Ticks by which the command in force is late.
        most: Commands in flight that are part of the error.
        states: Which of the states beside them are part of it.
    """
    own, moving = parts.axes, parts.moving
    size = own + 3 * most
    j = np.full((size, size), ZERO, dtype=object)
    effect = parts.effect * gain
    j[np.ix_(moving, moving)] = entries(parts.motion)
    if delay == 0:
        j[moving, :own] += entries(effect * parts.control)
    else:
        j[moving, own - 3 + 3 * delay : own + 3 * delay] = entries(effect)
    j[6:9, :own] = entries(parts.memory)
    if most:
        j[own : own + 3, :own] = entries(parts.control)
        for row in range(own + 3, size):
            j[row, row - 3] = arb(1)
    kept = [*axes_of(states), *range(own, size)]
    return arb_mat(j[np.ix_(kept, kept)].tolist())


def axes_of(states: Sequence[int]) -> list[int]:
    """The places of the three axes of some states."""
    return [3 * state + axis for state in states for axis in range(3)]


def entries(matrix: arb_mat) -> NDArray[Any]:
    """The entries of a matrix, as an object array."""
    made = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    made[:] = matrix.tolist()
    return made


def _places(part: slice) -> range:
    return range(part.start, part.stop)


def _inputs(values: Any, first: int | None = None) -> Any:
    terms = [
        Term(value, None if first is None else {first + index: arb(1)})
        for index, value in enumerate(values)
    ]
    made = np.empty(len(terms), dtype=object)
    made[:] = terms
    return made


def _check(terms: Any, where: str) -> None:
    for term in terms:
        if term.trouble or not term.value.is_finite():
            raise ProofError(f"in {where}: {term.trouble or 'a number without bound'}")


def _gradients(terms: Any, columns: int, where: str) -> arb_mat:
    _check(terms, where)
    rows = [[term.gradient.get(column, ZERO) for column in range(columns)] for term in terms]
    if not all(entry.is_finite() for row in rows for entry in row):
        raise ProofError(f"in {where}: a derivative without bound")
    return arb_mat(rows)
