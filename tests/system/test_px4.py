"""Flights with an autopilot: whatever it does to trip a harness, and what is told if it fails."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from px4_flight import flight, running_in

from harness.errors import ExitCode
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.trace.reader import RunDirectory
from sims.mavlink.instance import Ports

pytestmark = pytest.mark.heavy

HARMLESS = (
    *("early_freewheel", "acks_twice", "first_acks_lost", "foreign_heartbeats"),
    *("unknown_messages", "drops", "late_estimates", "slow_boot=10"),
)
"""Rules of the stand-in that a flight must survive."""


def rule(name: str) -> tuple[str, str]:
    return "server: standin", f"server: standin\n  rules: [{name}]"


def flown(path: Path, name: str = "run") -> RunDirectory:
    run_scenario(load_scenario(path), path.parent / name)
    return RunDirectory.open(path.parent / name)


def events(run: RunDirectory, kind: str) -> list[dict]:
    return [event for event in run.events() if event["event"] == kind]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A flight from the ground to the ground."""
    return flown(flight(tmp_path_factory.mktemp("whole"), land=True))


def test_it_takes_off_hands_over_hands_back_and_lands(whole):
    assert whole.verdict()["verdict"] == "PASSED", whole.verdict()
    assert [event["phase"] for event in events(whole, "flight phase")] == [
        *("ARMING", "TAKE-OFF", "HOLD", "HAND-OVER", "AGP", "HAND-BACK", "LANDING", "LANDED")
    ]


def test_what_flew_is_told_in_manifest_verdict_and_events(whole):
    plant = whole.manifest["plant"]
    assert plant["identity"]["server"] == "standin"
    assert "stand-in" in plant["identity"]["autopilot"]
    assert "stand-in" in whole.verdict()["plant_fidelity"]
    assert any("landing" in event["text"] for event in events(whole, "autopilot said"))


def test_its_console_is_kept_and_nothing_is_left_running(whole):
    console = (whole.path / "plant" / "console.log").read_text()
    assert "Stand-in autopilot, not PX4" in console
    instance = whole.manifest["plant"]["identity"]["instance"]
    with socket.create_server(("127.0.0.1", Ports.of(instance).simulator)):
        pass


def test_no_error_in_hover_is_no_kinematic_acceleration(whole):
    """Where it hangs AGP commands what gravity asks for: told −g, PX4 would climb with 1 g."""
    trace = whole.trace
    names = trace.columns["flight_phase"].categories
    agp = trace.read("flight_phase")["flight_phase"][:, 0] == names.index("AGP")
    commanded = trace.vector("commanded_acceleration")[agp, 0]
    kinematic = commanded[100:-1] + np.array([0.0, 0.0, 9.80665])
    assert np.abs(kinematic.mean(axis=0)).max() < 0.2


@pytest.mark.parametrize("name", HARMLESS)
def test_what_can_trip_a_harness_does_not_trip_this_one(tmp_path, name):
    run = flown(flight(tmp_path, rule(name)))
    assert run.verdict()["verdict"] == "PASSED", run.verdict()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("never_ready", "was not ready after 60 s"),
        ("die_at=8", "ended with code"),
        ("hang_at=8", "gave no answer for"),
        ("other_system_id", "component 1 is expected, and heard system"),
        ("wrong_version", "the oldest that is taken here is 1.14"),
    ],
)
def test_one_that_fails_is_told_of_and_the_trace_is_kept(tmp_path, motorhand, name, words):
    path = flight(tmp_path, rule(name))
    done = motorhand("run", path, "--out", "run")
    assert done.returncode == ExitCode.PLANT_FAILED
    assert words in done.stdout
    assert (tmp_path / "run" / "plant" / "console.log").exists()
    RunDirectory.open(tmp_path / "run")


