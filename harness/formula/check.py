"""Holding a formula against a run: its columns, units, vehicles and length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.formula.syntax import (
    Apply,
    Comparison,
    Condition,
    FormulaError,
    Junction,
    Label,
    Name,
    Not,
    Number,
    Temporal,
    Term,
    Until,
    Window,
    names,
)
from harness.scenario.complaints import nearest
from harness.scenario.ticks import first_tick, last_tick
from harness.trace.schema import TraceColumn

_ARITHMETIC = ("+", "-", "*", "/", "^")
_KEEP_UNIT = ("+", "-", "abs", "norm", "min", "max")
FUNCTIONS = {"abs": 1, "sqrt": 1, "exp": 1, "log": 1, "norm": None, "min": None, "max": None}
"""Functions and how many arguments they take; None for two or more (a vector is enough of one)."""


@dataclass(frozen=True)
class Kind:
    """What a term is.

    Attributes:
        shape: ``number``, ``bool``, ``vector``, ``category`` or ``label``.
        unit: SI unit, empty for a pure number; None where it is not known.
        categories: Values of a category.
    """

    shape: str
    unit: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunFacts:
    """What a run has that a formula can speak of.

    Attributes:
        columns: Columns of its trace.
        vehicles: Its vehicles.
        rate_hz: Control rate.
        duration_s: Its length, s.
    """

    columns: Mapping[str, TraceColumn]
    vehicles: Sequence[str]
    rate_hz: float
    duration_s: float


def check(formula: Condition, text: str, run: RunFacts) -> None:
    """Refuse what can't be evaluated on such a run.

    Args:
        formula: The formula as parsed.
        text: The formula as written, to quote from.
        run: The run it is for.

    Raises:
        FormulaError: With the place in the text.
    """
    _check(formula, 0.0, text, run)


def ticks(window: Window, rate_hz: float) -> tuple[int, int | None]:
    """First and last tick of a window, counted from now."""
    first = first_tick(window.start_s, rate_hz)
    return first, None if window.end_s is None else last_tick(window.end_s, rate_hz)


def kind_of(term: Term, columns: Mapping[str, TraceColumn], text: str = "") -> Kind:
    """What a term is.

    Raises:
        FormulaError: It makes no sense.
    """
    match term:
        case Number():
            return Kind("number", term.unit or None)
        case Label():
            return Kind("label")
        case Name():
            return _name(term, columns)
        case Apply():
            return _apply(term, columns, text)


def unit_of(comparison: Comparison, columns: Mapping[str, TraceColumn]) -> str:
    """The unit that both sides are in; empty where none is known."""
    left, right = (kind_of(side, columns).unit for side in (comparison.left, comparison.right))
    return left or right or ""


def _check(formula: Condition, after_s: float, text: str, run: RunFacts) -> None:
    """Check a condition that is evaluated up to ``after_s`` into the run."""
    match formula:
        case Comparison():
            _comparison(formula, text, run)
        case Not():
            _check(formula.inner, after_s, text, run)
        case Junction():
            _check(formula.left, after_s, text, run)
            _check(formula.right, after_s, text, run)
        case Temporal():
            _check(formula.inner, _reach(formula.window, after_s, run), text, run)
        case Until():
            reach = _reach(formula.window, after_s, run)
            _check(formula.left, reach, text, run)
            _check(formula.right, reach, text, run)


def _reach(window: Window, after_s: float, run: RunFacts) -> float:
    """How far into the run a window reaches; as far as it starts where it has no end."""
    first, last = ticks(window, run.rate_hz)
    if last is not None and last < first:
        raise FormulaError(window.at, f"no tick falls into the window at {run.rate_hz:g} Hz")
    reach = after_s + (window.start_s if window.end_s is None else window.end_s)
    if reach > run.duration_s * (1.0 + 1e-12):
        nested = ", with those around it," if after_s else ""
        raise FormulaError(
            window.at,
            f"the window reaches{nested} to {reach:.9g} s; the run ends at {run.duration_s:.9g} s",
        )
    return reach


def _comparison(comparison: Comparison, text: str, run: RunFacts) -> None:
    sides = comparison.left, comparison.right
    kinds = [kind_of(side, run.columns, text) for side in sides]
    signals = list(names(comparison))
    if not signals:
        raise FormulaError(comparison.at, "no signal is compared here")
    for name in signals:
        if name.vehicle and name.vehicle not in run.vehicles:
            raise FormulaError(
                name.at, f"no vehicle {name.vehicle!r}; {nearest(name.vehicle, run.vehicles)}"
            )
    shapes = {kind.shape for kind in kinds}
    if shapes & {"category", "label"}:
        _categories(comparison, kinds, text)
        return
    for side, kind in zip(sides, kinds, strict=True):
        if kind.shape == "vector":
            raise _vector(side, text)
    if comparison.operator == "==" and not _two_truths(comparison, kinds):
        raise FormulaError(
            comparison.at,
            "== compares categories, and booleans with 0 or 1; "
            "for numbers write abs(a - b) <= tolerance",
        )
    _same_unit(sides, kinds, text)


def _two_truths(comparison: Comparison, kinds: Sequence[Kind]) -> bool:
    sides = comparison.left, comparison.right
    return any(kind.shape == "bool" for kind in kinds) and all(
        kind.shape == "bool" or (isinstance(side, Number) and side.value in (0.0, 1.0))
        for side, kind in zip(sides, kinds, strict=True)
    )


def _categories(comparison: Comparison, kinds: Sequence[Kind], text: str) -> None:
    sides = comparison.left, comparison.right
    known = next((kind.categories for kind in kinds if kind.shape == "category"), ())
    for side, kind in zip(sides, kinds, strict=True):
        if not known or kind.shape not in ("category", "label"):
            raise FormulaError(side.at, f"{_said(side, text)} can't be compared with a category")
        if isinstance(side, Label) and side.text not in known:
            raise FormulaError(side.at, f"no such value; {nearest(side.text, known)}")
    if comparison.operator != "==" or {kind.categories for kind in kinds} - {()} != {known}:
        raise FormulaError(comparison.at, "categories are compared by == with one of their values")


def _name(term: Name, columns: Mapping[str, TraceColumn]) -> Kind:
    shapes = {"float64": "number", "bool": "bool", "category": "category"}
    known = {n: c for n, c in columns.items() if c.kind in shapes and n != "vehicle"}
    if (column := known.get(term.name)) is not None:
        return Kind(shapes[column.kind], column.unit, column.categories)
    vectors = {n.removesuffix("_x") for n in known if n.endswith("_x")}
    if term.name in vectors:
        return Kind("vector", known[f"{term.name}_x"].unit)
    axes = {f"{vector}_{axis}" for vector in vectors for axis in "xyz"}
    suggested = known if term.name[-2:] in ("_x", "_y", "_z") else {*known, *vectors} - axes
    raise FormulaError(term.at, f"no column {term.name!r}; {nearest(term.name, suggested)}")


def _apply(term: Apply, columns: Mapping[str, TraceColumn], text: str) -> Kind:
    function, arguments = term.function, term.arguments
    if function not in (*FUNCTIONS, *_ARITHMETIC):
        raise FormulaError(term.at, f"no function {function!r}; {nearest(function, FUNCTIONS)}")
    kinds = [kind_of(argument, columns, text) for argument in arguments]
    vectors = [kind.shape == "vector" for kind in kinds]
    for argument, kind in zip(arguments, kinds, strict=True):
        if kind.shape in ("category", "label"):
            raise FormulaError(argument.at, f"{_said(argument, text)} is no number")
    unit = _same_unit(arguments, kinds, text) if function in _KEEP_UNIT else None
    if function in ("+", "-") and all(vectors):
        return Kind("vector", unit)
    if function == "norm" and vectors == [True]:
        return Kind("number", unit)
    for argument, is_vector in zip(arguments, vectors, strict=True):
        if is_vector:
            raise _vector(argument, text)
    if function == "norm" and len(arguments) == 1:
        raise FormulaError(
            arguments[0].at, f"{_said(arguments[0], text)} is no vector; write abs(…) of a number"
        )
    wanted = FUNCTIONS.get(function, len(arguments))
    if wanted is None and len(arguments) < 2:
        raise FormulaError(term.at, f"{function} takes two values or more")
    if wanted is not None and len(arguments) != wanted:
        raise FormulaError(term.at, f"{function} takes one value, not {len(arguments)}")
    return Kind("number", unit)


def _same_unit(terms: Sequence[Term], kinds: Sequence[Kind], text: str) -> str | None:
    """The unit of all terms whose unit is known."""
    first: tuple[Term, str] | None = None
    for term, kind in zip(terms, kinds, strict=True):
        if kind.unit is None or kind.shape == "bool":
            continue
        if first is None:
            first = term, kind.unit
        elif kind.unit != first[1]:
            right, wrong = first, (term, kind.unit)
            if isinstance(first[0], Number):  # what was written is wrong, not the column
                right, wrong = wrong, right
            unit, other = (side[1] or "no unit" for side in (right, wrong))
            message = f"{_said(right[0], text)} is in {unit!r}, not {other!r}"
            raise FormulaError(wrong[0].at, message)
    return None if first is None else first[1]


def _vector(term: Term, text: str) -> FormulaError:
    said = _said(term, text)
    axis = f" or {said}_x" if isinstance(term, Name) and not term.vehicle else ""
    return FormulaError(term.at, f"{said} is a vector; write norm({said}){axis}")


def _said(term: Term, text: str) -> str:
    return text[slice(*term.at)]
