"""Loops that a careless prover would call stable, or unstable, and what becomes of them here."""

import itertools
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from proof_loops import DT, FREELY, OBLATE, POINT_MASS, STATE, closed, in_free_space

from kernel.controller import agp_controller
from kernel.gains import Gains
from kernel.gravity import NoGravity
from kernel.jax64 import jax
from kernel.modes import Mode
from kernel.proof.loop import ClosedLoop, Reference
from kernel.proof.problem import Piece, Problem
from kernel.proof.prove import prove
from kernel.proof.refute import why_not_refuted
from kernel.proof.verify import Cover, whole_metric
from kernel.twin import orbital_step


def altered(change, mode=Mode.STATION_KEEP):
    """A loop in free space whose controller's step is changed."""
    controller = agp_controller(Gains(), np.array([1e9]), NoGravity(), DT, 5.0, mode, "gcrf")
    moves = orbital_step(NoGravity(), DT, 2)
    reference = Reference(lambda s: moves(s, jnp.zeros(3)), lambda r: jnp.zeros(3))
    changed = replace(controller, step=change(controller))
    return Problem(ClosedLoop(changed, mode, moves, reference, DT), FREELY, 1e3, 1e2, 50.0)


def told_otherwise(what, asked):
    """A controller that is told something else of what is asked by the position error."""

    def change(controller):
        place, told = controller.told[what], controller.told

        def step(packed):
            error = packed[:, told["reference_position"]] - packed[:, told["measured_position"]]
            new = packed[:, place] + asked(error)
            return controller.step(
                jnp.concatenate([packed[:, : place.start], new, packed[:, place.stop :]], axis=1)
            )

        return step

    return change


def test_a_kink_made_of_two_selections_is_not_taken_for_nothing():
    """5|e| pushes one way whatever the error: from −1 mm it runs away."""

    def kink(error):
        up = jnp.where(error > 0.0, error, 0.0)
        return 5.0 * (up - jnp.where(error < 0.0, error, 0.0))

    proof = prove(altered(told_otherwise("reference_position", kink)), margin=False)
    assert proof.verdict == "UNDECIDED"


def with_last_command(controller):
    width, decided = controller.told.width, controller.decided.width
    place = controller.carried["commanded_acceleration"]

    def step(packed):
        out = controller.step(packed)
        start = decided + place.start
        more = out[:, start : start + 3] + 1.2 * packed[:, width:][:, place]
        return jnp.concatenate([out[:, :start], more, out[:, start + 3 :]], axis=1)

    return step


def with_a_clock(controller):
    decided = controller.decided.width
    place = decided + controller.carried["blend_elapsed"].start

    def step(packed):
        out = controller.step(packed)
        later = out[:, place : place + 1] + 1.0
        return jnp.concatenate([out[:, :place], later, out[:, place + 1 :]], axis=1)

    return step


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_last_command, "its last command decides on the next one"),
        (with_a_clock, "it carries blend_elapsed on beside its memory"),
    ],
)
def test_what_a_controller_carries_beside_its_memory_is_no_secret(change, why):
    proof = prove(altered(change), margin=False)
    assert proof.verdict == "UNDECIDED"
    assert why in proof.reason


def test_null_g_that_feeds_position_back_the_wrong_way_is_not_proved():
    change = told_otherwise("reference_velocity", lambda error: -2.0 * error)
    proof = prove(altered(change, Mode.NULL_G))
    assert proof.verdict == "UNDECIDED"
    assert "errors of position in the region may keep up" in proof.reason
    assert proof.margin is None


