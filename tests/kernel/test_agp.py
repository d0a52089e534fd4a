"""What one tick of the law promises, and what it does about a double integrator."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kernel.agp import law, limit
from kernel.gains import Gains
from kernel.jax64 import jax, jnp
from kernel.modes import Mode

GAINS = Gains()
DT = 0.1
A_MAX = 2.0
WHOLE = [Mode.STATION_KEEP, Mode.TRAJECTORY]
ZERO = np.zeros(3)
EPSILON = np.finfo(float).eps

compiled_law = jax.jit(law, static_argnums=(0, 2))
compiled_limit = jax.jit(limit)


def vectors(largest):
    """Vectors without subnormal numbers, which XLA flushes to zero."""
    component = st.floats(-largest, largest).map(lambda c: c if abs(c) > 1e-200 else 0.0)
    return st.tuples(component, component, component).map(np.array)


inputs = st.tuples(vectors(50.0), vectors(5.0), vectors(3.0), vectors(100.0))
"""Position error, velocity error, feedforward and memory; the limit is passed about as often as
not."""
rotations = st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: math.hypot(*q) > 0.1)


def tick(inputs, mode=Mode.STATION_KEEP, gains=GAINS, a_max=A_MAX, dt=DT):
    e_r, e_v, feedforward, memory = inputs
    return compiled_law(gains, a_max, dt, float(mode), e_r, e_v, feedforward, memory)


def size_of(inputs, gains=GAINS):
    """How large the terms of the law are: what rounding errors are relative to."""
    e_r, e_v, feedforward, memory = map(np.linalg.norm, inputs)
    return gains.k_r * e_r + gains.k_v * e_v + gains.k_i * memory + feedforward


def flight(ticks, start, disturbance=0.0, gains=GAINS, a_max=A_MAX):
    """A double integrator under the law about the origin: error and memory after every tick."""

    def one_tick(carry, _):
        r, v, z = carry
        step = law(gains, a_max, DT, Mode.STATION_KEEP, -r, -v, jnp.zeros(3), z)
        a = step.commanded + disturbance
        after = (r + DT * v + 0.5 * DT**2 * a, v + DT * a, step.memory)
        return after, (jnp.linalg.norm(after[0]), jnp.linalg.norm(step.memory), step.limited)

    carry = tuple(jnp.asarray(part, dtype=jnp.float64) for part in (start, ZERO, ZERO))
    return [np.asarray(row) for row in jax.lax.scan(one_tick, carry, None, length=ticks)[1]]


# The law as it is written


@given(inputs)
def test_the_whole_law_adds_up_its_terms(given_inputs):
    e_r, e_v, feedforward, memory = given_inputs
    expected = feedforward + 0.1 * e_r + 0.6 * e_v + 0.01 * memory
    actual = tick(given_inputs).unlimited
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=4 * EPSILON * size_of(given_inputs))


@given(inputs)
def test_the_memory_takes_in_the_error_and_what_the_limit_cut_off(given_inputs):
    e_r, _, _, memory = given_inputs
    step = tick(given_inputs)
    phi = math.exp(-0.115 * DT)
    cut = np.subtract(step.commanded, step.unlimited) / 0.1
    expected = phi * memory + (1.0 - phi) / 0.115 * (e_r + cut)
    np.testing.assert_allclose(step.memory, expected, rtol=1e-12, atol=1e-12)


@given(inputs)
def test_station_keeping_and_trajectory_are_the_same_law(given_inputs):
    station, trajectory = (tick(given_inputs, mode) for mode in WHOLE)
    assert all(np.array_equal(a, b) for a, b in zip(station, trajectory, strict=True))


@given(inputs, st.floats(0.0, 1e-12))
def test_a_memory_that_hardly_forgets_is_the_plain_integral(given_inputs, decay):
    e_r, _, _, memory = given_inputs
    gains = Gains(lambda_decay=decay)
    actual = law(gains, 1e6, DT, Mode.STATION_KEEP, *given_inputs).memory
    scale = np.abs(memory).max() + DT * np.abs(e_r).max()
    np.testing.assert_allclose(actual, memory + DT * e_r, rtol=0.0, atol=1e-12 * scale)


@given(inputs)
def test_idle_commands_nothing_and_lets_the_memory_decay(given_inputs):
    step = tick(given_inputs, Mode.IDLE)
    np.testing.assert_array_equal(step.unlimited, ZERO)
    np.testing.assert_array_equal(step.commanded, ZERO)
    assert not step.limited
    np.testing.assert_allclose(
        step.memory, math.exp(-0.115 * DT) * given_inputs[3], rtol=2 * EPSILON
    )


@given(inputs, vectors(1e12), vectors(1e12))
def test_null_g_asks_for_nothing_on_account_of_position_or_memory(given_inputs, position, memory):
    _, e_v, feedforward, z = given_inputs
    step = tick(given_inputs, Mode.NULL_G)
    elsewhere = tick((position, e_v, feedforward, memory), Mode.NULL_G)
    np.testing.assert_array_equal(elsewhere.unlimited, step.unlimited)
    np.testing.assert_array_equal(elsewhere.commanded, step.commanded)
    np.testing.assert_allclose(step.memory, math.exp(-0.115 * DT) * z, rtol=2 * EPSILON)


@pytest.mark.parametrize("mode", Mode)
def test_at_rest_on_the_reference_nothing_is_commanded(mode):
    step = tick((ZERO, ZERO, ZERO, ZERO), mode)
    assert all(np.array_equal(part, ZERO) for part in (step.unlimited, step.commanded, step.memory))
    assert not step.limited


# The limit


@given(inputs)
def test_a_limited_command_keeps_its_direction(given_inputs):
    step = tick(given_inputs)
    assume(step.limited)
    unlimited, commanded = np.asarray(step.unlimited), np.asarray(step.commanded)
    asked = np.linalg.norm(unlimited)
    assert asked >= A_MAX * (1.0 - 4 * EPSILON)
    assert np.linalg.norm(commanded) == pytest.approx(A_MAX, rel=1e-14)
    np.testing.assert_allclose(commanded / A_MAX, unlimited / asked, rtol=0.0, atol=1e-14)


@given(vectors(1.0), st.floats(1e-6, 1e3), st.floats(1e-9, 1.0 - 1e-12))
def test_a_command_within_the_limit_passes_unchanged(direction, a_max, share):
    size = np.linalg.norm(direction)
    assume(size > 1e-3)
    wanted = direction / size * a_max * share
    commanded, limited = limit(jnp.asarray(wanted), a_max)
    assert not limited
    np.testing.assert_array_equal(commanded, wanted)


@given(vectors(1.0), st.floats(1e-6, 1e3), st.floats(1e-9, 1.0 - 1e-12))
def test_compiled_a_command_within_the_limit_passes_to_the_last_digits(direction, a_max, share):
    size = np.linalg.norm(direction)
    assume(size > 1e-3)
    wanted = direction / size * a_max * share
    commanded, limited = compiled_limit(wanted, a_max)
    assert not limited
    np.testing.assert_allclose(commanded, wanted, rtol=4 * EPSILON)


@pytest.mark.parametrize("factor", [1.0 - 1e-9, 1.0 + 1e-9])
def test_the_limit_is_told_on_either_side_of_it(factor):
    commanded, limited = limit(jnp.array([0.6, 0.0, -0.8]) * A_MAX * factor, A_MAX)
    assert bool(limited) is (factor > 1.0)
    assert np.linalg.norm(commanded) == pytest.approx(min(factor, 1.0) * A_MAX, rel=1e-14)


def test_the_limit_has_a_derivative_at_zero():
    slope = jax.jacfwd(lambda a: limit(a, A_MAX)[0])(jnp.zeros(3))
    np.testing.assert_array_equal(slope, np.eye(3))


# Continuity, finiteness, symmetry


def assert_lipschitz(before, after, mode):
    """The bounds follow from the limit being a projection on a ball, which never stretches."""
    moved = [np.linalg.norm(b - a) for a, b in zip(before, after, strict=True)]
    asked = size_of([b - a for a, b in zip(before, after, strict=True)])
    first, second = tick(before, mode), tick(after, mode)
    rounding = 1e-13 * (1.0 + size_of(before) + size_of(after)) / GAINS.antiwindup_gain
    assert np.linalg.norm(second.commanded - first.commanded) <= asked + rounding
    phi, weight = GAINS.memory_step(DT)
    bound = phi * moved[3] + weight * (moved[0] + asked / GAINS.antiwindup_gain)
    assert np.linalg.norm(second.memory - first.memory) <= bound + rounding


@pytest.mark.parametrize("mode", Mode)
@given(before=inputs, move=inputs, exponent=st.floats(-9.0, 0.0))
def test_a_small_change_of_the_inputs_changes_the_outputs_little(mode, before, move, exponent):
    after = [a + 10.0**exponent * b for a, b in zip(before, move, strict=True)]
    assert_lipschitz(before, after, mode)


@given(vectors(1.0), st.floats(1e-12, 0.5), vectors(50.0), vectors(100.0))
def test_the_law_is_continuous_across_the_limit(direction, half_width, e_r, memory):
    size = np.linalg.norm(direction)
    assume(size > 1e-3)
    at_the_limit = A_MAX * direction / size
    rest = at_the_limit - 0.1 * e_r - 0.01 * memory
    below, above = (
        (e_r, ZERO, rest + sign * half_width * at_the_limit, memory) for sign in (-1.0, 1.0)
    )
    assert not tick(below).limited
    assert tick(above).limited
    assert_lipschitz(below, above, Mode.STATION_KEEP)


@pytest.mark.parametrize("mode", Mode)
@given(e_r=vectors(1e12), e_v=vectors(1e6), feedforward=vectors(1e3), memory=vectors(1e13))
def test_no_finite_input_gives_nan(mode, e_r, e_v, feedforward, memory):
    step = tick((e_r, e_v, feedforward, memory), mode)
    assert all(np.all(np.isfinite(part)) for part in step)
    assert np.linalg.norm(step.commanded) <= A_MAX * (1.0 + 1e-14)


@pytest.mark.parametrize("mode", Mode)
@given(given_inputs=inputs, quaternion=rotations)
def test_the_law_knows_no_direction_of_its_own(mode, given_inputs, quaternion):
    turn = Rotation.from_quat(quaternion).as_matrix()
    straight = tick(given_inputs, mode)
    turned = tick([turn @ part for part in given_inputs], mode)
    rounding = 1e-13 * (1.0 + size_of(given_inputs)) / GAINS.antiwindup_gain
    for name in ("unlimited", "commanded", "memory"):
        expected = turn @ np.asarray(getattr(straight, name))
        np.testing.assert_allclose(getattr(turned, name), expected, rtol=0.0, atol=rounding)


@given(inputs, st.floats(-2.0, 1.0).map(lambda exponent: 10.0**exponent))
def test_bandwidth_is_a_change_of_the_unit_of_time(given_inputs, kappa):
    e_r, e_v, feedforward, memory = given_inputs
    faster = (e_r, kappa * e_v, kappa**2 * feedforward, memory / kappa)
    slow = tick(given_inputs)
    fast = law(GAINS.at_bandwidth(kappa), A_MAX * kappa**2, DT / kappa, Mode.STATION_KEEP, *faster)
    scale = 1e-13 * (1.0 + size_of(given_inputs))
    np.testing.assert_allclose(
        np.asarray(fast.commanded) / kappa**2, slow.commanded, rtol=0.0, atol=scale
    )
    np.testing.assert_allclose(
        np.asarray(fast.memory) * kappa, slow.memory, rtol=0.0, atol=scale / GAINS.k_r
    )


# About a double integrator


def test_under_a_constant_disturbance_the_loop_rests_5_35_m_away_per_metre_per_second_squared():
    disturbance = np.array([0.3, -0.5, 0.2])
    error, _, limited = flight(2000, ZERO, disturbance)
    expected = GAINS.resting_offset() * np.linalg.norm(disturbance)
    assert not limited.any()
    assert error[-1] == pytest.approx(expected, rel=1e-9)
    assert error[-1] / np.linalg.norm(disturbance) == pytest.approx(5.35, abs=0.005)


@pytest.mark.parametrize("distance_m", [100.0, 1e4, 1e9])
def test_the_memory_stays_bounded_however_long_and_far_the_command_is_limited(distance_m):
    a_max = 0.1
    held = (np.array([distance_m, 0.0, 0.0]), ZERO, ZERO)
    # With K_b = K_r the position error drops out of the memory's input while limited.
    bound = a_max / (GAINS.k_i + GAINS.lambda_decay * GAINS.antiwindup_gain)
    sizes = []
    memory = ZERO
    for _ in range(500):
        step = tick((*held, memory), a_max=a_max)
        assert step.limited
        memory = np.asarray(step.memory)
        sizes.append(np.linalg.norm(memory))
    rounding = 1e-12 * distance_m / GAINS.lambda_decay
    assert max(sizes) <= bound + rounding
    assert sizes[-1] == pytest.approx(bound, rel=0.01, abs=rounding)


def test_after_long_saturation_the_loop_comes_to_rest():
    error, memory, limited = flight(8000, np.array([800.0, -600.0, 0.0]), a_max=1.0)
    assert limited.sum() > 2000
    assert not limited[-4000:].any()
    assert error[-1] < 1e-6
    assert memory[-1] < 1e-6


def test_without_back_calculation_the_same_flight_swings_on():
    wound_up = Gains(antiwindup_gain=1e30)
    error, memory, _ = flight(8000, np.array([800.0, -600.0, 0.0]), gains=wound_up, a_max=1.0)
    _, bounded, _ = flight(8000, np.array([800.0, -600.0, 0.0]), a_max=1.0)
    assert error[-2000:].max() > 1000.0
    assert memory.max() > 5.0 * bounded.max()


def test_the_error_decays_at_the_published_rate():
    error, _, _ = flight(600, np.array([1.0, 0.0, 0.0]))
    # Over whole half-turns of the slow pair of poles (18.1 s) the decay is that of its envelope.
    half_turn_s = math.pi / 0.17332
    ticks = round(half_turn_s / DT)
    per_second = (error[200 + 2 * ticks] / error[200]) ** (1.0 / (2 * ticks * DT))
    assert per_second == pytest.approx(0.873, abs=0.002)
