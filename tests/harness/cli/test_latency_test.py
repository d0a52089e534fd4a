"""``motorhand latency-test``: a table that fits a terminal, a file that is whole or not there."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import floor
from harness.cli import latency_test
from harness.cli.latency_test import tell_floor, told
from harness.errors import ExitCode
from harness.floor import FloorError

COMMAND = (sys.executable, "-m", "harness.cli.main", "latency-test")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MACHINE = {
    "cpu": "A processor",
    "cores": 2,
    "kernel": "6.1",
    "python": "3.11.2",
    "jaxlib": "0.10.2",
    "clock_resolution_ns": 1,
}


def made(sleeps=1000, longest_ns=1_234_567):
    spent = np.full((2000, 3), [300, 45_000, 12_345])
    spent[-3:, 0] = longest_ns
    derived = floor._derived(np.full(sleeps, 85_800), spent)
    return {"format": 1, "measured": "2026-01-01T00:00:00+00:00", "machine": MACHINE, **derived}


@pytest.fixture(autouse=True)
def measured(monkeypatch, tmp_path):
    """The command without its measurement; what it was asked for, and the folder it keeps in."""
    asked = []

    def measure(seconds, progress):
        asked.append(seconds)
        progress("2,000 ticks")
        return made()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(floor, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(latency_test, "keep_compiled_code", lambda: None)
    monkeypatch.setattr(latency_test, "measure", measure)
    return asked


def plain(found):
    return [COLOUR.sub("", line) for line in told(found)]


def test_the_table():
    assert plain(made()) == [
        "Latency floor with no controller and no plant",
        "A processor, 2 cores",
        "Linux 6.1, Python 3.11.2, jaxlib 0.10.2",
        "",
        "µs                                    p50      p90      p99    p99.9       max",
        "timer         a sleep ends late        85.8     85.8     85.8     85.8      85.8",
        "wake-up       a tick begins late        0.3      0.3      0.3  1,235     1,235",
        "JAX dispatch  identity and result      45.0     45.0     45.0     45.0      45.0",
        "hand-over     row to the recorder      12.3     12.3     12.3     12.3      12.3",
        "tick          from due to all done     57.6     57.6     57.6  1,292     1,292",
        "1,000 sleeps and 2,000 ticks, 1 ms apart",
        "",
        "      Hz   µs a tick   ended late",
        "✓     10     100,000         none",
        "✓     50      20,000         none",
        "✓    100      10,000         none",
        "✓    200       5,000         none",
        "✓    250       4,000         none",
        "✓    500       2,000         none",
        "✕   1000       1,000       0.15 %",
        "✕   2000         500       0.15 %",
        "✕   4000         250       0.15 %",
        "",
        "This machine holds up to 500 Hz; at most 0.1 % of ticks may end late.",
    ]


def test_what_too_few_samples_can_not_say_is_left_open():
    lines = plain(made(sleeps=200))
    assert (
        lines[5]
        == "timer         a sleep ends late        85.8     85.8     85.8      –        85.8"
    )
    assert lines[10] == "200 sleeps and 2,000 ticks, 1 ms apart; –: too few to say"


def test_a_stall_of_a_minute_stays_within_eighty_columns():
    lines = plain(made(longest_ns=60 * 10**9))
    assert max(map(len, lines)) <= 80
    assert lines[6].endswith(" 0.3   60.0 s    60.0 s")
    lines = plain(made(longest_ns=98_999_999))
    assert max(map(len, lines)) <= 80
    assert lines[6].endswith(" 0.3 99,000    99,000")
    lines = plain({**made(), "holds_hz": None})
    assert lines[-1].startswith("This machine holds none of these rates; ")


def test_the_floor_is_told_kept_and_written(measured, capsys, tmp_path):
    tell_floor(10.0, Path("floor.json"))
    said = capsys.readouterr()
    assert measured == [10.0]
    assert said.err == "measuring 2,000 ticks\n"
    assert COLOUR.sub("", said.out).splitlines() == [*plain(made()), "floor: floor.json"]
    assert json.loads((tmp_path / "floor.json").read_text()) == made()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "floor.json"]
    assert floor._kept(MACHINE) == made()


def test_without_a_file_named_none_is_written(tmp_path):
    tell_floor(10.0, None)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_file_is_never_overwritten(measured, tmp_path):
    (tmp_path / "floor.json").write_text("mine")
    with pytest.raises(FloorError, match=r"floor\.json exists; name another by --out") as error:
        tell_floor(10.0, Path("floor.json"))
    assert error.value.exit_code is ExitCode.WRONG_INPUT
    assert measured == []


def test_a_folder_that_is_not_there_is_named_before_anything_is_measured(measured):
    with pytest.raises(FloorError, match=r"can't be written: No such file .*; name another by"):
        tell_floor(10.0, Path("no/floor.json"))
    assert measured == []


def test_a_disk_that_fills_up_leaves_nothing_half_made(monkeypatch, capsys, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(latency_test, "keep", lambda found: None)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FloorError, match=r"floor\.json can't be written: No space left on device"):
        tell_floor(10.0, Path("floor.json"))
    assert list(tmp_path.iterdir()) == []
    assert "This machine holds up to 500 Hz" in capsys.readouterr().out


@pytest.mark.alone
@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_a_time_that_can_not_be_measured_for_ends_with_two_and_one_line(tmp_path, seconds):
    done = subprocess.run(
        [*COMMAND, "--seconds", seconds], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"error: the floor can't be measured for \S+ s; give more than 0 .*, such as 10\n",
        done.stderr,
    )


@pytest.mark.alone
def test_ctrl_c_ends_with_130_and_writes_nothing(tmp_path):
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    process = subprocess.Popen(
        [*COMMAND, "--seconds", "600", "--out", "floor.json"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline() == "measuring 120,000 sleeps\n"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (130, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.alone
def test_a_short_one_on_this_machine(tmp_path):
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    words = ("--seconds", "0.1", "--out", "floor.json")
    done = subprocess.run(
        [*COMMAND, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "floor: floor.json"
    assert re.fullmatch(r"This machine holds .* may end late\.", done.stdout.splitlines()[-2])
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout + done.stderr
    found = json.loads((tmp_path / "floor.json").read_text())
    assert found["parts"]["tick"]["n"] == 1000
    (kept,) = (tmp_path / "motorhand" / "floors").iterdir()
    assert json.loads(kept.read_text())["floor"] == found
