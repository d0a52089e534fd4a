"""The comparison, and the moment, that decided whether a formula holds at a row."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.formula.robustness import compared, robustness, rows, sides, takes_least
from harness.formula.samples import Samples
from harness.formula.syntax import Comparison, Condition, Junction, Not, Temporal, Until

Array = NDArray[Any]


@dataclass(frozen=True)
class Decision:
    """What decided.

    Attributes:
        robustness: How much is to spare; NaN where nothing is defined.
        by: The comparison that decided, or what looked at a window without samples.
        wanted: Whether it had to hold or not to.
        tick: The row at which it decided.
    """

    robustness: float
    by: Comparison | Temporal | Until
    wanted: bool
    tick: int


def decide(formula: Condition, wanted: bool, samples: Samples, tick: int) -> Decision:
    """Follow least and greatest from the top of a formula down to one comparison.

    Only one array is alive at a time: each level finds the row to go on from and forgets the rest.

    Args:
        formula: A checked formula.
        wanted: False for its opposite.
        samples: What it is held against.
        tick: The row at which it is evaluated.

    Raises:
        NotANumberError: A signal is NaN and should not be.
    """
    match formula:
        case Comparison():
            value = float(compared(formula, wanted, samples, tick, tick + 1)[0])
            return Decision(value, formula, wanted, tick)
        case Not():
            return decide(formula.inner, not wanted, samples, tick)
        case Junction():
            parts = [decide(part, wanted, samples, tick) for part in (formula.left, formula.right)]
            found = np.array([part.robustness for part in parts])
            return parts[_extreme(found, takes_least(formula, wanted))]
        case Temporal():
            begin, end, _ = rows(formula, samples, tick, tick + 1)
            least = takes_least(formula, wanted)
            if begin >= end:
                return Decision(np.inf if least else -np.inf, formula, wanted, tick)
            at = _extreme(robustness(formula.inner, wanted, samples, begin, end), least)
            return decide(formula.inner, wanted, samples, begin + at)
        case Until():
            return _until(formula, wanted, samples, tick)


def _until(formula: Until, wanted: bool, samples: Samples, tick: int) -> Decision:
    begin, end, _ = rows(formula, samples, tick, tick + 1)
    if begin >= end:
        return Decision(-np.inf if wanted else np.inf, formula, wanted, tick)
    held, reached = sides(formula, wanted, samples, tick, begin, end)
    both = np.minimum if wanted else np.maximum
    before = both.accumulate(np.append(np.inf if wanted else -np.inf, held))[begin - tick : -1]
    at = _extreme(both(before, reached), not wanted)
    if reached[at] == both(before[at], reached[at]):
        return decide(formula.right, wanted, samples, begin + at)
    broke = _extreme(held[: begin - tick + at], wanted)
    return decide(formula.left, wanted, samples, tick + broke)


def _extreme(values: Array, least: bool) -> int:
    """Index of the least or the greatest; NaN only where there is nothing else."""
    if np.isnan(values).all():
        return 0
    return int(np.nanargmin(values) if least else np.nanargmax(values))
