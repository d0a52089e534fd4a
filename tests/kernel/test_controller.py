"""The packed controller: what a run feeds it, gets from it and can execute again."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kernel.agp import law
from kernel.bodies import EARTH
from kernel.controller import agp_controller
from kernel.gains import Gains
from kernel.gravity import J2, PointMass, Surroundings, j2
from kernel.modes import Mode

GAINS = Gains()
DT = 0.1
BLEND_S = 3.0
POLE = (0.0, 0.6, 0.8)
OBLATE = j2(Surroundings(EARTH, POLE))
ORBIT = np.array([3e6, -5e6, 4e6])
VELOCITY = np.array([6e3, 3e3, 1e3])


def controller(*, a_max=(20.0,), gravity=OBLATE, initial_mode=Mode.STATION_KEEP, dt=DT):
    return agp_controller(GAINS, np.array(a_max), gravity, dt, BLEND_S, initial_mode, "gcrf")


CONTROLLERS = {mode: controller(initial_mode=mode) for mode in Mode}
IDLE_FIRST = CONTROLLERS[Mode.IDLE]


def told(mode, position, velocity, error_position, error_velocity, acceleration):
    """What one vehicle's tick is told, shape (told,)."""
    reference = [position + error_position, velocity + error_velocity, acceleration]
    return np.concatenate([[mode], position, velocity, *reference])


def tick(unit, fresh, carried=None):
    """One tick of one vehicle: its output row."""
    before = unit.initial_carried if carried is None else carried
    packed = np.hstack([np.atleast_2d(fresh), np.atleast_2d(before)])
    return np.asarray(unit.step(packed))[0]


def decided(unit, row, name):
    return row[unit.decided[name]]


def carried(unit, row, name=None):
    part = row[unit.decided.width :]
    return part if name is None else part[unit.carried[name]]


def vectors(largest):
    """Vectors without subnormal numbers, which XLA flushes to zero."""
    component = st.floats(-largest, largest).map(lambda c: c if abs(c) > 1e-200 else 0.0)
    return st.tuples(component, component, component).map(np.array)


situations = st.tuples(vectors(100.0), vectors(1.0), vectors(10.0))
"""Position error, velocity error and acceleration of the reference, near the orbit."""


def near_orbit(mode, situation):
    return told(mode, ORBIT, VELOCITY, *situation)


def random_rows(unit, count, seed):
    """Inputs of many vehicles in many conditions, shape (count, vehicles, told + carried)."""
    rng = np.random.default_rng(seed)
    width = unit.told.width + unit.carried.width
    rows = rng.normal(size=(count, unit.vehicles, width))
    fresh, before = rows[..., : unit.told.width], rows[..., unit.told.width :]
    fresh[..., unit.told["control_mode"]] = rng.integers(0, 4, (count, unit.vehicles, 1))
    fresh[..., unit.told["measured_position"]] *= 4e6
    fresh[..., unit.told["reference_position"]] += fresh[..., unit.told["measured_position"]]
    before[..., unit.carried["carried_mode"]] = rng.integers(0, 4, (count, unit.vehicles, 1))
    before[..., unit.carried["blend_elapsed"]] = rng.uniform(0, 4, (count, unit.vehicles, 1))
    return rows


# One call for all vehicles


def test_vehicles_flown_together_are_commanded_as_if_alone():
    limits = (0.2, 9.0, 20.0)
    together = controller(a_max=limits)
    alone = [controller(a_max=(limit,)) for limit in limits]
    assert together.vehicles == 3
    for rows in random_rows(together, 50, seed=1):
        outputs = np.asarray(together.step(rows))
        for vehicle, unit in enumerate(alone):
            # Rounding may differ with the width of the call: what is lost is relative to the
            # largest term of the law.
            np.testing.assert_allclose(
                outputs[vehicle], np.asarray(unit.step(rows[[vehicle]]))[0], rtol=1e-14, atol=1e-13
            )


def test_each_vehicle_has_its_own_limit():
    limits = np.array([0.2, 9.0, 20.0])
    unit = controller(a_max=limits)
    fresh = near_orbit(Mode.STATION_KEEP, (np.full(3, 1e4), np.zeros(3), np.zeros(3)))
    rows = np.asarray(unit.step(np.hstack([np.tile(fresh, (3, 1)), unit.initial_carried])))
    commanded = rows[:, unit.decided.width :][:, unit.carried["commanded_acceleration"]]
    np.testing.assert_allclose(np.linalg.norm(commanded, axis=1), limits, rtol=1e-14)
    np.testing.assert_array_equal(rows[:, unit.decided["limited"]][:, 0], 1.0)


