"""What a run is told about itself: four numbers, twin check, and whether its proof covers it."""

import json
import math

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.errors import ExitCode
from harness.recover import recover
from harness.stability import assess, record
from harness.stability.coverage import NOT_COVERED
from sims.orbit.plant import OrbitPlant


def judged(outcome):
    return {result.name: result for result in outcome.verdict.results}


def test_a_run_of_the_proved_station_is_covered(flown):
    outcome, told = flown()
    assert outcome.verdict.word == "PASSED"
    assert outcome.verdict.sentence == "All 6 criteria hold."
    assert told["covers"]
    assert told["metric"] == "proved"
    assert told["twin_check"]["max_m"] <= told["twin_check"]["assumed_m"]
    assert told["level_set"]["entered_s"] == {"iss": 0.0}


def test_the_four_numbers_stand_in_their_order(flown):
    numbers = flown("duration_s=200")[1]["numbers"]
    assert list(numbers) == ["proved", "local", "observed", "decay"]
    proved, local, observed = numbers["proved"], numbers["local"], numbers["observed"]
    assert proved["bound_per_second"] >= local["value"] >= local["least"]
    assert local["value"] >= observed["value"] > 0.9
    assert observed["low"] <= observed["value"] <= observed["high"]


def test_the_observed_constant_comes_near_the_slowest_eigenvalue(flown):
    """Of the station's loop the spectral bound is 0.99729 a second."""
    _, told = flown("duration_s=1500", "certificate=null", "expect={o: {below: 0.9995}}")
    observed = told["numbers"]["observed"]
    assert observed["how"] == "a second flight with one push more"
    assert 0.9970 < observed["value"] < 0.9995
    assert told["numbers"]["proved"] is None


@pytest.mark.parametrize(("clock", "flights"), [("lockstep", 1), ("realtime", 0)])
def test_a_run_against_the_wall_clock_can_not_be_flown_again(flown, monkeypatch, clock, flights):
    """What two such flights differ by is also what either was late by."""
    again = []
    monkeypatch.setattr(assess, "fly_again", lambda *_: again.append(True) or [])
    flown("duration_s=1", f"clock={clock}", "certificate=null", "expect={o: {below: 1}}")
    assert len(again) == flights


@pytest.mark.parametrize("mass", [385000, 455000])
def test_a_mass_within_the_claimed_range_is_covered(flown, mass):
    _, told = flown(f"plant.true_mass_kg={mass}")
    assert told["covers"], told["coverage"]


@pytest.mark.parametrize("mass", [315000, 525000])
def test_a_mass_beyond_the_claimed_range_is_not_covered(flown, mass):
    outcome, told = flown(f"plant.true_mass_kg={mass}")
    assert not told["covers"]
    assert told["coverage"].startswith(f"{NOT_COVERED}: its model was off by ")
    assert outcome.verdict.exit_code is ExitCode.FAILED
    assert NOT_COVERED in outcome.verdict.sentence
    results = judged(outcome)
    assert results["proved_stable"].judgement == results["bears_delay"].judgement == "FAILED"
    assert NOT_COVERED in results["proved_stable"].reason
    assert results["delta_v_of_the_orbit"].judgement == "PASSED"


def test_without_a_demand_for_a_proof_the_verdict_says_it_all_the_same(flown):
    outcome, _ = flown(
        "plant.true_mass_kg=315000", "expect={x: {signal: delta_v, at_most: 1, unit: m/s}}"
    )
    assert outcome.verdict.word == "PASSED"
    assert outcome.verdict.sentence.startswith(f"x holds. {NOT_COVERED}: ")


@pytest.mark.parametrize(("ticks", "covered"), [(3, True), (6, False)])
def test_a_hidden_delay_is_covered_up_to_what_was_claimed(flown, otherwise, ticks, covered):
    otherwise(lambda told: told[-1 - ticks] if len(told) > ticks else np.zeros((1, 3)))
    # The command must change fast enough for its age to be seen.
    _, told = flown("controller.bandwidth=0.06", "plant.offset_rtn_m=[0, -20, 0]")
    assert told["covers"] is covered, told["coverage"]


def test_a_hidden_lag_is_not_covered(flown, otherwise):
    """Thrust that follows with a time constant of 2 s."""

    def lagging(told):
        got = np.zeros((1, 3))
        for command in told:
            got = got + (1.0 - math.exp(-0.1 / 2.0)) * (command - got)
        return got

    otherwise(lagging)
    _, told = flown()
    assert not told["covers"]
    assert "its model was off by" in told["coverage"]


