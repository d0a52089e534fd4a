"""Criteria on stability, held against a certificate and what the run showed."""

from collections.abc import Callable
from typing import Any

from harness.criteria import Judgement, Result
from harness.scenario.stability_criterion import (
    AnyStabilityCriterion,
    DelayMarginCriterion,
    ObservedCriterion,
)

Plain = dict[str, Any]


def evaluate_stability(
    name: str,
    criterion: AnyStabilityCriterion,
    given: Plain | None,
    shown: Plain | None,
    duration_s: float,
) -> Result:
    """Judge one criterion on stability.

    Args:
        name: The criterion's name.
        criterion: What is demanded.
        given: The run's certificate, if there is one.
        shown: What the run showed; None where nothing could be held against a twin.
        duration_s: Length of the run as the scenario has it, s.
    """

    def result(
        value: float | None, judged: tuple[Judgement, str], unit: str, **more: Any
    ) -> Result:
        limit, upper = more.pop("limit"), more["bound"] != "at least"
        spare = None if value is None else limit - value if upper else value - limit
        return Result(
            name=name,
            judgement=judged[0],
            reason=judged[1],
            unit=unit,
            about=criterion.about,
            value=value,
            limit=limit,
            margin=spare,
            window_s=(0.0, duration_s),
            undefined=0,
            requirement=criterion.requirement,
            **{"statistic": "", "basis": "", "vehicle": "all", "worst_s": None, **more},
        )

    if isinstance(criterion, ObservedCriterion):
        found = (shown or {}).get("numbers", {}).get("observed")
        value = None if found is None else float(found["value"])
        return result(
            value,
            _within(value, lambda v: v < criterion.below, "no decay can be observed"),
            "1/s",
            signal="observed Lipschitz constant",
            bound="below",
            limit=criterion.below,
            vehicle="all" if found is None else found["vehicle"],
            worst_s=None if found is None else found["start_s"],
        )
    if isinstance(criterion, DelayMarginCriterion):
        value = None if given is None else given["delay_margin_ms"]
        return result(
            value,
            _proved(given, shown, value, lambda v: v >= criterion.at_least_ms, needs_level=False),
            "ms",
            signal="proved delay margin",
            bound="at least",
            limit=criterion.at_least_ms,
        )
    value = None if given is None else given["bound_per_second"]
    return result(
        value,
        _proved(given, shown, value, lambda v: v < criterion.proved_below),
        "1/s",
        signal="proved Lipschitz constant",
        bound="below",
        limit=criterion.proved_below,
    )


def _within(value: float | None, holds: Callable[[float], bool], why: str) -> tuple[Judgement, str]:
    if value is None:
        return "NOT EVALUATED", why
    return ("PASSED", "") if holds(value) else ("FAILED", "beyond its limit")


def _proved(
    given: Plain | None,
    shown: Plain | None,
    value: float | None,
    holds: Callable[[float], bool],
    needs_level: bool = True,
) -> tuple[Judgement, str]:
    """A demand for a proof fails where there is none, or where it is not about this run."""
    if given is None or shown is None:
        return "NOT EVALUATED", "there is no certificate of this run"
    if (needs_level and given["verdict"] != "PROVED") or value is None:
        return "FAILED", f"{given['verdict']}: {given['reason']}".removesuffix(".")
    if not holds(value):
        return "FAILED", "beyond its limit"
    if not shown["covers"]:
        return "FAILED", shown["coverage"].removesuffix(".")
    return "PASSED", ""