def test_a_row_executed_again_gives_the_same_bits():
    unit = controller(a_max=(0.2, 9.0, 20.0))
    again = controller(a_max=(0.2, 9.0, 20.0))
    for rows in random_rows(unit, 10, seed=2):
        first = np.asarray(unit.step(rows))
        np.testing.assert_array_equal(np.asarray(unit.step(rows)), first)
        np.testing.assert_array_equal(np.asarray(again.step(rows)), first)


# What is carried from tick to tick


def test_what_a_tick_carries_is_what_the_next_one_takes():
    unit = CONTROLLERS[Mode.STATION_KEEP]
    situation = (np.array([3.0, -2.0, 1.0]), np.array([0.1, 0.2, -0.1]), np.zeros(3))
    first = tick(unit, near_orbit(Mode.STATION_KEEP, situation))
    second = tick(unit, near_orbit(Mode.STATION_KEEP, situation), carried(unit, first))
    assert carried(unit, first).shape == unit.initial_carried[0].shape
    assert np.any(carried(unit, first, "carried_memory"))
    np.testing.assert_array_equal(
        decided(unit, second, "integral_state"), carried(unit, first, "carried_memory")
    )


@pytest.mark.parametrize("mode", Mode)
def test_the_mode_of_a_tick_is_carried_for_the_next_to_see_a_change(mode):
    row = tick(IDLE_FIRST, near_orbit(mode, (np.ones(3), np.ones(3), np.ones(3))))
    assert carried(IDLE_FIRST, row, "carried_mode") == mode


def test_the_time_since_a_change_runs_up_to_the_blend_time_and_stops():
    before, elapsed = None, []
    for _ in range(40):
        row = tick(
            IDLE_FIRST, near_orbit(Mode.NULL_G, (np.ones(3), np.ones(3), np.ones(3))), before
        )
        before = carried(IDLE_FIRST, row)
        elapsed.append(before[IDLE_FIRST.carried["blend_elapsed"]][0])
    np.testing.assert_allclose(elapsed, np.minimum(DT * np.arange(1, 41), BLEND_S), rtol=1e-12)
    assert elapsed[-1] == BLEND_S


@pytest.mark.parametrize("mode", Mode)
@given(situation=situations)
def test_the_initial_mode_is_entered_without_a_blend(mode, situation):
    unit = CONTROLLERS[mode]
    row = tick(unit, near_orbit(mode, situation))
    reference = near_orbit(mode, situation)
    e_r = reference[unit.told["reference_position"]] - ORBIT
    e_v = reference[unit.told["reference_velocity"]] - VELOCITY
    np.testing.assert_array_equal(decided(unit, row, "measured_error_position"), e_r)
    np.testing.assert_array_equal(decided(unit, row, "measured_error_velocity"), e_v)
    assert carried(unit, row, "blend_elapsed") == BLEND_S
    feedforward = situation[2] - OBLATE(*ORBIT.tolist())
    expected = law(GAINS, 20.0, DT, mode, e_r, e_v, feedforward, np.zeros(3))
    np.testing.assert_allclose(
        decided(unit, row, "unlimited_acceleration"), expected.unlimited, rtol=0.0, atol=1e-13
    )
    np.testing.assert_allclose(
        carried(unit, row, "commanded_acceleration"), expected.commanded, rtol=0.0, atol=1e-13
    )


# Bumpless changes


@pytest.mark.parametrize(
    ("old", "new"),
    [(a, b) for a, b in itertools.permutations(Mode, 2) if Mode.IDLE not in (a, b)],
)
@given(before=situations, after=situations, memory=vectors(100.0))
def test_a_mode_change_continues_the_command_where_it_was(old, new, before, after, memory):
    unit = CONTROLLERS[old]
    state = unit.initial_carried[0].copy()
    state[unit.carried["carried_memory"]] = memory
    first = tick(unit, near_orbit(old, before), state)
    second = tick(unit, near_orbit(new, after), carried(unit, first))
    np.testing.assert_allclose(
        carried(unit, second, "commanded_acceleration"),
        carried(unit, first, "commanded_acceleration"),
        rtol=0.0,
        atol=1e-13,
    )
    np.testing.assert_array_equal(decided(unit, second, "measured_error_position"), np.zeros(3))
    np.testing.assert_allclose(
        decided(unit, second, "measured_error_velocity"), np.zeros(3), atol=1e-14
    )


@pytest.mark.parametrize("new", [mode for mode in Mode if mode != Mode.IDLE])
@given(before=situations, after=situations, memory=vectors(100.0))
def test_after_idle_gravity_is_countered_at_once_and_errors_blend_in(new, before, after, memory):
    unit = IDLE_FIRST
    state = unit.initial_carried[0].copy()
    state[unit.carried["carried_memory"]] = memory
    first = tick(unit, near_orbit(Mode.IDLE, before), state)
    second = tick(unit, near_orbit(new, after), carried(unit, first))
    position = near_orbit(new, after)[unit.told["measured_position"]]
    feedforward = after[2] - np.array(OBLATE(*position.tolist()))
    np.testing.assert_allclose(
        decided(unit, second, "unlimited_acceleration"), feedforward, rtol=0.0, atol=1e-12
    )
    np.testing.assert_array_equal(decided(unit, second, "measured_error_position"), np.zeros(3))


