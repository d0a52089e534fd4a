"""The robustness of any formula is what the library rtamt makes of it.

Both let a window that reaches beyond the trace see the samples that exist, hold ``always`` of none
to be true and ``eventually`` of none to be false, and read ``p until q`` with ``p`` up to, and not
at, the tick of ``q``.
"""

import numpy as np
import rtamt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.formula.decide import decide
from harness.formula.parse import parse
from harness.formula.robustness import robustness

levels = st.integers(-3, 3).map(float)


def windows():
    ends = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted)
    return st.one_of(st.just(""), ends.map(lambda w: f"[{w[0]}:{w[1]}]"))


comparisons = st.builds(
    "({} {} {})".format,
    st.sampled_from(["x", "y", "x + y", "x - 2 * y", "abs(x)"]),
    st.sampled_from(["<=", "<", ">=", ">"]),
    levels,
)


def larger(inner):
    return st.one_of(
        st.builds("(not {})".format, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or", "->"]), inner),
        st.builds("({}{} {})".format, st.sampled_from(["always", "eventually"]), windows(), inner),
        st.builds("({} until{} {})".format, inner, windows(), inner),
    )


formulas = st.recursive(comparisons, larger, max_leaves=6)


def signals(n):
    return st.tuples(*[arrays(np.float64, n, elements=levels)] * 2)


def by_rtamt(text, x, y):
    spec = rtamt.StlDiscreteTimeOfflineSpecification()
    spec.declare_var("x", "float")
    spec.declare_var("y", "float")
    spec.spec = text
    spec.parse()
    told = spec.evaluate({"time": list(range(len(x))), "x": x.tolist(), "y": y.tolist()})
    return [value for _, value in told]


@given(formulas, st.integers(2, 24).flatmap(signals))
@settings(max_examples=300, deadline=None)
def test_robustness_is_that_of_rtamt_at_every_tick(samples_of, text, xy):
    x, y = xy
    samples = samples_of(x=x, y=y)
    ours = robustness(parse(text), True, samples, 0, len(x))
    np.testing.assert_allclose(ours, by_rtamt(text, x, y), rtol=0.0, atol=1e-12)


@given(formulas, st.integers(1, 24).flatmap(signals))
def test_the_comparison_that_decides_has_the_robustness_of_the_formula(samples_of, text, xy):
    samples = samples_of(x=xy[0], y=xy[1])
    formula = parse(text)
    for tick in (0, samples.ticks - 1):
        whole = robustness(formula, True, samples, tick, tick + 1)[0]
        assert decide(formula, True, samples, tick).robustness == whole


@given(formulas, st.integers(1, 24).flatmap(signals))
def test_of_a_formula_and_its_opposite_one_holds(samples_of, text, xy):
    samples = samples_of(x=xy[0], y=xy[1])
    holds, fails = (
        robustness(parse(whole), True, samples, 0, samples.ticks) >= 0.0
        for whole in (text, f"not {text}")
    )
    assert (holds != fails).all()
