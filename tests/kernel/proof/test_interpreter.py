"""The interpreter: selections, exact cancellation, and what can't be part of a proof."""

import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from kernel.agp import limit
from kernel.bodies import EARTH
from kernel.gravity import J2
from kernel.jax64 import jax
from kernel.proof.terms import ProofError

JUMP = "a selection that may jump"
BOTH = ([-1.0], [1.0])


def test_a_straddled_selection_encloses_both_branches(enclosed):
    # Interval libraries that compare end by end were seen to return [0, 0] here.
    (term,) = enclosed(lambda x: jnp.where(x[0] < 0.0, x[0] ** 2, 0.0), *BOTH)
    assert term.value.contains(0)
    assert term.value.contains(1)
    assert term.gradient[0].contains(-2)
    assert term.gradient[0].contains(0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.where(x[0] < 0.0, x[0] ** 2, 1.0),
        lambda x: jnp.where(x[0] > 0.5, x[0], 0.0),
        lambda x: jnp.where((x[0] > 0.0) & (x[0] * x[0] < 0.5), x[0], 0.0),
        lambda x: (x[0] > 0.0).astype(jnp.float64),
    ],
)
def test_a_jump_is_named(enclosed, function):
    (term,) = enclosed(function, *BOTH)
    assert JUMP in term.trouble
    # With its place in the jaxpr, and in the file that it was traced from.
    assert "select_n" in term.trouble or "convert_element_type" in term.trouble
    assert "test_interpreter.py:" in term.trouble


def test_a_decided_selection_leaves_the_other_branch_out(enclosed):
    (term,) = enclosed(lambda x: jnp.where(x[0] > 0.0, x[0], 1.0 / (x[0] - x[0])), [1.0], [2.0])
    assert not term.trouble
    assert term.gradient[0] == 1


def test_with_one_side_certain_a_conjunction_is_the_other(enclosed):
    (term,) = enclosed(lambda x: jnp.where((x[0] < 0.0) & (x[0] < 9.0), x[0], 0.0), *BOTH)
    assert not term.trouble


@given(
    st.tuples(*[st.floats(-2.0, 2.0)] * 3),
    st.floats(0.0, 1.0),
    st.tuples(*[st.floats(0.0, 1.0)] * 3),
    st.floats(1e-3, 10.0),
)
def test_the_limit_is_continuous_and_enclosed(
    enclosed, assert_encloses, centre, width, share, a_max
):
    low, high = np.array(centre) - width, np.array(centre) + width
    largest = jnp.asarray(a_max)
    at = np.clip(low + np.array(share) * (high - low), low, high)
    terms = enclosed(lambda x: limit(x, largest)[0], low, high)
    assert_encloses(terms, limit(jnp.asarray(at), largest)[0], slack=1e-9)


def test_a_limit_whose_square_was_rounded_before_jumps(enclosed):
    # As Python floats the square is rounded, and the branches differ by that.
    assert JUMP in enclosed(lambda x: limit(x, 0.017)[0], [-1.0] * 3, [1.0] * 3)[0].trouble


@given(st.tuples(*[st.floats(-1.0, 1.0)] * 3), st.tuples(*[st.floats(-1.0, 1.0)] * 3))
def test_gravity_and_its_gradient_are_enclosed(enclosed, assert_encloses, direction, share):
    centre = np.array([6.8e6, -1.2e6, 2.1e6]) + 3e5 * np.array(direction)
    model = J2(EARTH.mu, EARTH.radius, EARTH.zonals[0], (0.1, 0.0, 0.99))

    def gravity(x):
        return jnp.stack(model(x[0], x[1], x[2]))

    at = centre + 5e4 * np.array(share)
    terms = enclosed(gravity, centre - 5e4, centre + 5e4)
    assert_encloses(terms, gravity(at), jax.jacfwd(gravity)(jnp.asarray(at)))
    assert max(float(g.rad()) for term in terms for g in term.gradient.values()) < 1e-6


def test_equal_expressions_cancel_exactly(enclosed):
    model = J2(EARTH.mu, EARTH.radius, EARTH.zonals[0])

    def nothing(x):
        return jnp.stack(model(x[0], x[1], x[2])) - jnp.stack(model(x[0] - 0.0, x[1], x[2]))

    for term in enclosed(nothing, [6e6, -1e6, 1e6], [7e6, 1e6, 2e6]):
        assert term.value.is_zero()
        assert not term.gradient


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (jnp.floor, "floor"),
        (jnp.round, "round"),
        (jnp.sign, "sign"),
        (jnp.sort, "sort"),
    ],
)
def test_a_primitive_outside_the_table_is_named(enclosed, function, name):
    with pytest.raises(ProofError, match=f"primitive '{name}' can't be part of a proof"):
        enclosed(function, *BOTH)


