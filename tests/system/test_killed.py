"""A run killed at any instant keeps all but its last second, and can be made whole again.

How far a killed run had come is read from the memory that it shared with its recorder.
"""

import os
import random
import time

import hypothesis
import pytest

from harness.errors import RunDirectoryError
from harness.recorder import _RING_BYTES, STAMPS
from harness.recover import recover
from harness.ring import Ring
from harness.scenario.load import load_scenario
from harness.trace.chain import RowChain
from harness.trace.reader import RunDirectory
from reports.page import write_report

pytestmark = pytest.mark.alone

KILLS = max(5, hypothesis.settings().max_examples // 20)
"""5, and 50 under the profile ``soak``."""

FLIGHT = (("duration_s: 5574 ", "duration_s: 2500 "), ("after_s: 2800", "after_s: 1"))
PARTS = ("manifest.json", "events.jsonl", "trace.parquet", "timing.parquet", "latency.json")
PARTS += ("verdict.json",)


@pytest.fixture(scope="module")
def whole(module_motorhand, module_write):
    """The uninterrupted run, and how long it took."""
    path = module_write(*FLIGHT)
    start = time.monotonic()
    done = module_motorhand("run", path, "--out", "whole")
    assert done.returncode in (0, 1), done.stderr
    return RunDirectory.open(path.parent / "whole"), time.monotonic() - start


class SharedMemory:
    """The ring of a running process, kept beyond its end."""

    def __init__(self, scenario):
        width, integers = len(scenario.row.raw), 2 + len(STAMPS)
        self.shape = (max(1024, _RING_BYTES // (8 * (width + integers))), 1, width, integers)
        self.ring = None

    def look(self, process):
        """Attach as soon as there is one."""
        folder = f"/proc/{process.pid}/fd"
        try:
            for name in os.listdir(folder) if self.ring is None else ():
                if "motorhand-ring" in os.readlink(f"{folder}/{name}"):
                    fd = os.open(f"{folder}/{name}", os.O_RDWR)
                    if os.fstat(fd).st_size:
                        self.ring = Ring(*self.shape, fd=fd)
                        return
        except OSError:
            pass  # it has just ended, or closed it

    @property
    def written(self):
        return self.ring.written if self.ring else 0

    def received_ns(self, tick):
        return int(self.ring.stamps[tick % self.ring.capacity, 2])


def recover_when_left(directory):
    """Recovers once the recorder, which outlives the run for a while, is done."""
    end = time.monotonic() + 120
    while True:
        try:
            return recover(directory)
        except RunDirectoryError as error:
            if "still being recorded" not in str(error) or time.monotonic() > end:
                raise


def prefix_chain(trace, rows):
    """The hash chain of a trace's first rows."""
    chain = RowChain(list(trace.columns.values()))
    for batch in trace.batches(*trace.columns):
        chain.extend({name: values[: rows - chain.rows] for name, values in batch.items()})
    return chain.hexdigest()


@pytest.mark.parametrize("index", range(KILLS))
def test_a_run_killed_at_any_instant_keeps_all_but_its_last_second(
    index, whole, started, write, tmp_path
):
    reference, took_s = whole
    with_recorder = bool(index % 2)
    instant_s = took_s * (index + random.Random(index).random()) / KILLS
    path = write(*FLIGHT)
    memory = SharedMemory(load_scenario(path))
    start = time.monotonic()
    process = started("run", path, "--out", "out", stdout=None, stderr=None)
    children = set()
    while time.monotonic() < start + instant_s and process.poll() is None:
        memory.look(process)
        children |= set(process.children())
    killed_ns = time.monotonic_ns()
    for one in [*(children if with_recorder else ()), process]:
        if one.is_running():
            one.kill()
    process.wait()

    directory = tmp_path / "out"
    if not (directory / "manifest.json").exists():
        assert memory.written == 0
        with pytest.raises(RunDirectoryError, match=r"no run was begun there|is no folder"):
            recover(directory)
        return
    recover_when_left(directory)
    run = RunDirectory.open(directory)
    rows = run.manifest["trace"]["rows"]
    assert run.manifest["trace"]["sha512"] == prefix_chain(reference.trace, rows)
    assert run.trace.read("tick")["tick"].shape == (rows, 1)
    assert len(run.timing()["tick"]) == rows
    assert rows <= memory.written
    if not with_recorder:
        assert rows == memory.written
    elif rows < memory.written:
        assert memory.received_ns(rows) > killed_ns - 1_000_000_000
    if rows < run.manifest["ticks"] + 1:
        at = f"at {(rows - 1) * 0.1:g} s" if rows else "before its first tick"
        assert run.verdict()["verdict"] == "INTERRUPTED"
        assert run.verdict()["sentence"] == f"The run was killed {at}."
    write_report(directory)
    more = {p.name for p in directory.iterdir()} - {*PARTS, "report.html"}
    assert more in ({"stability.json", "stability.parquet"}, set())  # of one tick there is none
