"""A function as JAX traced it, unrolled into single operations on numbered scalars.

Its own operations in its own order, without those whose result nothing asks for, and each selection
that constants decide taken already. A primitive outside the tables is an error that names it.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.proof.rules import RULES
from kernel.proof.terms import ProofError

Slots = NDArray[np.int64]
"""Numbers of scalars, in the shape of the array that they make up."""


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes:
        name: Of the table of rules, a comparison, ``and``, ``or``, ``not`` or ``select``.
        operands: Numbers of the scalars that it takes.
        result: Number of the scalar that it makes.
        place: Of a selection, where it stands in the function.
    """

    name: str
    operands: tuple[int, ...]
    result: int
    place: str = ""


@dataclass(frozen=True)
class Program:
    """A function of arrays.

    Attributes:
        inputs: Numbers of its arguments' elements.
        constants: By number, its constants; truths are booleans.
        steps: Its operations in order.
        outputs: Numbers of its results' elements.
        scalars: How many numbers there are.
    """

    inputs: tuple[Slots, ...]
    constants: dict[int, float | bool]
    steps: tuple[Step, ...]
    outputs: tuple[Slots, ...]
    scalars: int


def unrolled(closed: Any) -> Program:
    """A closed jaxpr, as ``jax.make_jaxpr`` gives it.

    Raises:
        ProofError: A primitive is not in the tables.
    """
    maker = _Maker()
    inputs = tuple(maker.fresh(place.aval.shape) for place in closed.jaxpr.invars)
    outputs = tuple(maker.called(closed, *inputs))
    wanted = {int(slot) for part in outputs for slot in part.flat}
    steps = []
    for step in reversed(maker.steps):
        if step.result in wanted:
            wanted.update(step.operands)
            steps.append(step)
    constants = {slot: value for slot, value in maker.constants.items() if slot in wanted}
    return Program(inputs, constants, tuple(reversed(steps)), outputs, maker.scalars)


class _Maker:
    """Unrolls equation by equation; equal operations are made once."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.constants: dict[int, float | bool] = {}
        self.scalars = 0
        self._place = ""
        self._made: dict[Any, int] = {}

    def fresh(self, shape: Iterable[int]) -> Slots:
        """Numbers that nothing has yet."""
        shape = tuple(shape)
        count = int(np.prod(shape, dtype=int))
        self.scalars += count
        return np.arange(self.scalars - count, self.scalars).reshape(shape)

    def constant(self, value: float | bool) -> int:
        """The number of a constant."""
        key = ("constant", type(value), value)
        if key not in self._made:
            self._made[key] = int(self.fresh(()))
            self.constants[self._made[key]] = value
        return self._made[key]

    def emit(self, name: str, *operands: int) -> int:
        """The number of an operation's result."""
        known = [self.constants.get(operand) for operand in operands]
        if name == "select" and known[0] is not None:
            return operands[2] if known[0] else operands[1]
        if name in COMPARISONS and None not in known:
            return self.constant(bool(COMPARISONS[name](*known)))
        key = (name, operands)
        if key not in self._made:
            self._made[key] = int(self.fresh(()))
            place = self._place if name == "select" else ""
            self.steps.append(Step(name, operands, self._made[key], place))
        return self._made[key]

    def called(self, closed: Any, *arguments: Slots, line: str = "") -> list[Slots]:
        """The results of a closed jaxpr, which is called from a line of the program."""
        jaxpr = closed.jaxpr
        known: dict[Any, Slots] = dict(zip(jaxpr.invars, arguments, strict=True))
        known.update(zip(jaxpr.constvars, map(self._constants, closed.consts), strict=True))

        def read(place: Any) -> Slots:
            return self._constants(place.val) if hasattr(place, "val") else known[place]

        for equation in jaxpr.eqns:
            here = _line(equation) or line
            self._place = f"{_shown(equation)} ({here})" if here else _shown(equation)
            results = self._equation(equation, [read(place) for place in equation.invars], here)
            known.update(zip(equation.outvars, results, strict=True))
        return [read(place) for place in jaxpr.outvars]

    def _constants(self, values: Any) -> Slots:
        plain = np.asarray(values)
        made = np.empty(plain.shape, dtype=np.int64)
        for index in np.ndindex(plain.shape):
            one = plain[index]
            made[index] = self.constant(bool(one) if plain.dtype == bool else float(one))
        return made

    def _equation(self, equation: Any, inputs: list[Slots], line: str) -> list[Slots]:
        name, params = equation.primitive.name, equation.params
        if name in INNER:
            return self.called(params[INNER[name]], *inputs, line=line)
        if name in SHAPING:
            moved = SHAPING[name](params, *inputs)
            return moved if equation.primitive.multiple_results else [moved]
        if name == "convert_element_type":
            return [self._converted(equation, *inputs)]
        if name not in ELEMENTWISE and name not in SPECIAL:
            raise ProofError(f"primitive {name!r} can't be part of a proof: {_shown(equation)}")
        if not all(map(_is_real, (*equation.invars, *equation.outvars))):
            raise ProofError(f"only 64-bit floats can be part of a proof: {_shown(equation)}")
        truths = [place.aval.dtype == np.bool_ for place in equation.invars]
        if any(truths) and name not in ("and", "or", "not", "select_n"):
            raise ProofError(f"truths can't be reckoned with in a proof: {_shown(equation)}")
        if name == "select_n" and equation.outvars[0].aval.dtype == np.bool_:
            raise ProofError(f"truths can't be selected in a proof: {_shown(equation)}")
        if name in ELEMENTWISE:
            return [self._each(partial(self.emit, ELEMENTWISE[name]), *inputs)]
        return [SPECIAL[name](self, params, *inputs)]

    def _each(self, function: Callable[..., int], *inputs: Slots) -> Slots:
        rows = np.broadcast_arrays(*inputs)
        made = [function(*map(int, row)) for row in zip(*(part.flat for part in rows), strict=True)]
        return np.array(made, dtype=np.int64).reshape(rows[0].shape)

    def _converted(self, equation: Any, values: Slots) -> Slots:
        """Another type of number; only exact changes are in the table."""
        old, new = equation.invars[0].aval.dtype, equation.params["new_dtype"]
        if np.issubdtype(new, np.bool_):
            raise ProofError("a number taken as a truth value can't be part of a proof")
        if new != np.float64:
            raise ProofError(f"a change to {new} can't be part of a proof")
        if old != np.bool_:
            return values
        zero, one = self.constant(0.0), self.constant(1.0)
        return self._each(lambda truth: self.emit("select", truth, zero, one), values)

    def clamped(self, low: Slots, x: Slots, high: Slots) -> Slots:
        """``clamp``, by the larger and the smaller of two."""
        return self._each(lambda a, b, c: self.emit("min", self.emit("max", b, a), c), low, x, high)

    def power(self, params: Any, values: Slots) -> Slots:
        """``integer_pow``."""
        exponent = self.constant(float(params["y"]))
        return self._each(lambda one: self.emit("pow", one, exponent), values)

    def folded(self, name: str, params: Any, values: Slots) -> Slots:
        """A reduction over axes, by an operation of two."""
        axes = params["axes"]
        if not values.size:
            raise ProofError(f"the {name} of nothing can't be part of a proof")
        kept = [axis for axis in range(values.ndim) if axis not in axes]
        shape = [values.shape[axis] for axis in kept]
        rows = np.transpose(values, [*kept, *axes]).reshape([int(np.prod(shape, dtype=int)), -1])
        made = [reduce(partial(self.emit, name), map(int, row)) for row in rows]
        return np.array(made, dtype=np.int64).reshape(shape)

    def product(self, params: Any, left: Slots, right: Slots) -> Slots:
        """``dot_general``: sums of products over the contracted axes."""
        (of_left, of_right), (batch_left, batch_right) = params["dimension_numbers"]
        free_left = [a for a in range(left.ndim) if a not in (*of_left, *batch_left)]
        free_right = [a for a in range(right.ndim) if a not in (*of_right, *batch_right)]
        a = np.transpose(left, [*batch_left, *free_left, *of_left])
        b = np.transpose(right, [*batch_right, *free_right, *of_right])
        batch, n, m = len(batch_left), len(free_left), len(free_right)
        shape = a.shape[: batch + n] + b.shape[batch : batch + m]
        out = np.empty(shape, dtype=np.int64)
        for index in np.ndindex(shape):
            row = a[index[: batch + n]].reshape(-1)
            column = b[index[:batch] + index[batch + n :]].reshape(-1)
            pairs = zip(map(int, row), map(int, column), strict=True)
            products = (self.emit("mul", x, y) for x, y in pairs)
            out[index] = reduce(partial(self.emit, "add"), products, self.constant(0.0))
        return out


