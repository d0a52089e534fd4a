"""What is proved of closed loops, held against eigenvalues, simulation and published numbers."""

from dataclasses import replace

import numpy as np
import pytest
from flint import arb
from proof_loops import DT, OBLATE, POINT_MASS, STATE, closed, in_free_space

from kernel.bodies import EARTH
from kernel.gains import Gains
from kernel.gravity import PointMass
from kernel.modes import Mode
from kernel.nominal import spectral_radius, tick_matrix
from kernel.proof.definite import is_positive_definite
from kernel.proof.loop import Box, tick_jacobian
from kernel.proof.problem import Piece, Problem
from kernel.proof.prove import prove
from kernel.proof.refute import why_not_refuted
from kernel.proof.terms import ProofError
from kernel.proof.verify import Cover, error_box, whole_metric, why_not


def in_orbit(**more):
    """An oblate Earth and a controller that takes it as round, on a short arc."""
    loop = closed(Gains(), POINT_MASS, OBLATE, OBLATE)
    ticks = np.linspace(-0.5, 0.5, 101)[:, None]
    states = STATE + ticks * np.array([0.0, 4e4, 4e4, -40.0, 0.0, 0.0])
    return Problem(loop, states[None], 1e3, 10.0, 50.0, **more)


def per_second(factor, dt=DT):
    return factor ** (1.0 / dt)


@pytest.fixture(scope="module")
def orbit():
    problem = in_orbit(delays=(1, 1), disturbance_m_s=1e-6)
    return problem, prove(problem, margin=False)


def test_the_rate_is_within_a_thousandth_of_what_no_metric_can_beat(orbit):
    _, proof = orbit
    spectral = per_second(spectral_radius(tick_matrix(Gains(), DT, 1)))
    assert spectral < per_second(proof.contraction.per_tick) < 1.001 * spectral


def test_the_claim_is_about_trajectories(orbit):
    problem, proof = orbit
    assert proof.verdict == "PROVED"
    found = proof.level_set
    assert found.disturbance <= found.rho * (1.0 - proof.contraction.per_tick)
    assert 0.0 < found.ultimate < found.rho
    assert found.ultimate_m < found.reach_m < problem.error_m
    assert found.reach_m_s < problem.error_m_s
    # J2's 1.2 cm/s² leave the point-mass controller 5.35 m off per m/s², inside the bound.
    assert found.ultimate_m > 0.05


def test_no_simulated_error_leaves_the_level_set_or_stays_out_of_the_ultimate_bound(orbit):
    problem, proof = orbit
    loop, found = problem.loop, proof.level_set
    p = whole_metric(proof.contraction.p)
    root = np.linalg.inv(np.linalg.cholesky(p).T)
    generator = np.random.default_rng(1)
    for _ in range(5):
        direction = generator.normal(size=12)
        xi = root @ (found.rho * direction / np.linalg.norm(direction))
        reference = problem.references[0, 50]
        nominal, _ = loop.control(np.zeros(6), np.zeros(3), reference)
        xi[9:] += np.asarray(nominal)
        sizes = []
        for _ in range(400):
            command, memory = loop.control(xi[:6], xi[6:9], reference)
            moved = loop.move(xi[:6], xi[9:], reference)
            deviation = np.concatenate([xi[:9], xi[9:] - np.asarray(nominal)])
            sizes.append(float(np.sqrt(deviation @ p @ deviation)))
            xi = np.concatenate([moved, memory, command])
        sizes = np.array(sizes)
        assert np.max(sizes) <= found.rho * (1.0 + 1e-9)
        assert sizes[-1] <= found.ultimate
        # Above the disturbance every tick shrinks it by what was proved.
        excess = sizes[1:] - proof.contraction.per_tick * sizes[:-1]
        assert np.max(excess) <= found.disturbance * (1.0 + 1e-9)


def test_no_sampled_jacobian_is_above_the_bound(orbit):
    problem, proof = orbit
    root = np.linalg.cholesky(whole_metric(proof.contraction.p)).T
    generator = np.random.default_rng(2)
    error = error_box(problem)
    for _ in range(50):
        piece = proof.contraction.pieces[generator.integers(len(proof.contraction.pieces))]
        states = problem.references[0, piece.first : piece.last + 1]
        at = generator.uniform(states.min(axis=0), states.max(axis=0))
        off = generator.uniform(-1.0, 1.0, 6) * np.repeat(error[:2], 3)
        parts = problem.loop.enclose(Box(at - off, at - off, np.zeros(4)))
        j = tick_jacobian(parts, arb(1), 1, 1, problem.loop.states)
        middle = np.array([[float(entry.mid()) for entry in row] for row in j.tolist()])
        size = np.linalg.norm(root @ middle @ np.linalg.inv(root), 2)
        assert size <= proof.contraction.per_tick


def forgeries(evidence):
    first = evidence.pieces[0]
    yield "a better bound", {"per_tick": evidence.per_tick * 0.99**DT}
    yield "a longer delay", {"delays": (1, 2)}
    yield "a missing box", {"pieces": evidence.pieces[1:]}
    yield "a shorter box", {"pieces": (Piece(0, first.first, first.last - 1), *evidence.pieces[1:])}
    yield "another metric", {"p": evidence.p + 0.3 * np.eye(len(evidence.p))}
    yield "no metric", {"p": -evidence.p}
    yield "no contraction", {"per_tick": 1.0}


def test_what_was_proved_is_found_to_hold_again(orbit):
    problem, proof = orbit
    assert why_not(Cover(problem), proof.contraction) == ""