def test_going_idle_ends_the_command_at_once():
    unit = CONTROLLERS[Mode.STATION_KEEP]
    situation = (np.ones(3), np.ones(3), np.zeros(3))
    first = tick(unit, near_orbit(Mode.STATION_KEEP, situation))
    second = tick(unit, near_orbit(Mode.IDLE, situation), carried(unit, first))
    assert np.any(carried(unit, first, "commanded_acceleration"))
    assert not np.any(carried(unit, second, "commanded_acceleration"))


def test_going_idle_leaves_the_error_to_the_reference_itself_in_sight():
    unit = CONTROLLERS[Mode.STATION_KEEP]
    situation = (np.array([3.0, 2.0, 1.0]), np.array([0.1, 0.2, 0.3]), np.zeros(3))
    first = tick(unit, near_orbit(Mode.STATION_KEEP, situation))
    second = tick(unit, near_orbit(Mode.IDLE, situation), carried(unit, first))
    for name in ("measured_error_position", "measured_error_velocity"):
        np.testing.assert_array_equal(decided(unit, second, name), decided(unit, first, name))
    third = tick(unit, near_orbit(Mode.IDLE, situation), carried(unit, second))
    np.testing.assert_array_equal(
        decided(unit, third, "measured_error_position"),
        decided(unit, first, "measured_error_position"),
    )


def commands_through_a_change(dt):
    """Every command from the last tick of NULL-G until after the blend into STATION-KEEP."""
    situation = (np.array([5.0, -3.0, 2.0]), np.array([0.2, 0.1, -0.3]), np.zeros(3))
    unit = controller(initial_mode=Mode.NULL_G, a_max=(1e3,), dt=dt)
    row = tick(unit, near_orbit(Mode.NULL_G, situation))
    commands = [carried(unit, row, "commanded_acceleration")]
    for _ in range(round(1.2 * BLEND_S / dt)):
        row = tick(unit, near_orbit(Mode.STATION_KEEP, situation), carried(unit, row))
        commands.append(carried(unit, row, "commanded_acceleration"))
    return np.array(commands)


def test_the_command_never_jumps_during_a_blend_or_at_its_ends():
    coarse, fine = (
        np.linalg.norm(np.diff(commands_through_a_change(dt), axis=0), axis=1).max()
        for dt in (0.1, 0.01)
    )
    # A jump would be as large at any tick; what is continuous moves in proportion to the tick.
    assert fine < 0.15 * coarse


def test_after_the_blend_the_law_works_on_the_reference_itself():
    situation = (np.array([5.0, -3.0, 2.0]), np.array([0.2, 0.1, -0.3]), np.zeros(3))
    fresh = near_orbit(Mode.STATION_KEEP, situation)
    unit = CONTROLLERS[Mode.NULL_G]
    row = tick(unit, fresh)
    for _ in range(round(BLEND_S / DT) + 1):
        row = tick(unit, fresh, carried(unit, row))

    blendless = CONTROLLERS[Mode.STATION_KEEP]
    state = blendless.initial_carried[0].copy()
    state[unit.carried["carried_memory"]] = decided(unit, row, "integral_state")
    alone = tick(blendless, fresh, state)
    np.testing.assert_array_equal(alone[: unit.decided.width], row[: unit.decided.width])


# Gravity and direction


@given(vectors(1e7))
def test_a_fixed_point_costs_all_of_gravity(position):
    unit = CONTROLLERS[Mode.STATION_KEEP]
    position = position + np.array([0.0, 0.0, 2e7])
    row = tick(unit, told(Mode.STATION_KEEP, position, *np.zeros((4, 3))))
    g = np.array(OBLATE(*position.tolist()))
    np.testing.assert_allclose(
        decided(unit, row, "unlimited_acceleration"), -g, rtol=0.0, atol=1e-14 * np.linalg.norm(g)
    )


def test_on_a_reference_in_free_fall_nothing_is_commanded():
    unit = CONTROLLERS[Mode.STATION_KEEP]
    falling = np.array(OBLATE(*ORBIT.tolist()))
    row = tick(unit, told(Mode.STATION_KEEP, ORBIT, VELOCITY, np.zeros(3), np.zeros(3), falling))
    assert np.linalg.norm(carried(unit, row, "commanded_acceleration")) < 1e-14


