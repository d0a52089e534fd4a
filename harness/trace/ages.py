"""How old what a vehicle flew on was, tick by tick.

The age of a tick is that of the observation behind the command in force in it, held and dropped
ticks included. A command that takes effect within its tick leaves the one before in force until
then.
"""

import numpy as np
from numpy.typing import NDArray

from harness.trace.reader import Trace
from harness.trace.timing import Stamps, flown_ticks

Array = NDArray[np.float64]


def ages(trace: Trace, stamps: Stamps, tick_s: float, paced: bool) -> Array:
    """Age of what each vehicle flew on in each tick, s, (ticks, vehicles).

    Args:
        trace: The trace.
        stamps: What ``timing.parquet`` has.
        tick_s: Control tick, s.
        paced: Whether the run kept to the wall clock, so that its stamps count.
    """
    ticks, vehicles = flown_ticks(stamps), len(trace.vehicles)
    names = {"command_age", "measurement_age"} & set(trace.columns)
    told = {name: column[:ticks] for name, column in trace.read(*names).items()} if names else {}
    age = told.get("command_age", np.zeros((ticks, vehicles)))
    behind = np.rint(age / tick_s).astype(np.int64)
    own = np.zeros((ticks, vehicles))
    if "measurement_age" in told:  # the plant's own, of the observation that it rests on
        origin = np.clip(np.arange(ticks)[:, None] - behind, 0, None)
        finite = np.nan_to_num(told["measurement_age"], posinf=0.0, neginf=0.0)
        own = np.take_along_axis(finite, origin, axis=0)
        age = age + own
    if not paced or not ticks:
        return age
    if stamps["applied_ns"][:ticks].any():
        return _by_stamps(stamps, behind, tick_s) + own
    taken = (stamps["sent_ns"] - _sampled(stamps))[:ticks, None] * 1e-9
    # Until it comes the command before is in force, itself a tick older by now.
    before = np.concatenate([np.zeros((1, vehicles)), age[:-1]])
    waiting = np.where(before > 0.0, before + tick_s, 0.0)
    return np.asarray(np.where(behind == 0, np.maximum(age + taken, waiting), age))


def _by_stamps(stamps: Stamps, behind: NDArray[np.int64], tick_s: float) -> Array:
    """Ages on a plant that tells when it sampled and when it put commands into effect.

    A command whose effect nobody told counts as not in force until the next one.
    """
    ticks = len(behind)
    number = np.arange(ticks)
    due, applied = stamps["scheduled_ns"][:ticks, None], stamps["applied_ns"][:ticks]
    sampled = _sampled(stamps)[np.clip(number[:, None] - behind, 0, None)]
    last = np.maximum.accumulate(np.where(applied > 0, number, 0))
    before = np.concatenate([[0], last[:-1]])
    unknown = due + round(1e9 * tick_s)
    effect = np.where(applied[:, None] > 0, applied[:, None], unknown)
    # At the tick's start the command before is in force still.
    oldest = np.maximum(effect - sampled[last], due - sampled[before])
    return np.asarray(oldest * 1e-9)


def _sampled(stamps: Stamps) -> NDArray[np.int64]:
    """When each observation was made; as scheduled, where the plant does not tell."""
    told = stamps["sampled_ns"]
    return np.asarray(np.where(told > 0, told, stamps["scheduled_ns"]))
