"""Judging a formula on a run: who decided, by which comparison, when, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.criteria import Judgement, Result, Threshold, short
from harness.formula.check import ticks, unit_of
from harness.formula.decide import Decision, decide
from harness.formula.parse import parse
from harness.formula.robustness import NotANumberError, takes_least, undefined
from harness.formula.samples import Samples
from harness.formula.syntax import (
    Comparison,
    Condition,
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
from harness.scenario.model import FormulaCriterion
from harness.trace.reader import Trace

_OPPOSITE = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!="}
_MIRRORED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}
_BOUND = {"<=": "at most", "<": "below", ">=": "at least", ">": "above"}
_BOUND |= {"==": "equal to", "!=": "other than"}


@dataclass(frozen=True)
class _Shown:
    """A comparison at one moment, with the signal on the left and what it is held against."""

    signal: str
    bound: str
    value: float | str
    limit: float | str


def evaluate_formula(
    name: str, criterion: FormulaCriterion, trace: Trace, duration_s: float, rate_hz: float
) -> Result:
    """Judge one formula.

    Where the run ended before all was seen that the formula looks at, it fails if no later sample
    could mend it, and is not evaluated otherwise.

    Args:
        name: The criterion's name.
        criterion: What is demanded; checked.
        trace: The run's trace.
        duration_s: Length of the run as the scenario has it, s.
        rate_hz: Control rate.
    """
    text, formula = criterion.formula, parse(criterion.formula)
    times = trace.t_ns
    first, last = _seen(formula, (0, 0), round(duration_s * rate_hz), rate_hz)
    read: dict[str, NDArray[Any]] = {}
    samples = {
        vehicle: Samples(trace, vehicle, rate_hz, len(times), read)
        for vehicle in trace.vehicles
        if criterion.vehicle in ("all", "any", vehicle)
    }
    decisions = {v: _decided(formula, seen) for v, seen in samples.items() if seen.ticks}

    def result(judgement: Judgement, reason: str, vehicle: str) -> Result:
        decision = decisions.get(vehicle)
        by = decision.by if decision else None
        shown, unit, predicate = None, "", ""
        if decision and isinstance(by, Comparison):
            shown = _shown(by, decision, samples[vehicle], text)
            unit = unit_of(by, trace.columns)
            predicate = _span(text, by.left.at[0], by.right.at[1])
        signals = list(names(formula))
        rows = slice(first, min(len(times), last + 1))
        return Result(
            name=name,
            judgement=judgement,
            reason=reason,
            requirement=criterion.requirement,
            signal=shown.signal if shown else "",
            statistic="",
            formula=text,
            predicate=predicate,
            unit=unit,
            about=criterion.about,
            basis=" and ".join(sorted({_basis(n, trace) for n in signals} - {""})),
            vehicle=vehicle,
            value=_finite(shown.value) if shown else None,
            bound=shown.bound if shown else "",
            limit=_finite(shown.limit) if shown else None,
            margin=_margin(decision.robustness) if decision else None,
            worst_s=float(times[decision.tick] / 1e9) if decision else None,
            window_s=(first / rate_hz, last / rate_hz),
            undefined=max(_undefined(signal, samples[vehicle], rows) for signal in signals),
            thresholds=tuple(_thresholds(formula, text, duration_s)),
        )

    cut = short(times, last / rate_hz)
    known = {v: d.robustness for v, d in decisions.items() if not np.isnan(d.robustness)}
    any_will_do = criterion.vehicle == "any"
    if not known or (len(known) < len(samples) and not any_will_do):
        lost = next(v for v in samples if v not in known)
        return result(
            "NOT EVALUATED", "the signal is not defined there" if decisions else cut, lost
        )
    decisive = (max if any_will_do else min)(known, key=lambda v: known[v])
    broken = known[decisive] < 0.0
    if len(times) <= last and (not broken or any_will_do or not _only_worsens(formula, True)):
        return result("NOT EVALUATED", cut, decisive)
    if not broken:
        return result("PASSED", "", decisive)
    found = result("FAILED", "beyond its limit", decisive)
    by = decisions[decisive].by
    if not isinstance(by, Comparison):
        word = by.operator if isinstance(by, Temporal) else "until"
        reason = f"the run ends before the window of {word}, seen from {found.worst_s:.9g} s, opens"
        return result("FAILED", reason, decisive)
    if found.value is None or found.limit is None:
        return result("FAILED", "the signal is not a number", decisive)
    return found


def _decided(formula: Condition, samples: Samples) -> Decision:
    try:
        return decide(formula, True, samples, 0)
    except NotANumberError as error:
        return Decision(-np.inf, error.comparison, True, error.tick)


def _seen(formula: Condition, now: tuple[int, int], end: int, rate_hz: float) -> tuple[int, int]:
    """First and last tick that a formula looks at when evaluated from one tick to another."""
    match formula:
        case Comparison():
            return min(now[0], end), min(now[1], end)
        case Not():
            return _seen(formula.inner, now, end, rate_hz)
        case Temporal():
            return _seen(formula.inner, _moved(formula.window, now, end, rate_hz), end, rate_hz)
        case Junction():
            left = _seen(formula.left, now, end, rate_hz)
            right = _seen(formula.right, now, end, rate_hz)
        case Until():
            moved = _moved(formula.window, now, end, rate_hz)
            left = _seen(formula.left, (now[0], moved[1]), end, rate_hz)
            right = _seen(formula.right, moved, end, rate_hz)
    return min(left[0], right[0]), max(left[1], right[1])


def _moved(window: Window, now: tuple[int, int], end: int, rate_hz: float) -> tuple[int, int]:
    first, last = ticks(window, rate_hz)
    return now[0] + first, end if last is None else now[1] + last


def _only_worsens(formula: Condition, wanted: bool) -> bool:
    """Whether further samples can only make a formula hold by less."""
    match formula:
        case Comparison():
            return True
        case Not():
            return _only_worsens(formula.inner, not wanted)
        case Junction():
            return _only_worsens(formula.left, wanted) and _only_worsens(formula.right, wanted)
        case Temporal():
            return takes_least(formula, wanted) and _only_worsens(formula.inner, wanted)
    return False


def _thresholds(formula: Condition, text: str, end_s: float) -> Iterator[Threshold]:
    """Signals that always stay on one side of a number, over a window of the run."""
    match formula:
        case Junction(operator="and"):
            yield from _thresholds(formula.left, text, end_s)
            yield from _thresholds(formula.right, text, end_s)
        case Temporal(operator="always", inner=Comparison() as comparison):
            operator, left, right = _signal_first(comparison, comparison.operator)
            if isinstance(right, Number) and operator in _MIRRORED:
                window = formula.window
                until_s = end_s if window.end_s is None else window.end_s
                yield Threshold(
                    _said(left, text), _BOUND[operator], right.value, (window.start_s, until_s)
                )


def _signal_first(comparison: Comparison, operator: str) -> tuple[str, Term, Term]:
    left, right = comparison.left, comparison.right
    if any(names(left)):
        return operator, left, right
    return _MIRRORED.get(operator, operator), right, left


def _shown(comparison: Comparison, decision: Decision, samples: Samples, text: str) -> _Shown:
    wanted = comparison.operator if decision.wanted else _OPPOSITE[comparison.operator]
    operator, left, right = _signal_first(comparison, wanted)
    tick = decision.tick
    return _Shown(
        _said(left, text),
        _BOUND[operator],
        _value(left, samples, tick),
        _value(right, samples, tick),
    )


def _value(term: Term, samples: Samples, tick: int) -> float | str:
    if isinstance(term, Label):
        return term.text
    value = samples.values(term, tick, tick + 1)
    if isinstance(term, Name) and (known := samples.trace.columns[term.name].categories):
        return known[int(value[0])]
    return float(np.ravel(value)[0])


def _finite(value: float | str) -> float | str | None:
    return value if isinstance(value, str) or np.isfinite(value) else None


def _margin(robustness: float) -> float | None:
    """The robustness for a reader: none where it is not finite, 0 on a limit."""
    if not np.isfinite(robustness):
        return None
    return 0.0 if abs(robustness) < np.finfo(np.float64).tiny else robustness


def _undefined(name: Name, samples: Samples, rows: slice) -> int:
    return int(undefined(name, samples, rows.start, max(rows.start, rows.stop)).sum())


def _basis(name: Name, trace: Trace) -> str:
    column = trace.columns.get(name.name) or trace.columns[f"{name.name}_x"]
    return column.basis


def _said(term: Term, text: str) -> str:
    return _span(text, *term.at)


def _span(text: str, start: int, end: int) -> str:
    return " ".join(text[start:end].split())
