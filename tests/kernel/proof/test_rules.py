"""Every rule of the table: what is sampled in a box lies inside its enclosure."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.jax64 import jax
from kernel.proof.rules import RULES

SMOOTH = {
    "add": lambda x: x[0] + x[1],
    "sub": lambda x: x[0] - x[1],
    "mul": lambda x: x[0] * x[1],
    "div": lambda x: x[0] / x[1],
    "neg": lambda x: -x[0],
    "square": lambda x: jnp.square(x[0]) + x[1] * x[1],
    "sqrt": lambda x: jnp.sqrt(x[0]),
    "sqrt_of_nonnegative": lambda x: jnp.sqrt(x[0] * x[0] + x[1] * x[1]),
    "pow": lambda x: x[0] ** 1.5 + x[1] ** 3 + x[0] ** -2,
    "max": lambda x: jnp.maximum(x[0], x[1]),
    "min": lambda x: jnp.minimum(x[0], x[1]),
    "abs": lambda x: jnp.abs(x[0]),
    "exp": lambda x: jnp.exp(x[0]),
    "expm1": lambda x: jnp.expm1(x[0]),
    "log": lambda x: jnp.log(x[0]),
    "log1p": lambda x: jnp.log1p(x[0]),
    "sin": lambda x: jnp.sin(x[0]),
    "cos": lambda x: jnp.cos(x[0]),
    "tan": lambda x: jnp.tan(x[0]),
    "tanh": lambda x: jnp.tanh(x[0]),
    "atan2": lambda x: jnp.arctan2(x[0], x[1]),
}
OF_POSITIVE = {"sqrt", "pow", "log", "log1p"}

shares = st.floats(0.0, 1.0)
centres = st.floats(-5.0, 5.0)
widths = st.floats(0.0, 2.0)


def test_every_rule_is_tested():
    assert SMOOTH.keys() == RULES.keys()


@pytest.mark.parametrize("name", SMOOTH)
@given(
    centre=st.tuples(centres, centres),
    width=st.tuples(widths, widths),
    share=st.tuples(shares, shares),
)
def test_value_and_slope_of_every_sample_lie_inside(
    enclosed, assert_encloses, name, centre, width, share
):
    low, high = np.array(centre) - width, np.array(centre) + width
    if name in OF_POSITIVE:
        low, high = low + 8.0, high + 8.0
    at = np.clip(low + np.array(share) * (high - low), low, high)
    terms = enclosed(SMOOTH[name], low, high)
    if any(term.trouble for term in terms):
        # Only where the operation is not defined all over the box.
        assert name in ("div", "tan", "atan2")
        assume(False)
    # At a kink any slope between the two is right; JAX chooses one of its own.
    kinked = (name in ("max", "min") and at[0] == at[1]) or (name == "abs" and abs(at[0]) < 1e-300)
    smooth = not kinked and not (name == "sqrt_of_nonnegative" and np.hypot(*at) < 1e-100)
    slopes = jax.jacfwd(SMOOTH[name])(at) if smooth else None
    assert_encloses(terms, SMOOTH[name](at), slopes, 1e-9)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x: 1.0 / x[0], "division by a number that may be 0"),
        (lambda x: jnp.log(x[0]), "logarithm of a number that may be 0 or negative"),
        (lambda x: jnp.sqrt(x[0]), "square root of a number that may be negative"),
        (lambda x: jnp.arctan2(x[0], x[1]), "its cut"),
        (lambda x: x[0] ** x[1], "power with an exponent that varies"),
    ],
)
def test_what_is_not_defined_all_over_the_box_is_told(enclosed, function, told):
    (term,) = enclosed(function, [-1.0, -1.0], [1.0, 1.0])
    assert told in term.trouble
    assert term.value.is_nan()


def test_a_root_at_zero_has_a_value_and_no_bounded_slope(enclosed):
    (term,) = enclosed(lambda x: jnp.sqrt(x[0] * x[0] + x[1] * x[1]), [-3.0, -4.0], [3.0, 4.0])
    assert term.value.contains(0)
    assert term.value.contains(5)
    assert float(term.value.upper()) < 5.001
    assert not term.gradient[0].is_finite()
