"""What a tick's stamps say: how late its command was, and where the time went.

All is measured from the instant that a tick was scheduled for, so that a tick which began late
because the one before was not done in time is as late as its plant saw it. No sample is made up: a
loop that fell behind makes up its ticks, and each has its own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Stamps = dict[str, NDArray[Any]]
Array = NDArray[np.int64]

STAGES = {
    "behind": "the tick before was not done when this one was due",
    "wake_up": "the timer, and the system, were late to wake the loop",
    "preparing": "observation and reference were taken over",
    "controller": "the controller's call",
    "sending": "the command was checked, and events and progress were told",
}
"""From the scheduled instant to the command sent, in order; together they are the latency."""
AFTER = {
    "plant": "the plant, and what lies between, took the command and answered",
    "recording": "the row was handed to the recorder",
}
"""After the command was sent; what takes longer than the tick makes the next one late."""


def with_all_stamps(stamps: Stamps) -> Stamps:
    """The stamps of a run from before there were so many, the lost ones filled in."""
    if "scheduled_ns" in stamps:
        return stamps
    began, unknown = stamps["received_ns"], np.zeros_like(stamps["received_ns"])
    told = ("sampled_ns", "applied_ns", "clock_offset_ns", "clock_bound_ns")
    return {
        **stamps,
        **dict.fromkeys(("scheduled_ns", "ready_ns"), began),
        "answered_ns": np.append(began[1:], stamps["sent_ns"][-1:]),
        **dict.fromkeys(told, unknown),
        "sent_ns": np.append(stamps["sent_ns"][:-1], unknown[-1:]),
    }


def flown_ticks(stamps: Stamps) -> int:
    """How many ticks sent a command: all but an observation that only ends the run."""
    return int(np.count_nonzero(stamps["sent_ns"]))


def latency(stamps: Stamps) -> Array:
    """From the scheduled instant of each tick to its command, ns, (ticks,)."""
    some = slice(0, flown_ticks(stamps))
    return np.asarray(stamps["sent_ns"][some] - stamps["scheduled_ns"][some])


def stages(stamps: Stamps) -> dict[str, Array]:
    """The latency by stage, and what came after it, ns, each (ticks,)."""
    some, ticks = slice(0, flown_ticks(stamps)), flown_ticks(stamps)
    due, ready, received, called, returned, sent, answered = (
        stamps[f"{name}_ns"][some]
        for name in (
            *("scheduled", "ready", "received"),
            *("controller_in", "controller_out", "sent", "answered"),
        )
    )
    began = np.maximum(due, ready)
    return {
        "behind": began - due,
        "wake_up": received - began,
        "preparing": called - received,
        "controller": returned - called,
        "sending": sent - returned,
        "plant": answered - sent,
        # What came after a tick that ended the run was not stamped.
        "recording": np.append(stamps["ready_ns"][1:], answered[-1:])[:ticks] - answered,
    }
