"""Certified flights of a plant whose thrust lags, and of such as are not what they say."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from lagging_plant import SCENARIO, BalloonFamily

from harness.cli.certify import told
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.stability.certificate import check
from harness.stability.flown import flown as flights
from harness.stability.lag import Lagging
from harness.stability.problem import asked
from harness.trace import files
from harness.trace.reader import RunDirectory
from kernel.gains import Gains
from kernel.modes import Mode
from kernel.nominal import spectral_radius, tick_matrix
from sims import registry

SETTLED = (
    "duration_s=12",
    "modes=[{at_s: 0, mode: IDLE}, {at_s: 0.1, mode: STATION-KEEP}]",
    "certificate.delay_ms=100",
)
"""It is let fall, caught, and held, so that no command is from before the flight."""


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    found = registry._found
    family = SimpleNamespace(load=BalloonFamily)

    def with_balloon(group):
        return {**found(group), **({"balloon": family} if group == registry.PLANTS else {})}

    registry.find.cache_clear()
    monkeypatch.setattr(registry, "_found", with_balloon)
    yield
    registry.find.cache_clear()


@pytest.fixture
def balloon(tmp_path):
    file = tmp_path / "balloon.yaml"
    file.write_text(SCENARIO)
    return lambda *sets: load_scenario(file, sets)


@pytest.fixture
def fly(balloon, tmp_path):
    """Runs it; returns what is said of its stability, its certificate and where it was flown."""

    def run(*sets):
        directory = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        outcome = run_scenario(balloon(*sets), directory)
        certificate = json.loads((directory / files.CERTIFICATE).read_text())
        return outcome.verdict.stability, certificate, directory

    return run


def test_a_plant_that_lags_as_told_is_proved_and_covered(balloon, fly):
    shown, certificate, directory = fly()
    scenario = balloon()
    assert certificate["verdict"] == "PROVED"
    assert certificate["thrust_lag_s"] == 0.15
    assert shown["covers"], shown["coverage"]
    assert shown["twin_check"]["max_m"] < 1e-12
    gains = Gains().at_bandwidth(4.0)
    spectral = spectral_radius(tick_matrix(gains, scenario.dt, lag_s=0.15)) ** 20
    numbers = shown["numbers"]
    bound = certificate["bound_per_second"]
    assert spectral < bound < 1.01 * spectral
    assert numbers["local"]["value"] <= bound
    assert numbers["observed"]["value"] == pytest.approx(spectral, abs=0.05)
    assert check(scenario, certificate) == []
    assert any("150 ms" in line for line in told(certificate))
    assert thrust_is_what_was_had(scenario, directory)


def thrust_is_what_was_had(scenario, directory):
    """The thrust reconstructed against what velocities tell, which the plant integrates itself."""
    question = asked(scenario)
    (flight,) = flights(RunDirectory.open(directory).trace, Mode.STATION_KEEP)
    had, thrust = Lagging(question.problem).reconstructed(flight, flight.command)
    left = np.exp(-scenario.dt / 0.15)
    np.testing.assert_allclose(
        had[1:], left * had[:-1] + (1 - left) * thrust[:-1], rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(had[0], [0.0, 0.0, -9.80665], rtol=0, atol=1e-9)
    return True


def test_a_certificate_is_none_of_another_lag(balloon, fly):
    _, certificate, _ = fly()
    wrong = check(balloon("plant.lag_s=0.2"), certificate)
    assert "thrust_lag_s is not the scenario's" in wrong
    without = {key: value for key, value in certificate.items() if key != "thrust_lag_s"}
    assert check(balloon(), without)


@pytest.mark.parametrize("other", ["true_lag_s=0.6", "true_lag_s=0.12", "late_ticks=2"])
def test_a_plant_that_lags_or_delays_otherwise_is_not_covered(fly, other):
    shown, certificate, _ = fly(f"plant.{other}")
    assert certificate["verdict"] == "PROVED"
    assert not shown["covers"]
    assert "CERTIFICATE DOES NOT COVER THIS RUN: its model was off by" in shown["coverage"]


@pytest.mark.parametrize(("ticks", "covered"), [(0, True), (2, True), (4, False)])
def test_a_hidden_delay_is_covered_up_to_what_was_claimed(fly, ticks, covered):
    shown, _, _ = fly(*SETTLED, f"plant.late_ticks={ticks}")
    assert shown["covers"] is covered, shown["coverage"]


def test_less_thrust_than_claimed_is_covered_where_the_range_has_it(fly):
    sets = ("plant.thrust_had=0.97", "certificate.thrust_gain_percent=5")
    shown, certificate, _ = fly(*sets)
    # Gravity makes what is lacking a disturbance: the rate is all that is proved.
    assert certificate["verdict"] == "CONTRACTION ONLY"
    assert shown["covers"], shown["coverage"]
    assert shown["twin_check"]["max_m"] < 1e-9


def test_what_lags_in_null_g_is_covered_too(fly):
    shown, certificate, _ = fly("modes=[{at_s: 0, mode: NULL-G}]", "plant.offset_m=1")
    assert certificate["verdict"] == "CONTRACTION ONLY"
    assert len(certificate["contraction"]["metric"]) == 2
    assert shown["covers"], shown["coverage"]


def test_without_a_claim_a_lagging_plant_is_held_against_its_twin(balloon, tmp_path):
    scenario = balloon(
        "certificate=null", "expect={near: {signal: norm(error_position), at_most: 1, unit: m}}"
    )
    outcome = run_scenario(scenario, tmp_path / "out")
    shown = outcome.verdict.stability
    assert shown["metric"] == "nominal"
    assert shown["twin_check"]["max_m"] < 1e-12


def test_a_lag_of_nothing_is_none(balloon):
    question = asked(balloon("plant.lag_s=0"))
    assert not question.problem.loop.lags
    assert question.problem.loop.states == (0, 1, 2)
