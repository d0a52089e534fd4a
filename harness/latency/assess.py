"""What a run was like in time, from its directory: ``latency.json``."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.disk import write_json
from harness.latency.budget import budget
from harness.latency.deadlines import held_against_deadlines
from harness.latency.figures import figures_us
from harness.link.columns import FLAG, HELD, PREDICTED
from harness.scenario.model import ScenarioModel
from harness.trace import files
from harness.trace.ages import ages
from harness.trace.reader import RunDirectory, Trace
from harness.trace.timing import Stamps, latency, stages


def assess_latency(
    directory: Path, model: ScenarioModel, given: dict[str, Any] | None
) -> dict[str, Any]:
    """Account for the time of a recorded run, and leave that in its directory.

    Args:
        directory: The run directory, with its tables.
        model: What was run.
        given: Its certificate, if there is one.

    Raises:
        RecorderError: The disk is full.
    """
    run = RunDirectory.open(directory)
    tick_ns = int(run.manifest["tick_ns"])
    told = _told(run.trace, run.timing(), model, tick_ns, given)
    # As a reader of the file has it.
    plain: dict[str, Any] = json.loads(json.dumps(told))
    write_json(directory / files.LATENCY, plain)
    return plain


def _told(
    trace: Trace, stamps: Stamps, model: ScenarioModel, tick_ns: int, given: dict[str, Any] | None
) -> dict[str, Any]:
    from harness.latency.histogram import encoded

    paced = model.clock == "realtime"
    late_ns, parts = latency(stamps), stages(stamps)
    age_s = ages(trace, stamps, tick_ns / 1e9, paced)
    bound_s = float(stamps["clock_bound_ns"].max(initial=0)) * 1e-9
    return {
        "format": files.FORMAT,
        "clock": model.clock,
        "tick_ms": tick_ns / 1e6,
        "ticks": len(late_ns),
        "latency_us": figures_us(late_ns),
        "stages_us": {name: figures_us(part) for name, part in parts.items()},
        "deadlines": held_against_deadlines(model.timing, tick_ns, late_ns, parts)
        if paced
        else None,
        "observations": _observations(trace),
        "faults": _faults(trace),
        "clock_offset": _offset(stamps),
        "budget": budget(age_s, bound_s, tick_ns / 1e9, given),
        "histograms": {
            "encoding": "HdrHistogram V2, ns",
            "latency": encoded(late_ns),
            **{name: encoded(part) for name, part in parts.items()},
        },
    }


def _observations(trace: Trace) -> dict[str, int] | None:
    """At how many ticks of any vehicle nothing new had arrived; None without a link."""
    if "observation" not in trace.columns:
        return None
    kind = trace.read("observation")["observation"]
    return {
        name: int((kind == code).any(axis=1).sum())
        for name, code in (("held", HELD), ("predicted", PREDICTED))
    }


def _faults(trace: Trace) -> dict[str, int]:
    """At how many ticks each fault acted on any vehicle."""
    names = [name for name in trace.columns if name.startswith(FLAG)]
    flags = trace.read(*names) if names else {}
    return {name.removeprefix(FLAG): int(flags[name].any(axis=1).sum()) for name in names}


def _offset(stamps: Stamps) -> dict[str, float] | None:
    """The plant's clock against this machine's, ms; None where it told nothing."""
    offset, bound = stamps["clock_offset_ns"], stamps["clock_bound_ns"]
    if not (offset.any() or bound.any()):
        return None
    known: NDArray[Any] = offset[bound > 0] if bound.any() else offset
    return {
        "least_ms": float(np.min(known)) / 1e6,
        "most_ms": float(np.max(known)) / 1e6,
        "bound_ms": float(bound.max()) / 1e6,
    }
