"""A curve to fly: exact derivatives, no jump anywhere, and flown to a millimetre."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.figure_eight import figure_eight
from harness.reference import first_reference, reference_rows
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.model import FigureEightReference
from harness.stability.certificate import certify
from harness.stability.problem import problem_of
from harness.trace.reader import RunDirectory

CENTRE = (10.0, -20.0, -30.0)


def eight(**values):
    shape = {"centre_m": CENTRE, "length_m": 20.0, "width_m": 8.0, "period_s": 12.0}
    return FigureEightReference(kind="figure_eight", **{**shape, **values})


EIGHTS = st.builds(
    eight,
    length_m=st.floats(0.1, 1e3),
    width_m=st.floats(0.1, 1e3),
    period_s=st.floats(0.5, 1e3),
    starts_at_s=st.floats(0.0, 100.0),
    ramp_s=st.none() | st.floats(0.5, 1e3),
    heading_deg=st.floats(-360.0, 360.0),
)


def scales(config):
    """Largest speed and acceleration, about, and the time in which either changes."""
    size = config.length_m + config.width_m
    quick = min(config.period_s, config.ramp)
    rate = 2.0 * np.pi / quick
    return rate * size, rate**2 * size, quick


@given(EIGHTS, st.floats(-0.2, 3.0))
def test_derivatives_are_those_of_finite_differences(config, periods):
    """Central differences, off by h²/6 of the third derivative; a seam of the ramp is worse."""
    speed, acceleration, quick = scales(config)
    h = 1e-4 * quick
    at = config.starts_at_s + config.ramp + periods * config.period_s
    before, there, after = figure_eight(config, np.array([at - h, at, at + h]))
    slope = (after - before) / (2.0 * h)
    np.testing.assert_allclose(slope[:3], there[3:6], atol=1e-3 * speed)
    np.testing.assert_allclose(slope[3:6], there[6:], atol=1e-3 * acceleration)


@given(EIGHTS)
def test_nothing_jumps_where_the_ramp_begins_or_ends(config):
    speed, acceleration, quick = scales(config)
    size = config.length_m + config.width_m
    for seam in (config.starts_at_s, config.starts_at_s + config.ramp):
        h = 1e-6 * quick
        before, after = figure_eight(config, np.array([seam - h, seam + h]))
        for some, scale in ((slice(3), size), (slice(3, 6), speed), (slice(6, 9), acceleration)):
            assert np.abs(after - before)[some].max() < 1e-4 * scale


@given(EIGHTS, st.floats(0.0, 1.0))
def test_it_rests_at_its_centre_until_it_starts(config, share):
    (row,) = figure_eight(config, np.array([share * config.starts_at_s]))
    np.testing.assert_array_equal(row, [*CENTRE, 0, 0, 0, 0, 0, 0])


def test_a_whole_period_has_both_tips_both_lobes_and_comes_back():
    config = eight()
    once = figure_eight(config, 100.0 + np.linspace(0.0, config.period_s, 12001)) - [
        *CENTRE,
        *[0] * 6,
    ]
    assert once[:, 0].max() == pytest.approx(10.0, rel=1e-5)
    assert once[:, 0].min() == pytest.approx(-10.0, rel=1e-5)
    assert once[:, 1].max() == pytest.approx(4.0, rel=1e-5)
    assert once[:, 1].min() == pytest.approx(-4.0, rel=1e-5)
    np.testing.assert_array_equal(once[:, [2, 5, 8]], 0.0)
    np.testing.assert_allclose(once[-1], once[0], atol=1e-10)


def test_heading_turns_it_from_x_towards_y():
    seconds = np.linspace(0.0, 30.0, 50)
    straight = figure_eight(eight(), seconds) - [*CENTRE, *[0] * 6]
    turned = figure_eight(eight(heading_deg=90.0), seconds) - [*CENTRE, *[0] * 6]
    np.testing.assert_allclose(turned[:, 1::3], straight[:, 0::3], atol=1e-12)
    np.testing.assert_allclose(turned[:, 0::3], -straight[:, 1::3], atol=1e-12)


def test_blocks_of_rows_have_no_seam_and_every_vehicle_has_its_row(hover):
    spec, dt = hover(plant="vehicles: 3").spec, 0.001
    rows = reference_rows(eight(), spec, dt)
    found = np.stack([next(rows).copy() for _ in range(8200)])
    expected = figure_eight(eight(), dt * np.arange(8200))
    for vehicle in range(3):
        np.testing.assert_array_equal(found[:, vehicle], expected)
    np.testing.assert_array_equal(first_reference(eight(), spec), found[0])


FLYER = """\
format: 1
name: A free-flyer on a figure eight
duration_s: 60
rate_hz: 100
plant:
  kind: orbit
  gravity: none
  mass_kg: 12
  thrust_limit_n: 60
  state: {position_m: [7.0e6, 0, 0], velocity_m_s: [0, 0, 0]}
  vehicles: [{name: flyer}]
