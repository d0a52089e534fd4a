"""Allowances and policies that contradict each other, or that nothing could come of."""

import pytest

from harness.errors import ScenarioError
from harness.scenario.load import load_scenario
from harness.scenario.timing import Timing

BEFORE = "expect:\n"
IN_LOCKSTEP = "in lockstep no tick is late; write clock: realtime, or leave it out"


def timed(text, clock="realtime"):
    """Edits of the shipped station, 55740 ticks of 100 ms, against that clock."""
    return ("clock: lockstep", f"clock: {clock}"), (BEFORE, f"timing:\n  {text}\n{BEFORE}")


CASES = {
    "an unknown policy": (
        "«late_observation: guess",
        "late_observation",
        "found 'guess'; expected 'hold', 'predict' or 'abort'",
    ),
    "an unknown key": (
        "«deadline_s: 1",
        "deadline_s",
        "unknown key; did you mean 'deadline_ms'?",
    ),
    "no deadline": ("«deadline_ms: 0", "deadline_ms", "found 0; expected greater than 0"),
    "a deadline after the next tick": (
        "«deadline_ms: 100.1",
        "deadline_ms",
        "100.1 ms is after the next tick is due; at most 100",
    ),
    "more misses than ticks": (
        "«misses_percent: 100.1",
        "misses_percent",
        "found 100.1; expected less than or equal to 100",
    ),
    "fewer misses than none": (
        "«misses_in_a_row: -1",
        "misses_in_a_row",
        "found -1; expected greater than or equal to 0",
    ),
    "a fraction of a tick": (
        "«misses_in_a_row: 1.5",
        "misses_in_a_row",
        "found 1.5; expected a valid integer",
    ),
    "a priority that there is not": (
        "«fifo_priority: 100",
        "fifo_priority",
        "found 100; expected less than or equal to 99",
    ),
    "a priority of none": (
        "«fifo_priority: 0",
        "fifo_priority",
        "found 0; expected greater than or equal to 1",
    ),
    "no time to give up": (
        "«give_up_after_s: 0",
        "give_up_after_s",
        "found 0; expected greater than 0",
    ),
    "a share but none in a row": (
        "misses_in_a_row: 0\n  «misses_percent: 0.5",
        "misses_percent",
        "0.5 % are allowed, and misses_in_a_row: 0 allows no miss at all; leave one out",
    ),
    "some in a row but none at all": (
        "misses_percent: 0\n  «misses_in_a_row: 3",
        "misses_in_a_row",
        "3 are allowed, and misses_percent: 0 allows no miss at all; leave one out",
    ),
    "late but not at all": (
        "«lateness_ms: 5\n  misses_percent: 0",
        "lateness_ms",
        "5 ms are allowed, and misses_percent: 0 allows no miss at all; leave one out",
    ),
    "late but none in a row": (
        "«lateness_ms: 5\n  misses_in_a_row: 0",
        "lateness_ms",
        "5 ms are allowed, and misses_in_a_row: 0 allows no miss at all; leave one out",
    ),
    "a share of misses that are not late": (
        "lateness_ms: 0\n  «misses_percent: 1",
        "misses_percent",
        "1 % are allowed, and lateness_ms: 0 allows no miss at all; leave one out",
    ),
    "more in a row than at all": (
        "misses_percent: 0.01\n  «misses_in_a_row: 6",
        "misses_in_a_row",
        "6 in a row are more than the 5 ticks that misses_percent allows in the whole run",
    ),
}


@pytest.mark.parametrize(("text", "key", "message"), CASES.values(), ids=CASES)
def test_timing_that_can_not_be_is_told_at_its_line(complaints, text, key, message):
    path, (line, column), told = complaints(*timed(text))
    assert told == [f"{path}:{line}:{column}: timing.{key}: {message}"]


PACED = {
    "deadline_ms": "50",
    "misses_percent": "0.1",
    "misses_in_a_row": "3",
    "lateness_ms": "1",
    "cpu": "0",
    "fifo_priority": "50",
    "lock_memory": "true",
}


