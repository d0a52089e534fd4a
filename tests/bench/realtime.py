"""What keeping to the wall clock costs, against a bare loop in the same process.

Run by ``nox -s bench``. Variants take turns in short blocks, so that a machine that slows down
slows all of them.
"""

import ctypes
import dataclasses
import gc
import statistics
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from bench import build, compiled_references, recording, tell

from harness.link.opened import opened
from harness.loop import fly
from harness.machine import keep_compiled_code
from harness.pace import SPIN_NS, RealTime
from harness.scenario.load import Scenario, load_scenario
from harness.scenario.shipped import resolve
from harness.schedule import mode_schedule

TICK_NS = 1_000_000
BLOCK_S, BLOCKS = 5.0, 12
CALL_TICKS, CALL_ROUNDS = 4000, 15
PAIRS, PAIR_TICKS = 20, 6000
_ABSOLUTE = 1


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


def bare_misses(ticks: int) -> float:
    """Share of ticks, %, that a bare clock_nanosleep-and-spin loop begins a tick late or more."""
    sleep = ctypes.CDLL(None).clock_nanosleep
    until, clock = _Timespec(), time.monotonic_ns
    start, missed = clock(), 0
    for tick in range(ticks):
        due = start + tick * TICK_NS
        if clock() < due - SPIN_NS:
            until.seconds, until.nanoseconds = divmod(due - SPIN_NS, 1_000_000_000)
            sleep(time.CLOCK_MONOTONIC, _ABSOLUTE, ctypes.byref(until), None)
        while clock() < due:
            pass
        missed += clock() - due > TICK_NS
    return 100.0 * missed / ticks


def flown(scenario: Scenario, controller: Any, ticks: int, pace: RealTime | None = None) -> Any:
    """Stamps of so many ticks through the whole harness, a row each."""
    plant, references = opened(scenario, chain(compiled_references(scenario)))
    rows: list[tuple[int, ...]] = []
    with recording(scenario) as recorder:

        def record(*row: Any) -> None:
            recorder.append(*row)
            rows.append(row[-1])

        modes = mode_schedule(scenario)
        fly(plant, controller, references, modes, ticks, scenario.tick_ns, record, going, pace)
    plant.stop("end of bench")
    return np.array(rows)


def going(tick: int) -> bool:
    """On and on."""
    return True


def pacing() -> tuple[list[float], list[float]]:
    """Misses of the bare loop and of the harness at 1 kHz, % of ticks, block by block."""
    sets = ["clock=realtime", "rate_hz=1000", f"duration_s={BLOCK_S}", "certificate=null"]
    sets += ["expect={d: {signal: delta_v, at_most: 9, unit: m/s}}"]
    scenario = load_scenario(resolve(Path("iss_slot")), sets)
    controller = build(scenario)
    ticks = scenario.ticks
    flown(scenario, controller, 1000, RealTime(TICK_NS))
    bare, ours = [], []
    for _ in range(BLOCKS):
        bare.append(bare_misses(ticks))
        stamps = flown(scenario, controller, ticks, RealTime(TICK_NS))[:-1]
        late = stamps[:, 5] - stamps[:, 0] > TICK_NS  # sent, scheduled
        ours.append(100.0 * float(late.mean()))
    return bare, ours


def overhead() -> tuple[list[float], list[float]]:
    """Time of a tick outside plant and controller over an identity call in its place, p50 and p99.

    The call is made where the controller's is: between two ticks of a plant it takes twice what it
    takes when nothing else is done.
    """
    from kernel.jax64 import jax

    scenario = load_scenario(resolve(Path("iss_slot")))
    controller = build(scenario)
    width = controller.decided.width + controller.carried.width
    identity = dataclasses.replace(controller, step=jax.jit(lambda a: a[:, :width] * 0.0))
    p50, p99 = [], []
    for turn in range(CALL_ROUNDS + 1):
        calls = flown(scenario, identity, CALL_TICKS)
        rows = flown(scenario, controller, CALL_TICKS)
        called = np.diff(calls[:-1, 3:5])[:, 0]
        inside = (rows[:-1, 4] - rows[:-1, 3]) + (rows[:-1, 6] - rows[:-1, 5])
        outside = np.diff(rows[:, 2]) - inside
        if turn > 0:  # the first is to warm up
            p50.append(float(np.median(outside) / np.median(called)))
            p99.append(float(np.percentile(outside, 99) / np.percentile(called, 99)))
    return p50, p99


def idle_faults() -> list[float]:
    """Rate with faults that are declared and do not act over the rate without any, by pairs."""
    path = resolve(Path("iss_slot"))
    later = "{kind: %s, at_s: 5000%s}"
    faults = ", ".join(
        f"{name}: {later % (name, more)}"
        for name, more in (
            ("dropout", ""),
            ("bias", ", position_m: [9, 0, 0]"),
            ("latency", ", delay_ms: 300"),
            ("gain_loss", ", loss_percent: 20"),
        )
    )
    without, declared = load_scenario(path), load_scenario(path, [f"faults={{{faults}}}"])
    controller = build(without)
    ratios = []
    for turn in range(PAIRS + 1):
        seconds = {}
        order = (without, declared) if turn % 2 else (declared, without)
        for scenario in order:
            rows = flown(scenario, controller, PAIR_TICKS)
            seconds[scenario is declared] = rows[-1, 2] - rows[0, 2]
        if turn > 0:
            ratios.append(float(seconds[False] / seconds[True]))
    return ratios


def main() -> None:
    """Print every figure."""
    keep_compiled_code()
    gc.disable()
    p50, p99 = overhead()
    tell("tick outside plant and controller / identity, p50", p50, "<= 0.60")
    tell("tick outside plant and controller / identity, p99", p99, "<= 1.00")
    ratios = idle_faults()
    error = 2.09 * statistics.stdev(ratios) / len(ratios) ** 0.5  # Student's t, 19 degrees, 95 %
    tell("rate with idle faults / without", ratios, "0.98 in the interval")
    mean = statistics.mean(ratios)
    sys.stdout.write(f"  mean {mean:.4f}, 95 % interval {mean - error:.4f} to {mean + error:.4f}\n")
    bare, ours = pacing()
    more = [mine - theirs for mine, theirs in zip(ours, bare, strict=True)]
    tell("misses at 1 kHz of a bare loop, % of ticks", bare, "(its own spread)")
    tell("misses at 1 kHz of the harness, % of ticks", ours, "")
    tell("  difference, % of ticks", more, "<= 0.20, or ratio <= 1.2")
    both = [mine / theirs for mine, theirs in zip(ours, bare, strict=True) if theirs > 0.0]
    if both:
        tell(f"  ratio, of the {len(both)} blocks where the bare loop missed any", both, "<= 1.20")


if __name__ == "__main__":
    main()
