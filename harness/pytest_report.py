"""What a run tells pytest: why it failed, in a few lines, and its figures."""

from collections.abc import Iterator

import numpy as np

from harness.criteria import Result
from harness.errors import ExitCode
from harness.run import Outcome
from harness.trace import files
from harness.trace.reader import RunDirectory, read_json

Property = tuple[str, str | float]


def failure(outcome: Outcome) -> str:
    """Why a run did not pass; two lines for each criterion that did not hold."""
    verdict = outcome.verdict
    lines = [verdict.sentence]
    if verdict.exit_code is ExitCode.FAILED:
        for result in verdict.results:
            if result.judgement != "PASSED":
                lines += [_demanded(result), f"  {_found(result)}"]
    return "\n".join(lines + [outcome.trouble] * bool(outcome.trouble))


def _demanded(result: Result) -> str:
    requirement = f" ({result.requirement})" if result.requirement else ""
    formula = " ".join(result.formula.split())
    plain = f"{result.statistic} {result.signal} {result.bound} {_figure(result.limit, result)}"
    return f"{result.name}{requirement}: {formula or plain.strip()}"


def _found(result: Result) -> str:
    if result.judgement == "NOT EVALUATED" or result.value is None:
        return f"{result.judgement.lower()}: {result.reason}"
    margin = "" if result.margin is None else f", margin {_figure(result.margin, result)}"
    worst = "" if result.worst_s is None else f", worst at {result.worst_s:.9g} s"
    signal = f"{result.signal} is " if result.formula else ""
    # What is told by a sentence is more than that a limit was passed.
    why = "" if result.reason in ("", "beyond its limit") or result.formula else result.reason
    return f"{result.vehicle}: {why or signal + _figure(result.value, result) + margin + worst}"


def _figure(value: float | str | None, result: Result) -> str:
    if value is None or isinstance(value, str):
        return value or "–"
    return f"{value:.4g} {result.unit}".rstrip()


def properties(outcome: Outcome) -> list[Property]:
    """Figures of a run by name, for machines that read JUnit's XML."""
    run = RunDirectory.open(outcome.directory)
    return [
        ("verdict", outcome.verdict.word),
        ("run", str(outcome.directory)),
        ("trace_sha512", run.manifest["trace"]["sha512"]),
        *_times(run),
        *_latency(run),
        *(item for result in outcome.verdict.results for item in _criterion(result)),
    ]


def _times(run: RunDirectory) -> Iterator[Property]:
    """From one observation to the next, on the wall clock."""
    ticks_us = np.diff(run.timing()["received_ns"]) * 1e-3
    if len(ticks_us):
        for name, share in (("p50", 50), ("p99", 99), ("max", 100)):
            yield f"tick_{name}_us", round(float(np.percentile(ticks_us, share)), 3)


def _latency(run: RunDirectory) -> Iterator[Property]:
    """From the scheduled instant to the command, deadlines missed, and the budget used."""
    told = read_json(run.path / files.LATENCY)
    for name in ("p50", "p99", "p99_9", "max"):
        if told["latency_us"][name] is not None:
            yield f"latency_{name}_us", round(told["latency_us"][name], 3)
    if told["deadlines"] is not None:
        yield "deadline_misses", told["deadlines"]["misses"]
    if told["budget"]["used"] is not None:
        yield "latency_budget_used", round(told["budget"]["used"], 6)


def _criterion(result: Result) -> Iterator[Property]:
    plain = result.to_json()
    for key in ("judgement", "requirement", "formula", "value", "limit", "margin", "unit"):
        if plain[key] not in (None, ""):
            yield f"{result.name}.{key}", plain[key]
    if result.worst_s is not None:
        yield f"{result.name}.worst_s", result.worst_s
