"""Runs against the wall clock: what they record, what they make of lateness, and how they end.

Nothing here depends on how fast this machine is.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np
import pytest
import remote_rig

from harness import floor
from harness.errors import ExitCode
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.trace.reader import RunDirectory
from kernel.modes import LABELS
from sims import registry
from sims.config import Config
from sims.plant import Observation, PlantSpec

pytestmark = pytest.mark.alone

PACED = "clock: realtime\ntiming: {misses_percent: 100}\n"


@pytest.fixture(autouse=True)
def _known_floor(monkeypatch):
    """Measuring the machine takes a second; what it comes to is not at issue here."""
    monkeypatch.setattr(floor, "machine_floor", lambda: {"holds_hz": 1000})
    monkeypatch.setattr(floor, "cannot_hold", lambda known, rate_hz: None)


@pytest.fixture
def paced(hover, glider, tmp_path):
    """Loads the glider's scenario against the wall clock."""
    glider.abilities["clocks"] = frozenset({"lockstep", "realtime"})
    glider.abilities["rate_hz"] = (0.1, 1000.0)

    def load(rate_hz=100, duration_s=0.5, more=PACED, **values):
        hover(duration_s=duration_s, **values)
        path = tmp_path / "hover.yaml"
        text = path.read_text().replace("rate_hz: 10\n", f"rate_hz: {rate_hz}\n")
        path.write_text(text + more)
        return load_scenario(path)

    return load


def latency(outcome):
    return json.loads((outcome.directory / "latency.json").read_text())


def test_ticks_begin_when_they_are_due_and_each_is_recorded(paced, tmp_path):
    outcome = run_scenario(paced(), tmp_path / "out")
    assert outcome.verdict.word == "PASSED"
    run = RunDirectory.open(outcome.directory)
    stamps = run.timing()
    np.testing.assert_array_equal(stamps["tick"], np.arange(51))
    np.testing.assert_array_equal(np.diff(stamps["scheduled_ns"]), 10_000_000)
    assert (stamps["received_ns"] >= stamps["scheduled_ns"]).all()
    np.testing.assert_array_equal(run.trace.t_ns, np.arange(51) * 10_000_000)
    assert run.manifest["clock"]["kind"] == "realtime"
    assert run.manifest["floor"] == {"holds_hz": 1000}


def test_a_deadline_that_nobody_can_meet_degrades_a_run_whose_criteria_hold(paced, tmp_path):
    more = "clock: realtime\ntiming: {deadline_ms: 0.000001}\n"
    outcome = run_scenario(paced(more=more), tmp_path / "out")
    assert outcome.verdict.word == "DEGRADED"
    assert outcome.verdict.exit_code is ExitCode.DEGRADED
    assert "50 of 50 ticks (100 %) missed their deadline of 1e-06 ms" in outcome.verdict.sentence
    told = latency(outcome)["deadlines"]
    assert told["misses"] == told["longest_run"] == 50
    assert sum(told["blame"].values()) == 50


def test_what_fails_is_failed_however_late_it_was(paced, tmp_path):
    more = "clock: realtime\ntiming: {deadline_ms: 0.000001}\n"
    outcome = run_scenario(paced(more=more, at_most=0.5), tmp_path / "out")
    assert outcome.verdict.word == "FAILED"


def test_a_plant_that_is_slow_makes_ticks_late_and_none_is_left_out(paced, glider, tmp_path):
    """Tick 9's exchange takes 35 ms of 10: it is told of the plant, and the next are made up."""
    glider.at_tick = lambda: time.sleep(0.035)
    outcome = run_scenario(paced(plant="calls_at_tick: 10"), tmp_path / "out")
    run, told = RunDirectory.open(outcome.directory), latency(outcome)
    stamps = run.timing()
    assert len(stamps["tick"]) == 51
    late_ns = stamps["sent_ns"] - stamps["scheduled_ns"]
    assert (late_ns[10:13] > [25_000_000, 15_000_000, 5_000_000]).all()
    assert told["deadlines"]["misses"] >= 2
    assert told["deadlines"]["blame"]["plant"] >= 2
    assert told["deadlines"]["longest_run"] >= 2


