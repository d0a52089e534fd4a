"""Where the vehicle should be: at every tick, without a seam, with the acceleration it needs."""

from itertools import islice

import numpy as np
import pytest

from harness.reference import first_reference, named_gravity, reference_rows
from harness.scenario.model import FixedPointReference, SlotReference
from kernel.bodies import EARTH
from sims.config import BadValueError
from sims.registry import GRAVITY, names

DT = 0.1
BLOCK = 8192


def rows(config, spec, start, stop, dt=DT):
    return np.stack(list(islice(reference_rows(config, spec, dt), start, stop)))


@pytest.fixture
def spec(short):
    return short().spec


@pytest.fixture
def slot_rows(spec):
    return rows(SlotReference(kind="slot", gravity="j2"), spec, 0, BLOCK + 10)[:, 0]


def test_a_fixed_point_at_rest_stays(spec):
    fixed = FixedPointReference(kind="fixed_point", position_m=(1.0, 2.0, 3.0))
    for row in rows(fixed, spec, 0, 3):
        np.testing.assert_array_equal(row, [[1, 2, 3, 0, 0, 0, 0, 0, 0]])


def test_a_fixed_point_moves_at_its_velocity_across_blocks(spec):
    fixed = FixedPointReference(
        kind="fixed_point", position_m=(1.0, 2.0, 3.0), velocity_m_s=(10.0, 0.0, -5.0)
    )
    ticks = np.arange(BLOCK - 3, BLOCK + 3)
    moved = rows(fixed, spec, ticks[0], ticks[-1] + 1)[:, 0]
    np.testing.assert_allclose(moved[:, 0], 1.0 + 10.0 * DT * ticks, rtol=1e-14)
    np.testing.assert_array_equal(moved[:, 1], 2.0)
    np.testing.assert_allclose(moved[:, 2], 3.0 - 5.0 * DT * ticks, rtol=1e-14)
    np.testing.assert_array_equal(moved[:, 3:], np.tile([10, 0, -5, 0, 0, 0], (len(ticks), 1)))


def test_a_slot_starts_from_the_nominal_state(spec, slot_rows):
    np.testing.assert_array_equal(slot_rows[0, :6], spec.nominal_state[0])


@pytest.mark.parametrize("gravity", ["j2", "point_mass"])
def test_a_slots_acceleration_is_the_gravity_of_its_own_model(spec, gravity):
    model = named_gravity(gravity, spec)
    for row in rows(SlotReference(kind="slot", gravity=gravity), spec, 0, 50)[::7, 0]:
        np.testing.assert_allclose(row[6:], model(*row[:3]), rtol=1e-14)


def test_a_slot_goes_on_without_a_seam_between_blocks(slot_rows):
    near = slot_rows[BLOCK - 4 : BLOCK + 5]
    # Third differences of a smooth path are jerk * dt^3: micrometres; a seam would be metres.
    assert np.abs(np.diff(near[:, :3], n=3, axis=0)).max() < 1e-4
    step = near[1:, :3] - near[:-1, :3]
    mean = 0.5 * (near[1:, 3:6] + near[:-1, 3:6])
    np.testing.assert_allclose(step, DT * mean, atol=1e-4)


def test_a_slot_falls_freely(slot_rows):
    change = np.diff(slot_rows[:, 3:6], axis=0)
    mean = 0.5 * (slot_rows[1:, 6:] + slot_rows[:-1, 6:])
    np.testing.assert_allclose(change, DT * mean, atol=1e-8)


def test_a_kepler_slot_keeps_its_energy(spec):
    path = rows(SlotReference(kind="slot", gravity="point_mass"), spec, 0, 60, dt=100.0)[:, 0]
    r, v = np.linalg.norm(path[:, :3], axis=1), np.linalg.norm(path[:, 3:6], axis=1)
    energy = 0.5 * v**2 - EARTH.mu / r
    np.testing.assert_allclose(energy, energy[0], rtol=1e-9)


@pytest.mark.parametrize("gravity", ["j2", "point_mass"])
def test_the_first_reference_is_the_one_of_the_first_tick(spec, gravity):
    slot = SlotReference(kind="slot", gravity=gravity)
    np.testing.assert_allclose(first_reference(slot, spec), rows(slot, spec, 0, 1)[0], rtol=1e-14)


def test_an_unknown_gravity_names_the_key_and_what_is_known(spec):
    with pytest.raises(BadValueError) as refusal:
        named_gravity("j22", spec)
    assert refusal.value.key == ("gravity",)
    assert all(name in str(refusal.value) for name in names(GRAVITY))


def test_every_vehicle_has_its_own_row(hover):
    scenario = hover(plant="vehicles: 3")
    slot = SlotReference(kind="slot", gravity="point_mass")
    first = next(reference_rows(slot, scenario.spec, DT))
    np.testing.assert_array_equal(first[:, 1], [0.0, 10.0, 20.0])
