"""What the latency floor is made of: sleeps, and ticks of a loop that closes nothing.

A tick is late from the instant that it was due, not from the one it began at, so that a stall is
counted in every tick that it held up.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from harness.columns import STAMPS, RowLayout, trace_columns
from harness.errors import RecorderError, reason
from harness.pace import RealTime
from harness.recorder import Recorder
from kernel.agp_layout import agp_layouts
from kernel.packing import Layout
from sims.plant import PlantSpec

Times = NDArray[np.int64]

TICK_NS = 1_000_000
"""Sleeps and ticks are a millisecond apart."""
_WARM_UP = 100
_PER_MILLE = {"p50_ns": 500, "p90_ns": 900, "p99_ns": 990, "p99.9_ns": 999}

_NOTHING = PlantSpec(
    family="none",
    fidelity="no plant",
    vehicles=("none",),
    frame="none",
    clocks=frozenset(),
    modes=frozenset(),
    rate_hz=(0.0, 0.0),
    faults=frozenset(),
    deterministic=True,
    columns=(),
    max_acceleration=np.zeros(1),
)


def oversleeping(sleeps: int) -> Times:
    """By how much a sleep to an absolute instant ends late, ns, shape (sleeps,)."""
    clock = time.monotonic_ns
    late = np.zeros(sleeps, dtype=np.int64)
    due = clock()
    for index in range(sleeps):
        due += TICK_NS
        time.sleep(max(0, due - clock()) * 1e-9)
        late[index] = clock() - due
    return late


def laps(ticks: int) -> Times:
    """What ticks are spent on: waking up late, the JAX dispatch, handing the row over.

    Returns:
        ns, shape (ticks, 3). Together they are the time from a tick's instant to its end.

    Raises:
        RecorderError: The recorder can't be started, or has no room for what it records.
    """
    from kernel.jax64 import jax

    told, decided, carried = agp_layouts(_NOTHING.frame)
    row = RowLayout(told, decided, carried, Layout(()))
    packed = np.zeros((1, told.width + carried.width))
    width = decided.width + carried.width
    identity = jax.jit(lambda a: a[:, :width] + 0.0)
    extras = np.zeros((1, 0))
    times = np.zeros((_WARM_UP + ticks, 3), dtype=np.int64)
    clock = time.monotonic_ns
    np.asarray(identity(packed))
    with _recording(row) as recorder:
        pace = RealTime(TICK_NS)
        pace.start()
        for tick in range(len(times)):
            due = pace.due_ns(tick)
            pace.wait(due)
            woken = clock()
            out = np.asarray(identity(packed))
            answered = clock()
            recorder.append(tick, due, packed, out, extras, (woken,) * len(STAMPS))
            times[tick] = woken - due, answered - woken, clock() - answered
    return times[_WARM_UP:]


@contextmanager
def _recording(row: RowLayout) -> Iterator[Recorder]:
    """A recorder that is at work, in a folder that goes with it."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="motorhand-", ignore_cleanup_errors=True)
    except OSError as error:
        raise RecorderError(f"a temporary folder can't be made: {reason(error)}") from error
    with folder:
        columns = trace_columns(_NOTHING, row)
        settings = {"metrics": {}, "lambda_decay": 0.0}
        recorder = Recorder(Path(folder.name), row, columns, 1, settings)
        try:
            recorder.wait_until_ready()
            yield recorder
        finally:
            recorder.finish()


def distribution(times: Times) -> dict[str, int | None]:
    """Percentiles by nearest rank, ns.

    Of n times none is claimed that is finer than 1/n: it is None.
    """
    ordered, n = np.sort(times), len(times)
    found: dict[str, int | None] = {"n": n}
    for name, per_mille in _PER_MILLE.items():
        rank = -(-n * per_mille // 1000)
        found[name] = int(ordered[rank - 1]) if n * (1000 - per_mille) >= 1000 else None
    return {**found, "max_ns": int(ordered[-1])}


def share_after(histogram: str, limits_ns: list[float]) -> list[float]:
    """Share of a histogram's times that are over each limit; in doubt they are."""
    cells = HdrHistogram.decode(histogram).get_recorded_iterator()
    pairs = [(cell.value_iterated_to, cell.count_added_in_this_iter_step) for cell in cells]
    latest, counts = np.array(pairs).T
    return [float(counts[latest > limit].sum() / counts.sum()) for limit in limits_ns]