def test_a_simulated_plant_flies_on_with_the_command_before_while_the_next_is_late(
    paced, glider, tmp_path
):
    glider.at_tick = lambda: time.sleep(0.035)
    outcome = run_scenario(paced(plant="calls_at_tick: 10"), tmp_path / "out")
    trace = RunDirectory.open(outcome.directory).trace
    age = trace.read("command_age")["command_age"][:50, 0]
    commanded = trace.vector("commanded_acceleration")[:50, 0]
    flown = np.array([call[2].acceleration[0] for call in glider.calls if call[0] == "exchange"])
    for tick in range(50):
        origin = tick - round(age[tick] / 0.01)
        np.testing.assert_array_equal(flown[tick], commanded[origin])
    assert age[10] == pytest.approx(0.01)
    assert age[11] == pytest.approx(0.02)
    assert latency(outcome)["budget"]["ticks"] >= 3


def test_a_run_is_interrupted_in_the_middle_of_a_long_tick(paced, tmp_path):
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    before = time.monotonic()
    scenario = paced(rate_hz=0.1, duration_s=1000)
    outcome = run_scenario(scenario, tmp_path / "out", stop=stop)
    assert outcome.verdict.word == "INTERRUPTED"
    assert time.monotonic() - before < 9.0


def test_what_the_system_refuses_is_a_warning_and_the_run_goes_on(paced, tmp_path):
    more = "clock: realtime\ntiming: {misses_percent: 100, cpu: 4096}\n"
    outcome = run_scenario(paced(more=more), tmp_path / "out")
    assert outcome.verdict.word == "PASSED"
    assert outcome.verdict.warnings[0].startswith("timing.cpu: there is no processor 4096")
    events = RunDirectory.open(outcome.directory).events()
    assert any(e["event"] == "warning" and "4096" in e["text"] for e in events)


def test_what_a_plant_starts_is_not_bound_to_the_loops_processor(paced, glider, tmp_path):
    ours, seen = os.sched_getaffinity(0), []
    glider.at_tick = lambda: seen.append(os.sched_getaffinity(0))
    for tick in (0, 10):
        more = f"clock: realtime\ntiming: {{misses_percent: 100, cpu: {min(ours)}}}\n"
        scenario = paced(more=more, plant=f"calls_at_tick: {tick}")
        run_scenario(scenario, tmp_path / f"out-{tick}")
    assert seen == [ours, {min(ours)}]


def test_a_rate_that_the_machine_can_not_hold_is_warned_of(paced, tmp_path, monkeypatch):
    monkeypatch.setattr(floor, "cannot_hold", lambda known, rate_hz: f"not {rate_hz:g} Hz")
    outcome = run_scenario(paced(), tmp_path / "out")
    assert "not 100 Hz" in outcome.verdict.warnings


class RigConfig(Config):
    kind: Literal["rig"]
    deaf_at_tick: int | None = None


class Rig:
    """The loop's side of the rig in another process."""

    def __init__(self, config, tick_ns):
        self.config, self.tick_ns, self.tick = config, tick_ns, 0
        self.process = subprocess.Popen(
            [sys.executable, remote_rig.__file__], stdout=subprocess.PIPE, text=True
        )
        self.address = ("127.0.0.1", int(self.process.stdout.readline()))
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.settimeout(5.0)

    def start(self):
        return self.ask(0.0)

    def ask(self, acceleration):
        self.link.sendto(remote_rig.ASK.pack(time.monotonic_ns(), acceleration), self.address)
        answer = self.link.recv(remote_rig.ANSWER.size)
        now_ns = time.monotonic_ns()
        asked_ns, received_ns, answered_ns, x, v = remote_rig.ANSWER.unpack(answer)
        round_trip = (now_ns - asked_ns) - (answered_ns - received_ns)
        offset = ((received_ns - asked_ns) + (answered_ns - now_ns)) // 2
        state = np.array([[7e6 + x, 0.0, 0.0, v, 0.0, 0.0]])
        return Observation(
            self.tick * self.tick_ns,
            state,
            np.empty((1, 0)),
            sampled_ns=answered_ns - offset,
            applied_ns=received_ns - offset,
            clock_offset_ns=offset,
            clock_bound_ns=round_trip // 2 + 1,
        )

    def exchange(self, command, deadline_ns):
        self.tick += 1
        seen = self.ask(float(command.acceleration[0, 0]))
        return None if self.tick == self.config.deaf_at_tick else seen

    def inject(self, fault, on):
        raise AssertionError

    def stop(self, reason):
        self.link.sendto(b"", self.address)
        self.process.wait(5)
        self.process.stdout.close()
        self.link.close()


