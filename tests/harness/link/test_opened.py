"""A scenario's plant is behind a link where, and only where, something needs one."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from harness.link.columns import TOLD
from harness.link.link import Link
from harness.link.opened import opened
from harness.reference import reference_rows
from sims.orbit.plant import OrbitPlant
from sims.plant import Command, PlantError

GONE = "faults={gone: {kind: dropout, at_s: 0.3}}"


@pytest.fixture
def plant_of(short):
    """Opens the plant of the shipped station, with settings; closed in the end."""
    plants = []

    def of(*sets, clocks=None):
        scenario = short(sets=sets)
        spec = replace(scenario.spec, clocks=frozenset(clocks or scenario.spec.clocks))
        scenario = replace(scenario, spec=spec)
        rows = reference_rows(scenario.model.reference, scenario.spec, scenario.dt, scenario.ticks)
        plant, references, _ = opened(scenario, rows)
        plants.append(plant)
        return scenario, plant, references

    yield of
    for plant in plants:
        plant.stop("end of test")


def coasted(scenario, plant, ticks):
    """What is told of a vehicle that does nothing, (ticks + 1, 6), and of which kind it is."""
    seen = plant.start()
    told, rows = [], []
    for _ in range(ticks):
        command = Command(seen.t_ns, np.zeros((1, 3)), np.zeros((1, 1)))
        told.append(seen.state[0].copy())
        now = seen.extras
        seen = plant.exchange(command, 2**62)
        rows.append(now[0].copy())
    told.append(seen.state[0].copy())
    rows.append(seen.extras[0].copy())
    at = scenario.row.extras.width  # the link's first column, where it has something to say
    kinds = [TOLD[int(row[at])] if len(row) > at else "FRESH" for row in rows]
    return np.array(told), kinds


def test_without_faults_in_lockstep_there_is_no_link(plant_of):
    scenario, plant, references = plant_of()
    assert isinstance(plant, OrbitPlant)
    assert len(next(references)) == 1
    assert scenario.row.link.width == 0
    assert "observation" not in scenario.columns


def test_a_policy_alone_makes_no_link(plant_of):
    _, plant, _ = plant_of("timing={late_observation: predict}")
    assert isinstance(plant, OrbitPlant)


@pytest.mark.parametrize("needs", [GONE, "clock=realtime"])
def test_with_faults_or_against_the_wall_clock_there_is_one(plant_of, needs):
    scenario, plant, _ = plant_of(needs)
    assert isinstance(plant, Link)
    assert {"observation", "observation_age", "command_age"} < set(scenario.columns)


def test_a_fault_that_was_taken_back_needs_no_link(plant_of):
    _, plant, _ = plant_of("faults={gone: null}")
    assert isinstance(plant, OrbitPlant)


def test_the_loop_and_the_link_each_have_every_reference(plant_of):
    scenario, plant, references = plant_of(GONE)
    coasted(scenario, plant, 5)
    rows = reference_rows(scenario.model.reference, scenario.spec, scenario.dt, scenario.ticks)
    for mine, wanted in itertools.islice(zip(references, rows, strict=True), 20):
        np.testing.assert_array_equal(mine, wanted)


def test_what_is_missing_is_held_along_the_slot_by_default(plant_of):
    scenario, plant, _ = plant_of(GONE)
    told, kinds = coasted(scenario, plant, 10)
    true, _ = coasted(*plant_of()[:2], 10)
    assert kinds == ["FRESH"] * 3 + ["HELD"] * 8
    off = np.abs(told - true).max(axis=0)
    assert 0.0 < off[:3].max() < 1e-3  # in 0.8 s, in which the station went 6 km
    assert off[3:].max() < 1e-3


def test_what_is_missing_is_predicted_with_the_plants_own_gravity(plant_of):
    scenario, plant, _ = plant_of(GONE, "timing={late_observation: predict}")
    told, kinds = coasted(scenario, plant, 10)
    true, _ = coasted(*plant_of()[:2], 10)
    assert kinds == ["FRESH"] * 3 + ["PREDICTED"] * 8
    np.testing.assert_allclose(told, true, rtol=0, atol=1e-7)


def test_what_is_missing_ends_the_run_if_it_says_so(plant_of):
    scenario, plant, _ = plant_of(GONE, "timing={late_observation: abort}")
    with pytest.raises(PlantError, match=r"no observation had arrived at 0\.3 s"):
        coasted(scenario, plant, 10)


def test_a_plant_is_given_up_after_the_seconds_that_it_says(plant_of):
    scenario, plant, _ = plant_of(GONE, "timing={give_up_after_s: 0.5}")
    with pytest.raises(PlantError, match=r"no observation for 0\.6 s at 0\.8 s; .* is 0\.5$"):
        coasted(scenario, plant, 10)


@pytest.mark.parametrize(
    ("needs", "clocks", "kept"),
    [
        ("clock=realtime", ("lockstep", "realtime"), True),
        ("clock=realtime", ("realtime",), False),  # it has a clock of its own, and flies on with it
        (GONE, ("lockstep", "realtime"), False),
    ],
)
def test_a_late_command_is_kept_from_a_simulated_plant_against_the_wall_clock(
    plant_of, needs, clocks, kept
):
    scenario, plant, _ = plant_of(needs, clocks=clocks)
    push = np.array([[1e-3, 0.0, 0.0]])
    after = plant.exchange(Command(plant.start().t_ns, push, np.zeros((1, 1))), deadline_ns=0)
    delivered = after.extras[:, scenario.row.extras["delivered_acceleration"]]
    np.testing.assert_allclose(delivered, 0.0 * push if kept else push)