@pytest.mark.parametrize("index", range(7))
def test_what_was_altered_does_not_hold(orbit, index):
    problem, proof = orbit
    name, change = list(forgeries(proof.contraction))[index]
    try:
        assert why_not(Cover(problem), replace(proof.contraction, **change)), name
    except ValueError:
        assert name == "a longer delay"


def test_another_gain_does_not_hold(orbit):
    problem, proof = orbit
    other = replace(problem, loop=closed(Gains(k_v=0.62), POINT_MASS, OBLATE, OBLATE))
    assert why_not(Cover(other), proof.contraction)


def test_mass_and_a_jittering_delay_are_proved_together():
    proof = prove(in_free_space(gains=(0.9, 1.1), delays=(0, 3)), margin=False)
    assert proof.verdict == "PROVED"
    assert per_second(proof.contraction.per_tick) < 0.95


@pytest.mark.parametrize(("dt", "ticks"), [(1 / 200, 60), (1 / 1000, 300)])
def test_fast_loops_with_long_delays_are_proved_by_the_small_gain(dt, ticks):
    problem = in_free_space(dt=dt, delays=(0, ticks))
    proof = prove(problem, margin=False)
    assert proof.contraction.method == "small gain"
    assert why_not(Cover(problem), proof.contraction) == ""
    # The rate is that of the weighted energies; simulated with jittering delays it holds.
    assert _jittered(Gains(), dt, ticks) < 1.0


def _jittered(gains, dt, most):
    """Growth over 60 s of a loop whose delay jumps about at random."""
    generator = np.random.default_rng(3)
    still = tick_matrix(replace(gains, k_r=0.0, k_v=0.0, k_i=0.0), dt)
    law = np.array([gains.k_r, gains.k_v, gains.k_i])
    effect = np.array([-0.5 * dt * dt, -dt, 0.0])
    state, commands = np.array([1.0, 0.0, 0.0]), np.zeros(most + 1)
    for _ in range(round(60.0 / dt)):
        commands = np.concatenate([[law @ state], commands[:-1]])
        state = still @ state + effect * commands[generator.integers(most + 1)]
    return float(np.linalg.norm(state))


@pytest.mark.parametrize("gains", [Gains(k_r=0.9, k_v=0.05), Gains(k_i=0.3), Gains(k_v=25.0)])
def test_unstable_loops_are_refuted(gains):
    problem = in_free_space(gains)
    assert spectral_radius(tick_matrix(gains, DT)) > 1.0
    proof = prove(problem)
    assert proof.verdict == "REFUTED"
    assert proof.contraction is None
    assert why_not_refuted(problem, proof.refutation, 10) == ""
    for change in ({"growth_per_tick": 0.99}, {"gain": 2.0}, {"delay_ticks": 3}):
        assert why_not_refuted(problem, proof.refutation | change, 10)


def test_random_gains_are_answered_as_eigenvalues_say():
    generator = np.random.default_rng(5)
    answered = {"PROVED": 0, "REFUTED": 0}
    for _ in range(60):
        gains = Gains(*np.exp(generator.uniform(-5.0, 1.0, 4)))
        radius = per_second(spectral_radius(tick_matrix(gains, DT)))
        if 0.98 <= radius <= 1.02:
            continue
        expected = "PROVED" if radius < 1.0 else "REFUTED"
        assert prove(in_free_space(gains), margin=False).verdict == expected, gains
        answered[expected] += 1
    assert min(answered.values()) > 5


def test_a_slot_that_is_no_free_fall_can_not_be_claimed():
    """A Kepler slot in an oblate field asks for more than a small thruster has."""
    loop = closed(Gains().at_bandwidth(0.02), OBLATE, OBLATE, POINT_MASS)
    problem = Problem(loop, np.stack([[STATE, STATE]]), 200.0, 1.0, 0.005)
    proof = prove(problem, margin=False)
    assert proof.verdict == "CONTRACTION ONLY"
    assert "the command on the reference itself" in proof.reason


def test_null_g_contracts_and_claims_no_trajectories():
    loop = closed(Gains(), OBLATE, OBLATE, OBLATE, mode=Mode.NULL_G)
    proof = prove(Problem(loop, STATE[None, None], 1e3, 10.0, 50.0), margin=False)
    assert proof.verdict == "CONTRACTION ONLY"
    assert "position is not fed back" in proof.reason
    assert per_second(proof.contraction.per_tick) == pytest.approx((1 - 0.06) ** 10, rel=1e-3)


def test_the_centre_of_the_earth_in_the_region_is_named():
    loop = closed(Gains(), PointMass(EARTH.mu), OBLATE, OBLATE)
    problem = Problem(loop, STATE[None, None], 1e7, 10.0, 50.0)
    with pytest.raises(ProofError, match="division by a number that may be 0"):
        problem.loop.enclose(Box(STATE, STATE, error_box(problem)))
    assert prove(problem, margin=False).verdict == "UNDECIDED"


@pytest.mark.parametrize(
    ("rows", "definite"),
    [
        ([[2, 1], [1, 2]], True),
        ([[1, 1], [1, 1]], False),
        ([[1, 2], [2, 1]], False),
        ([[0, 0], [0, 1]], False),
    ],
)
def test_definiteness(rows, definite):
    from flint import arb_mat

    assert is_positive_definite(arb_mat(rows)) == definite


def test_definiteness_is_of_every_matrix_in_the_ball():
    from flint import arb_mat

    assert is_positive_definite(arb_mat([[arb(2, 0.2), arb(1, 0.2)], [arb(1, 0.2), arb(2, 0.2)]]))
    assert not is_positive_definite(
        arb_mat([[arb(2, 0.6), arb(1, 0.5)], [arb(1, 0.5), arb(2, 0.6)]])
    )
