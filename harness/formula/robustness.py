"""By how much a formula holds at each sample: quantitative semantics over arrays.

The robustness of ``a <= b`` is ``b - a``; ``and``, ``always`` take the least, ``or``,
``eventually`` the greatest; ``not`` turns the sign. A formula holds where its robustness is not
negative: a value on its limit satisfies ``<=`` and violates ``<``, which is why a strict comparison
gives the smallest negative number there. To keep that right, ``not`` is not a sign put before a
result, but handed down (``wanted``) to the comparisons, which are turned round.

- Samples are ticks. A window that reaches beyond the last one is held against those there are;
  with none left ``always`` holds (+inf) and ``eventually`` and ``until`` do not (-inf).
- ``p until[a:b] q``: ``q`` holds at some tick of the window, and ``p`` at every tick from now on
  before that one.
- A column that says by NaN that it is not defined leaves the sample out (its robustness is NaN,
  which ``np.fmin`` and ``np.fmax`` pass over). On the right side of ``until`` it does not fulfil,
  on the left side it does not break.
- Any other NaN that the formula looks at raises :class:`NotANumberError`.
"""

import numpy as np
from numpy.typing import NDArray

from harness.formula.check import ticks
from harness.formula.samples import Samples
from harness.formula.syntax import (
    Comparison,
    Condition,
    Junction,
    Label,
    Name,
    Not,
    Temporal,
    Until,
    names,
)
from harness.formula.windows import sliding, until

Array = NDArray[np.float64]

_BELOW_ZERO = -float(np.finfo(np.float64).smallest_subnormal)


class NotANumberError(Exception):
    """A comparison met NaN where its columns should be numbers.

    Attributes:
        comparison: Which.
        tick: Where first.
    """

    def __init__(self, comparison: Comparison, tick: int) -> None:
        super().__init__("the signal is not a number")
        self.comparison = comparison
        self.tick = tick


def robustness(formula: Condition, wanted: bool, samples: Samples, start: int, stop: int) -> Array:
    """Robustness of a formula, or of its opposite, at rows ``start`` to ``stop``.

    Args:
        formula: A checked formula.
        wanted: False for its opposite.
        samples: What it is held against.
        start: First row.
        stop: The row after the last; within the trace.

    Returns:
        Shape (stop - start,); NaN where it is not defined.

    Raises:
        NotANumberError: A signal is NaN and should not be.
    """
    match formula:
        case Comparison():
            return compared(formula, wanted, samples, start, stop)
        case Not():
            return robustness(formula.inner, not wanted, samples, start, stop)
        case Junction():
            left = robustness(formula.left, wanted, samples, start, stop)
            right = robustness(formula.right, wanted, samples, start, stop)
            extreme = np.fmin if (formula.operator == "and") == wanted else np.fmax
            both: Array = extreme(left, right, out=left)
            return both
        case Temporal():
            return _temporal(formula, wanted, samples, start, stop)
        case Until():
            return _until(formula, wanted, samples, start, stop)


def takes_least(formula: Junction | Temporal, wanted: bool) -> bool:
    """Whether all parts must hold, and not just one."""
    return (formula.operator in ("and", "always")) == wanted


def rows(
    formula: Temporal | Until, samples: Samples, start: int, stop: int
) -> tuple[int, int, int]:
    """Rows that the windows from ``start`` to ``stop`` look at, and the width of a window."""
    first, last = ticks(formula.window, samples.rate_hz)
    if last is None:
        return start + first, samples.ticks, samples.ticks
    return start + first, min(stop + last, samples.ticks), last - first + 1


def sides(
    formula: Until, wanted: bool, samples: Samples, start: int, begin: int, end: int
) -> tuple[Array, Array]:
    """Left side from ``start``, right side from ``begin``, where undefined without effect."""
    least, greatest = (-np.inf, np.inf) if wanted else (np.inf, -np.inf)
    held = robustness(formula.left, wanted, samples, start, end)
    reached = robustness(formula.right, wanted, samples, begin, end)
    held[np.isnan(held)] = greatest
    reached[np.isnan(reached)] = least
    return held, reached


def compared(
    comparison: Comparison, wanted: bool, samples: Samples, start: int, stop: int
) -> Array:
    """Robustness of a comparison, as :func:`robustness`."""
    left, right, operator = comparison.left, comparison.right, comparison.operator
    if operator == "==":
        a, b = (
            samples.code(side, other)
            if isinstance(side, Label)
            else samples.values(side, start, stop)
            for side, other in ((left, right), (right, left))
        )
        return np.where(np.equal(a, b) == wanted, np.inf, -np.inf)
    if operator in (">", ">="):
        left, right = right, left
    with np.errstate(all="ignore"):
        out: Array = samples.values(right, start, stop) - samples.values(left, start, stop)
    if not wanted:
        np.negative(out, out=out)
    if (operator in ("<", ">")) == wanted:
        out[out == 0.0] = _BELOW_ZERO
    lost = np.isnan(out)
    if lost.any():
        for name in names(comparison):
            lost &= ~undefined(name, samples, start, stop)
        if lost.any():
            raise NotANumberError(comparison, start + int(np.argmax(lost)))
    return out


def undefined(name: Name, samples: Samples, start: int, stop: int) -> NDArray[np.bool_]:
    """Rows at which a signal says that it is not defined."""
    columns = samples.trace.columns
    parts = [name.name] if name.name in columns else [f"{name.name}_{axis}" for axis in "xyz"]
    out = np.zeros(stop - start, bool)
    for part in parts:
        if columns[part].undefined_as_nan:
            out |= np.isnan(samples.column(part, name.vehicle, start, stop))
    return out


def _temporal(formula: Temporal, wanted: bool, samples: Samples, start: int, stop: int) -> Array:
    least = takes_least(formula, wanted)
    out = np.full(stop - start, np.inf if least else -np.inf)
    begin, end, width = rows(formula, samples, start, stop)
    if begin < end:
        inner = robustness(formula.inner, wanted, samples, begin, end)
        slid = sliding(inner, width, np.fmin if least else np.fmax)[: len(out)]
        out[: len(slid)] = slid
    return out


def _until(formula: Until, wanted: bool, samples: Samples, start: int, stop: int) -> Array:
    both, either = (np.minimum, np.maximum) if wanted else (np.maximum, np.minimum)
    out = np.full(stop - start, -np.inf if wanted else np.inf)
    begin, end, width = rows(formula, samples, start, stop)
    if begin < end:
        held, reached = sides(formula, wanted, samples, start, begin, end)
        before = begin - start
        slid = until(held[before:], reached, width, both, either)[: len(out)]
        if before:  # the left side has to hold up to the window, too
            both(slid, sliding(held, before, both)[: len(slid)], out=slid)
        out[: len(slid)] = slid
    return out
