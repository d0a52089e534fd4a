"""The latency budget: how old what the plant flew on was, against the delay that is proved borne.

The age of a tick is that of the observation behind the command in force in it, held and dropped
ticks included. A command that takes effect within its tick leaves the one before in force until
then. The proof counts whole ticks, so the oldest age, with what the clocks may be wrong by, is
rounded up to whole ticks.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.latency.figures import figures_us

Array = NDArray[np.float64]


def budget(
    age_s: Array, clock_bound_s: float, tick_s: float, given: dict[str, Any] | None
) -> dict[str, Any]:
    """What of the proved delay margin a run used, as plain data.

    Args:
        age_s: As :func:`ages` has it.
        clock_bound_s: By how much stamps of the plant's clock may be wrong, s.
        tick_s: Control tick, s.
        given: The run's certificate, if there is one.
    """
    each = age_s.max(axis=1, initial=0.0)
    oldest = float(each.max(initial=0.0))
    ticks = whole_ticks(oldest + clock_bound_s, tick_s)
    told: dict[str, Any] = {
        "age_ms": 1e3 * oldest,
        "age_s_at": float(tick_s * int(np.argmax(each))) if len(each) else None,
        "age_p99_9_ms": _ms(figures_us(each * 1e9)["p99_9"]),
        "clock_bound_ms": 1e3 * clock_bound_s,
        "ticks": ticks,
        "margin_ticks": None,
        "margin_ms": None,
        "used": None,
        "beyond_ticks": None,
    }
    margin_ms = None if given is None else given["delay_margin_ms"]
    if not margin_ms:
        return {**told, "sentence": _without_margin(told, given)}
    margin = round(margin_ms / (1e3 * tick_s))
    beyond = int(np.sum(np.ceil((each + clock_bound_s) / tick_s - _ROUNDING) > margin))
    told |= {
        "margin_ticks": margin,
        "margin_ms": margin_ms,
        "used": ticks / margin,
        "beyond_ticks": beyond,
    }
    return {**told, "sentence": _with_margin(told, len(each))}


_ROUNDING = 1e-6


def whole_ticks(seconds: float, tick_s: float) -> int:
    """A delay in whole ticks, rounded up; what floating point adds does not count."""
    return max(0, math.ceil(seconds / tick_s - _ROUNDING))


def _ms(us: float | int | None) -> float | None:
    return None if us is None else us / 1e3


def _aged(told: dict[str, Any]) -> str:
    return (
        f"The oldest observation that a command in force rested on was {told['age_ms']:.4g} ms old"
        + (f" ± {told['clock_bound_ms']:.3g} ms of clocks" if told["clock_bound_ms"] else "")
        + f", {told['ticks']} tick{'' if told['ticks'] == 1 else 's'} rounded up"
    )


def _without_margin(told: dict[str, Any], given: dict[str, Any] | None) -> str:
    why = "nothing is proved of this loop" if given is None else "no delay is proved to be borne"
    return f"{_aged(told)}; {why}, so there is no margin to hold it against."


def _with_margin(told: dict[str, Any], ticks: int) -> str:
    margin = f"{told['margin_ms']:g} ms ({told['margin_ticks']} ticks)"
    if told["beyond_ticks"]:
        return (
            f"{_aged(told)}: more than the {margin} that are proved to be borne, in "
            f"{told['beyond_ticks']} of {ticks} ticks, which the proof does not cover."
        )
    return (
        f"{_aged(told)}: {100.0 * told['used']:.3g} % of the {margin} that are proved to be borne."
    )
