"""A scenario that is there to fail says why."""

from pathlib import Path

import pytest

from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve


def test_the_reason_is_kept(edited):
    path = edited(("seed: 1\n", "known_failure: the drag is not modelled\n"))
    assert load_scenario(path).resolved()["known_failure"] == "the drag is not modelled"


def test_without_a_reason_a_scenario_is_there_to_pass(edited):
    assert load_scenario(edited()).model.known_failure is None


def test_the_shipped_scenario_that_fails_says_so():
    assert "J2" in load_scenario(resolve(Path("iss_kepler_slot"))).model.known_failure


@pytest.mark.parametrize(
    ("written", "found"),
    [("true", "found True; expected a valid string"), ("''", "found ''; string should have at")],
)
def test_a_known_failure_without_words_is_refused(complaints, written, found):
    path, (line, column), told = complaints(("seed: 1\n", f"«known_failure: {written}\n"))
    (told,) = told
    assert told.startswith(f"{path}:{line}:{column}: known_failure: {found}")
