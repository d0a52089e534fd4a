"""A flight as a proof sees it: errors about the reference, memory and commands, tick by tick."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.trace.reader import Trace
from kernel.modes import Mode

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Flown:
    """One vehicle's flight; n observations, a tick apart.

    Attributes:
        vehicle: Its name.
        seconds: Times inside the run, s, (n,).
        reference: Position and velocity of the reference, (n, 6).
        error: Reference less position and velocity, true where they are known, (n, 6).
        memory: The controller's memory at the tick, (n, 3).
        command: What was commanded, limited as it was, m/s², (n, 3).
        closed: Whether the proved mode is in force and no change to it is still blending, (n,).
        applies: Whether a proof speaks of the tick: closed, and nothing is limited, (n,).
        basis: ``true`` or ``measured``.
    """

    vehicle: str
    seconds: Array
    reference: Array
    error: Array
    memory: Array
    command: Array
    closed: NDArray[np.bool_]
    applies: NDArray[np.bool_]
    basis: str


def flown(trace: Trace, mode: Mode) -> list[Flown]:
    """The flights of all vehicles of a trace.

    Args:
        trace: The trace.
        mode: The mode that was proved.
    """

    def both(prefix: str) -> Array:
        parts = (trace.vector(f"{prefix}{name}") for name in ("position", "velocity"))
        return np.concatenate(list(parts), axis=-1)

    reference, state = both("reference_"), both("")
    told = trace.read("control_mode", "limited")
    blended = both("measured_error_") != reference - both("measured_")
    closed = (told["control_mode"] == mode) & ~blended.any(axis=-1)
    applies = closed & ~told["limited"]
    memory, command = trace.vector("integral_state"), trace.vector("commanded_acceleration")
    return [
        Flown(
            vehicle,
            np.asarray(trace.t_ns / 1e9),
            reference[:, index],
            (reference - state)[:, index],
            memory[:, index],
            command[:, index],
            closed[:, index],
            applies[:, index],
            trace.columns["position_x"].basis,
        )
        for index, vehicle in enumerate(trace.vehicles)
    ]
