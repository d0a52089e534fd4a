"""What is proved of loops whose thrust lags, held against plain linear algebra and simulation."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from lagging_loops import DT, GAINS, GRAVITY, HOVER, LAG_S, axis_matrix, hovering

from kernel.modes import Mode
from kernel.nominal import spectral_radius, tick_matrix
from kernel.proof.definite import middle
from kernel.proof.level_set import assumed_disturbance
from kernel.proof.loop import ClosedLoop, tick_jacobian
from kernel.proof.problem import Piece, Problem
from kernel.proof.prove import constant_margin, prove, samples
from kernel.proof.refute import why_not_refuted
from kernel.proof.terms import ProofError
from kernel.proof.verify import Cover, whole_metric, why_not
from kernel.twin import lagging_step


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_the_enclosed_jacobian_is_that_of_an_integrator_chain(delay):
    (parts,) = samples(hovering())
    whole = middle(tick_jacobian(parts, arb(1), delay, delay, (0, 1, 2, 3)))
    expected = np.kron(axis_matrix(delay), np.eye(3))
    np.testing.assert_allclose(whole, expected, atol=1e-14)


@pytest.mark.parametrize("delay", [0, 1, 5])
def test_the_rate_is_just_above_what_no_metric_can_beat(delay):
    proof = prove(hovering(delays=(delay, delay)), margin=False)
    spectral = spectral_radius(axis_matrix(delay))
    assert proof.verdict == "PROVED"
    assert spectral < proof.contraction.per_tick < spectral + 0.01 * (1.0 - spectral)


def test_a_proof_of_one_lag_is_none_of_another():
    problem = hovering()
    proof = prove(problem, margin=False)
    assert why_not(Cover(problem), proof.contraction) == ""
    for other in (0.1, 0.3):
        assert why_not(Cover(hovering(lag_s=other)), proof.contraction)


def test_a_lag_that_is_nearly_none_leaves_the_rate_of_a_point_mass():
    spectral = spectral_radius(tick_matrix(GAINS, DT))
    assert spectral_radius(axis_matrix(0, lag_s=1e-6)) == pytest.approx(spectral, abs=1e-8)


def test_the_longest_constant_delay_is_that_of_the_eigenvalues():
    problem = hovering()
    longest = next(d for d in range(99) if spectral_radius(axis_matrix(d + 1)) >= 1.0)
    assert constant_margin(problem, samples(problem)) == longest == 20


def test_delays_that_jitter_are_proved_by_the_small_gain():
    problem = hovering(delays=(0, 2), gains=(0.9, 1.1))
    proof = prove(problem, margin=False)
    assert proof.verdict == "CONTRACTION ONLY"
    assert proof.contraction.method == "small gain"
    assert why_not(Cover(problem), proof.contraction) == ""
    assert why_not(Cover(problem), replace(proof.contraction, delays=(0, 12)))
    assert why_not(Cover(hovering(lag_s=0.6, delays=(0, 2))), proof.contraction)


def test_a_lag_that_undoes_the_loop_is_refuted():
    problem = hovering(lag_s=3.0)
    proof = prove(problem)
    assert spectral_radius(axis_matrix(0, lag_s=3.0)) > 1.0
    assert proof.verdict == "REFUTED"
    assert why_not_refuted(problem, proof.refutation, 10) == ""
    assert why_not_refuted(hovering(), proof.refutation, 10)


def test_null_g_contracts_with_its_lag():
    proof = prove(hovering(mode=Mode.NULL_G), margin=False)
    assert proof.verdict == "CONTRACTION ONLY"
    assert len(proof.contraction.p) == 2


def rough(delays):
    """A problem with a disturbance, and its proof."""
    problem = hovering(delays=delays, disturbance_m=1e-4, disturbance_m_s=1e-3)
    return problem, prove(problem, margin=False)


@pytest.mark.parametrize("delay", [0, 1])
def test_no_error_leaves_the_level_set_or_stays_out_of_the_ultimate_bound(delay):
    problem, proof = rough((delay, delay))
    assert proof.verdict == "PROVED"
    found, p = proof.level_set, whole_metric(proof.contraction.p)
    control, move = jax.jit(problem.loop.control), jax.jit(problem.loop.move)
    reference, generator = problem.references[0, 0], np.random.default_rng(1)
    nominal = np.asarray(control(np.zeros(6), np.zeros(3), reference)[0])
    np.testing.assert_allclose(nominal, [0.0, 0.0, -9.80665], rtol=1e-12)
    for _ in range(4):
        xi = np.linalg.solve(np.linalg.cholesky(p).T, generator.normal(size=len(p)))
        xi *= found.rho / np.sqrt(xi @ p @ xi)
        error, memory, had = xi[:6], xi[6:9], xi[9:12] + nominal
        flying = [nominal + xi[12 + 3 * i : 15 + 3 * i] for i in range(delay)]
        sizes = []
        for _ in range(1000):
            late = np.concatenate([one - nominal for one in flying] or [np.zeros(0)])
            whole = np.concatenate([error, memory, had - nominal, late])
            sizes.append(float(np.sqrt(whole @ p @ whole)))
            command, kept = (np.asarray(one) for one in control(error, memory, reference))
            flying = [command, *flying]
            moved = np.asarray(move(np.concatenate([error, had]), flying.pop(), reference))
            pushed = generator.normal(size=(2, 3))
            pushed *= np.array([[1e-4], [1e-3]]) / np.linalg.norm(pushed, axis=1)[:, None]
            error, memory, had = moved[:6] + pushed.ravel(), kept, moved[6:]
        sizes = np.array(sizes)
        assert sizes.max() <= found.rho * (1.0 + 1e-9)
        assert sizes[-1] <= found.ultimate
        excess = sizes[1:] - proof.contraction.per_tick * sizes[:-1]
        assert excess.max() <= found.disturbance * (1.0 + 1e-9)


def test_a_reference_whose_command_changes_leaves_the_lag_behind():
    """A plant under gravity that grows along its way: the command on the reference does too."""

    def growing(x, y, z):
        return 0.0 * x, 0.0 * x, 9.8 + 0.05 * x

    base = hovering()
    loop = ClosedLoop(
        base.loop._controller,
        Mode.STATION_KEEP,
        lagging_step(growing, DT, LAG_S),
        base.loop.reference,
        DT,
        lags=True,
    )
    still = replace(base, loop=loop)
    assert prove(still, margin=False).verdict == "PROVED"
    ticks = np.arange(50)[:, None]
    states = HOVER[0] + ticks * np.array([DT, 0, 0, 0, 0, 0]) + np.array([0, 0, 0, 1.0, 0, 0])
    moving = replace(base, references=states[None])
    assert prove(moving, margin=False).level_set.disturbance == pytest.approx(0.0, abs=1e-12)


def test_what_a_reference_strays_by_is_allowed_for_though_it_is_had_late():
    """Held against the true worst case: a steady stray, of which all is had in the end."""
    problem = hovering(strays=(0.0, 0.0, 0.5))
    proof = prove(problem, margin=False)
    metric = whole_metric(proof.contraction.p)
    steady = np.zeros(12)
    steady[[0, 3]] = 0.5 * DT * DT * 0.5, DT * 0.5
    needed = float(np.sqrt(steady @ metric @ steady))
    assumed = assumed_disturbance(Cover(problem), proof.contraction)
    assert needed <= assumed < 1.5 * needed


def test_thrust_that_lags_by_more_than_its_commands_is_named():
    base = hovering()
    plain = lagging_step(GRAVITY, DT, LAG_S)

    def weaker_where_fast(state, thrust):
        after = plain(state, thrust)
        return jnp.concatenate([after[:6], after[6:] - 0.01 * state[3:6]])

    controller, reference = base.loop._controller, base.loop.reference
    loop = ClosedLoop(controller, Mode.STATION_KEEP, weaker_where_fast, reference, DT, lags=True)
    problem = Problem(loop, HOVER, 5.0, 5.0, 20.0)
    with pytest.raises(ProofError, match="its thrust lags by more than its commands"):
        Cover(problem).enclosed(Piece(0, 0, 0))
    assert prove(problem).verdict == "UNDECIDED"
