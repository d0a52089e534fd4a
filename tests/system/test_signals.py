"""Whoever interrupts or kills a run keeps what was flown, and no process is left behind."""

import contextlib
import os
import re
import signal
import time

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.trace.reader import RunDirectory

pytestmark = pytest.mark.alone

LONG = (("duration_s: 5574 ", "duration_s: 2000000 "), ("after_s: 2800", "after_s: 1"))
BOUND_S = 120.0


def until(true, process=None):
    """Polls until something holds; fails after a bound, or when the process ends first."""
    end = time.monotonic() + BOUND_S
    while not true():
        assert time.monotonic() < end, "it never came true"
        assert process is None or process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def waiting(process):
    """Whether a process has used no more processor time for some polls on end."""
    seen = []

    def still():
        seen.append(process.cpu_times().user)
        return len(seen) > 20 and seen[-1] == seen[-21]

    return still


def flying(process, directory):
    """Waits until rows of a run are on disk."""
    journal = directory / "trace.arrows"
    until(lambda: journal.exists() and journal.stat().st_size > 100_000, process)


@pytest.fixture
def run(started, write, tmp_path):
    """A run of many hours that is under way, its directory, and its child processes."""
    process = started("run", write(*LONG), "--out", "out")
    flying(process, tmp_path / "out")
    return process, tmp_path / "out", process.children(recursive=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_keeps_its_trace_and_is_reported(run, number):
    process, directory, children = run
    assert len(children) == 1
    process.send_signal(number)
    out, errors = process.communicate(timeout=BOUND_S)
    assert process.returncode == 130
    assert "Traceback" not in errors
    verdict, report = out.splitlines()[-2:]
    assert verdict.startswith("INTERRUPTED: flight: The run was interrupted at ")
    assert report == "report: out/report.html"
    assert not any(child.is_running() for child in children)

    read = RunDirectory.open(directory)
    ticks = read.trace.read("tick")["tick"][:, 0]
    assert ticks.tolist() == list(range(len(ticks)))
    assert f"at {(len(ticks) - 1) * 0.1:g} s" in verdict
    assert read.trace.chain() == read.manifest["trace"]["sha512"]
    assert [e["event"] for e in read.events()] == ["mode", "interrupted", "end"]
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert "<strong>INTERRUPTED</strong>" in page
    assert not list(directory.glob("*.arrows"))


def test_a_killed_run_leaves_no_recorder_and_a_trace_that_can_be_read(run):
    process, directory, (recorder,) = run
    process.kill()
    process.wait()
    # A dead recorder that nobody here may wait for can stay on as a zombie of the test's parent.
    until(lambda: not recorder.is_running() or recorder.status() == psutil.STATUS_ZOMBIE)
    table = pq.read_table(directory / "trace.parquet")
    assert table.num_rows > 100
    assert table["tick"].to_pylist() == list(range(table.num_rows))
    timing = pq.read_table(directory / "timing.parquet")
    assert timing.num_rows == table.num_rows
    assert not list(directory.glob("*.arrows"))


def test_a_killed_run_has_no_verdict_and_no_report_until_it_is_recovered(run, motorhand):
    process, directory, (recorder,) = run
    process.kill()
    process.wait()
    until(lambda: not recorder.is_running() or recorder.status() == psutil.STATUS_ZOMBIE)
    assert not (directory / "verdict.json").exists()
    done = motorhand("report", "out")
    assert (done.returncode, done.stderr) == (2, "error: out: has no verdict.json\n")
    done = motorhand("recover", "out")
    assert (done.returncode, done.stderr) == (0, "")
    whole, verdict, report = done.stdout.splitlines()
    assert re.fullmatch(r"out is whole again: \d+ rows", whole)
    assert re.fullmatch(r"INTERRUPTED: The run was killed at [\d.]+ s\.", verdict)
    assert report == "report: out/report.html"
    assert "The run was killed at" in (directory / "report.html").read_text(encoding="utf-8")
    done = motorhand("recover", "out")
    assert done.returncode == 0
    assert re.fullmatch(r"out is whole already \(\d+ rows\); nothing was changed\n", done.stdout)


def test_a_run_under_way_is_not_recovered(run, motorhand):
    done = motorhand("recover", "out")
    assert done.returncode == 2
    assert done.stderr.startswith("error: out: a run is still being recorded there")


def test_a_journal_is_whole_up_to_its_last_batch_while_the_run_lasts(run):
    _, directory, _ = run

    def many_rows():
        rows = 0
        source = pa.OSFile(str(directory / "trace.arrows"))
        # The recorder may be in the middle of the next batch.
        with source, contextlib.suppress(pa.ArrowInvalid, OSError, StopIteration):
            stream = pa.ipc.open_stream(source)
            while True:
                rows += len(stream.read_next_batch())
        return rows > 100

    until(many_rows)


def test_a_run_whose_recorder_was_killed_ends_with_a_named_error(run):
    process, directory, (recorder,) = run
    recorder.kill()
    _, errors = process.communicate(timeout=BOUND_S)
    assert process.returncode == 3
    assert errors.splitlines()[-1] == "error: the recorder stopped: killed by signal 9"
    assert "Traceback" not in errors
    verdict = RunDirectory.open(directory).verdict()
    assert verdict["sentence"] == "The run ended early: the recorder stopped: killed by signal 9."
    assert not list(directory.glob("*.arrows"))


def test_a_second_ctrl_c_ends_a_run_that_does_not(started, write, tmp_path):
    """Held up in its recorder, a run still ends when it is told twice."""
    process = started("run", write(*LONG), "--out", "out")
    flying(process, tmp_path / "out")
    (recorder,) = process.children(recursive=True)
    recorder.suspend()
    process.send_signal(signal.SIGINT)
    until(waiting(process))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=BOUND_S)
    recorder.resume()
    assert process.returncode == 130
    assert "Traceback" not in errors
    until(lambda: not recorder.is_running() or recorder.status() == psutil.STATUS_ZOMBIE)


def test_of_several_runs_the_ones_after_an_interruption_are_not_begun(started, write, tmp_path):
    first = write(*LONG, name="first.yaml")
    second = write(*LONG, name="second.yaml")
    process = started("run", first, second, "--out", "both")
    flying(process, tmp_path / "both" / "first")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=BOUND_S)
    assert process.returncode == 130
    assert len(out.splitlines()) == 2
    assert not (tmp_path / "both" / "second").exists()


def test_ctrl_c_of_a_terminal_reaches_the_loop_and_not_its_recorder(run):
    process, directory, (recorder,) = run
    assert os.getsid(recorder.pid) != os.getsid(process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=BOUND_S)
    assert (directory / "trace.parquet").is_file()
