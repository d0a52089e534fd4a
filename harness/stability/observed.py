"""The observed Lipschitz constant: how much a run itself shows an error to shrink.

Where a plant is repeatable, a second flight with the same seed gets one push more, and what the two
differ by is watched: noise and disturbances are the same in both. Elsewhere it is the error itself,
while it is well above its floor. It estimates and never proves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.link.opened import opened
from harness.loop import fly
from harness.reference import reference_rows
from harness.scenario.load import Scenario
from harness.schedule import mode_schedule
from harness.stability.flown import Flown
from kernel.decay import well_above_floor
from kernel.modes import Mode
from sims.faults import PhysicalFault
from sims.plant import Command, Observation, Plant

if TYPE_CHECKING:
    from kernel.controller import PackedController

Array = NDArray[np.float64]

_PUSH = 0.2
"""Of the limit on thrust, for one tick."""
_TIMES_CONSTANT = 2.0
_BLOCKS, _RESAMPLES = 20, 400
_FEWEST = 5


@dataclass(frozen=True)
class Observed:
    """An estimate of L a second.

    Attributes:
        value: The largest found over any window of a second, or a tick where that is longer.
        low, high: 95 % interval, by block bootstrap.
        start_s, end_s: First and last moment looked at.
        how: What was looked at, in words.
    """

    value: float
    low: float
    high: float
    start_s: float
    end_s: float
    how: str


def observed(seconds: Array, size: Array, dt: float, how: str, floor: float) -> Observed | None:
    """L as sizes of an error show it; None where they do not fall far enough to tell.

    Args:
        seconds: Times, s, (n,).
        size: ‖ξ‖_P of an error, or of the difference of two, m, (n,).
        dt: Tick, s.
        how: What the error is, in words.
        floor: Size below which it is known to mean nothing, m.
    """
    some = well_above_floor(size, floor)
    if some is None:
        return None
    step = max(1, round(1.0 / dt))
    y = size[some]
    if len(y) < _FEWEST + step or not np.all(y > 0.0):
        return None
    ratios = (y[step:] / y[:-step]) ** (1.0 / (step * dt))
    blocks = np.array_split(ratios, min(_BLOCKS, len(ratios)))
    largest = np.array([float(block.max()) for block in blocks])
    random = np.random.default_rng(0)
    drawn = random.integers(0, len(largest), (_RESAMPLES, len(largest)))
    low, high = np.quantile(largest[drawn].max(axis=1), [0.025, 0.975])
    t = seconds[some]
    return Observed(float(largest.max()), float(low), float(high), float(t[0]), float(t[-1]), how)


def fly_again(
    scenario: Scenario, first: int, ticks: int, watch: Callable[[], bool] = lambda: True
) -> list[Flown]:
    """Fly a scenario again, with a push at one tick, up to some ticks.

    Args:
        scenario: The scenario; its plant is repeatable.
        first: The tick whose command is pushed.
        ticks: How many to fly.
        watch: Asked every tick whether to go on.

    Returns:
        The flights of its vehicles.

    Raises:
        PlantError: The plant failed.
    """
    controller = scenario.controller_family.build(
        scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
    )
    limits = scenario.controller_family.limits(scenario.controller_config, scenario.spec)
    push = _PUSH * limits[:, None] * np.ones(3) / np.sqrt(3.0)
    rows = reference_rows(scenario.model.reference, scenario.spec, scenario.dt, scenario.ticks)
    inner, references, _ = opened(scenario, chain([next(rows)], rows))
    plant = _Pushed(inner, first * scenario.tick_ns, push)
    kept: list[tuple[Array, Array, Array]] = []

    def record(_: int, __: int, told: Array, out: Array, extras: Array, ___: Any) -> None:
        own = extras[:, : scenario.row.extras.width]  # a link adds its own
        kept.append((told.copy(), out.copy(), np.array(own)))

    try:
        fly(
            plant,
            controller,
            references,
            mode_schedule(scenario),
            ticks,
            scenario.tick_ns,
            record,
            lambda _: watch(),
        )
    finally:
        plant.stop("end of second flight")
    told, out, extras = (np.array(part) for part in zip(*kept, strict=True))
    return _flights(scenario, controller, told, out, extras)


def _flights(
    scenario: Scenario, controller: "PackedController", told: Array, out: Array, extras: Array
) -> list[Flown]:
    """What a trace would have said of it."""
    row, width = scenario.row, controller.decided.width
    carried = out[..., width:]
    measured = told[..., row.told.span("measured_position", "measured_velocity")]
    state = measured
    if scenario.spec.knows_truth:
        state = np.concatenate([extras[..., row.extras[n]] for n in ("position", "velocity")], -1)
    reference = told[..., row.told.span("reference_position", "reference_velocity")]
    blended = out[..., row.decided.span("measured_error_position", "measured_error_velocity")]
    settled = (blended == reference - measured).all(axis=-1)
    mode = told[..., row.told["control_mode"]][..., 0] >= Mode.NULL_G
    limited = out[..., row.decided["limited"]][..., 0] != 0.0
    seconds = np.asarray(np.arange(len(told)) * scenario.dt, dtype=np.float64)
    return [
        Flown(
            vehicle,
            seconds,
            reference[:, index],
            (reference - state)[:, index],
            out[:, index, row.decided["integral_state"]],
            carried[:, index, row.carried["commanded_acceleration"]],
            (mode & settled)[:, index],
            (mode & settled & ~limited)[:, index],
            "true" if scenario.spec.knows_truth else "measured",
        )
        for index, vehicle in enumerate(scenario.spec.vehicles)
    ]


class _Pushed:
    """A plant whose command is pushed for one tick."""

    def __init__(self, plant: Plant, t_ns: int, push: Array) -> None:
        self._plant, self._t_ns, self._push = plant, t_ns, push

    def start(self) -> Observation:
        return self._plant.start()

    def exchange(self, command: Command, deadline_ns: int) -> Observation | None:
        if command.t_ns == self._t_ns:
            command = command._replace(acceleration=command.acceleration + self._push)
        return self._plant.exchange(command, deadline_ns)

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        self._plant.inject(fault, on)

    def stop(self, reason: str) -> None:
        self._plant.stop(reason)


def ticks_to_watch(rate_per_tick: float, left: int) -> int:
    """For how long an error that shrinks so is worth watching, in ticks."""
    if not 0.0 < rate_per_tick < 1.0:
        return left
    return min(left, int(np.ceil(_TIMES_CONSTANT / -np.log(rate_per_tick))))
