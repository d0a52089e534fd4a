"""The verdict on a run: one word, one sentence, one exit code, and the criteria behind them."""

from dataclasses import dataclass
from typing import Any

from harness.criteria import Result
from harness.errors import ExitCode
from harness.trace import files

_CODES = {
    "PASSED": ExitCode.PASSED,
    "DEGRADED": ExitCode.DEGRADED,
    "FAILED": ExitCode.FAILED,
    "PLANT FAILED": ExitCode.PLANT_FAILED,
    "INTERRUPTED": ExitCode.INTERRUPTED,
}


@dataclass(frozen=True)
class Verdict:
    """What a run came to.

    Attributes:
        word: PASSED, DEGRADED, FAILED, PLANT FAILED or INTERRUPTED.
        sentence: Why, in one sentence.
        plant_fidelity: What stood behind the plant.
        results: The criteria, in the scenario's order.
        warnings: What the author was told at load.
        stability: What the run showed of its stability, where its plant has a twin.
    """

    word: str
    sentence: str
    plant_fidelity: str
    results: tuple[Result, ...]
    warnings: tuple[str, ...]
    stability: dict[str, Any] | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of a process that ran this alone."""
        return _CODES[self.word]

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``verdict.json``."""
        return {
            "format": files.FORMAT,
            "verdict": self.word,
            "exit_code": int(self.exit_code),
            "sentence": self.sentence,
            "plant_fidelity": self.plant_fidelity,
            "criteria": [result.to_json() for result in self.results],
            "warnings": list(self.warnings),
            "stability": self.stability,
        }


def judge(
    results: tuple[Result, ...],
    fidelity: str,
    warnings: tuple[str, ...],
    failure: str = "",
    interruption: str = "",
    stability: dict[str, Any] | None = None,
    lateness: str = "",
) -> Verdict:
    """The verdict on a run.

    Args:
        results: The criteria as evaluated on whatever was recorded.
        fidelity: What stood behind the plant.
        warnings: What the author was told at load.
        failure: A sentence on what the plant or the recorder failed of, if it did.
        interruption: A sentence on what interrupted the run, if anything did.
        stability: What ``stability.json`` says.
        lateness: A sentence on deadlines missed beyond what is allowed, if they were.
    """
    # What was to be proved and is not, or not of this run, is told whatever else came of it.
    coverage = (stability or {}).get("coverage", "")
    unproved = "" if not coverage or (stability or {})["covers"] else coverage

    def verdict(word: str, sentence: str) -> Verdict:
        if unproved and unproved.removesuffix(".") not in sentence:
            sentence = f"{sentence} {unproved}"
        return Verdict(word, sentence, fidelity, results, warnings, stability)

    if interruption:
        return verdict("INTERRUPTED", interruption)
    if failure:
        return verdict("PLANT FAILED", failure)
    broken = [r for r in results if r.judgement == "FAILED"]
    unjudged = [r for r in results if r.judgement == "NOT EVALUATED"]
    if broken:
        return verdict("FAILED", _broken(broken[0], len(broken), len(results)))
    if unjudged or unproved.startswith("REFUTED"):
        first = next(iter(unjudged), None)
        why = first and f"{first.name} could not be evaluated: {first.reason}."
        return verdict("FAILED", why or unproved)
    held = f"All {len(results)} criteria hold" if len(results) > 1 else f"{results[0].name} holds"
    late = f"{held}, but the loop was late. {lateness}"
    return verdict("DEGRADED", late) if lateness else verdict("PASSED", f"{held}.")


def _broken(result: Result, broken: int, of: int) -> str:
    count = f"{broken} of {of} criteria do not hold. " if of > 1 else ""
    plain = result.formula or result.reason in ("", "beyond its limit")
    if result.value is None or not plain:
        return f"{count}{result.name}: {result.reason}."
    unit = f" {result.unit}" if result.unit else ""
    value = result.value if isinstance(result.value, str) else f"{result.value:.4g}"
    limit = result.limit if isinstance(result.limit, str) else f"{result.limit:g}"
    if result.formula:
        return (
            f"{count}{result.name}: {result.signal} is {value}{unit} at {result.worst_s:.9g} s, "
            f"{result.bound} {limit} demanded."
        )
    return (
        f"{count}{result.name}: {result.statistic and result.statistic + ' '}"
        f"{result.signal} is {value}{unit}, "
        f"{result.bound} {limit} allowed."
    )
