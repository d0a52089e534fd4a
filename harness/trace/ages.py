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
    if "measurement_age" in told:  # the plant's own, of the observation that it rests on
        origin = np.clip(np.arange(ticks)[:, None] - behind, 0, None)
        own = np.nan_to_num(told["measurement_age"], posinf=0.0, neginf=0.0)
        age = age + np.take_along_axis(own, origin, axis=0)
    if paced and ticks:
        some = slice(0, ticks)
        sampled = np.where(stamps["sampled_ns"] > 0, stamps["sampled_ns"], stamps["scheduled_ns"])
        effect = np.where(stamps["applied_ns"] > 0, stamps["applied_ns"], stamps["sent_ns"])
        taken = (effect - sampled)[some, None] * 1e-9
        # Until it comes the command before is in force, itself a tick older by now.
        before = np.concatenate([np.zeros((1, vehicles)), age[:-1]])
        waiting = np.where(before > 0.0, before + tick_s, 0.0)
        age = np.where(behind == 0, np.maximum(age + taken, waiting), age)
    return age
