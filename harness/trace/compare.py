"""Two traces held against each other, signal by signal, on the time of the run."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.trace.reader import Trace
from harness.trace.schema import TraceColumn

Array = NDArray[Any]

_AXES = ("x", "y", "z")


class IncomparableError(Exception):
    """The two traces have nothing that could be held against each other."""


@dataclass(frozen=True)
class Difference:
    """How far a signal of one run is from that of another.

    Attributes:
        signal: A column, or a vector, whose difference is measured by its length.
        unit: Unit of the signal.
        largest: Largest difference, in ``unit``; infinite where one is a number and one is not;
            for a category the share of ticks at which the two differ.
        at_s: When it was largest.
        vehicle: Whose it was.
        rms: Root mean square of the difference over the common time.
        tolerance: What is allowed, or None where nothing was said.
    """

    signal: str
    unit: str
    largest: float
    at_s: float
    vehicle: str
    rms: float
    tolerance: float | None

    @property
    def within(self) -> bool:
        """Whether it is within its tolerance, if it has one."""
        return self.tolerance is None or self.largest <= self.tolerance

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "within": self.within}


def known_signals(columns: Mapping[str, TraceColumn]) -> set[str]:
    """What a tolerance can name: numeric columns, and vectors without their axis."""
    numbers = {n for n, c in columns.items() if c.kind in ("float64", "bool", "category")}
    return (numbers | set(_vectors(columns))) - {"vehicle"}


def compare_traces(
    base: Trace, new: Trace, tolerances: Mapping[str, float] | None = None
) -> list[Difference]:
    """All signals that two traces share, those with a tolerance first.

    Where the two were sampled at other instants the base is taken between its samples, linearly.

    Args:
        base: What is held to be right.
        new: What is held against it.
        tolerances: Largest difference allowed, by signal.

    Raises:
        IncomparableError: Other vehicles, no common time, or a tolerance for a signal that one of
            the two does not have.
    """
    tolerances = tolerances or {}
    others = dict.fromkeys(name for name in _shared(base, new) if name not in tolerances)
    return compare_signals(base, new, {**tolerances, **others})


def compare_signals(
    base: Trace, new: Trace, tolerances: Mapping[str, float | None]
) -> list[Difference]:
    """As :func:`compare_traces`, of the signals that ``tolerances`` names and no others."""
    if base.vehicles != new.vehicles:
        theirs, ours = ", ".join(base.vehicles), ", ".join(new.vehicles)
        raise IncomparableError(f"the vehicles are {theirs} in the base and {ours} in the new run")
    for name in tolerances:
        for which, trace in (("base", base), ("new run", new)):
            if name not in known_signals(trace.columns):
                raise IncomparableError(
                    f"the {which} has no signal {name!r} to hold a tolerance to"
                )
    times = _Times(base, new)
    return [_difference(name, base, new, times, limit) for name, limit in tolerances.items()]


class _Times:
    """The common time of two traces, and the base's samples brought onto it."""

    def __init__(self, base: Trace, new: Trace) -> None:
        theirs, ours = (trace.read("t_ns")["t_ns"][:, 0] for trace in (base, new))
        if not len(theirs) or not len(ours) or max(theirs[0], ours[0]) > min(theirs[-1], ours[-1]):
            raise IncomparableError("the two runs have no time in common")
        self.ours = (ours >= theirs[0]) & (ours <= theirs[-1])
        self._base = theirs
        self.t_ns = ours[self.ours]
        index = np.searchsorted(theirs, self.t_ns)
        self._exact = index if np.array_equal(theirs[index], self.t_ns) else None

    def of_base(self, values: Array, *, between: bool) -> Array:
        """The base's values on the common time; ``between`` samples, or of the one before."""
        if self._exact is not None:
            return np.asarray(values[self._exact])
        before = np.searchsorted(self._base, self.t_ns, side="right") - 1
        if not between or len(self._base) == 1:
            return np.asarray(values[before])
        before = np.minimum(before, len(self._base) - 2)
        start, end = self._base[before], self._base[before + 1]
        share = ((self.t_ns - start) / (end - start))[:, None]
        return np.asarray((1.0 - share) * values[before] + share * values[before + 1])


def separation(base: Trace, new: Trace, signal: str) -> tuple[Array, Array]:
    """How far a signal of one run is from that of another over the common time.

    Returns:
        Times, ns, (ticks,), and sizes of the difference, (ticks, vehicles).
    """
    times = _Times(base, new)
    return times.t_ns, _apart(signal, base, new, times)


def _apart(name: str, base: Trace, new: Trace, times: _Times) -> Array:
    parts = [name] if name in new.columns else [f"{name}_{axis}" for axis in _AXES]
    square: Array | float = 0.0
    for part in parts:
        between = new.columns[part].kind == "float64"
        ours = new.read(part)[part][times.ours].astype(np.float64)
        theirs = times.of_base(base.read(part)[part].astype(np.float64), between=between)
        with np.errstate(invalid="ignore"):
            apart = ours - theirs
        both_undefined = np.isnan(ours) & np.isnan(theirs)
        apart[both_undefined | (ours == theirs)] = 0.0  # equal infinities too
        apart[np.isnan(apart)] = np.inf
        square = square + np.square(apart)
    return np.sqrt(square)


def _difference(
    name: str, base: Trace, new: Trace, times: _Times, tolerance: float | None
) -> Difference:
    column = new.columns[name if name in new.columns else f"{name}_x"]
    numeric = column.kind == "float64"
    size = _apart(name, base, new, times)
    tick, vehicle = np.unravel_index(int(np.argmax(size)), size.shape)
    return Difference(
        name,
        column.unit if numeric else "of ticks",
        float(size[tick, vehicle] if numeric else np.mean(size > 0.0)),
        float(times.t_ns[tick]) / 1e9,
        new.vehicles[vehicle],
        float(np.sqrt(np.mean(np.square(size)))),
        tolerance,
    )


def _vectors(columns: Mapping[str, TraceColumn]) -> Iterator[str]:
    for name in columns:
        stem = name.removesuffix("_x")
        if stem != name and all(f"{stem}_{axis}" in columns for axis in _AXES):
            yield stem


def _shared(base: Trace, new: Trace) -> list[str]:
    """Vectors and scalars that both have in one unit, in the new trace's order."""
    both = set(_vectors(base.columns)) & set(_vectors(new.columns))
    vectors = {f"{stem}_{axis}": stem for stem in both for axis in _AXES}
    found: dict[str, None] = {}
    for name, column in new.columns.items():
        other = base.columns.get(name)
        if other is None or (other.kind, other.unit) != (column.kind, column.unit):
            continue
        if column.kind != "int64" and name != "vehicle":
            found[vectors.get(name, name)] = None
    return list(found)
