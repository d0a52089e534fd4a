"""Interprets a jitted function in ball arithmetic: enclosures of its outputs and their gradients.

The function is taken as JAX traced it, in real arithmetic: its own operations in its own order,
each by its rule in :mod:`kernel.proof.rules`. Any other primitive is an error that names it.

A selection takes the branch that the box proves. Where it can prove neither, both values must be
the same expression on the surface on which it switches: then the function is continuous, and the
hull of both branches holds its value and its generalised Jacobian (Clarke, *Optimization and
Nonsmooth Analysis*, section 2.6). Otherwise it is an error: a jump has no Lipschitz constant.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np

from kernel.proof.rules import RULES
from kernel.proof.terms import ProofError, Tape, Term

Terms = Any
"""An object array of terms or of truths."""


@dataclass(frozen=True)
class Truth:
    """A comparison over a box.

    Attributes:
        known: Whether it holds all over the box; None where it may hold or not.
        sides: The terms compared, where one comparison decides: it switches where they are equal.
    """

    known: bool | None
    sides: tuple[Term, Term] | None = None


class Interpreter:
    """Evaluates jaxprs on one tape, over one box."""

    def __init__(self) -> None:
        self.tape = Tape(RULES)

    def run(self, closed: Any, *arguments: Terms) -> list[Terms]:
        """The outputs of a closed jaxpr, as object arrays of terms and truths.

        Args:
            closed: What ``jax.make_jaxpr`` gives.
            arguments: One object array of terms an argument.

        Raises:
            ProofError: A primitive is not in the table.
        """
        jaxpr = closed.jaxpr
        known: dict[Any, Terms] = dict(zip(jaxpr.invars, arguments, strict=True))
        known.update(zip(jaxpr.constvars, map(self._constants, closed.consts), strict=True))

        def read(place: Any) -> Terms:
            return self._constants(place.val) if hasattr(place, "val") else known[place]

        for equation in jaxpr.eqns:
            results = self._equation(equation, [read(place) for place in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [read(place) for place in jaxpr.outvars]

    def _constants(self, values: Any) -> Terms:
        plain = np.asarray(values)
        made = np.empty(plain.shape, dtype=object)
        for index in np.ndindex(plain.shape):
            one = plain[index]
            truth = plain.dtype == bool
            made[index] = Truth(bool(one)) if truth else self.tape.constant(float(one))
        return made

    def _equation(self, equation: Any, inputs: list[Terms]) -> list[Terms]:
        name, params = equation.primitive.name, equation.params
        if name in ELEMENTWISE:
            return [self._each(partial(self.tape.apply, ELEMENTWISE[name]), *inputs)]
        if name in COMPARISONS:
            return [self._each(partial(compared, name), *inputs)]
        if name in SHAPING:
            moved = SHAPING[name](params, *inputs)
            return moved if equation.primitive.multiple_results else [moved]
        if name in INNER:
            return self.run(params[INNER[name]], *inputs)
        if name in SPECIAL:
            return [np.asarray(SPECIAL[name](self, params, *inputs), dtype=object)]
        raise ProofError(f"primitive {name!r} can't be part of a proof: {_shown(equation)}")

    def _each(self, function: Callable[..., Any], *inputs: Terms) -> Terms:
        return np.asarray(np.frompyfunc(function, len(inputs), 1)(*inputs), dtype=object)

    def select(self, which: Truth, if_false: Term, if_true: Term) -> Term:
        """One of two terms, by a truth."""
        if which.known is not None:
            return if_true if which.known else if_false
        if if_true is if_false:
            return if_true
        if which.sides is None or not self._agree(which.sides, if_false, if_true):
            told = "a selection that may jump: its branches are not the same where it switches"
            return Term(if_true.value.union(if_false.value), None, None, told)
        return self.tape.choice(if_false, if_true)

    def _agree(self, sides: tuple[Term, Term], one: Term, other: Term) -> bool:
        """Whether two terms are the same where the two sides are equal."""
        for old, new in (sides, sides[::-1]):
            replaced = [self.tape.substituted(term, old, new) for term in (one, other)]
            if replaced[0] is replaced[1] and not replaced[0].trouble:
                return True
        return False

    def converted(self, params: Any, values: Terms) -> Terms:
        """Another type of number; only exact changes are in the table."""
        if np.issubdtype(params["new_dtype"], np.bool_):
            raise ProofError("a number taken as a truth value can't be part of a proof")
        if params["new_dtype"] != np.float64:
            raise ProofError(f"a change to {params['new_dtype']} can't be part of a proof")
        if values.size and isinstance(values.flat[0], Truth):
            tape = self.tape
            return self._each(lambda truth: self.select(truth, tape.zero, tape.one), values)
        return values

    def folded(self, name: str, params: Any, values: Terms) -> Terms:
        """A reduction over axes, by an operation of two terms."""
        axes = params["axes"]
        kept = [axis for axis in range(values.ndim) if axis not in axes]
        rows = np.transpose(values, [*kept, *axes]).reshape(
            [values.shape[axis] for axis in kept] + [-1]
        )
        out = np.empty(rows.shape[:-1], dtype=object)
        for index in np.ndindex(out.shape):
            out[index] = reduce(partial(self.tape.apply, name), rows[index])
        return out

    def product(self, params: Any, left: Terms, right: Terms) -> Terms:
        """``dot_general``: sums of products over the contracted axes."""
        (of_left, of_right), (batch_left, batch_right) = params["dimension_numbers"]
        free_left = [a for a in range(left.ndim) if a not in (*of_left, *batch_left)]
        free_right = [a for a in range(right.ndim) if a not in (*of_right, *batch_right)]
        a = np.transpose(left, [*batch_left, *free_left, *of_left])
        b = np.transpose(right, [*batch_right, *free_right, *of_right])
        batch, n, m = len(batch_left), len(free_left), len(free_right)
        shape = a.shape[: batch + n] + b.shape[batch : batch + m]
        out = np.empty(shape, dtype=object)
        apply = self.tape.apply
        for index in np.ndindex(shape):
            row = a[index[: batch + n]].reshape(-1)
            column = b[index[:batch] + index[batch + n :]].reshape(-1)
            products = (apply("mul", x, y) for x, y in zip(row, column, strict=True))
            out[index] = reduce(partial(apply, "add"), products, self.tape.zero)
        return out


def compared(name: str, left: Term, right: Term) -> Truth:
    """A comparison of two terms over their balls."""
    if left.trouble or right.trouble:
        return Truth(None)
    if left is right:
        return Truth(name in ("ge", "le", "eq"))
    x, y = left.value, right.value
    holds = {
        "gt": (x > y, x <= y),
        "ge": (x >= y, x < y),
        "lt": (x < y, x >= y),
        "le": (x <= y, x > y),
        "eq": (x.is_exact() and y.is_exact() and x == y, not x.overlaps(y)),
        "ne": (not x.overlaps(y), x.is_exact() and y.is_exact() and x == y),
    }
    always, never = holds[name]
    return Truth(True if always else False if never else None, (left, right))


def both(one: Any, other: Any) -> Truth:
    """Whether two truths hold."""
    if one.known is False or other.known is False:
        return Truth(False)
    if one.known and other.known:
        return Truth(True)
    # With one of them certain, the other alone decides.
    return Truth(None, other.sides if one.known else one.sides if other.known else None)


def inverted(one: Any) -> Truth:
    """The contrary of a truth."""
    return Truth(None if one.known is None else not one.known, one.sides)


def either(one: Any, other: Any) -> Truth:
    """Whether one of two truths holds."""
    return inverted(both(inverted(one), inverted(other)))


def _clamped(self: Interpreter, low: Term, x: Term, high: Term) -> Term:
    return self.tape.apply("min", self.tape.apply("max", x, low), high)


def _broadcast(params: Any, values: Terms) -> Terms:
    shape = [1] * len(params["shape"])
    for axis, size in zip(params["broadcast_dimensions"], values.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(values.reshape(shape), params["shape"])


def _slice(params: Any, values: Terms) -> Terms:
    steps = params["strides"] or (1,) * values.ndim
    ends = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    return values[tuple(itertools.starmap(slice, ends))]


def _unstack(params: Any, values: Terms) -> list[Terms]:
    last = np.moveaxis(values, params["axis"], -1)
    return [last[..., place] for place in range(last.shape[-1])]


def _shown(equation: Any) -> str:
    return " ".join(str(equation).split())[:120]


ELEMENTWISE = {name: name for name in RULES if name != "sqrt_of_nonnegative"}
"""Primitives that are operations of the table, element by element."""

COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")

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

SPECIAL: dict[str, Callable[..., Terms]] = {
    "and": lambda self, params, *of: self._each(both, *of),
    "or": lambda self, params, *of: self._each(either, *of),
    "not": lambda self, params, of: self._each(inverted, of),
    "clamp": lambda self, params, *of: self._each(partial(_clamped, self), *of),
    "convert_element_type": lambda self, params, x: self.converted(params, x),
    "dot_general": lambda self, params, x, y: self.product(params, x, y),
    "integer_pow": lambda self, params, x: self._each(
        lambda one: self.tape.apply("pow", one, self.tape.constant(params["y"])), x
    ),
    "reduce_max": lambda self, params, x: self.folded("max", params, x),
    "reduce_min": lambda self, params, x: self.folded("min", params, x),
    "reduce_sum": lambda self, params, x: self.folded("add", params, x),
    "select_n": lambda self, params, *of: self._each(self.select, *of),
}
"""Primitives with a meaning of their own."""
