"""The answer in a sentence: proved or not, of what, and whether this run is covered."""

from dataclasses import dataclass
from typing import Any

from reports.run import Run
from reports.sections.stability.words import factor, lasting, powers, quantity, scientific
from reports.stability import Stability


@dataclass(frozen=True)
class Answer:
    """What stands first.

    Attributes:
        word: In a word or two.
        sentence: In a sentence or two.
        tone: ``passed``, ``failed`` or ``open``.
    """

    word: str
    sentence: str
    tone: str


def answer(run: Run, stability: Stability) -> Answer:
    """The answer of a run."""
    given = stability.certificate
    if given is None or "numbers" not in stability.shown:
        return _without_certificate(stability)
    verdict, reason = given["verdict"], powers(given["reason"]).replace("m/s^2", "m/s²")
    if verdict == "REFUTED":
        return Answer(verdict, f"The loop is not stable. {reason}", "failed")
    if verdict not in ("PROVED", "CONTRACTION ONLY"):
        return Answer(verdict, f"{reason} Nothing is claimed of this run.", "open")
    if not stability.covered:
        why = powers(stability.shown["coverage"].partition(": ")[2])
        told = f"There is a proof, but it is not about this run: {why}"
        return Answer("NOT COVERED", told, "failed")
    ranges = _ranges(run, given)
    if verdict == "CONTRACTION ONLY":
        told = reason
        if given["region"]["mode"] != "NULL-G":  # of which the reason speaks itself
            told += " That a run stays in the region is not proved."
        more = f" The rate holds whatever {ranges}." if ranges else ""
        return Answer(verdict, told + more, "open")
    level = quantity(given["level_set"]["ultimate_m"], "m")
    told = (
        "Every error in the level set shrinks at least by the factor "
        f"{factor(given['bound_per_second'], up=True)} a second down to {level}"
        f"{_overshoot(given)}{f', whatever {ranges}' if ranges else ''}. This run is covered."
    )
    return Answer(verdict, told, "passed")


def _without_certificate(stability: Stability) -> Answer:
    if "numbers" not in stability.shown:
        return Answer("NOT ASSESSED", stability.shown["coverage"], "failed")
    told = "Nothing was to be proved: the scenario claims nothing under “certificate”."
    if stability.metric is not None:
        told += " What this run itself shows follows."
    return Answer("", told, "open")


def _overshoot(given: dict[str, Any]) -> str:
    more = given["overshoot"] - 1.0
    return f", after an overshoot of at most {scientific(100.0 * more, 3)}\u202f%" if more else ""


def _ranges(run: Run, given: dict[str, Any]) -> str:
    """What the claim holds for all of, as the scenario put it."""
    asked = run.manifest["scenario"]["certificate"]
    ranges = [
        f"the {name} within ±{asked[key]:g}\u202f%"
        for name, key in (("mass", "mass_percent"), ("thrust", "thrust_gain_percent"))
        if asked[key]
    ]
    latest = given["ranges"]["delay_ticks"][1] * given["region"]["tick_s"]
    if latest:
        ranges.append(f"the delay up to {lasting(latest)}")
    return ", ".join([*ranges[:-2], " and ".join(ranges[-2:])])
