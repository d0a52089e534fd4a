"""Certificates of the shipped scenarios, held against states drawn from all over their regions."""

from pathlib import Path

import numpy as np
import pytest
from amount import of_the_whole, seed

from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve
from harness.stability import local
from harness.stability.flown import Flown
from harness.stability.kept import certificate_of
from harness.stability.metric import proved_metric
from harness.stability.problem import problem_of
from kernel.jax64 import jax
from kernel.proof.verify import error_box


def sampled(problem, count):
    """Pairs of a state in the region and the one after it, as a flight."""
    generator = np.random.default_rng(seed())
    vehicles, ticks = problem.references.shape[:2]
    vehicle, tick = (
        generator.integers(vehicles, size=count),
        generator.integers(ticks - 1, size=count),
    )
    reference = problem.references[vehicle, tick]
    half = np.repeat(error_box(problem)[:3], 3)
    state = generator.uniform(-1.0, 1.0, (count, 9)) * half
    control, move = (jax.jit(jax.vmap(f)) for f in (problem.loop.control, problem.loop.move))
    _, memory = control(state[:, :6], state[:, 6:], reference)
    command = generator.uniform(-1.0, 1.0, (count, 3)) * problem.limit_m_s2 / np.sqrt(3.0)
    after = np.asarray(move(state[:, :6], command, reference))

    def both(one, other):
        return np.stack([one, other], axis=1).reshape(2 * count, -1)

    return Flown(
        "all",
        np.arange(2.0 * count),
        both(reference, problem.references[vehicle, tick + 1]),
        both(state[:, :6], after),
        both(state[:, 6:], np.asarray(memory)),
        both(command, command),
        np.ones(2 * count, dtype=bool),
        np.ones(2 * count, dtype=bool),
        "true",
    )


@pytest.mark.parametrize("name", ["iss_slot", "iss_kepler_slot"])
def test_no_state_in_the_region_contracts_less_than_is_proved(name, monkeypatch):
    scenario = load_scenario(resolve(Path(name)))
    given, (problem, _) = certificate_of(scenario), problem_of(scenario)
    metric = proved_metric(given)
    count = of_the_whole(100_000)
    monkeypatch.setattr(local, "_MATRICES", 10**9)
    found = local.local(problem, metric, sampled(problem, count), 2 * np.arange(count))
    assert len(found.ticks) == count
    assert np.max(found.per_tick) <= metric.evidence.per_tick
    # Nor is the bound an empty one: some state comes near it.
    slowest = 1.0 - np.max(found.per_tick)
    assert 1.0 - metric.evidence.per_tick > 0.1 * slowest
