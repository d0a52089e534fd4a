"""Factors near 1 keep the digits that tell them from 1, and bounds give nothing away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.sections.stability.scale import factor_ticks
from reports.sections.stability.words import factor, lasting, powers, quantity, scientific


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.9992169060256323, "0.99922"),
        (0.87289, "0.873"),
        (0.5468, "0.547"),
        (1.0, "1"),
        (1.0010141, "1.00101"),
        (1.0 - 1.42e-5, "0.9999858"),
        (1.0 - 1.42e-9, "1\u202f−\u202f1.42·10⁻⁹"),
    ],
)
def test_a_factor_has_the_digits_that_matter(value, told):
    assert factor(value) == told


@given(st.floats(0.01, 0.999_99))
def test_a_bound_is_never_told_as_less_than_it_is(bound):
    assert float(factor(bound, up=True)) >= bound


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0\u202fs"),
        (0.3, "300\u202fms"),
        (66.0, "66\u202fs"),
        (5574.0, "92.9\u202fmin"),
        (15552000.0, "180\u202fd"),
        (2e-5, "0.02\u202fms"),
    ],
)
def test_a_duration_is_in_the_unit_that_suits_it(seconds, told):
    assert lasting(seconds) == told


def test_powers_of_ten_are_written_as_such():
    assert scientific(4.1022e-7) == "4.1·10⁻⁷"
    assert scientific(1e-6) == "10⁻⁶"
    assert quantity(12222.0, "m") == "12,222\u202fm"
    assert powers("off by 0.0154 m where 2.79e-06 m were") == (
        "off by 0.0154 m where 2.79·10⁻⁶ m were"
    )


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.9969, 1.0001, ["0.9970", "0.9975", "0.9980", "0.9985", "0.9990", "0.9995", "1"]),
        (0.45, 1.0, ["0.5", "0.6", "0.7", "0.8", "0.9", "1"]),
    ],
)
def test_ticks_can_be_told_apart_with_as_few_digits_as_may_be(low, high, labels):
    assert factor_ticks(low, high, 7)[1] == labels
