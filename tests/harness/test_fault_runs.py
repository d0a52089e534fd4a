"""Whole runs with faults: what each leaves in the trace, how they end, and that they repeat."""

import hashlib
import json
import shutil
import subprocess
import sys
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from amount import of_the_whole, seed

from harness.errors import ExitCode
from harness.link.columns import FRESH, HELD, PREDICTED
from harness.link.opened import opened
from harness.loop import fly
from harness.recover import recover
from harness.reference import reference_rows
from harness.replay import build_controller, open_sealed, replay
from harness.run import run_scenario
from harness.scenario.load import load_scenario, scenario_of_manifest
from harness.schedule import mode_schedule
from harness.trace.reader import RunDirectory
from kernel.bodies import EARTH

TEXT = """\
format: 1
name: Two in an orbit
seed: 11
duration_s: {duration_s}
rate_hz: {rate_hz}
{more}
plant:
  kind: orbit
  gravity: point_mass
  mass_kg: 100
  thrust_limit_n: 50
  state: {{position_m: [7.0e6, 0, 0], velocity_m_s: [0, 5300, 5300]}}
  vehicles:
    - {{name: one, offset_rtn_m: [0, -2, 1]}}
    - {{name: two, offset_rtn_m: [0, 50, 0]}}
controller: {{kind: agp, gravity: point_mass, bandwidth: 0.5}}
reference: {{kind: slot, gravity: point_mass}}
modes: [{{at_s: 0, mode: {mode}}}]
faults:
{faults}
expect:
  near: {{signal: norm(error_position), at_most: 1e9, unit: m}}
"""


def scenario_of(folder, faults, duration_s=3, rate_hz=10, more="", mode="STATION-KEEP", sets=()):
    """Writes a scenario of two vehicles and reads it."""
    text = TEXT.format(
        faults="\n".join(f"  {name}: {{{told}}}" for name, told in faults.items()) or "  a: null",
        duration_s=duration_s,
        rate_hz=rate_hz,
        more=more,
        mode=mode,
    )
    path = folder / "faulty.yaml"
    path.write_text(text)
    return load_scenario(path, sets)


@pytest.fixture
def flown(tmp_path):
    """Runs a scenario of two vehicles with faults; see :func:`scenario_of`."""
    runs = iter(range(99))

    def run(faults, **more):
        outcome = run_scenario(scenario_of(tmp_path, faults, **more), tmp_path / f"{next(runs)}")
        return outcome.verdict, RunDirectory.open(outcome.directory)

    return run


def column(run, name, vehicle=0):
    return run.trace.read(name)[name][:, vehicle]


def vector(run, name, vehicle=0):
    return run.trace.vector(name)[:, vehicle]


def state(run, prefix="", vehicle=0):
    return np.concatenate(
        [vector(run, f"{prefix}{name}", vehicle) for name in ("position", "velocity")], axis=1
    )


EACH = {
    "dropout": "",
    "freeze": "",
    "bias": ", position_m: [3, 0, -4], velocity_m_s: [0, 0.5, 0]",
    "drift": ", position_m_s: [0, 10, 0]",
    "noise": ", position_noise_m: 2",
    "spikes": ", probability: 1, position_spike_m: 30",
    "quantization": ", position_step_m: 16",
    "clock_step": ", offset_ms: 2",
    "clock_drift": ", drift_ppm: 10000",
    "latency": ", delay_ms: 300",
    "loss": ", probability: 1",
    "duplication": ", probability: 1, later_ticks: 2",
    "reordering": ", probability: 1, later_ticks: 2",
    "stuck": "",
    "saturation": ", limit_m_s2: 0.001",
    "lag": ", time_constant_s: 0.2",
    "gain_loss": ", loss_percent: 50",
    "gravity_error": ", percent: 20",
    "hang": "",
}
"""Every kind but death, one after the other for three ticks, on vehicle one where it can be."""
BEGINS = {kind: 5 + 6 * index for index, kind in enumerate(EACH)}
TICKS = 6 * len(EACH) + 10


@pytest.fixture(scope="module")
def each(tmp_path_factory):
    """A run with every kind; not to be altered."""
    folder = tmp_path_factory.mktemp("each")
    faults = {
        kind: f"kind: {kind}, at_s: {BEGINS[kind] / 10}, for_s: 0.3{more}"
        + (", vehicle: one" if kind != "gravity_error" else "")
        for kind, more in EACH.items()
    }
    scenario = scenario_of(folder, faults, duration_s=TICKS / 10)
    outcome = run_scenario(scenario, folder / "run")
    assert outcome.verdict.word == "PASSED"
    return RunDirectory.open(outcome.directory)