def _broadcast(params: Any, values: Slots) -> Slots:
    shape = [1] * len(params["shape"])
    for axis, size in zip(params["broadcast_dimensions"], values.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(values.reshape(shape), params["shape"])


def _slice(params: Any, values: Slots) -> Slots:
    steps = params["strides"] or (1,) * values.ndim
    ends = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    return values[tuple(itertools.starmap(slice, ends))]


def _unstack(params: Any, values: Slots) -> list[Slots]:
    last = np.moveaxis(values, params["axis"], -1)
    return [last[..., place] for place in range(last.shape[-1])]


def _is_real(place: Any) -> bool:
    return bool(place.aval.dtype in (np.float64, np.bool_))


def _shown(equation: Any) -> str:
    return " ".join(str(equation).split())[:120]


def _line(equation: Any) -> str:
    """File and line that an equation was traced from, JAX's own left out; empty if not known."""
    traceback = getattr(equation.source_info, "traceback", None)
    for frame in getattr(traceback, "frames", ()):
        file = Path(frame.file_name)
        if "jax" not in file.parts:
            return f"{file.name}:{frame.line_num}"
    return ""


COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
}

ELEMENTWISE = {
    **{name: name for name in (*RULES, *COMPARISONS, "and", "or", "not")},
    "select_n": "select",
}
"""Primitives that are one step for each element."""

INNER = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
}
"""Primitives that call another jaxpr, and the parameter that holds it."""

SHAPING: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda params, *parts: np.concatenate(parts, axis=params["dimension"]),
    "copy": lambda params, x: x,
    "expand_dims": lambda params, x: np.expand_dims(x, params["dimensions"]),
    "reshape": lambda params, x: x.reshape(params["new_sizes"]),
    "rev": lambda params, x: np.flip(x, params["dimensions"]),
    "slice": _slice,
    "squeeze": lambda params, x: np.squeeze(x, tuple(params["dimensions"])),
    "stack": lambda params, *parts: np.stack(parts, axis=params["axis"]),
    "transpose": lambda params, x: np.transpose(x, params["permutation"]),
    "unstack": _unstack,
}
"""Primitives that only move elements."""

SPECIAL: dict[str, Callable[..., Slots]] = {
    "clamp": lambda self, params, *of: self.clamped(*of),
    "dot_general": lambda self, params, x, y: self.product(params, x, y),
    "integer_pow": lambda self, params, x: self.power(params, x),
    "reduce_max": lambda self, params, x: self.folded("max", params, x),
    "reduce_min": lambda self, params, x: self.folded("min", params, x),
    "reduce_sum": lambda self, params, x: self.folded("add", params, x),
}
"""Primitives that are several steps for each element."""
