"""Scenarios that come with the package, so that a bare name runs anywhere."""

import os
from importlib import resources
from pathlib import Path

from harness.scenario.recognise import is_scenario


def shipped_folder() -> Path:
    """Where the shipped scenarios lie."""
    return Path(str(resources.files("scenarios")))


def shipped_scenarios() -> list[Path]:
    """The shipped scenario files, by name."""
    return sorted(filter(is_scenario, shipped_folder().glob("*.yaml")))


def resolve(argument: Path) -> Path:
    """A file as given, or the shipped scenario that a bare name stands for."""
    named = shipped_folder() / f"{argument}.yaml"
    bare = argument.suffix == "" and len(argument.parts) == 1
    return named if bare and not os.path.exists(argument) and named.is_file() else argument
