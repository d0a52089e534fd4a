"""Flights with a real PX4, where one is found: the same as with the stand-in."""

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from px4_flight import flight, running_in
from pymavlink import mavutil

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.trace.reader import RunDirectory

pytestmark = pytest.mark.px4


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A flight from the ground to the ground."""
    folder = tmp_path_factory.mktemp("real")
    path = flight(folder, server="real", land=True)
    run_scenario(load_scenario(path), folder / "run")
    return RunDirectory.open(folder / "run")


def phase(run: RunDirectory, name: str) -> np.ndarray:
    names = run.trace.columns["flight_phase"].categories
    return run.trace.read("flight_phase")["flight_phase"][:, 0] == names.index(name)


def test_it_takes_off_hands_over_hands_back_and_lands(whole):
    assert whole.verdict()["verdict"] == "PASSED", whole.verdict()
    assert [e["phase"] for e in whole.events() if e["event"] == "flight phase"] == [
        *("ARMING", "TAKE-OFF", "HOLD", "HAND-OVER", "AGP", "HAND-BACK", "LANDING", "LANDED")
    ]


def test_it_says_which_px4_it_is_and_leaves_its_log(whole):
    identity = whole.manifest["plant"]["identity"]
    assert identity["autopilot"].startswith("PX4 1.")
    assert identity["server"] == "real"
    (log,) = (whole.path / "plant").glob("log/*/*.ulg")
    assert log.stat().st_size > 100_000
    assert "The autopilot&#39;s log" in report(whole)


def report(run: RunDirectory) -> str:
    from reports.page import write_report

    return write_report(run.path).read_text(encoding="utf-8")


def test_no_error_in_hover_is_no_kinematic_acceleration_on_the_wire(whole):
    """What was really sent: told −g beside its own, PX4 would climb with 1 g."""
    log = mavutil.mavlink_connection(str(whole.path / "plant" / "flight.tlog"), dialect="all")
    sent = []
    while (message := log.recv_match(type="SET_POSITION_TARGET_LOCAL_NED")) is not None:
        sent.append(
            (message.time_boot_ms, message.type_mask, message.afx, message.afy, message.afz)
        )
        assert all(math.isnan(part) for part in (message.x, message.y, message.z, message.vx))
    told = np.array(sent)
    assert set(told[:, 1]) == {0x83F}
    start_ms = 1e3 * whole.trace.read("autopilot_time")["autopilot_time"][0, 0]
    hanging = (told[:, 0] > start_ms + 13_000) & (told[:, 0] < start_ms + 15_000)
    assert hanging.sum() > 90
    assert np.abs(told[hanging, 2:].mean(axis=0)).max() < 0.2


def test_a_parameter_that_px4_does_not_have_is_told_of(tmp_path):
    edit = ("kind: px4", "kind: px4\n  parameters: {MPC_XY_VEL_MAXX: 3}")
    outcome = run_scenario(load_scenario(flight(tmp_path, edit, server="real")), tmp_path / "run")
    assert outcome.verdict.word == "PLANT FAILED"
    assert "has no parameter MPC_XY_VEL_MAXX" in outcome.verdict.sentence


def test_estimate_and_truth_are_of_one_frame(whole):
    flying = phase(whole, "AGP")
    off = whole.trace.vector("measured_position") - whole.trace.vector("position")
    assert np.abs(off[flying]).max() < 0.5


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGKILL, "ended by signal 9"), (signal.SIGSTOP, "gave no answer for")],
)
def test_one_that_dies_or_hangs_ends_the_run_within_five_seconds(tmp_path, number, words):
    struck: list[float] = []

    def strike(done: int, ticks: int) -> None:
        if done > 100 and not struck:
            os.kill(running_in(tmp_path / "run" / "plant"), number)
            struck.append(time.monotonic())

    path = flight(tmp_path, server="real")
    outcome = run_scenario(load_scenario(path), tmp_path / "run", strike)
    # 2.5 s of silence; on a busy machine the conclusion of the run takes its time.
    assert time.monotonic() - struck[0] < 7.0
    assert outcome.verdict.word == "PLANT FAILED"
    assert words in outcome.verdict.sentence
    assert "INFO" in outcome.verdict.sentence, "its last lines"


def test_two_fly_at_once(tmp_path):
    folders = [tmp_path / "one", tmp_path / "other"]
    running = []
    for folder in folders:
        folder.mkdir()
        words = [sys.executable, "-m", "harness.cli.main", "run"]
        words += [str(flight(folder, server="real")), "--out", str(folder / "run")]
        running.append(subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True))
    told = [process.communicate(timeout=200)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], told


def test_attitude_and_thrust_leave_all_of_gravity_to_agp(tmp_path):
    edit = ("kind: px4", "kind: px4\n  output: attitude_thrust")
    path = flight(tmp_path, edit, server="real")
    outcome = run_scenario(load_scenario(path), tmp_path / "run")
    assert outcome.verdict.word == "PASSED", outcome.verdict.sentence


def test_its_own_physics_flies_against_the_wall_clock_and_its_stamps_are_on_our_clock(tmp_path):
    text = flight(tmp_path, server="real").read_text(encoding="utf-8")
    text = text.replace("kind: px4", "kind: px4\n  physics: sih").replace("0.5", "2")
    path = tmp_path / "sih.yaml"
    path.write_text(text + "clock: realtime\n", encoding="utf-8")
    outcome = run_scenario(load_scenario(path), tmp_path / "run")
    assert outcome.verdict.word in ("PASSED", "DEGRADED"), outcome.verdict.sentence
    run = RunDirectory.open(tmp_path / "run")
    timing = run.timing()
    told = timing["sampled_ns"][timing["sampled_ns"] > 0]
    received = timing["received_ns"][timing["sampled_ns"] > 0]
    assert len(told) > 0.9 * len(timing["sampled_ns"])
    age_ms = (received - told) / 1e6
    assert -1.0 < np.median(age_ms) < 25.0, "a tick, and what two clocks differ by"
    assert run.manifest["plant"]["identity"]["link"]["messages"] > 1000
    log = mavutil.mavlink_connection(str(run.path / "plant" / "flight.tlog"), dialect="all")
    beats = []
    while (message := log.recv_match(type="HEARTBEAT")) is not None:
        if message.get_srcComponent() == 191:
            beats.append(message._timestamp)
    assert np.diff(beats).max() < 3.0, "our own, all along the flight"


def test_a_failure_that_px4_injects_into_itself_blinds_it_and_it_lands_all_the_same(tmp_path):
    more = "faults:\n  blind: {kind: px4_failure, unit: gps, failure: 'off', at_s: 12}\n"
    longer = ("duration_s: 32", "duration_s: 50")
    path = flight(tmp_path, longer, server="real", land=True, back_s=20, more=more)
    run_scenario(load_scenario(path), tmp_path / "run")
    run = RunDirectory.open(tmp_path / "run")
    phases = [e["phase"] for e in run.events() if e["event"] == "flight phase"]
    assert phases[-1] == "LANDED", phases
    known = run.trace.read("estimator_position_absolute")["estimator_position_absolute"][:, 0]
    assert known[500], "before"
    assert not known[1000], "8 s after its receiver failed"
