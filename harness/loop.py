"""The loop: observation in, one packed controller call, command out; the same for every plant."""

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
"""Told the tick now and then; says whether to go on."""

_WATCH_TICKS = 256


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
        watch: Asked every few ticks whether to go on.

    Returns:
        The number of ticks flown.

    Raises:
        PlantError: The plant failed, or gave a state that is not finite.
    """
    clock = time.monotonic_ns
    told, step = controller.told, controller.step
    state = told.span("measured_position", "measured_velocity")
    reference = told.span("reference_position", "reference_acceleration")
    mode = told["control_mode"]
    carried_out = slice(controller.decided.width, None)
    acceleration = _shifted(controller.carried["commanded_acceleration"], controller.decided.width)

    packed = np.zeros((controller.vehicles, controller.width))
    packed[:, told.width :] = controller.initial_carried
    changes = iter(schedule)
    change_tick, change_mode = next(changes)
    observation: Observation = plant.start()
    received = clock()
    for tick in range(ticks + 1):
        if tick == change_tick:
            packed[:, mode] = change_mode
            change_tick, change_mode = next(changes, (-1, change_mode))
        packed[:, state] = observation.state
        packed[:, reference] = next(references)
        called = clock()
        out = np.asarray(step(packed))
        returned = clock()
        t_ns = observation.t_ns
        if record is not None:
            record(
                tick, t_ns, packed, out, observation.extras, (received, called, returned, clock())
            )
        if tick % _WATCH_TICKS == 0 or tick == ticks:
            if not np.isfinite(observation.state).all():
                raise PlantError(f"the plant's state is not finite at {t_ns * 1e-9:g} s")
            if not watch(tick):
                return tick
        if tick == ticks:
            break
        packed[:, told.width :] = out[:, carried_out]
        command = Command(t_ns, out[:, acceleration], packed[:, mode])
        answer = plant.exchange(command, received + tick_ns)
        if answer is None:
            raise PlantError(f"the plant gave no observation after {t_ns * 1e-9:g} s")
        observation = answer
        received = clock()
    return ticks


def _shifted(place: slice, by: int) -> slice:
    return slice(place.start + by, place.stop + by)
