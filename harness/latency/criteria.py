"""Criteria on latency, held against what a run used of its budget."""

from typing import Any

from harness.criteria import Judgement, Result
from harness.scenario.latency_criterion import LatencyCriterion


def evaluate_latency(
    name: str, criterion: LatencyCriterion, told: dict[str, Any] | None, duration_s: float
) -> Result:
    """Judge a demand on the latency budget.

    Args:
        name: The criterion's name.
        criterion: What is demanded.
        told: What ``latency.json`` says; None where it could not be found out.
        duration_s: Length of the run as the scenario has it, s.
    """
    budget = (told or {}).get("budget") or {}
    used, limit = budget.get("used"), criterion.budget_used_below
    judgement: Judgement = "NOT EVALUATED"
    why = "there is no proved delay margin"
    if used is not None:
        held = used < limit
        judgement = "PASSED" if held else "FAILED"
        why = "" if held else budget["sentence"].removesuffix(".")
    return Result(
        name=name,
        judgement=judgement,
        reason=why,
        signal="latency budget used",
        statistic="",
        unit="",
        about=criterion.about,
        basis="",
        vehicle="all",
        value=used,
        bound="below",
        limit=limit,
        margin=None if used is None else limit - used,
        worst_s=budget.get("age_s_at"),
        window_s=(0.0, duration_s),
        undefined=0,
        requirement=criterion.requirement,
    )