def test_a_noisy_receiver_is_no_part_of_the_proof(flown):
    _, told = flown("plant.sensors={gnss: {position_noise_m: 1.0}}")
    assert not told["covers"]
    assert told["basis"] == "true"


def test_a_run_that_stays_outside_the_level_set_is_not_covered(flown):
    _, told = flown("plant.offset_rtn_m=[0, -300, 0]", "plant.thrust_limit_n=72000")
    assert "it was never in the level set of" in told["coverage"]
    assert told["level_set"]["entered_s"] == {"iss": None}


def test_a_run_that_leaves_the_level_set_says_when(flown, otherwise):
    """It is pushed hard while the loop is open, and comes back to it too fast."""
    otherwise(lambda told: told[-1] + (30.0 if len(told) == 56 else 0.0))
    modes = "[{at_s: 0, mode: STATION-KEEP}, {at_s: 5, mode: IDLE}, {at_s: 6, mode: STATION-KEEP}]"
    _, told = flown(
        f"modes={modes}",
        "controller.blend_s=1",
        "controller.a_max_m_s2=0.5",
        "plant.thrust_limit_n=1e9",
    )
    assert "it left the level set at 7" in told["coverage"]


def test_a_run_that_is_thrown_out_and_limited_to_its_end_is_not_covered(flown, otherwise):
    """The one tick at which the plant did something else is followed by limited ones only."""
    otherwise(lambda told: told[-1] + (500.0 if len(told) == 101 else 0.0))
    sets = ("controller.a_max_m_s2=0.2", "plant.thrust_limit_n=1e12")
    outcome, told = flown(*sets, "expect={p: {proved_below: 1.0}, m: {at_least_ms: 500}}")
    assert outcome.verdict.word == "FAILED"
    assert "its model was off by" in told["coverage"]


def test_a_rate_is_not_of_a_run_that_left_its_region(flown, otherwise):
    otherwise(lambda told: told[-1] + (40.0 if 50 <= len(told) < 55 else 0.0))
    sets = ("plant.thrust_limit_n=1e12", "controller.a_max_m_s2=1", "certificate.disturbance_m=10")
    _, told = flown(*sets, "certificate.disturbance_m_s=10", name="iss_kepler_slot")
    assert "it left the region at " in told["coverage"]


def test_a_coverage_says_of_how_much_of_the_run_it_speaks(flown):
    modes = "[{at_s: 0, mode: IDLE}, {at_s: 19, mode: STATION-KEEP}]"
    _, told = flown(f"modes={modes}", "controller.blend_s=0.1")
    assert "covers this run at 9 of 200 ticks" in told["coverage"], told["coverage"]


def test_a_loop_that_was_never_closed_is_not_covered(flown):
    modes = "[{at_s: 0, mode: IDLE}, {at_s: 19, mode: STATION-KEEP}]"
    _, told = flown(f"modes={modes}", "controller.blend_s=5")
    assert "the loop was never in the proved mode without a limit" in told["coverage"]


def test_a_second_flight_that_fails_costs_its_number_only(flown, monkeypatch):
    starts = []
    whole = OrbitPlant.start

    def start(self):
        starts.append(self)
        if len(starts) > 1:
            raise RuntimeError("the device is busy")
        return whole(self)

    monkeypatch.setattr(OrbitPlant, "start", start)
    _, told = flown()
    assert len(starts) == 2
    assert told["covers"]
    assert told["numbers"]["observed"] is None
    assert told["numbers"]["local"] is not None


def test_a_damaged_certificate_spoils_no_recovery(flown):
    outcome, _ = flown()
    (outcome.directory / "certificate.json").write_text("{}")
    (outcome.directory / "verdict.json").unlink()
    found = recover(outcome.directory)
    results = {result.name: result for result in found.verdict.results}
    assert results["proved_stable"].judgement == "NOT EVALUATED"
    assert results["delta_v_of_the_orbit"].judgement == "PASSED"