def test_null_g_in_an_orbit_says_what_positions_do_to_velocities():
    loop = closed(Gains(), POINT_MASS, OBLATE, OBLATE, mode=Mode.NULL_G)
    problem = Problem(loop, STATE[None, None], 1e3, 10.0, 50.0)
    proof = prove(problem, margin=False)
    assert proof.verdict == "CONTRACTION ONLY"
    kept_up = float(proof.reason.split("keep up at most ")[1].split(" m/s")[0])
    here, there = np.zeros(6), np.array([900.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    for _ in range(60):
        here, there = (
            np.asarray(loop.move(e, loop.control(e, np.zeros(3), STATE)[0], STATE))
            for e in (here, there)
        )
    assert 0.0 < np.linalg.norm((there - here)[3:]) < kept_up


def test_a_loop_that_settles_elsewhere_in_the_region_is_not_refuted():
    """Unstable at the reference, but every solution goes to one point 23 m away."""
    change = told_otherwise("reference_position", lambda error: 20.0 - 3.0 * jnp.tanh(error))
    problem = altered(change)
    assert prove(problem, margin=False).verdict == "UNDECIDED"


def test_where_the_reference_itself_asks_for_more_than_the_limit_nothing_is_refuted():
    unstable = Gains(k_i=0.3)
    loop = closed(unstable, OBLATE, OBLATE, NoGravity())
    state = np.array([6.8e6, 0.0, 0.0, 0.0, 0.0, 0.0])
    problem = Problem(loop, state[None, None], 200.0, 1.0, 50.0)
    refuted = prove(problem, margin=False)
    assert refuted.verdict == "REFUTED"
    weak = replace(problem, limit_m_s2=1.0)
    assert "short of the limit" in why_not_refuted(weak, refuted.refutation, 100)


def test_a_reference_that_strays_from_its_own_step_disturbs_the_loop():
    """It comes from a better integrator, as slots do: the loop trails behind it."""
    loop = in_free_space().loop
    ticks = np.arange(400)[:, None]

    states = (
        ticks
        * np.concatenate([DT * 0.01 * ticks / 2.0, 0.01 * np.ones_like(ticks)], 1)[
            :, [0, 0, 0, 1, 1, 1]
        ]
        * np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    )
    off = states[1:] - np.asarray(jax.vmap(loop.reference.step)(states[:-1]))
    strays = (*(np.linalg.norm(off.reshape(-1, 2, 3), axis=2).max(axis=0)).tolist(), 0.0)
    assert strays[1] == pytest.approx(0.01, rel=1e-6)
    problem = Problem(loop, states[None], 1e3, 1e2, 50.0, strays=strays)
    proof = prove(problem, margin=False)
    assert proof.verdict == "PROVED"
    p = whole_metric(proof.contraction.p)
    xi, sizes = np.zeros(9), []
    for before, after in itertools.pairwise(states):
        command, memory = loop.control(xi[:6], xi[6:], before)
        moved = after - (
            np.asarray(loop.reference.step(before)) - np.asarray(loop.move(xi[:6], command, before))
        )
        xi = np.concatenate([moved, memory])
        sizes.append(np.sqrt(xi @ p @ xi))
    assert 0.1 * proof.level_set.ultimate < max(sizes) <= proof.level_set.ultimate


def test_commands_of_the_reference_that_it_does_not_know_of_count_too():
    known = prove(replace(in_free_space(), strays=(0.0, 0.0, 0.0)), margin=False)
    told = prove(replace(in_free_space(), strays=(0.0, 0.0, 0.01)), margin=False)
    assert known.level_set.disturbance == 0.0
    # 0.01 m/s² too much rests at 5.35 m per m/s².
    assert 0.0535 < told.level_set.ultimate_m < 1.0


def test_the_image_of_no_error_moves_the_loop_within_a_tick():
    loop = closed(Gains().at_bandwidth(0.02), OBLATE, OBLATE, NoGravity())
    state = np.array([6.8e6, 0.0, 0.0, 0.0, 0.0, 0.0])
    problem = Problem(
        loop,
        np.stack([[state, state]]),
        200.0,
        0.1,
        0.005,
        delays=(0, 5),
        disturbance_m=3.0,
        disturbance_m_s=2.0,
    )
    seen = []
    drift = loop.drift
    loop.drift = lambda box, motion: (seen.append(motion), drift(box, motion))[1]
    Cover(problem).drift(Piece(0, 0, 1))
    freely = np.abs(np.asarray(loop.move(np.zeros(6), np.zeros(3), state)))
    assert np.all(seen[0][:6] >= freely + np.repeat([3.0, 2.0], 3))
