"""A run held against the earlier one that its scenario names as its baseline."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.criteria import Judgement, Result, short
from harness.scenario.model import Baseline
from harness.scenario.ticks import last_tick
from harness.trace.compare import Difference, IncomparableError, compare_signals
from harness.trace.reader import NotARunDirectoryError, RunDirectory, Trace


def hold_against(
    baseline: Baseline,
    trace: Trace,
    results: Sequence[Result],
    duration_s: float,
    rate_hz: float,
) -> list[Result]:
    """A result for each tolerance, and a failed one for each criterion that is no longer there.

    What held in the baseline and fails now needs no result here: it fails the run by itself.

    Args:
        baseline: What the scenario says.
        trace: The trace of the new run.
        results: Its criteria, as evaluated.
        duration_s: Length of the run as the scenario has it, s.
        rate_hz: Control rate.
    """
    try:
        base = RunDirectory.open(Path(baseline.run))
        before = base.verdict()["criteria"]
        differences = compare_signals(base.trace, trace, baseline.tolerances)
        end_s = min(duration_s, base.trace.t_ns[-1] / 1e9)
    except (NotARunDirectoryError, IncomparableError) as error:
        return [_unmeasured("baseline", "NOT EVALUATED", str(error), duration_s)]
    whole = len(trace.t_ns) > last_tick(end_s, rate_hz)
    why_short = "" if whole else short(trace.t_ns, end_s)
    gone = {old["name"] for old in before if old["judgement"] == "PASSED"}
    gone -= {result.name for result in results}
    return [
        *(_of_signal(difference, end_s, why_short) for difference in differences),
        *(
            _unmeasured(
                f"baseline: {name}", "FAILED", "held in the baseline and is gone", duration_s
            )
            for name in sorted(gone)
        ),
    ]


def _of_signal(difference: Difference, end_s: float, why_short: str) -> Result:
    """The result of a tolerance; one that is broken already fails though the run ended early."""
    assert difference.tolerance is not None
    finite = bool(np.isfinite(difference.largest))
    judgement: Judgement = "PASSED"
    reason = ""
    if not difference.within:
        judgement = "FAILED"
        reason = "beyond its limit" if finite else "only one of the two runs has a number there"
    elif why_short:
        judgement, reason = "NOT EVALUATED", why_short
    return Result(
        name=f"baseline: {difference.signal}",
        judgement=judgement,
        reason=reason,
        signal=difference.signal,
        statistic="largest difference of",
        unit=difference.unit,
        about="from the baseline",
        basis="",
        vehicle=difference.vehicle,
        value=difference.largest if finite else None,
        bound="at most",
        limit=difference.tolerance,
        margin=difference.tolerance - difference.largest if finite else None,
        worst_s=difference.at_s,
        window_s=(0.0, end_s),
        undefined=0,
    )


def _unmeasured(name: str, judgement: Judgement, reason: str, duration_s: float) -> Result:
    return Result(
        name=name,
        judgement=judgement,
        reason=reason,
        signal="",
        statistic="",
        unit="",
        about="",
        basis="",
        vehicle="",
        value=None,
        bound="",
        limit=None,
        margin=None,
        worst_s=None,
        window_s=(0.0, duration_s),
        undefined=0,
    )