@pytest.mark.parametrize("kind", EACH)
def test_a_fault_is_flagged_at_exactly_its_ticks_and_on_whom_it_strikes(each, kind):
    ticks = [BEGINS[kind] + after for after in range(3)]
    assert np.flatnonzero(column(each, f"fault_{kind}", 0)).tolist() == ticks
    others = ticks if kind == "gravity_error" else []
    assert np.flatnonzero(column(each, f"fault_{kind}", 1)).tolist() == others


@pytest.mark.parametrize("kind", EACH)
def test_a_fault_is_on_the_time_line_and_counted(each, kind):
    events = [(e["event"], e["t_ns"]) for e in each.events() if e.get("fault") == kind]
    tick_ns, begins = 100_000_000, BEGINS[kind]
    assert events == [("fault begins", begins * tick_ns), ("fault ends", (begins + 3) * tick_ns)]
    told = json.loads((each.path / "latency.json").read_text())
    assert told["faults"][kind] == 3


def test_whom_no_fault_strikes_is_told_the_truth_and_flies_what_it_commands(each):
    np.testing.assert_array_equal(state(each, "measured_", 1), state(each, "", 1))
    for name in ("observation", "observation_age", "command_age"):
        assert not column(each, name, 1).any()
    commanded, delivered = (
        vector(each, f"{name}_acceleration", 1) for name in ("commanded", "delivered")
    )
    np.testing.assert_allclose(delivered[1:], commanded[:-1], rtol=0, atol=1e-15)


def off(run, kind):
    """What is told less what is true at a fault's ticks, (3, 6)."""
    some = slice(BEGINS[kind], BEGINS[kind] + 3)
    return state(run, "measured_")[some] - state(run)[some]


def test_each_falsifies_what_is_measured_as_it_says(each):
    np.testing.assert_allclose(off(each, "bias"), [[3, 0, -4, 0, 0.5, 0]] * 3, atol=1e-8)
    np.testing.assert_allclose(off(each, "drift")[:, :3], [[0, i, 0] for i in range(3)], atol=1e-8)
    assert 0.3 < np.abs(off(each, "noise")[:, :3]).max() < 9.0
    np.testing.assert_allclose(np.linalg.norm(off(each, "spikes")[:, :3], axis=1), 30, atol=1e-6)
    assert np.abs(off(each, "quantization")[:, :3]).max() <= 8.0
    some = slice(BEGINS["quantization"], BEGINS["quantization"] + 3)
    np.testing.assert_array_equal(state(each, "measured_")[some, :3] % 16.0, 0.0)
    begins = BEGINS["freeze"]
    for tick in range(begins, begins + 3):
        np.testing.assert_array_equal(
            state(each, "measured_")[tick], state(each, "measured_")[begins - 1]
        )


def test_a_clock_that_is_ahead_shifts_what_is_told_back_along_the_orbit(each):
    for kind, ahead_s in (("clock_step", [2e-3] * 3), ("clock_drift", [0.0, 1e-3, 2e-3])):
        along = vector(each, "reference_velocity")[BEGINS[kind] : BEGINS[kind] + 3]
        expected = -np.array(ahead_s)[:, None] * along
        np.testing.assert_allclose(off(each, kind)[:, :3], expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["dropout", "hang"])
def test_what_is_missing_is_held_along_the_orbit_and_ages(each, kind):
    begins = BEGINS[kind]
    some = slice(begins - 1, begins + 4)
    assert column(each, "observation")[some].tolist() == [FRESH, HELD, HELD, HELD, FRESH]
    ages = [0.0, 0.1, 0.2, 0.3, 0.0]
    np.testing.assert_allclose(column(each, "observation_age")[some], ages, atol=1e-15)
    np.testing.assert_allclose(column(each, "command_age")[some], ages, atol=1e-15)
    held = state(each, "measured_") - state(each, "reference_")
    np.testing.assert_allclose(held[begins : begins + 3], [held[begins - 1]] * 3, atol=1e-8)


def acceleration(run, what):
    return vector(run, f"{what}_acceleration")