def test_a_run_that_is_told_to_end_while_its_autopilot_boots_ends_at_once(tmp_path, started):
    path = flight(tmp_path, rule("never_ready"))
    process = started("run", path, "--out", "run")
    until = time.monotonic() + 60.0
    while not (tmp_path / "run" / "plant" / "flight.tlog").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    autopilot = running_in(tmp_path / "run" / "plant")
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "INTERRUPTED: hop: The run was interrupted before it began." in out
    assert "Traceback" not in errors
    assert not psutil.pid_exists(autopilot)
    run = RunDirectory.open(tmp_path / "run")
    assert [event["event"] for event in run.events()][-2:] == ["interrupted", "end"]
    assert (tmp_path / "run" / "report.html").exists()


def test_a_phase_that_takes_too_long_is_told_with_what_the_autopilot_printed(tmp_path, motorhand):
    slow = "take_off_altitude_m: 2", "take_off_altitude_m: 2, take_off_timeout_s: 1"
    done = motorhand("run", flight(tmp_path, slow), "--out", "run")
    assert done.returncode == ExitCode.PLANT_FAILED
    assert "TAKE-OFF took more than 1 s of the autopilot's time; it is armed, " in done.stdout
    assert "; its last lines:\n  " in done.stdout
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 'its last lines:</span> <span class="printed">  INFO' in page


@pytest.mark.alone
def test_one_that_is_killed_in_flight_ends_the_run_within_five_seconds(tmp_path, motorhand):
    killed_at: list[float] = []

    def kill(done: int, ticks: int) -> None:
        if done > 100 and not killed_at:
            os.kill(running_in(tmp_path / "run" / "plant"), signal.SIGKILL)
            killed_at.append(time.monotonic())

    outcome = run_scenario(load_scenario(flight(tmp_path)), tmp_path / "run", kill)
    assert time.monotonic() - killed_at[0] < 5.0
    assert outcome.verdict.word == "PLANT FAILED"
    assert "ended by signal 9; its last lines" in outcome.verdict.sentence


def test_where_there_is_no_px4_it_is_said_how_to_get_one(tmp_path, motorhand):
    path = flight(tmp_path, server="real")
    done = motorhand("run", path, "--out", "run", env={"PX4_SITL": str(tmp_path)})
    assert done.returncode == ExitCode.PLANT_FAILED
    for words in ("no PX4 was found", f"PX4_SITL: {tmp_path}", "server: standin"):
        assert words in done.stdout


def test_a_port_in_use_is_told_with_who_has_it(tmp_path, motorhand):
    path = flight(tmp_path, ("kind: px4", "kind: px4\n  instance: 7"))
    with socket.create_server(("127.0.0.1", Ports.of(7).simulator)):
        done = motorhand("run", path, "--out", "run")
    assert done.returncode == ExitCode.PLANT_FAILED
    assert "tcp port 4567 is in use" in done.stdout
    assert f"process {os.getpid()}" in done.stdout


@pytest.mark.alone
def test_several_fly_at_once(tmp_path):
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()

    def fly(folder: Path) -> str:
        return flown_elsewhere(flight(folder), folder / "run")

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(fly, folders)) == ["PASSED"] * 3
    numbers = {
        json.loads((folder / "run" / "manifest.json").read_text())["plant"]["identity"]["instance"]
        for folder in folders
    }
    assert len(numbers) == 3


def flown_elsewhere(path: Path, out: Path) -> str:
    """The verdict of a run in a process of its own."""
    words = [sys.executable, "-m", "harness.cli.main", "run", str(path), "--out", str(out)]
    subprocess.run(words, check=False, capture_output=True, timeout=200, cwd=path.parent)
    return RunDirectory.open(out).verdict()["verdict"]


def test_a_late_estimate_can_be_predicted_by_a_twin_that_lags(tmp_path):
    more = "timing: {late_observation: predict}\n"
    more += "faults:\n  lost: {kind: dropout, at_s: 13.5, for_s: 0.2}\n"
    run = flown(flight(tmp_path, more=more))
    assert run.verdict()["verdict"] == "PASSED", run.verdict()
    told = run.trace.columns["observation"].categories
    kinds = run.trace.read("observation")["observation"][:, 0]
    assert (kinds == told.index("PREDICTED")).sum() >= 9
