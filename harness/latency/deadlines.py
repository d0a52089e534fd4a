"""Deadlines: which were missed, how late and how often in a row, and which stage is to blame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.scenario.timing import Timing
from harness.trace.timing import AFTER, STAGES

Array = NDArray[np.int64]


def held_against_deadlines(
    timing: Timing, tick_ns: int, late_ns: Array, stages: dict[str, Array]
) -> dict[str, Any]:
    """What a paced run made of its deadlines, as plain data.

    Args:
        timing: The deadline and its allowance.
        tick_ns: Control tick, ns.
        late_ns: Latency of each tick, ns, (ticks,).
        stages: Where it went, as :func:`harness.trace.timing.stages` has it.
    """
    deadline_ns = tick_ns if timing.deadline_ms is None else round(1e6 * timing.deadline_ms)
    missed = late_ns > deadline_ns
    ticks, misses = len(late_ns), int(missed.sum())
    longest = _longest(missed)
    worst_ns = int(max((late_ns - deadline_ns).max(initial=0), 0))
    told: dict[str, Any] = {
        "deadline_ms": deadline_ns / 1e6,
        "ticks": ticks,
        "misses": misses,
        "misses_percent": 100.0 * misses / ticks if ticks else 0.0,
        "longest_run": longest,
        "worst_lateness_ms": worst_ns / 1e6,
        "blame": _blame(stages, np.flatnonzero(missed)),
    }
    allowed = {
        "misses_percent": timing.allowed_percent,
        "misses_in_a_row": timing.misses_in_a_row,
        "lateness_ms": timing.lateness_ms,
    }
    broken = []
    if told["misses_percent"] > timing.allowed_percent:
        broken.append(
            f"{misses} of {ticks} ticks ({told['misses_percent']:.3g} %) missed their deadline of "
            f"{deadline_ns / 1e6:g} ms, {timing.allowed_percent:g} % allowed"
        )
    if timing.misses_in_a_row is not None and longest > timing.misses_in_a_row:
        broken.append(f"{longest} in a row missed it, {timing.misses_in_a_row} allowed")
    if timing.lateness_ms is not None and told["worst_lateness_ms"] > timing.lateness_ms:
        broken.append(
            f"a command was {told['worst_lateness_ms']:.3g} ms later than its deadline, "
            f"{timing.lateness_ms:g} ms allowed"
        )
    sentence = "; ".join(broken)
    return {
        **told,
        "allowed": allowed,
        "within": not broken,
        "sentence": f"{sentence[:1].upper()}{sentence[1:]}." if broken else "",
    }


def _longest(missed: NDArray[np.bool_]) -> int:
    """The longest run of misses."""
    edges = np.diff(np.concatenate([[0], missed.astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths.max(initial=0))


def _blame(stages: dict[str, Array], missed: Array) -> dict[str, int]:
    """How many misses each stage is to blame for, most first.

    It is the stage that took longest. Where that was waiting for the tick before, it is that tick's
    longest, however far back that goes.
    """
    names = (*STAGES, *AFTER)
    table = np.stack([stages[name] for name in names])
    own, behind = len(STAGES), names.index("behind")
    found = dict.fromkeys(names, 0)
    known: dict[int, int] = {}
    for tick in missed.tolist():
        worst, at, before = int(np.argmax(table[:own, tick])), tick, []
        while worst == behind and at > 0:
            at -= 1
            before.append(at)
            worst = known[at] if at in known else int(np.argmax(table[:, at]))
            if at in known:
                break
        known.update(dict.fromkeys(before, worst))
        found[names[worst]] += 1
    most_first = sorted(found.items(), key=lambda item: -item[1])
    return {name: count for name, count in most_first if count}
