"""The latency floor of this machine: what a real-time loop costs with no controller and no plant.

A loop can't be faster than its parts: a sleep, the wake-up at a tick's instant, one JAX dispatch,
handing a row to the recorder. From the whole of a tick follows which rates can be held: those at
which at most 0.1 % of ticks end after their tick.

One floor is kept for each kind of machine, beside compiled controllers.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.errors import ExitCode, MotorhandError
from harness.floor_parts import TICK_NS, Times, distribution, laps, oversleeping, share_after
from harness.latency.histogram import encoded
from harness.machine import cache_folder, cpu_name
from harness.realtime import collector_off

FORMAT = 1
RATES_HZ = (10, 50, 100, 200, 250, 500, 1000, 2000, 4000)
MISSED_AT_MOST = 0.001
"""Share of ticks that may end after their tick at a rate that is held."""

_TICKS_AT_LEAST = 1000  # with fewer, nothing can be said of one in a thousand
_LONGEST_S = 3600.0
_SLEEPING = 0.2
_QUICK_S = 1.0


class FloorError(MotorhandError):
    """A floor that can't be measured or written as it is asked for."""

    exit_code = ExitCode.WRONG_INPUT


def measure(
    seconds: float = 5.0, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Measure the floor, with no garbage collection meanwhile.

    Args:
        seconds: About how long, at most an hour; a second of ticks is measured in any case.
        progress: Told what is measured next.

    Returns:
        Plain data: ``format``, ``measured`` (UTC), ``machine``, ``parts`` by name with percentiles
        in ns, ``rates`` with the share of ticks that each would miss, and ``holds_hz``, the highest
        of them that is held, or None. The part ``tick`` has its ``histogram`` too.

    Raises:
        FloorError: It can't take so long.
        RecorderError: The recorder can't be started, or has no room for what it records.
    """
    if not 0.0 < seconds <= _LONGEST_S:
        raise FloorError(
            f"the floor can't be measured for {seconds:g} s; give more than 0 and at most "
            f"{_LONGEST_S:g}, such as 10"
        )
    measured = datetime.now(UTC).isoformat(timespec="seconds")
    possible = seconds * 1e9 / TICK_NS
    sleeps = max(1, round(_SLEEPING * possible))
    ticks = max(_TICKS_AT_LEAST, round((1.0 - _SLEEPING) * possible))
    with collector_off():
        progress(f"{sleeps:,} sleeps")
        late = oversleeping(sleeps)
        progress(f"{ticks:,} ticks")
        spent = laps(ticks)
    return {"format": FORMAT, "measured": measured, "machine": _machine(), **_derived(late, spent)}


def _derived(late: Times, spent: Times) -> dict[str, Any]:
    """Parts and rates, from the times of sleeps and of ticks."""
    whole = spent.sum(axis=1)
    histogram = encoded(whole)
    parts: dict[str, Any] = {
        "timer": distribution(late),
        "wake_up": distribution(spent[:, 0]),
        "jax_dispatch": distribution(spent[:, 1]),
        "hand_over": distribution(spent[:, 2]),
        "tick": {**distribution(whole), "histogram": histogram},
    }
    shares = share_after(histogram, [1e9 / rate for rate in RATES_HZ])
    rates: list[dict[str, Any]] = [
        {"rate_hz": rate, "missed_share": share, "held": share <= MISSED_AT_MOST}
        for rate, share in zip(RATES_HZ, shares, strict=True)
    ]
    held = [rate["rate_hz"] for rate in rates if rate["held"]]
    return {"parts": parts, "holds_hz": max(held, default=None), "rates": rates}


def machine_floor() -> dict[str, Any]:
    """This machine's floor: the one kept, or a quick one that is kept from now on.

    Raises:
        RecorderError: None is kept, and it can't be measured for lack of room.
    """
    floor = _kept(_machine())
    if floor is None:
        floor = measure(_QUICK_S)
        keep(floor)
    return floor


def keep(floor: dict[str, Any]) -> None:
    """Keep a floor for runs to come; without room or right to, it is measured again."""
    file = _file(floor["machine"])
    partial = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"sha256": _digest(floor), "floor": floor}, ensure_ascii=False)
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError:
        with suppress(OSError):
            partial.unlink()


def cannot_hold(floor: dict[str, Any], rate_hz: float) -> str | None:
    """A warning with its figures where a machine can't hold a rate, or None where it can.

    Args:
        floor: Its floor.
        rate_hz: Any rate, positive.
    """
    tick_ns = 1e9 / rate_hz
    tick = floor["parts"]["tick"]
    (share,) = share_after(tick["histogram"], [tick_ns])
    if share <= MISSED_AT_MOST:
        return None
    instead = f"{floor['holds_hz']} Hz"
    if floor["holds_hz"] is None:
        instead = f"none of {RATES_HZ[0]} to {RATES_HZ[-1]} Hz"
    return (
        f"this machine's floor can't hold {rate_hz:.9g} Hz: of its ticks {100 * share:.3g} % took "
        f"longer than {tick_ns / 1e3:,.0f} µs with no controller and no plant "
        f"(p99.9 {tick['p99.9_ns'] / 1e3:,.0f} µs); it holds {instead}"
    )


def _machine() -> dict[str, Any]:
    """What a floor depends on."""
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "jaxlib": version("jaxlib"),
        "clock_resolution_ns": round(1e9 * time.get_clock_info("monotonic").resolution),
    }


def _file(machine: dict[str, Any]) -> Path:
    """Where the floor of a kind of machine is kept."""
    kind = " ".join(machine[name] for name in ("cpu", "kernel", "python", "jaxlib"))
    return cache_folder() / "floors" / f"{hashlib.sha256(kind.encode()).hexdigest()[:12]}.json"


def _kept(machine: dict[str, Any]) -> dict[str, Any] | None:
    """The floor that is kept for a machine, if it is whole and of that machine."""
    try:
        kept = json.loads(_file(machine).read_text(encoding="utf-8"))
        floor: dict[str, Any] = kept["floor"]
        whole = kept["sha256"] == _digest(floor)
        fits = floor["format"] == FORMAT and floor["machine"] == machine
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return floor if whole and fits else None


def _digest(floor: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(floor, sort_keys=True).encode()).hexdigest()
