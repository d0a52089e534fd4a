"""Whole runs of spacecraft with propellant, thrusters, attitude and sensors of their own."""

import math

import numpy as np
import pytest

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.trace.reader import RunDirectory
from kernel.bodies import STANDARD_GRAVITY_M_S2

SCENARIO = """\
format: 1
name: A spacecraft with parts
seed: 3
duration_s: {duration_s}
rate_hz: 10
plant:
  kind: orbit
  gravity: point_mass
  mass_kg: 10
  state: {{position_m: [6.9e6, 0, 0], velocity_m_s: [0, 7600.5, 0]}}
{plant}
controller: {{kind: agp, gravity: point_mass, bandwidth: 0.2}}
reference: {{kind: slot, gravity: point_mass}}
modes:
  - {{at_s: 0, mode: STATION-KEEP}}
expect:
{expect}
"""
BOX = "  thrusters:\n" + "".join(
    f"    - {{direction: [{x}, {y}, {z}], position_m: [0, {arm}, 0], limit_n: 2, lag_s: 0.1}}\n"
    for x, y, z in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
    for arm in (-0.5, 0.5)
)


@pytest.fixture
def flown(tmp_path):
    """Runs a scenario with a plant's parts and criteria; gives its trace and verdict."""

    def run(plant, expect="  spent: {signal: delta_v, at_least: 0, unit: m/s}", duration_s=20):
        path = tmp_path / "craft.yaml"
        path.write_text(SCENARIO.format(plant=plant, expect=expect, duration_s=duration_s))
        outcome = run_scenario(load_scenario(path), tmp_path / "out")
        return RunDirectory.open(outcome.directory).trace, outcome.verdict

    return run


def column(trace, name):
    return trace.read(name)[name]


def test_mass_falls_by_the_rocket_equation_and_the_tank_runs_dry(flown):
    fuel_kg, isp_s = 0.02, 60.0
    parts = f"  propellant: {{specific_impulse_s: {isp_s}, fuel_kg: {fuel_kg}}}\n"
    trace, _ = flown(BOX + parts + "  offset_rtn_m: [0, -200, 0]")
    mass, delta_v = column(trace, "mass"), column(trace, "delta_v")
    assert mass[0] == 10.0
    assert np.all(np.diff(mass) <= 0.0)
    assert mass[-1] == pytest.approx(10.0 - fuel_kg, abs=1e-14)
    # Along one axis no thrusters work against each other.
    worth = isp_s * STANDARD_GRAVITY_M_S2 * math.log(10.0 / (10.0 - fuel_kg))
    assert delta_v[-1] == pytest.approx(worth, rel=0.01)
    dry = mass == mass[-1]
    assert 10 < dry.sum() < len(mass) - 10
    assert not trace.vector("delivered_acceleration")[dry][1:].any()


def test_what_was_not_realised_is_what_was_commanded_less_what_was_delivered(flown):
    body = (
        "  attitude: {kind: rigid_body, inertia_kg_m2: [1, 1, 1], bandwidth_rad_s: 0.5,"
        " torque_limit_n_m: 0.1, start_rotation_rad: [0.3, 0, 0.5]}\n"
    )
    trace, _ = flown(BOX + body + "  offset_rtn_m: [3, -5, 2]")
    commanded = trace.vector("commanded_acceleration")[:-1]
    delivered = trace.vector("delivered_acceleration")[1:]
    left_out = trace.vector("unrealised_acceleration")[1:]
    np.testing.assert_array_equal(left_out, commanded - delivered)
    assert np.abs(left_out).max() > 1e-3
    error = column(trace, "attitude_error")
    assert error[0] == pytest.approx(math.hypot(0.3, 0.5))
    assert error[-1] < 0.01


def test_the_controller_sees_what_is_measured_and_criteria_what_is_true(flown):
    bias = "  thrust_limit_n: 10\n  sensors: {gnss: {position_bias_m: [0, 0, 8]}}"
    criteria = (
        "  truly: {signal: norm(error_position), statistic: final, at_least: 7, unit: m}\n"
        "  told: {signal: norm(measured_error_position), statistic: final, at_most: 1, unit: m}"
    )
    trace, verdict = flown(bias, criteria, duration_s=100)
    assert verdict.word == "PASSED"
    apart = trace.vector("measured_position") - trace.vector("position")
    np.testing.assert_allclose(apart[:, 0], [[0.0, 0.0, 8.0]] * 1001, atol=1e-6)
    # Where it is told that it is on its slot, it really is 8 m below.
    assert trace.vector("error_position")[-1, 0, 2] == pytest.approx(8.0, abs=1.0)


def test_a_vehicle_without_a_receiver_flies_on_the_truth_beside_one_that_has_it(flown):
    parts = (
        "  thrust_limit_n: 10\n"
        "  vehicles:\n"
        "    - {name: noisy, sensors: {gnss: {position_noise_m: 5}}}\n"
        "    - {name: plain, slot_ellipse: {along_track_m: 50}}\n"
    )
    criteria = (
        "  held: {signal: norm(error_position), vehicle: plain, at_most: 0.01, unit: m}\n"
        "  free: {signal: delta_v, vehicle: plain, statistic: final, at_most: 0.01, unit: m/s}\n"
        "  apart: always (norm(position@plain - position@noisy) >= 24 m)"
    )
    _, verdict = flown(parts, criteria, duration_s=60)
    assert [result.judgement for result in verdict.results] == ["PASSED"] * 3
