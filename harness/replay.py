"""Running a controller again on what was recorded: the same one, bit for bit, or another.

Each tick of a replay starts from the recorded carried state of the tick before, so a difference is
found where it arises and does not spread. Another controller carries its own.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ExitCode, MotorhandError, RunDirectoryError
from harness.scenario.load import Scenario
from harness.trace.reader import NotARunDirectoryError, RunDirectory
from kernel.columns import Column

if TYPE_CHECKING:
    from kernel.controller import PackedController

Array = NDArray[np.float64]


class AlteredTraceError(MotorhandError):
    """The rows of a trace are not those that were sealed at the end of the run."""

    exit_code = ExitCode.WRONG_INPUT


@dataclass(frozen=True)
class Difference:
    """The first value that came out otherwise.

    Attributes:
        tick: Its tick.
        t_ns: Time inside the run.
        vehicle: Its vehicle.
        column: What it is.
        recorded, found: The values.
    """

    tick: int
    t_ns: int
    vehicle: str
    column: Column
    recorded: float
    found: float


@dataclass(frozen=True)
class Replay:
    """What became of a replay.

    Attributes:
        ticks, vehicles: How much was run again.
        values: Values compared.
        differing: How many of them came out otherwise.
        first: The first of those, by tick, vehicle and column.
        seconds: Time taken by reading, running and comparing.
    """

    ticks: int
    vehicles: int
    values: int
    differing: int
    first: Difference | None
    seconds: float


@dataclass(frozen=True)
class Deviation:
    """How far another controller's output came from the recorded one.

    Attributes:
        column: What was compared.
        largest: The largest difference, in the column's unit; infinite where only one of the two
            is a number.
        t_ns: When, time inside the run.
        vehicle: Whose.
    """

    column: Column
    largest: float
    t_ns: int
    vehicle: str


def open_sealed(directory: Path) -> RunDirectory:
    """Open a run directory whose trace is the one that was sealed.

    Raises:
        RunDirectoryError: It is no whole run directory.
        AlteredTraceError: Its trace was altered.
    """
    try:
        run = RunDirectory.open(directory)
        seal = run.manifest.get("trace")
        if seal is None:
            what = f"its run has not ended, or was killed: 'motorhand recover {directory}'"
            raise RunDirectoryError(directory, what)
        found = run.trace.chain()
    except NotARunDirectoryError as error:
        raise RunDirectoryError(directory, str(error)) from error
    if found != seal["sha512"]:
        raise AlteredTraceError(
            f"{run.trace.path} is not the trace that was sealed at the end of the run\n"
            f"hash chain as recorded:   {seal['sha512']}\n"
            f"hash chain as recomputed: {found}"
        )
    if seal["rows"] and "initial_carried" not in run.manifest:
        raise RunDirectoryError(directory, "manifest.json has no initial_carried to start from")
    return run


def build_controller(scenario: Scenario, run: RunDirectory) -> "PackedController":
    """The scenario's controller, compiled.

    Raises:
        RunDirectoryError: The trace lacks what it must be told.
    """
    controller = scenario.controller_family.build(
        scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
    )
    _require(run, controller.told.columns)
    if controller.vehicles != len(run.trace.vehicles):
        what = f"has {len(run.trace.vehicles)} vehicles; the controller is for "
        raise RunDirectoryError(run.path, f"{what}{controller.vehicles}")
    controller.step(np.zeros((controller.vehicles, controller.width)))
    return controller


def replay(run: RunDirectory, controller: "PackedController") -> Replay:
    """Run the recorded controller again and compare every bit of its output.

    Raises:
        RunDirectoryError: The trace lacks some of its output.
    """
    outputs = (*controller.decided.columns, *controller.carried.columns)
    _require(run, outputs)
    start = time.perf_counter()
    step, carried = controller.step, slice(controller.decided.width, None)
    before = np.array(run.manifest.get("initial_carried", controller.initial_carried))
    ticks = values = differing = 0
    first: Difference | None = None
    for t_ns, told, recorded in _blocks(run, controller.told.columns, outputs):
        carried_before = np.concatenate([before[None], recorded[:-1, :, carried]])
        packed = np.concatenate([told, carried_before], axis=-1)
        for tick, (given, wanted) in enumerate(zip(packed, recorded, strict=True)):
            found = np.asarray(step(given))
            # As bytes: a comparison of whole blocks waits for JAX's threads each time.
            if found.tobytes() == wanted.tobytes():
                continue
            otherwise = found.view(np.int64) != wanted.view(np.int64)
            differing += int(otherwise.sum())
            if first is None:
                vehicle, column = np.argwhere(otherwise)[0].tolist()
                first = Difference(
                    tick=ticks + tick,
                    t_ns=int(t_ns[tick]),
                    vehicle=run.trace.vehicles[vehicle],
                    column=outputs[column],
                    recorded=float(wanted[vehicle, column]),
                    found=float(found[vehicle, column]),
                )
        before = recorded[-1, :, carried]
        ticks += len(recorded)
        values += recorded.size
    seconds = time.perf_counter() - start
    return Replay(ticks, controller.vehicles, values, differing, first, seconds)


def deviations(run: RunDirectory, controller: "PackedController") -> list[Deviation]:
    """Let another controller decide on the recorded measurements, carrying its own state.

    What it decides and commands is compared with what was recorded, where both have the column.
    """
    command = controller.carried.columns[controller.carried["commanded_acceleration"]]
    decision = (*controller.decided.columns, *command)
    columns = [column for column in decision if column.name in run.trace.columns]
    names = [column.name for column in (*controller.decided.columns, *controller.carried.columns)]
    shared = [names.index(column.name) for column in columns]
    largest = np.full(len(shared), -1.0)
    places = [(0, "")] * len(shared)
    packed = np.zeros((controller.vehicles, controller.width))
    fresh = controller.told.width
    packed[:, fresh:] = controller.initial_carried
    for t_ns, told, recorded in _blocks(run, controller.told.columns, columns):
        found = np.empty_like(recorded)
        for tick, now in enumerate(told):
            packed[:, :fresh] = now
            out = np.asarray(controller.step(packed))
            packed[:, fresh:] = out[:, controller.decided.width :]
            found[tick] = out[:, shared]
        apart = _apart(found, recorded)
        for index in np.flatnonzero(apart.max(axis=(0, 1)) > largest):
            tick, vehicle = divmod(int(apart[..., index].argmax()), controller.vehicles)
            largest[index] = apart[tick, vehicle, index]
            places[index] = (int(t_ns[tick]), run.trace.vehicles[vehicle])
    return [
        Deviation(column, float(size), *place)
        for column, size, place in zip(columns, largest, places, strict=True)
        if place[1]
    ]


def _apart(found: Array, recorded: Array) -> Array:
    """Absolute differences; equal infinities and two NaNs are the same, one is endlessly far."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(found - recorded)
    same = (found == recorded) | (np.isnan(found) & np.isnan(recorded))
    return np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf))


def _require(run: RunDirectory, columns: Sequence[Column]) -> None:
    for column in columns:
        if column.name not in run.trace.columns:
            what = f"its trace has no {column.name}, which the controller has today"
            raise RunDirectoryError(run.path, what)


def _blocks(
    run: RunDirectory, told: Sequence[Column], outputs: Sequence[Column]
) -> Iterator[tuple[NDArray[Any], Array, Array]]:
    """Times (ticks,), what was told and what came out (ticks, vehicles, columns), in blocks."""
    names = {"t_ns", *(column.name for column in (*told, *outputs))}
    for block in run.trace.blocks(*names):
        yield block["t_ns"][:, 0], _stacked(block, told), _stacked(block, outputs)


def _stacked(block: dict[str, NDArray[Any]], columns: Sequence[Column]) -> Array:
    shape = (*block["t_ns"].shape, len(columns))
    cells = np.empty(shape)
    for index, column in enumerate(columns):
        cells[..., index] = block[column.name]
    return cells