controller: {kind: agp, gravity: none, bandwidth: 4}
reference:
  kind: figure_eight
  centre_m: [7.0e6, 0, 0]
  length_m: 20
  width_m: 8
  period_s: 20
  starts_at_s: 5
modes:
  - {at_s: 0, mode: TRAJECTORY}
expect:
  on_the_curve: {signal: norm(error_position), at_most: 0.004, unit: m}
"""


@pytest.fixture
def flyer(tmp_path):
    """Loads the free-flyer, with some values set."""

    def load(*sets, text=FLYER):
        path = tmp_path / "eight.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path, sets)

    return load


def test_a_free_flyer_flies_it_to_millimetres(flyer, tmp_path):
    """What is left is the half tick by which a command that is held comes late."""
    scenario = flyer()
    assert scenario.warnings == ()
    outcome = run_scenario(scenario, tmp_path / "run")
    assert outcome.verdict.word == "PASSED", outcome.verdict
    flown = RunDirectory.open(tmp_path / "run").trace.vector("position")[:, 0]
    assert np.ptp(flown, axis=0) == pytest.approx([20.0, 8.0, 0.0], abs=0.01)


def test_more_than_the_vehicle_has_is_warned_of(flyer):
    """It bends by at most 17.5 (2π/T)² m/s², which is 5 m/s² at T = 11.8 s."""
    assert flyer("reference.period_s=11.9").warnings == ()
    (warning,) = flyer("reference.period_s=11.7").warnings
    assert "flyer: the figure eight asks for up to" in warning
    assert "limited to 5; a longer period_s or ramp_s" in warning


@pytest.mark.parametrize(
    "key",
    ["period_s=0", "length_m=-1", "width_m=0", "ramp_s=0", "starts_at_s=-1", "heading_deg=400"],
)
def test_a_value_that_makes_no_curve_is_refused_with_its_key(flyer, key):
    with pytest.raises(ScenarioError) as refusal:
        flyer(f"reference.{key}")
    assert f"reference.{key.partition('=')[0]}" in str(refusal.value)


CLAIM = "certificate={error_position_m: 60, error_velocity_m_s: 60}"


def test_what_is_to_be_proved_holds_all_of_the_curve_though_it_begins_at_rest(flyer):
    """The loop's own reference goes straight on, so all of the acceleration is a disturbance."""
    scenario = flyer(CLAIM)
    problem, told = problem_of(scenario)
    assert problem.references.shape == (1, scenario.ticks + 1, 6)
    rows = figure_eight(scenario.model.reference, scenario.dt * np.arange(scenario.ticks + 1))
    most = np.linalg.norm(rows[:, 6:], axis=1).max()
    strays = told["ranges"]["reference_strays"]
    assert strays["m_s2"] == pytest.approx(most, rel=1e-9)
    assert strays["m_s"] == pytest.approx(most * scenario.dt, rel=1e-2)
    assert strays["m"] == pytest.approx(0.5 * most * scenario.dt**2, rel=1e-2)


@pytest.mark.parametrize(("period", "verdict"), [(60, "PROVED"), (20, "CONTRACTION ONLY")])
def test_a_gentle_curve_is_proved_and_of_a_hard_one_less_is_claimed(flyer, period, verdict):
    found = certify(flyer(CLAIM, "duration_s=20", f"reference.period_s={period}"), margin=False)
    assert found["verdict"] == verdict, found["reason"]


def test_the_certificate_of_a_curve_covers_its_run(flyer, tmp_path):
    sets = (
        CLAIM,
        "expect.proved={proved_below: 1.0}",
        "duration_s=20",
        "rate_hz=10",
        "reference.period_s=60",
    )
    run_scenario(flyer(*sets, "expect.on_the_curve.at_most=0.01"), tmp_path / "run")
    run = RunDirectory.open(tmp_path / "run")
    assert run.verdict()["verdict"] == "PASSED", run.verdict()["criteria"]
    assert "covers this run" in json.dumps(run.verdict())
