"""A loop that nulls its error in one tick has no finite decay rate, and a page all the same."""

from pathlib import Path

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve
from reports.page import write_report

SETS = (
    "duration_s=2",
    "controller.bandwidth=1",
    "controller.gains={k_v_per_s: 10}",
    "modes=[{at_s: 0, mode: NULL-G}]",
    "expect={spent: {signal: delta_v, unit: m/s, at_most: 1}}",
)


def test_a_deadbeat_loop_is_reported_as_one(tmp_path):
    scenario = load_scenario(resolve(Path("iss_slot")), SETS)
    outcome = run_scenario(scenario, tmp_path / "out")
    page = write_report(outcome.directory).read_text(encoding="utf-8")
    assert "which is the end of an error within one tick" in page
