"""The shipped scenarios of late commands: default gains, 10 Hz, and three delays."""

import json

import numpy as np
import pytest

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import shipped_scenarios
from harness.trace.reader import RunDirectory
from reports.page import write_report

NAMES = {400: "late_commands", 1200: "late_commands_over_budget", 2500: "late_commands_unstable"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Each of them, flown once, by its delay in ms; one proof serves all three."""
    folder = tmp_path_factory.mktemp("late")
    files = {path.stem: path for path in shipped_scenarios()}
    flown = {}
    for delay_ms, name in NAMES.items():
        outcome = run_scenario(load_scenario(files[name]), folder / name)
        page = write_report(outcome.directory).read_text(encoding="utf-8")
        told = json.loads((outcome.directory / "latency.json").read_text())
        flown[delay_ms] = outcome, told["budget"], " ".join(page.split())
    return flown


def criteria(outcome):
    return {result.name: result.judgement for result in outcome.verdict.results}


def error(outcome):
    found = RunDirectory.open(outcome.directory).trace.vector("error_position")[:, 0]
    return np.linalg.norm(found, axis=-1)


def test_the_margins_of_the_double_integrator_are_known(runs):
    certificate = json.loads((runs[400][0].directory / "certificate.json").read_text())
    assert certificate["delay_margin_ms"] == pytest.approx(1900)
    assert certificate["constant_delay_margin_ms"] == pytest.approx(2000)


@pytest.mark.parametrize("delay_ms", NAMES)
def test_what_was_injected_is_what_is_found_and_no_tick_more(runs, delay_ms):
    _, budget, page = runs[delay_ms]
    assert budget["age_ms"] == pytest.approx(delay_ms)
    assert budget["ticks"] == delay_ms // 100
    assert budget["margin_ticks"] == 19
    assert budget["used"] == pytest.approx(delay_ms / 1900)
    assert budget["sentence"] in page


def test_a_fifth_of_the_budget_passes(runs):
    outcome, budget, _ = runs[400]
    assert outcome.verdict.word == "PASSED"
    assert 0.2 <= budget["used"] <= 0.27
    assert outcome.verdict.stability["covers"]


def test_more_than_half_of_it_fails_that_demand_and_no_other(runs):
    outcome, budget, _ = runs[1200]
    assert criteria(outcome) == {"on_station": "PASSED", "latency": "FAILED"}
    assert "63.2 % of the 1900 ms (19 ticks)" in outcome.verdict.sentence
    assert budget["beyond_ticks"] == 0
    assert error(outcome)[-100:].max() < 1e-3


def test_what_no_loop_of_this_kind_bears_visibly_diverges(runs):
    outcome, budget, _ = runs[2500]
    assert criteria(outcome) == {"on_station": "FAILED", "latency": "FAILED"}
    size = error(outcome)
    assert size[500:].max() > 3.0 * size[0]
    assert not outcome.verdict.stability["covers"]
    # The first 2.5 s fly on nothing; 20 ticks of those are beyond the margin, and all after them.
    assert budget["beyond_ticks"] == 1200 - 20
    assert "which the proof does not cover" in budget["sentence"]


def test_a_biased_receiver_fails_the_truth_and_not_what_is_seen(tmp_path):
    (path,) = [path for path in shipped_scenarios() if path.stem == "iss_gnss_bias"]
    outcome = run_scenario(load_scenario(path), tmp_path / "run")
    assert outcome.verdict.word == "FAILED"
    judged = criteria(outcome)
    assert judged["settled_on_the_slot"] == "FAILED"
    assert judged["looks_settled"] == "PASSED"
    found = {result.name: result.value for result in outcome.verdict.results}
    assert found["settled_on_the_slot"] == pytest.approx(25.0, rel=0.05)
