"""Short certified flights of the shipped station, and of plants that are not what they say."""

import numpy as np
import pytest

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import shipped_folder
from harness.stability import kept
from sims.orbit.plant import OrbitPlant

SHORT = (
    "duration_s=20",
    "expect.settled_on_the_slot={signal: delta_v, at_most: 1, unit: m/s}",
    "expect.at_rest_on_the_slot={signal: delta_v, at_most: 1, unit: m/s}",
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Certificates of these tests, so that each is proved once and none is left behind."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, cache):
    monkeypatch.setattr(kept, "cache_folder", lambda: cache)


@pytest.fixture
def station():
    """Loads the shipped station cut to 20 s, with some values changed."""

    def load(*sets, name="iss_slot"):
        return load_scenario(shipped_folder() / f"{name}.yaml", [*SHORT, *sets])

    return load


@pytest.fixture
def flown(station, tmp_path):
    """Runs it; returns the outcome and what it says of stability."""

    def fly(*sets, **more):
        directory = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        outcome = run_scenario(station(*sets, **more), directory)
        return outcome, outcome.verdict.stability

    return fly


@pytest.fixture
def otherwise(monkeypatch):
    """Makes the orbit plant do something else than it is told."""

    def change(command_of):
        whole, told = OrbitPlant.exchange, []

        def exchange(self, command, deadline_ns):
            if command.t_ns == 0:
                told.clear()
            told.append(np.array(command.acceleration))
            return whole(self, command._replace(acceleration=command_of(told)), deadline_ns)

        monkeypatch.setattr(OrbitPlant, "exchange", exchange)

    return change