def test_a_run_of_which_nothing_is_to_be_proved_is_held_against_its_twin(flown):
    outcome, told = flown(
        "certificate=null", "expect={x: {signal: delta_v, at_most: 1, unit: m/s}}"
    )
    assert outcome.verdict.sentence == "x holds."
    assert "covers" not in told
    assert told["metric"] == "nominal"
    assert 0.0 < told["twin_check"]["max_m"] < 1e-5
    assert told["twin_check"]["assumed_m"] is None
    assert told["numbers"]["proved"] is told["numbers"]["observed"] is None


def test_what_is_refuted_fails_whatever_else_holds(flown):
    outcome, told = flown(
        "expect={x: {signal: delta_v, at_most: 9, unit: m/s}}", name="iss_unstable"
    )
    assert outcome.verdict.word == "FAILED"
    assert outcome.verdict.sentence.startswith("REFUTED: ")
    assert not told["covers"]


def test_where_only_a_rate_is_proved_that_is_what_is_covered(flown):
    outcome, told = flown("certificate.disturbance_m=10", name="iss_kepler_slot")
    assert told["metric"] == "proved"
    assert told["level_set"] is None
    assert told["covers"], told["coverage"]
    assert outcome.verdict.stability["numbers"]["proved"]["verdict"] == "CONTRACTION ONLY"


def test_a_rate_alone_is_not_enough_where_a_proof_is_demanded(flown):
    sets = ("certificate.disturbance_m=10", "expect={p: {proved_below: 1.0}}")
    outcome, _ = flown(*sets, name="iss_kepler_slot")
    (result,) = outcome.verdict.results
    assert result.judgement == "FAILED"
    assert result.reason.startswith("CONTRACTION ONLY: ")


@pytest.mark.parametrize(
    ("criterion", "judgement"),
    [
        ("proved_below: 0.99", "FAILED"),
        ("proved_below: 0.9999", "PASSED"),
        ("at_least_ms: 60000", "PASSED"),
        ("at_least_ms: 90000", "FAILED"),
        ("below: 0.9995", "PASSED"),
        ("below: 0.9", "FAILED"),
    ],
)
def test_criteria_on_stability_have_value_limit_and_margin(flown, criterion, judgement):
    outcome, _ = flown("duration_s=100", f"expect={{c: {{{criterion}}}}}")
    (result,) = outcome.verdict.results
    assert result.judgement == judgement, result.reason
    assert (result.margin > 0.0) == (judgement == "PASSED")
    assert abs(result.value - result.limit) == pytest.approx(abs(result.margin))


def test_what_can_not_be_observed_is_not_judged(flown):
    outcome, _ = flown("duration_s=1", "expect={o: {below: 0.9}}")
    (result,) = outcome.verdict.results
    assert result.judgement == "NOT EVALUATED"
    assert result.reason == "no decay can be observed"


def test_what_it_says_is_in_the_directory_with_its_certificate(flown):
    outcome, told = flown()
    folder = outcome.directory
    assert json.loads((folder / "stability.json").read_text()) == told
    manifest = json.loads((folder / "manifest.json").read_text())
    given = json.loads((folder / "certificate.json").read_text())
    assert manifest["certificate"]["sha256"] == given["sha256"]
    kept = manifest["metric"]["modes"]["STATION-KEEP"]
    assert kept["kind"] == "proved"
    assert kept["p"] == given["contraction"]["metric"]
    assert kept["per_second"] == given["bound_per_second"]
    assert manifest["metric"]["modes"]["NULL-G"]["kind"] == "nominal"
    table = pq.read_table(folder / "stability.parquet").to_pydict()
    assert table["tick"] == list(range(201))
    assert max(table["residual_m"][:-1]) == told["twin_check"]["max_m"]
    trace = pq.read_table(folder / "trace.parquet", columns=["primal_state"])
    np.testing.assert_allclose(
        trace.column(0).to_numpy(), np.array(table["primal_state_m"]), rtol=1e-9
    )


def test_a_killed_run_is_assessed_when_it_is_recovered(flown):
    outcome, told = flown()
    for name in ("stability.json", "stability.parquet", "verdict.json"):
        (outcome.directory / name).unlink()
    found = recover(outcome.directory)
    assert found.verdict.stability == told


def test_an_assessment_that_fails_spoils_no_run(flown, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(record, "assess", broken)
    outcome, told = flown()
    assert "Stability could not be assessed: ZeroDivisionError: of all things." in told["coverage"]
    assert judged(outcome)["delta_v_of_the_orbit"].judgement == "PASSED"
    assert judged(outcome)["proved_stable"].judgement == "FAILED"
