"""What the tests of proofs share."""

import numpy as np
import pytest
from flint import arb, ctx

from kernel.jax64 import jax
from kernel.proof.interpreter import Interpreter
from kernel.proof.program import unrolled
from kernel.proof.terms import Term, ball


@pytest.fixture(autouse=True)
def _precise():
    with ctx.workprec(80):
        yield


@pytest.fixture(scope="session")
def enclosed():
    """Terms of a function of one vector, over a box."""

    def run(function, lows, highs):
        terms = np.empty(len(lows), dtype=object)
        terms[:] = [
            Term(ball(low, high), {index: arb(1)})
            for index, (low, high) in enumerate(zip(lows, highs, strict=True))
        ]
        jaxpr = jax.make_jaxpr(function)(np.zeros(len(lows)))
        (out,) = Interpreter().run(unrolled(jaxpr), terms)
        return np.atleast_1d(out).reshape(-1)

    return run


@pytest.fixture(scope="session")
def assert_encloses():
    """That balls hold some floats, which are themselves rounded."""

    def check(terms, values, jacobian=None, slack=1e-12):
        for row, (term, value) in enumerate(zip(terms, np.ravel(values), strict=True)):
            assert not term.trouble
            assert abs(float(value)) < np.inf
            assert term.value.overlaps(arb(float(value), slack * (1.0 + abs(float(value)))))
            if jacobian is not None:
                for column, slope in enumerate(np.atleast_2d(jacobian)[row]):
                    found = term.gradient.get(column, arb(0))
                    assert found.overlaps(arb(float(slope), slack * (1.0 + abs(float(slope)))))

    return check
