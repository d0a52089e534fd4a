"""What a scenario does at which tick: changes of mode, and faults."""

from harness.link.armed import fault_ticks
from harness.scenario.load import Scenario
from kernel.modes import Mode


def mode_schedule(scenario: Scenario) -> list[tuple[int, Mode]]:
    """Tick and mode of every mode change."""
    return [
        (round(change.at_s * 1e9 / scenario.tick_ns), Mode.from_label(change.mode))
        for change in scenario.model.modes
    ]


def fault_events(scenario: Scenario) -> dict[int, list[tuple[str, str]]]:
    """By tick, which faults begin and end there: the event and the fault's name."""
    found: dict[int, list[tuple[str, str]]] = {}
    for name, fault in scenario.model.faults.items():
        first, end = fault_ticks(fault, scenario.dt, scenario.ticks)
        found.setdefault(first, []).append(("fault begins", name))
        found.setdefault(end, []).append(("fault ends", name))
    return found