class RigFamily:
    config_model = RigConfig

    def describe(self, config, rate_hz):
        return PlantSpec(
            family="rig",
            fidelity="a process of its own",
            vehicles=("cart",),
            frame="rail",
            clocks=frozenset({"realtime"}),
            modes=frozenset(LABELS),
            rate_hz=(1.0, 1000.0),
            faults=frozenset(),
            deterministic=False,
            columns=(),
            max_acceleration=np.array([20.0]),
        )

    def open(self, config, spec, tick_ns, seed):
        return Rig(config, tick_ns)


RIG = """\
format: 1
name: A cart on a rail
duration_s: 1
rate_hz: 100
clock: realtime
timing: {{misses_percent: 100{timing}}}
plant: {{kind: rig{plant}}}
controller: {{kind: agp, gravity: none, bandwidth: 1}}
reference: {{kind: fixed_point, position_m: [7000001, 0, 0]}}
modes: [{{at_s: 0, mode: STATION-KEEP}}]
expect:
  moves: {{signal: error_position_x, statistic: final, at_most: 0.999, unit: m}}
"""


@pytest.fixture
def rig(monkeypatch, tmp_path):
    """Runs a scenario of the rig."""
    found = registry._found

    def with_rig(group):
        more = {"rig": SimpleNamespace(load=RigFamily)} if group == registry.PLANTS else {}
        return {**found(group), **more}

    registry.find.cache_clear()
    monkeypatch.setattr(registry, "_found", with_rig)

    def run(plant="", timing="") -> Path:
        path = tmp_path / "rig.yaml"
        path.write_text(RIG.format(plant=plant, timing=timing))
        return run_scenario(load_scenario(path), tmp_path / "out")

    yield run
    registry.find.cache_clear()


def test_a_clock_elsewhere_is_told_with_half_the_round_trip_as_its_bound(rig):
    outcome = rig()
    assert outcome.verdict.word == "PASSED"
    stamps = RunDirectory.open(outcome.directory).timing()
    ahead = remote_rig.AHEAD_NS
    off = np.abs(stamps["clock_offset_ns"] - ahead)
    assert (off <= stamps["clock_bound_ns"]).all()
    told = latency(outcome)["clock_offset"]
    assert told["least_ms"] <= ahead / 1e6 + told["bound_ms"]
    assert told["most_ms"] >= ahead / 1e6 - told["bound_ms"]
    assert latency(outcome)["budget"]["clock_bound_ms"] == pytest.approx(told["bound_ms"])


def test_the_age_of_a_command_runs_from_when_the_rig_sampled_to_when_it_applied(rig):
    outcome = rig()
    stamps = RunDirectory.open(outcome.directory).timing()
    at_effect = (stamps["applied_ns"] - stamps["sampled_ns"])[:-1]
    at_start = stamps["scheduled_ns"][1:-1] - stamps["sampled_ns"][:-2]
    assert (at_effect > 0).all()
    oldest_ms = max(at_effect.max(), at_start.max()) / 1e6
    assert latency(outcome)["budget"]["age_ms"] == pytest.approx(oldest_ms, rel=1e-6)


def test_an_observation_that_does_not_come_is_held_and_counted(rig):
    outcome = rig(plant=", deaf_at_tick: 40")
    run = RunDirectory.open(outcome.directory)
    kind = run.trace.read("observation")["observation"][:, 0]
    np.testing.assert_array_equal(np.flatnonzero(kind), [40])
    measured = run.trace.vector("measured_position")[:, 0]
    np.testing.assert_array_equal(measured[40], measured[39])
    assert latency(outcome)["observations"] == {"held": 1, "predicted": 0}


def test_a_run_that_is_not_to_go_on_without_one_ends_there(rig):
    outcome = rig(plant=", deaf_at_tick: 40", timing=", late_observation: abort")
    assert outcome.verdict.exit_code is ExitCode.PLANT_FAILED
    assert "no observation had arrived at 0.4 s" in outcome.verdict.sentence
    assert len(RunDirectory.open(outcome.directory).timing()["tick"]) == 40