@pytest.mark.parametrize(
    ("kind", "flown"),
    [
        ("latency", [-1, -1, -1, 3, 4, 5]),  # later ones overtake what was slow
        ("loss", [-1, -1, -1, 3, 4, 5]),
        ("duplication", [0, 1, 0, 1, 2, 5]),
        ("reordering", [-1, -1, 0, 1, 2, 5]),
        ("hang", [-1, -1, -1, 3, 4, 5]),
    ],
)
def test_each_lets_the_vehicle_fly_what_reached_it(each, kind, flown):
    begins, commanded = BEGINS[kind], acceleration(each, "commanded")
    found = acceleration(each, "delivered")[begins + 1 : begins + 7]
    wanted = commanded[[begins + tick for tick in flown]]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-15)
    ages = [0.1 * (tick - origin) for tick, origin in enumerate(flown)]
    if kind != "hang":
        age = column(each, "command_age")[begins : begins + 6]
        np.testing.assert_allclose(age, ages, atol=1e-12)


def test_each_spoils_thrust_as_it_says(each):
    commanded, delivered = acceleration(each, "commanded"), acceleration(each, "delivered")[1:]

    def at(kind, what):
        return what[BEGINS[kind] - 1 : BEGINS[kind] + 4]

    jam = at("stuck", delivered)
    np.testing.assert_allclose(jam[1:4], [jam[0]] * 3, rtol=0, atol=1e-15)
    assert np.abs(jam[4] - jam[3]).max() > 1e-6
    sizes = np.linalg.norm(at("saturation", commanded), axis=1)
    assert (sizes[1:4] > 1e-3).all()
    found = np.linalg.norm(at("saturation", delivered), axis=1)
    np.testing.assert_allclose(found, [sizes[0], *[1e-3] * 3, sizes[4]], rtol=1e-9)
    share = np.array([1, 0.5, 0.5, 0.5, 1])[:, None]
    weak = at("gain_loss", delivered) - share * at("gain_loss", commanded)
    assert np.abs(weak).max() < 1e-15
    lag, wanted, left = at("lag", delivered), at("lag", commanded), np.exp(-0.5)
    for tick in (1, 2, 3):
        expected = wanted[tick] + left * (lag[tick - 1] - wanted[tick])
        np.testing.assert_allclose(lag[tick], expected, rtol=0, atol=1e-15)


def test_a_run_with_every_kind_replays_to_the_bit(each):
    run = open_sealed(each.path)
    found = replay(run, build_controller(scenario_of_manifest(run.manifest, run.path), run))
    assert found.ticks == TICKS + 1
    assert found.differing == 0


def test_a_run_with_every_kind_that_was_killed_is_recovered_with_its_faults(each, tmp_path):
    directory, ticks = tmp_path / "killed", 60
    shutil.copytree(each.path, directory)
    for name, rows in (("trace", 2 * ticks), ("timing", ticks)):
        parquet = directory / f"{name}.parquet"
        table = pq.read_table(parquet).slice(0, rows)
        with pa.ipc.new_stream(str(directory / f"{name}.arrows"), table.schema) as stream:
            stream.write_table(table)
        parquet.unlink()
    manifest = json.loads((directory / "manifest.json").read_text())
    del manifest["trace"]
    (directory / "manifest.json").write_text(json.dumps(manifest))
    for name in ("verdict.json", "latency.json"):
        (directory / name).unlink()
    found = recover(directory)
    assert (found.rows, found.verdict.word) == (2 * ticks, "INTERRUPTED")
    run = open_sealed(directory)
    for kind in EACH:
        np.testing.assert_array_equal(
            column(run, f"fault_{kind}"), column(each, f"fault_{kind}")[:ticks]
        )
    told = json.loads((directory / "latency.json").read_text())
    assert told["faults"]["dropout"] == 3
    assert told["faults"]["hang"] == 0
    scenario = scenario_of_manifest(run.manifest, directory)
    assert replay(run, build_controller(scenario, run)).differing == 0


# policies


GONE = {"gone": "kind: dropout, at_s: 1, for_s: 1, vehicle: one"}


def test_a_prediction_comes_nearer_than_what_is_held(flown):
    worst = {}
    for policy, code in (("hold", HELD), ("predict", PREDICTED)):
        verdict, run = flown(GONE, more=f"timing: {{late_observation: {policy}}}")
        assert verdict.word == "PASSED"
        kinds = column(run, "observation")
        assert np.flatnonzero(kinds == code).tolist() == list(range(10, 20))
        assert set(kinds.tolist()) == {FRESH, code}
        wrong = np.abs(state(run, "measured_") - state(run))[:, :3]
        np.testing.assert_array_equal(wrong[kinds == FRESH], 0.0)
        worst[policy] = wrong.max()
        told = json.loads((run.path / "latency.json").read_text())
        assert told["observations"] == {"held": 0, "predicted": 0, _NAMES[code]: 10}
    assert worst["predict"] < 1e-6
    assert worst["hold"] > 1e-2


