"""The small gain: what it claims of late commands, held against simulation."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from proof_loops import OBLATE, STATE, closed, in_free_space

from kernel.controller import agp_controller
from kernel.gains import Gains
from kernel.modes import Mode
from kernel.nominal import tick_matrix
from kernel.proof.level_set import command_slope, overshoot
from kernel.proof.loop import ClosedLoop, Reference
from kernel.proof.problem import Piece, Problem
from kernel.proof.prove import axis_loops, prove, sample_drifts, samples
from kernel.proof.small_gain import gain_squared
from kernel.proof.small_gain_search import largest_gain_squared
from kernel.proof.terms import ProofError
from kernel.proof.verify import Cover, why_not
from kernel.twin import orbital_step

SLOW = Gains().at_bandwidth(0.02)


@pytest.fixture(scope="module")
def low_orbit():
    """A loop so slow that gravity's gradient counts, which the controller feeds back late too."""
    loop = closed(SLOW, OBLATE, OBLATE, OBLATE)
    step = jax.jit(orbital_step(OBLATE, 0.1, 2))
    states = [STATE]
    for _ in range(200):
        states.append(np.asarray(step(states[-1], np.zeros(3))))
    return Problem(loop, np.array(states)[None], 200.0, 1.0, 0.017, delays=(0, 5))


@pytest.fixture(scope="module")
def proved(low_orbit):
    return prove(low_orbit)


def test_a_slow_loop_in_a_low_orbit_bears_late_commands(low_orbit, proved):
    assert proved.verdict == "PROVED"
    assert proved.contraction.method == "small gain"
    assert proved.contraction.delays == (0, 5)
    assert why_not(Cover(low_orbit), proved.contraction) == ""
    # Of the 98 s that a constant delay may last, half is proved for one that jitters.
    assert 300 < proved.margin.delays[1] < proved.constant_margin < 1200


def test_two_solutions_with_jittering_delays_draw_near_as_claimed(low_orbit, proved):
    loop, found = low_orbit.loop, proved.contraction
    control, move = jax.jit(loop.control), jax.jit(loop.move)
    again = overshoot(found, command_slope(Cover(low_orbit), found))
    assert 1.0 < again < 1.5
    generator = np.random.default_rng(5)
    p = np.kron(found.p, np.eye(3))
    for _ in range(3):
        start = generator.normal(size=9) * np.repeat([50.0, 0.2, 2e3], 3)
        pair = [0.3 * start, start]
        flown = [[], []]
        sizes = []
        for tick in range(150):
            difference = pair[1] - pair[0]
            sizes.append(np.sqrt(difference @ p @ difference))
            late = int(generator.integers(0, 6))
            reference = low_orbit.references[0, tick]
            for one in range(2):
                command, memory = control(pair[one][:6], pair[one][6:], reference)
                flown[one].append(np.asarray(command))
                # Both had nothing in flight at first, as the reference has.
                force = flown[one][tick - late] if late <= tick else np.zeros(3)
                moved = move(pair[one][:6], force, reference)
                pair[one] = np.concatenate([moved, memory])
        claimed = again * found.per_tick ** np.arange(150) * sizes[0]
        assert np.all(sizes <= claimed)


def test_the_overshoot_of_a_known_loop_covers_the_worst_jump():
    proof = prove(in_free_space(delays=(0, 14)), margin=False)
    found = proof.contraction
    again = overshoot(found, command_slope(Cover(in_free_space()), found))
    generator = np.random.default_rng(7)
    still = tick_matrix(Gains(k_r=0.0, k_v=0.0, k_i=0.0), 0.1)
    law = np.array([Gains().k_r, Gains().k_v, Gains().k_i])
    effect = np.array([-0.5 * 0.01, -0.1, 0.0])
    for _ in range(50):
        state, flown, sizes = generator.normal(size=3) * [1.0, 0.3, 3.0], [], []
        hold = generator.integers(1, 40)
        for tick in range(300):
            sizes.append(np.sqrt(state @ found.p @ state))
            flown.append(law @ state)
            late = int(generator.integers(0, 15)) if tick % hold else 14
            force = flown[tick - late] if late <= tick else 0.0
            state = still @ state + effect * force
        assert np.all(sizes <= again * found.per_tick ** np.arange(300) * sizes[0])


def test_the_change_of_the_commands_derivative_within_a_tick_is_bounded(low_orbit):
    cover = Cover(low_orbit)
    slopes = jax.jit(jax.jacfwd(low_orbit.loop.control, argnums=(0, 1)))
    piece = Piece(0, 40, 60)
    bound = np.array([[float(b.rad()) for b in row] for row in cover.drift(piece).tolist()])
    generator = np.random.default_rng(2)

    def at(tick, error):
        (by_error, by_memory), _ = slopes(error, np.zeros(3), low_orbit.references[0, tick])
        return np.hstack([by_error, by_memory])

    largest = np.zeros((3, 9))
    for _ in range(100):
        tick = int(generator.integers(40, 61))
        error = generator.uniform(-1, 1, size=6) * np.repeat([199.0, 0.9], 3)
        after = error + 0.1 * np.concatenate([error[3:], np.zeros(3)])
        largest = np.maximum(largest, np.abs(at(tick + 1, after) - at(tick, error)))
    assert np.all(largest <= bound)
    # It is no empty bound: the field turns by about as much as it says.
    assert np.max(largest) > 0.2 * np.max(bound)


def test_in_free_space_the_command_is_linear_and_nothing_drifts():
    problem = in_free_space()
    (drift,) = sample_drifts(Cover(problem))
    assert all(entry.is_zero() for row in drift.tolist() for entry in row)


def test_the_largest_gain_is_near_that_of_the_longest_delay(low_orbit):
    problem = in_free_space()
    parts = samples(problem)
    loops, scales = axis_loops(problem, parts), np.array([1.0, 6.0, 1.0 / 6.0, 36.0])
    found = largest_gain_squared(loops, 0.9999, scales, 0.1 / 6.0)
    # 19 ticks are what one metric with commands in flight as states bears; this bears 16.
    assert gain_squared(0.9999, 16) < found < gain_squared(0.9999, 19)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a longer delay", {"delays": (0, 900)}),
        ("a faster decay", {"per_tick": 0.9990}),
        ("less weight", {"weight": 1e-6}),
    ],
)
def test_what_is_claimed_beyond_the_evidence_is_refused(low_orbit, proved, what, change):
    assert why_not(Cover(low_orbit), replace(proved.contraction, **change))


def test_a_command_that_may_jump_has_no_bound_on_its_drift(low_orbit):
    limited = agp_controller(SLOW, np.array([1e-2]), OBLATE, 0.1, 5.0, Mode.STATION_KEEP, "gcrf")
    step = orbital_step(OBLATE, 0.1, 2)
    loop = ClosedLoop(
        limited,
        Mode.STATION_KEEP,
        step,
        Reference(lambda s: step(s, np.zeros(3)), lambda r: jax.numpy.stack(OBLATE(*r))),
        0.1,
    )
    problem = Problem(loop, low_orbit.references, 200.0, 1.0, 0.017, delays=(0, 5))
    with pytest.raises(ProofError, match="second derivative"):
        Cover(problem).drift(Piece(0, 0, 10))
