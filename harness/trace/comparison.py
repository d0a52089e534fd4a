"""Whole runs held against a base: criteria, signals, and what was different about the runs."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.trace.compare import Difference, IncomparableError, compare_traces
from harness.trace.reader import RunDirectory

_OF_EVERY_RUN = ("started", "columns", "trace", "initial_carried", "controller", "metric")
"""Parts of a manifest that differ without meaning anything, or follow from the scenario."""


@dataclass(frozen=True)
class Change:
    """A criterion in both runs.

    Attributes:
        name: The criterion's name.
        base: Its result in the base, or None where the base did not have it.
        new: Its result in the new run, or None where that has it no more.
    """

    name: str
    base: dict[str, Any] | None
    new: dict[str, Any] | None

    @property
    def worse(self) -> bool:
        """Whether it held in the base and does not hold, or is not there, in the new run."""
        held = self.base is not None and self.base["judgement"] == "PASSED"
        return held and (self.new is None or self.new["judgement"] != "PASSED")


@dataclass(frozen=True)
class Comparison:
    """One run held against a base.

    Attributes:
        changes: Criteria, in the new run's order, then those that only the base had.
        differences: Signals, those with a tolerance first.
        pinned: Parts of the manifests that differ: key path, base's value, new run's value.
    """

    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]
    pinned: tuple[tuple[str, Any, Any], ...]

    @property
    def regressed(self) -> bool:
        """Whether a criterion got worse or a signal left its tolerance."""
        worse = any(change.worse for change in self.changes)
        return worse or not all(difference.within for difference in self.differences)

    @property
    def sentence(self) -> str:
        """What came of it, in one sentence."""
        worse = [change.name for change in self.changes if change.worse]
        out = [difference.signal for difference in self.differences if not difference.within]
        told = [f"held in the base and no longer: {', '.join(worse)}"] if worse else []
        told += [f"out of tolerance: {', '.join(out)}"] if out else []
        if told:
            return f"{'; '.join(told).capitalize()}."
        if not any(difference.largest for difference in self.differences):
            return "Every signal is the same to the last bit."
        limits = sum(difference.tolerance is not None for difference in self.differences)
        kept = f"all {limits} tolerances are kept" if limits else "there is no tolerance to keep"
        return f"No criterion got worse, and {kept}."


def compare_runs(
    base: RunDirectory, new: RunDirectory, tolerances: Mapping[str, float] | None = None
) -> Comparison:
    """Hold one run against another.

    Args:
        base: What is held to be right.
        new: What is held against it.
        tolerances: Largest difference allowed, by signal; what the new run's own scenario says
            where left out.

    Raises:
        IncomparableError: They were made on plants of another fidelity, or have nothing in common.
        NotARunDirectoryError: One of them has no verdict.
    """
    theirs, ours = (run.manifest["plant"]["fidelity"] for run in (base, new))
    if theirs != ours:
        raise IncomparableError(f"the base was made on {theirs!r}, the new run on {ours!r}")
    if tolerances is None:
        tolerances = scenario_tolerances(new)
    before, after = (
        {result["name"]: result for result in run.verdict()["criteria"]} for run in (base, new)
    )
    return Comparison(
        tuple(Change(n, before.get(n), after.get(n)) for n in dict.fromkeys([*after, *before])),
        tuple(compare_traces(base.trace, new.trace, tolerances)),
        tuple(differing(base.manifest, new.manifest)),
    )


def scenario_tolerances(run: RunDirectory) -> dict[str, float]:
    """Tolerances that a run's scenario has for its baseline."""
    baseline = run.manifest["scenario"].get("baseline") or {}
    tolerances: dict[str, float] = baseline.get("tolerances", {})
    return tolerances


def differing(base: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Leaves at which two manifests differ, by key path; a missing one is None."""
    flat = [dict(_leaves(plain, "")) for plain in (base, new)]
    keys = dict.fromkeys(itertools.chain(*flat))
    pairs = ((key, flat[0].get(key), flat[1].get(key)) for key in keys)
    return [
        (key, theirs, ours)
        for key, theirs, ours in pairs
        if theirs != ours and key.partition(".")[0] not in _OF_EVERY_RUN
    ]


def _leaves(plain: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(plain, dict) and plain:
        inner = ((f"{path}.{key}" if path else str(key), value) for key, value in plain.items())
        return [leaf for key, value in inner for leaf in _leaves(value, key)]
    return [(path, plain)]