_NAMES = {HELD: "held", PREDICTED: "predicted"}


def test_a_prediction_goes_on_from_what_is_late_and_knows_what_was_commanded(flown):
    slow = "kind: latency, path: observation, delay_ms: 350, jitter_ms: 200, vehicle: one"
    _, run = flown({"slow": slow}, more="timing: {late_observation: predict}")
    kinds = column(run, "observation")
    assert kinds[0] == FRESH
    assert (kinds[1:] == PREDICTED).all()
    assert column(run, "observation_age").max() == pytest.approx(0.6)
    assert np.abs(state(run, "measured_") - state(run))[:, :3].max() < 1e-6


def test_a_run_that_must_not_do_without_ends_and_keeps_its_trace(flown):
    verdict, run = flown(GONE, more="timing: {late_observation: abort}")
    assert verdict.exit_code is ExitCode.PLANT_FAILED
    assert verdict.sentence == (
        "The run ended early: no observation had arrived at 1 s, and timing.late_observation is "
        "abort."
    )
    assert len(run.trace.t_ns) == 10


# a plant that hangs or dies


def test_a_plant_that_dies_fails_the_run_with_the_tick_of_its_death_in_the_trace(flown):
    verdict, run = flown({"end": "kind: death, at_s: 1"})
    assert (verdict.word, verdict.exit_code) == ("PLANT FAILED", ExitCode.PLANT_FAILED)
    assert verdict.sentence == "The run ended early: the plant died at 1 s: fault 'end'."
    assert np.flatnonzero(column(run, "fault_end")).tolist() == [10]
    assert len(run.trace.t_ns) == 11
    events = [(e["t_ns"], e["event"]) for e in run.events()]
    assert (1_000_000_000, "fault begins") in events
    assert [event for _, event in events[-2:]] == ["plant failed", "end"]


def test_a_plant_that_hangs_for_longer_than_allowed_fails_the_run(flown):
    faults = {"stall": "kind: hang, at_s: 1, for_s: 1"}
    verdict, run = flown(faults, more="timing: {give_up_after_s: 0.5}")
    assert verdict.word == "PLANT FAILED"
    assert "no observation for 0.6 s at 1.5 s" in verdict.sentence
    assert np.flatnonzero(column(run, "fault_stall")).tolist() == [10, 11, 12, 13, 14]


def test_a_plant_that_hangs_and_comes_back_in_time_goes_on(flown):
    faults = {"stall": "kind: hang, at_s: 1, for_s: 0.5"}
    verdict, run = flown(faults, more="timing: {give_up_after_s: 0.5}")
    assert verdict.word == "PASSED"
    assert len(run.trace.t_ns) == 31
    assert column(run, "observation")[15:].tolist() == [FRESH] * 16


# gravity


def test_gravity_that_is_off_moves_both_vehicles_from_its_first_tick_to_its_last(flown):
    begins, lasts = 10, 10
    faults = {"heavy": "kind: gravity_error, percent: 1, at_s: 1, for_s: 1"}
    _, run = flown(faults, mode="IDLE")
    _, plain = flown({}, mode="IDLE")
    pull = 0.01 * EARTH.mu / 7e6**2
    for vehicle in (0, 1):
        apart = state(run, "", vehicle) - state(plain, "", vehicle)
        np.testing.assert_array_equal(apart[: begins + 1], 0.0)
        assert (np.abs(apart[begins + 1 :, 0]) > 0.0).all()
        gained = np.linalg.norm(apart[:, 3:], axis=1)
        assert gained[begins + lasts] == pytest.approx(pull * 1.0, rel=1e-4)
        np.testing.assert_allclose(gained[begins + lasts + 1 :], pull * 1.0, rtol=0.01)


# the same every time


def test_what_does_not_act_yet_leaves_every_bit_of_a_run(flown):
    late = {
        "a": "kind: latency, delay_ms: 300, at_s: 2",
        "b": "kind: noise, position_noise_m: 5, at_s: 2, probability: 0.5",
        "c": "kind: gravity_error, percent: 5, at_s: 2",
        "d": "kind: stuck, at_s: 2, vehicle: two",
    }
    _, run = flown(late)
    _, plain = flown({})
    assert "observation" not in plain.trace.columns
    for name in plain.trace.columns:
        for vehicle in (0, 1):
            found = column(run, name, vehicle)[:20]
            assert found.tobytes() == column(plain, name, vehicle)[:20].tobytes(), name
    assert (state(run)[25:] != state(plain)[25:]).any()


