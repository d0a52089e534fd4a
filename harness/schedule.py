"""When a scenario changes its control mode."""

from harness.scenario.load import Scenario
from kernel.modes import Mode


def mode_schedule(scenario: Scenario) -> list[tuple[int, Mode]]:
    """Tick and mode of every mode change."""
    return [
        (round(change.at_s * 1e9 / scenario.tick_ns), Mode.from_label(change.mode))
        for change in scenario.model.modes
    ]
