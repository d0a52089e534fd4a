"""A disk that fills up ends a run safely: exit code 3, one line that says so, the trace kept.

The disks are real file systems of a few megabytes, in a mount namespace of their own.
"""

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from harness.recover import recover
from harness.trace.reader import RunDirectory
from reports.page import write_report

pytestmark = pytest.mark.heavy

COMMAND = (sys.executable, "-m", "harness.cli.main")
LONG = (("duration_s: 5574 ", "duration_s: 2000000 "), ("after_s: 2800", "after_s: 1"))
MIB = 2**20
STABILITY = {"stability.json", "stability.parquet"}
RESERVE = MIB


@pytest.fixture(scope="module")
def namespace():
    """The words that give a command mounts of its own; where not permitted, these tests say so."""
    words = ["unshare", "--user", "--map-root-user", "--mount"]
    allowed = (
        shutil.which("unshare")
        and not subprocess.run(
            [*words, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
        ).returncode
    )
    if not allowed:
        why = "full disks can't be made here: unshare --user --map-root-user --mount is refused"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    return words


@pytest.fixture
def fly_on_disk(namespace, tmp_path):
    """Flies on a disk of some bytes; what is left of the run directory is copied to ``out``."""

    def fly(*scenarios_and_size):
        *scenarios, size_bytes = scenarios_and_size
        (tmp_path / "disk").mkdir()
        run = shlex.join([*COMMAND, "run", *map(str, scenarios), "--out", "disk/out"])
        script = (
            f"mount -t tmpfs -o size={size_bytes} none disk && {run}; code=$?; "
            "test ! -e disk/out || cp -a disk/out out; exit $code"
        )
        return subprocess.run(
            [*namespace, "sh", "-c", script],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return fly


def complaints(done):
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def is_whole(directory):
    run = RunDirectory.open(directory)
    ticks = run.trace.read("tick")["tick"][:, 0]
    assert ticks.tolist() == run.timing()["tick"].tolist() == list(range(len(ticks)))
    assert run.trace.chain() == run.manifest["trace"]["sha512"]
    assert run.manifest["trace"]["rows"] == len(ticks)
    write_report(directory)
    names = {path.name for path in directory.iterdir()}
    assert names - STABILITY == {
        *("manifest.json", "events.jsonl", "trace.parquet", "timing.parquet"),
        *("latency.json", "verdict.json", "report.html"),
    }
    # Of a single tick there is nothing to say.
    assert names & STABILITY == (STABILITY if len(ticks) > 1 else set())
    return run


def test_a_disk_that_fills_in_mid_run_keeps_trace_verdict_and_report(fly_on_disk, write, tmp_path):
    done = fly_on_disk(write(*LONG), 8 * MIB)
    assert done.returncode == 3
    assert complaints(done) == [
        "error: the recorder stopped: No space left on device; "
        "when there is room, 'motorhand recover disk/out' makes it whole"
    ]
    assert done.stdout.splitlines() == [
        "PLANT FAILED: flight: The run ended early: the recorder stopped: No space left on device.",
        "report: disk/out/report.html",
    ]
    left = RunDirectory.open(tmp_path / "out")
    assert left.verdict()["exit_code"] == 3
    assert {c["name"]: c["judgement"] for c in left.verdict()["criteria"]}
    rows = left.manifest["trace"]["rows"]
    assert rows > 5000
    assert "No space left on device" in (tmp_path / "out" / "report.html").read_text()

    recovered = recover(tmp_path / "out")
    assert recovered.verdict.sentence == left.verdict()["sentence"]
    run = is_whole(tmp_path / "out")
    assert rows - 4096 <= recovered.rows <= rows
    assert [e["event"] for e in run.events()] == ["mode", "recorder failed", "end", "recovered"]


def test_a_disk_without_room_for_parquet_keeps_the_journals(fly_on_disk, write, tmp_path):
    scenario = write(("duration_s: 5574 ", "duration_s: 2000 "), ("after_s: 2800", "after_s: 1"))
    done = fly_on_disk(scenario, 15 * MIB)
    assert done.returncode == 3
    assert len(complaints(done)) == 1
    assert done.stdout.startswith("PLANT FAILED: flight: The trace could not be finished: ")
    left = RunDirectory.open(tmp_path / "out")
    assert left.trace.path.name == "trace.arrows"
    assert left.manifest["trace"]["rows"] == 20_001
    assert (tmp_path / "out" / "report.html").exists()
    recovered = recover(tmp_path / "out")
    assert recovered.rows == 20_001
    assert recovered.verdict.word == "FAILED"  # by its criteria, like any run that was whole
    assert (
        is_whole(tmp_path / "out").manifest["trace"]["sha512"] == left.manifest["trace"]["sha512"]
    )


@pytest.mark.parametrize("free", [0, 4096, 24_000, 60_000, 150_000])
def test_however_little_room_there_is_nothing_is_half_made(fly_on_disk, write, tmp_path, free):
    done = fly_on_disk(write(*LONG), RESERVE + free)
    assert len(complaints(done)) >= 1
    if done.returncode == 2:
        assert "can't be written to: " in complaints(done)[0]
        assert not (tmp_path / "out").exists()
        return
    assert done.returncode == 3
    recover(tmp_path / "out")
    assert is_whole(tmp_path / "out").verdict()["verdict"] == "PLANT FAILED"


def test_after_a_disk_has_filled_up_no_other_run_is_begun(fly_on_disk, write, tmp_path):
    done = fly_on_disk(write(*LONG), write(*LONG, name="second.yaml"), 8 * MIB)
    assert done.returncode == 3
    assert len(complaints(done)) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["flight"]


def test_a_disk_that_is_full_already_is_wrong_input(fly_on_disk, write, tmp_path):
    done = fly_on_disk(write(*LONG), 256 * 1024)
    assert done.returncode == 2
    assert complaints(done) == ["error: disk/out can't be written to: No space left on device"]
    assert not (tmp_path / "out").exists()


def test_a_recovery_without_room_says_so_and_loses_nothing(namespace, fly_on_disk, write, tmp_path):
    fly_on_disk(write(*LONG), 8 * MIB)
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.arrows")}
    script = (
        "mount -t tmpfs -o size=9M none disk && cp -a out disk/out && "
        f"{shlex.join(COMMAND)} recover disk/out; code=$?; cp -a disk/out again; exit $code"
    )
    done = subprocess.run(
        [*namespace, "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert complaints(done) == [
        "error: disk/out can't be made whole: No space left on device; nothing is lost"
    ]
    assert {p.name: p.read_bytes() for p in (tmp_path / "again").glob("*.arrows")} == before
    recover(tmp_path / "again")
    is_whole(tmp_path / "again")
