"""Derivatives as terms hold what JAX differentiates, twice."""

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from kernel.jax64 import jax, jnp
from kernel.proof.derivatives import derivative
from kernel.proof.interpreter import Interpreter
from kernel.proof.program import unrolled
from kernel.proof.terms import ProofError, Term, ball

FUNCTIONS = {
    "polynomial": lambda x: x[0] * x[1] - 3.0 * x[0] ** 3 + x[1],
    "quotient": lambda x: (x[0] - x[1]) / (1.0 + x[1] * x[1]),
    "root": lambda x: jnp.sqrt(1.0 + x[0] * x[0]) * x[1],
    "power": lambda x: (2.0 + x[0] * x[0]) ** -2.5 + (-x[1]),
    "exponential": lambda x: jnp.exp(x[0]) * jnp.expm1(x[1]),
    "logarithm": lambda x: jnp.log(3.0 + x[0]) + jnp.log1p(x[1] * x[1]),
    "wave": lambda x: jnp.sin(x[0]) * jnp.cos(x[1]),
    "tangent": lambda x: jnp.tan(0.5 * x[0]) - jnp.tanh(x[1]),
    "gravity": lambda x: (x[0] + 4.0) * ((x[0] + 4.0) ** 2 + x[1] ** 2) ** -1.5,
}


def inputs(lows, highs):
    terms = np.empty(len(lows), dtype=object)
    terms[:] = [
        Term(ball(low, high), {index: arb(1)})
        for index, (low, high) in enumerate(zip(lows, highs, strict=True))
    ]
    return terms


@pytest.mark.parametrize("name", FUNCTIONS)
@given(
    corners=st.tuples(*[st.floats(-1.0, 1.0)] * 4),
    shares=st.tuples(*[st.floats(0.0, 1.0)] * 2),
)
def test_both_derivatives_of_a_sampled_point_lie_inside(name, corners, shares):
    function = FUNCTIONS[name]
    lows, highs = np.minimum(corners[:2], corners[2:]), np.maximum(corners[:2], corners[2:])
    point = lows + np.array(shares) * (highs - lows)
    run = Interpreter()
    (out,) = run.run(unrolled(jax.make_jaxpr(function)(np.zeros(2))), inputs(lows, highs))
    slopes, bends = jax.grad(function)(point), jax.hessian(function)(point)
    for row in range(2):
        term = derivative(run.tape, out.reshape(-1)[0], row)
        assert not term.trouble
        near = arb(0, 1e-10 * (1.0 + abs(float(slopes[row]))))
        assert (term.value + near).contains(float(slopes[row]))
        for column in range(2):
            found = term.gradient.get(column, arb(0))
            near = arb(0, 1e-10 * (1.0 + abs(float(bends[row, column]))))
            assert (found + near).contains(float(bends[row, column]))


@pytest.mark.parametrize(
    "function", [lambda x: jnp.abs(x[0]), lambda x: jnp.maximum(x[0], x[1])], ids=["abs", "max"]
)
def test_a_kink_has_no_second_derivative(function):
    run = Interpreter()
    (out,) = run.run(
        unrolled(jax.make_jaxpr(function)(np.zeros(2))), inputs([-1.0, -1.0], [1.0, 1.0])
    )
    with pytest.raises(ProofError, match="no second derivative"):
        derivative(run.tape, out.reshape(-1)[0], 0)


def test_what_an_input_has_no_part_in_does_not_change_with_it():
    run = Interpreter()
    (out,) = run.run(
        unrolled(jax.make_jaxpr(lambda x: x[0] * 2.0)(np.zeros(2))), inputs([0, 0], [1, 1])
    )
    assert derivative(run.tape, out.reshape(-1)[0], 1) is run.tape.zero
