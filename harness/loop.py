"""The loop: observation in, one packed controller call, command out; the same for every plant."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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

    Returns:
        The number of ticks flown.

    Raises:
        PlantError: The plant failed, or its state or the command is not finite.
    """
    clock = time.monotonic_ns
    told, step = controller.told, controller.step
    carried_out = slice(controller.decided.width, None)
    acceleration = _shifted(controller.carried["commanded_acceleration"], controller.decided.width)

    packed = np.zeros((controller.vehicles, controller.width))
    # Views made once: a slice of a small array costs more than the copy into it.
    measured = packed[:, told.span("measured_position", "measured_velocity")]
    reference = packed[:, told.span("reference_position", "reference_acceleration")]
    mode = packed[:, told["control_mode"]]
    carried = packed[:, told.width :]
    carried[...] = controller.initial_carried
    changes = iter(schedule)
    change_tick, change_mode = next(changes)
    observation: Observation = plant.start()
    received = clock()
    tick = 0
    while True:
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
        t_ns, answer, sent = observation.t_ns, None, clock()
        try:
            if going:
                command = Command(t_ns, out[:, acceleration], mode)
                answer = plant.exchange(command, received + tick_ns)
        finally:
            # Only now that the command is on its way: recording must not delay it.
            if record is not None:
                stamps = (received, called, returned, sent)
                record(tick, t_ns, packed, out, observation.extras, stamps)
        if not finite:
            raise PlantError(f"the plant's state is not finite at {t_ns / 1e9:.9g} s")
        if not going:
            return tick
        if answer is None:
            raise PlantError(f"the plant gave no observation after {t_ns / 1e9:.9g} s")
        carried[...] = out[:, carried_out]
        observation = answer
        received = clock()
        tick += 1


def _shifted(place: slice, by: int) -> slice:
    return slice(place.start + by, place.stop + by)