def test_another_seed_is_another_run_and_the_same_seed_the_same(flown):
    faults = {"lost": "kind: loss, probability: 0.5"}
    first, again, other = (
        flown(faults, sets=[f"seed={number}"])[1].manifest["trace"]["sha512"]
        for number in (1, 1, 2)
    )
    assert first == again != other


ALL = {
    "fog": "kind: dropout, probability: 0.1, vehicle: one",
    "off": "kind: bias, position_m: [1, 0, 0], at_s: 5, for_s: 20",
    "walk": "kind: drift, velocity_m_s2: [0, 1e-4, 0]",
    "hiss": "kind: noise, position_noise_m: 0.1, velocity_noise_m_s: 0.01",
    "hit": "kind: spikes, probability: 0.05, position_spike_m: 20",
    "bits": "kind: quantization, position_step_m: 0.01",
    "ice": "kind: freeze, at_s: 50, for_s: 2, vehicle: two",
    "up": "kind: latency, delay_ms: 150, jitter_ms: 400",
    "down": "kind: latency, delay_ms: 20, jitter_ms: 300, path: observation",
    "lost": "kind: loss, probability: 0.1",
    "twice": "kind: duplication, probability: 0.1",
    "mixed": "kind: reordering, probability: 0.1, path: observation",
    "jump": "kind: clock_step, offset_ms: -1, at_s: 20",
    "slow": "kind: clock_drift, drift_ppm: 20",
    "jam": "kind: stuck, at_s: 40, for_s: 1",
    "limit": "kind: saturation, limit_m_s2: 0.3, for_s: 30",
    "valve": "kind: lag, time_constant_s: 0.3, for_s: 40",
    "weak": "kind: gain_loss, loss_percent: 10, at_s: 45",
    "heavy": "kind: gravity_error, percent: 0.01, at_s: 10, for_s: 30",
    "stall": "kind: hang, at_s: 55, for_s: 1",
}
"""All kinds that a run survives."""
ELSEWHERE = """
import sys
from pathlib import Path
from harness.run import run_scenario
from harness.scenario.load import load_scenario
run_scenario(load_scenario(Path(sys.argv[1]), sys.argv[3:]), Path(sys.argv[2]))
"""


class Flights:
    """Flights of a scenario with one compiled controller and one list of references."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.controller = scenario.controller_family.build(
            scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
        )
        model = scenario.model.reference
        rows = reference_rows(model, scenario.spec, scenario.dt, scenario.ticks)
        self.references = [next(rows).copy() for _ in range(scenario.ticks + 1)]

    def chain(self, keep=None):
        """Hash of all that is recorded of a flight, tick by tick."""
        scenario, digest = self.scenario, hashlib.sha256()

        def record(tick, t_ns, told, out, extras, stamps):
            for part in (told[:, : self.controller.told.width], out, extras):
                digest.update(part.tobytes())
            if keep is not None:
                keep.append((told.copy(), out.copy()))

        plant, references, _ = opened(scenario, chain(self.references))
        try:
            fly(
                plant,
                self.controller,
                references,
                mode_schedule(scenario),
                scenario.ticks,
                scenario.tick_ns,
                record,
                lambda tick: True,
            )
        finally:
            plant.stop("end of test")
        return digest.hexdigest()


def test_a_thousand_runs_of_a_minute_with_all_faults_are_the_same_to_the_bit(tmp_path):
    """In CI a tenth of them. Most leave out only the recorder, which would take a second each."""
    count, sets = of_the_whole(1000), [f"seed={seed()}"]
    scenario = scenario_of(tmp_path, ALL, 60, 5, sets=sets)
    flights, kept = Flights(scenario), []
    first = flights.chain(kept)
    for _ in range(count - 1):
        assert flights.chain() == first
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "faulty.yaml")]
    subprocess.run([*command, str(tmp_path / "elsewhere"), *sets], check=True, capture_output=True)
    run = RunDirectory.open(tmp_path / "elsewhere")
    for number in range(of_the_whole(20)):
        again = run_scenario(scenario, tmp_path / f"whole{number}").directory
        found, wanted = RunDirectory.open(again).manifest["trace"], run.manifest["trace"]
        assert found["sha512"] == wanted["sha512"]
    flags = [name for name in run.trace.columns if name.startswith("fault_")]
    assert len(flags) == len(ALL)
    assert all(column(run, name, 0).any() or column(run, name, 1).any() for name in flags)
    place = flights.controller.told.span("measured_position", "measured_velocity")
    told = np.array([told[0, place] for told, _ in kept])
    assert told.tobytes() == np.ascontiguousarray(state(run, "measured_")).tobytes()
