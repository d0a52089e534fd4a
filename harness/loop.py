"""The loop: observation in, one packed controller call, command out; the same for every plant."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.pace import RealTime
from kernel.modes import Mode
from sims.plant import Command, Observation, Plant, PlantError

if TYPE_CHECKING:
    from kernel.controller import PackedController

Array = NDArray[np.float64]

Record = Callable[[int, int, Array, Array, Array, tuple[int, ...]], None]
"""Takes tick, t_ns, packed input, packed output, the plant's columns, and the stamps."""

Watch = Callable[[int], bool]
"""Told every tick before its command is sent; says whether to go on. Must be quick."""


def fly(
    plant: Plant,
    controller: "PackedController",
    references: Iterator[Array],
    schedule: Sequence[tuple[int, Mode]],
    ticks: int,
    tick_ns: int,
    record: Record | None,
    watch: Watch,
    pace: RealTime | None = None,
) -> int:
    """Close the loop around a plant until the end of the run, or until told to stop.

    Args:
        plant: The plant, opened and not yet started.
        controller: The packed controller.
        references: One (vehicles, 9) array a tick.
        schedule: Tick and mode of each mode change, in order, the first at tick 0.
        ticks: Number of ticks; the last observation, after the last tick, is recorded too.
        tick_ns: Control tick, ns.
        record: Takes each row, or None.
        watch: Asked every tick whether to go on.
        pace: Keeps ticks to the wall clock; without one the plant owns time.

    Returns:
        The number of ticks flown.

    Raises:
        PlantError: The plant failed, or its state or the command is not finite.
    """
    clock, step = time.monotonic_ns, controller.step
    carried_out = slice(controller.decided.width, None)
    acceleration = _shifted(controller.carried["commanded_acceleration"], controller.decided.width)
    packed, measured, reference, mode, carried = _views(controller)
    changes = iter(schedule)
    change_tick, change_mode = next(changes)
    observation: Observation = plant.start()
    if pace is not None:
        pace.start()
    due = ready = received = clock()
    tick = 0
    while True:
        if pace is not None:
            due = pace.due_ns(tick)
            pace.wait(due)
            received = clock()
        if tick == change_tick:
            mode[...] = change_mode
            change_tick, change_mode = next(changes, (-1, change_mode))
        measured[...] = observation.state
        reference[...] = next(references)
        called = clock()
        out = np.asarray(step(packed))
        returned = clock()
        finite = math.isfinite(np.vdot(out, out))
        going = watch(tick) and finite and tick < ticks
        t_ns, answer, sent = observation.t_ns, None, clock() if going else 0
        try:
            if going:
                command = Command(t_ns, out[:, acceleration], mode)
                answer = plant.exchange(command, due + tick_ns)
        finally:
            # Only now that the command is on its way: recording must not delay it.
            if record is not None:
                stamps = (
                    *(due, ready, received, called, returned, sent, clock()),
                    observation.sampled_ns,
                    0 if answer is None else answer.applied_ns,
                    observation.clock_offset_ns,
                    observation.clock_bound_ns,
                )
                record(tick, t_ns, packed, out, observation.extras, stamps)
        if not finite:
            raise PlantError(f"the plant's state is not finite at {t_ns / 1e9:.9g} s")
        if not going:
            return tick
        if answer is None:
            raise PlantError(f"the plant gave no observation after {t_ns / 1e9:.9g} s")
        carried[...] = out[:, carried_out]
        observation = answer
        due = ready = received = clock()
        tick += 1


def _views(controller: "PackedController") -> tuple[Array, Array, Array, Array, Array]:
    """The packed input, and where measured state, reference, mode and carried state are in it.

    Made once: a slice of a small array costs more than the copy into it.
    """
    told, packed = controller.told, np.zeros((controller.vehicles, controller.width))
    packed[:, told.width :] = controller.initial_carried
    return (
        packed,
        packed[:, told.span("measured_position", "measured_velocity")],
        packed[:, told.span("reference_position", "reference_acceleration")],
        packed[:, told["control_mode"]],
        packed[:, told.width :],
    )


def _shifted(place: slice, by: int) -> slice:
    return slice(place.start + by, place.stop + by)