@pytest.mark.parametrize("oblate", [False, True])
@given(
    quaternion=st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: math.hypot(*q) > 0.1),
    situation=situations,
)
def test_turning_the_world_and_the_pole_turns_the_command(oblate, quaternion, situation):
    turn = Rotation.from_quat(quaternion).as_matrix()
    models = [
        J2(EARTH.mu, EARTH.radius, EARTH.j2, tuple(pole.tolist()))
        if oblate
        else PointMass(EARTH.mu)
        for pole in (np.array(POLE), turn @ POLE)
    ]
    e_r, e_v, acceleration = situation
    results = [
        _uncompiled(models[0], ORBIT, e_r, e_v, acceleration),
        _uncompiled(models[1], turn @ ORBIT, turn @ e_r, turn @ e_v, turn @ acceleration),
    ]
    for straight, turned in zip(*results, strict=True):
        np.testing.assert_allclose(turned, turn @ straight, rtol=0.0, atol=1e-11)


def _uncompiled(gravity, position, e_r, e_v, acceleration):
    """Command and memory of the law, without compiling one controller for each pole."""
    feedforward = acceleration - np.array(gravity(*position.tolist()))
    step = law(GAINS, 12.0, DT, Mode.STATION_KEEP, e_r, e_v, feedforward, np.zeros(3))
    return np.asarray(step.commanded), np.asarray(step.memory)


def test_turning_the_world_turns_the_packed_command_too():
    turn = Rotation.from_rotvec([0.3, -0.7, 0.4]).as_matrix()
    turned_pole = J2(EARTH.mu, EARTH.radius, EARTH.j2, tuple((turn @ POLE).tolist()))
    straight, turned = controller(), controller(gravity=turned_pole)
    for rows in random_rows(straight, 20, seed=3):
        vector_parts = _turned(straight, rows, turn)
        expected = np.asarray(straight.step(rows))[0]
        actual = np.asarray(turned.step(vector_parts))[0]
        for name in ("unlimited_acceleration", "measured_error_velocity", "integral_state"):
            np.testing.assert_allclose(
                decided(turned, actual, name),
                turn @ decided(straight, expected, name),
                rtol=1e-9,
                atol=1e-8,
            )


def _turned(unit, rows, turn):
    """Every vector of the packed rows turned, every scalar as it was."""
    rows = rows.copy()
    columns = unit.told.columns + unit.carried.columns
    for index, column in enumerate(columns):
        if column.name.endswith("_x"):
            rows[:, index : index + 3] = rows[:, index : index + 3] @ turn.T
    return rows


# No input breaks it


@pytest.mark.parametrize("mode", Mode)
@given(
    position=st.one_of(vectors(1e12), vectors(1.0), vectors(1e-30), st.just(np.zeros(3))),
    velocity=vectors(1e6),
    reference=vectors(1e12),
    reference_velocity=vectors(1e6),
    memory=vectors(1e12),
)
def test_no_finite_state_gives_nan(mode, position, velocity, reference, reference_velocity, memory):
    unit = IDLE_FIRST
    fresh = np.concatenate([[mode], position, velocity, reference, reference_velocity, np.zeros(3)])
    state = unit.initial_carried[0].copy()
    state[unit.carried["carried_memory"]] = memory
    row = tick(unit, fresh, state)
    second = tick(unit, fresh, carried(unit, row))
    assert np.all(np.isfinite(row))
    assert np.all(np.isfinite(second))


def test_the_centre_of_the_body_itself_gives_no_nan():
    unit = CONTROLLERS[Mode.STATION_KEEP]
    row = tick(unit, told(Mode.STATION_KEEP, *np.zeros((5, 3))))
    np.testing.assert_array_equal(carried(unit, row, "commanded_acceleration"), np.zeros(3))
    assert np.all(np.isfinite(row))


@pytest.mark.parametrize("a_max", [1.9, 2.0, 0.7, 0.33, 0.0123])
def test_compiled_a_command_within_the_limit_passes_bit_for_bit(a_max):
    controller = agp_controller(
        Gains(), np.array([a_max]), PointMass(EARTH.mu), 0.1, 10.0, Mode.STATION_KEEP, "gcrf"
    )
    random = np.random.default_rng(0)
    packed = np.zeros((1, controller.width))
    packed[:, controller.told.width :] = controller.initial_carried
    packed[:, controller.told["control_mode"]] = Mode.STATION_KEEP
    position = np.array([7e6, 1e5, -2e5])
    packed[:, controller.told["measured_position"]] = position
    packed[:, controller.told["reference_acceleration"]] = PointMass(EARTH.mu)(*position)
    for _ in range(100):
        packed[:, controller.told["reference_position"]] = (
            position + random.uniform(-5, 5, 3) * a_max
        )
        out = np.asarray(controller.step(packed))
        assert not out[:, controller.decided["limited"]].any()
        np.testing.assert_array_equal(
            out[:, controller.decided.width :][:, controller.carried["commanded_acceleration"]],
            out[:, controller.decided["unlimited_acceleration"]],
        )