def test_rounding_to_float32_can_not_be_part_of_a_proof(enclosed):
    with pytest.raises(ProofError, match="a change to float32 can't be part of a proof"):
        enclosed(lambda x: x.astype(jnp.float32), *BOTH)


def test_a_constant_that_is_not_finite_is_refused(enclosed):
    with pytest.raises(ProofError, match="a constant of the function is inf"):
        enclosed(lambda x: x * jnp.inf, *BOTH)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.linalg.norm(x + 5.0),
        lambda x: jnp.clip(x, -0.25, 0.5),
        lambda x: x @ np.arange(9.0).reshape(3, 3),
        lambda x: jnp.outer(x, x).sum(axis=0),
        lambda x: jnp.max(x + jnp.array([0.0, 5.0, 9.0])),
        lambda x: jnp.concatenate([x[::2], jnp.flip(x)[None, :1].reshape(1)]),
        lambda x: jax.vmap(lambda one: one * x[0])(x),
        lambda x: jnp.cross(x, jnp.array([1.0, 2.0, 3.0])),
        lambda x: jnp.stack(jnp.unstack(x)[::-1]),
    ],
)
@given(share=st.tuples(*[st.floats(0.0, 1.0)] * 3))
def test_what_controllers_are_made_of_is_enclosed(enclosed, assert_encloses, function, share):
    low, high = np.array([-1.0, 0.0, 0.3]), np.array([0.5, 1.0, 0.31])
    at = np.clip(low + np.array(share) * (high - low), low, high)
    terms = enclosed(function, low, high)
    assert_encloses(terms, function(jnp.asarray(at)))
    assert all(isinstance(term.value, arb) for term in terms)


def relu(x):
    return jnp.where(x > 0.0, x, 0.0)


def lower(x):
    return jnp.where(x < 0.0, x, 0.0)


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_selections_of_the_same_terms_by_other_comparisons_are_others(
    enclosed, assert_encloses, x, y
):
    functions = [
        lambda v: relu(v[0]) - lower(v[0]),
        lambda v: jnp.where(v[0] > v[1], v[0], v[1]) - jnp.where(v[0] < v[1], v[0], v[1]),
        lambda v: jnp.where(v[0] >= v[1], v[0], v[1]) - jnp.where(v[1] <= v[0], v[1], v[0]),
    ]
    for function in functions:
        terms = enclosed(function, [-1.0, -1.0], [1.0, 1.0])
        assert_encloses(terms, function(jnp.array([x, y])))


def test_a_jump_between_two_selections_of_the_same_terms_is_named(enclosed):
    (term,) = enclosed(
        lambda v: jnp.where(v[1] > 0.0, relu(v[0]), lower(v[0])), [-1.0, -1.0], [1.0, 1.0]
    )
    assert JUMP in term.trouble


def test_the_same_selection_made_twice_is_one(enclosed):
    (term,) = enclosed(lambda v: relu(v[0]) - relu(v[0] - 0.0), *BOTH)
    assert term.value.is_zero()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * jax.lax.div(jnp.int32(7), jnp.int32(2)).astype(jnp.float64),
        lambda x: x * jax.jit(lambda a, b: a / b)(np.float32(1), np.float32(3)),
        lambda x: x * jax.jit(lambda a, b: a & b)(np.int32(7), np.int32(2)),
    ],
)
def test_whole_and_short_numbers_can_not_be_part_of_a_proof(enclosed, function):
    traced = jax.jit(function)
    with pytest.raises(ProofError, match=r"only 64-bit floats|a change to"):
        enclosed(traced, *BOTH)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x: jnp.where((x > 0.0) == (x > 1.0), x, x), "truths can't be reckoned with"),
        (lambda x: x + jnp.sum(x[:0]), "of nothing can't be part of a proof"),
    ],
)
def test_what_has_no_meaning_in_a_proof_is_named(enclosed, function, told):
    with pytest.raises(ProofError, match=told):
        enclosed(function, *BOTH)


@pytest.mark.parametrize("exponent", [1.5, 2.0])
def test_an_exponent_that_is_an_input_has_a_slope_too(enclosed, exponent):
    (term,) = enclosed(lambda v: v[0] ** v[1], [2.0, exponent], [3.0, exponent])
    assert "exponent that varies" in term.trouble