@pytest.mark.parametrize(("key", "value"), PACED.items())
def test_what_only_a_run_against_the_wall_clock_has_is_refused_in_lockstep(complaints, key, value):
    path, (line, column), told = complaints(*timed(f"«{key}: {value}", "lockstep"))
    assert told == [f"{path}:{line}:{column}: timing.{key}: {IN_LOCKSTEP}"]


@pytest.mark.parametrize(("key", "value"), PACED.items())
def test_a_run_against_the_wall_clock_can_have_each(edited, key, value):
    load_scenario(edited(*timed(f"{key}: {value}")))


@pytest.mark.parametrize(
    "text",
    [
        "deadline_ms: 100",
        "deadline_ms: 1e-9",
        "misses_percent: 0.01\n  misses_in_a_row: 5",
        "misses_percent: 0\n  misses_in_a_row: 0\n  lateness_ms: 0",
        "misses_percent: 100\n  misses_in_a_row: 55740",
        "misses_percent: 0\n",
        "misses_in_a_row: 100000\n  lateness_ms: 1e9",
        "lateness_ms: 0",
        "fifo_priority: 1",
        "fifo_priority: 99",
        "give_up_after_s: 1e-9",
    ],
)
def test_what_can_just_be_is_no_error(edited, text):
    load_scenario(edited(*timed(text)))


@pytest.mark.parametrize(
    "text",
    [
        "late_observation: hold",
        "late_observation: abort",
        "late_observation: predict",
        "give_up_after_s: 10000",
        "lock_memory: false",
    ],
)
def test_late_observations_have_a_policy_in_lockstep_too(edited, text):
    load_scenario(edited(*timed(text, "lockstep")))


def test_without_a_word_a_thousandth_of_the_ticks_may_be_late_and_no_more_is_said():
    timing = Timing()
    assert timing.allowed_percent == 0.1
    assert (timing.misses_in_a_row, timing.lateness_ms, timing.deadline_ms) == (None, None, None)
    assert timing.late_observation == "hold"
    assert timing.give_up_after_s is None
    assert Timing(misses_percent=0.0).allowed_percent == 0.0


@pytest.fixture
def predicting(hover, tmp_path):
    """The complaint about a glider whose observations are to be predicted."""

    def refusal():
        hover()
        path = tmp_path / "hover.yaml"
        path.write_text(f"{path.read_text()}timing: {{late_observation: predict}}\n")
        with pytest.raises(ScenarioError) as refused:
            load_scenario(path)
        return str(refused.value)

    return refusal


NO_TWIN = (
    ":13:10: timing.late_observation: plant 'glider' has no twin to predict with; allowed: hold, "
    "abort"
)


def test_a_plant_without_a_twin_can_not_be_predicted(predicting):
    assert predicting().endswith(NO_TWIN)


def test_a_plant_whose_twin_is_none_can_not_be_predicted_either(predicting, glider):
    glider.twin = lambda config, spec, dt: None
    assert predicting().endswith(NO_TWIN)


def test_a_budget_without_a_proof_has_no_margin_to_hold_delays_against(complaints):
    path, (line, column), told = complaints(
        (BEFORE, f"{BEFORE}  «latency: {{budget_used_below: 0.5}}\n")
    )
    assert told == [
        f"{path}:{line}:{column}: expect.latency: there is no proved delay margin to hold delays "
        "against; add 'certificate:' with error_position_m and error_velocity_m_s"
    ]


def test_a_budget_beside_a_certificate_is_no_error(edited):
    claim = "certificate: {error_position_m: 100, error_velocity_m_s: 1}\n"
    load_scenario(edited((BEFORE, f"{claim}{BEFORE}  latency: {{budget_used_below: 0.5}}\n")))


@pytest.mark.parametrize("budget", ["0", "-1", ".nan"])
def test_a_budget_is_a_share_above_nothing(complaints, budget):
    _, _, told = complaints((BEFORE, f"{BEFORE}  latency: {{budget_used_below: {budget}}}\n"))
    assert "expect.latency.budget_used_below: found" in told[0]
