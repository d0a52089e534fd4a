"""The values of a term over the samples of one vehicle."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.formula.check import kind_of
from harness.formula.syntax import Apply, Label, Name, Number, Term
from harness.trace.reader import Trace

Array = NDArray[Any]

_FUNCTIONS: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}
_FUNCTIONS |= {"abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "log": np.log}
_FOLDS = {"min": np.minimum, "max": np.maximum}


@dataclass(frozen=True)
class Samples:
    """A trace as one vehicle's formula sees it.

    Attributes:
        trace: The run's trace.
        vehicle: Whose columns are meant where no vehicle is named.
        rate_hz: Control rate.
        ticks: Rows of the trace.
        read: Columns that were read already, (ticks, vehicles).
    """

    trace: Trace
    vehicle: str
    rate_hz: float
    ticks: int
    read: dict[str, Array] = field(default_factory=dict)

    def column(self, name: str, vehicle: str, start: int, stop: int) -> Array:
        """Rows ``start`` to ``stop`` of a column, shape (stop - start,)."""
        if name not in self.read:
            self.read[name] = self.trace.read(name)[name]
        which = self.trace.vehicles.index(vehicle or self.vehicle)
        return self.read[name][start:stop, which]

    def values(self, term: Term, start: int, stop: int) -> Array:
        """A scalar term over rows ``start`` to ``stop``; a constant has shape ()."""
        match term:
            case Number():
                return np.asarray(term.value)
            case Name():
                column = self.column(term.name, term.vehicle, start, stop)
                return column.astype(np.float64) if column.dtype == bool else column
            case Label():
                raise TypeError("a label has no value without its category")
            case Apply():
                return self._applied(term, start, stop)

    def _applied(self, term: Apply, start: int, stop: int) -> Array:
        if term.function == "norm":
            return self._norm(term.arguments, start, stop)
        parts = (self.values(argument, start, stop) for argument in term.arguments)
        with np.errstate(all="ignore"):  # what is not a number is found out of the result
            if (fold := _FOLDS.get(term.function)) is not None:
                out = next(parts)
                for part in parts:
                    out = fold(out, part)
                return out
            given = list(parts)
            if term.function == "-" and len(given) == 1:
                return -given[0]
            return np.asarray(_FUNCTIONS[term.function](*given))

    def _norm(self, arguments: Sequence[Term], start: int, stop: int) -> Array:
        if len(arguments) == 1:  # a vector
            arguments = [component(arguments[0], axis) for axis in "xyz"]
        with np.errstate(all="ignore"):
            total: Array = np.square(self.values(arguments[0], start, stop))
            for argument in arguments[1:]:
                total = total + np.square(self.values(argument, start, stop))
            return np.sqrt(total)

    def code(self, label: Label, beside: Term) -> int:
        """The number of a category's value, given the other side of the comparison."""
        return kind_of(beside, self.trace.columns).categories.index(label.text)


def component(vector: Term, axis: str) -> Term:
    """One axis of a vector or of a sum or difference of vectors."""
    match vector:
        case Name():
            return replace(vector, name=f"{vector.name}_{axis}")
        case Apply():
            return replace(
                vector, arguments=tuple(component(part, axis) for part in vector.arguments)
            )
    raise TypeError("not a vector")
