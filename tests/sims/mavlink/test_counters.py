"""Sequence numbers of 8 bits: what is lost is counted, across their wrap and whatever the order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.mavlink.counters import HALF, Counters, Sequences


def count(numbers: list[int], source=(1, 1)) -> Counters:
    counters = Counters()
    sequences = Sequences(counters)
    for number in numbers:
        sequences.take(source, number & 0xFF, checksum=number)
    return counters


@given(st.integers(0, 255), st.lists(st.integers(0, HALF - 1), max_size=50))
def test_every_gap_of_less_than_half_is_counted(first, gaps):
    numbers = [first]
    for gap in gaps:
        numbers.append(numbers[-1] + 1 + gap)
    counters = count(numbers)
    assert counters.lost == sum(gaps)
    assert (counters.duplicates, counters.out_of_order) == (0, 0)


@given(st.integers(0, 255), st.integers(2, 300), st.integers(0, 2**32))
def test_neighbours_in_the_wrong_order_are_late_and_not_lost(first, length, seed):
    draw, numbers = random.Random(seed), list(range(first, first + length))
    swapped, at = 0, 1
    while at < length - 2:
        if draw.random() < 0.2:
            numbers[at], numbers[at + 1] = numbers[at + 1], numbers[at]
            swapped += 1
        at += 2
    counters = count(numbers)
    assert (counters.lost, counters.out_of_order) == (0, swapped)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_twins_are_counted_and_cost_nothing(doubled):
    numbers = [number for number, twice in enumerate(doubled) for _ in range(1 + twice)]
    counters = count(numbers)
    assert (counters.duplicates, counters.lost) == (sum(doubled), 0)


def test_a_sender_that_never_counts_is_told_and_loses_nothing():
    counters = Counters()
    sequences = Sequences(counters)
    for checksum in range(10):
        sequences.take((1, 1), 0, checksum)
    assert (counters.out_of_order, counters.duplicates, counters.lost) == (9, 0, 0)


def test_each_source_counts_for_itself():
    counters = Counters()
    sequences = Sequences(counters)
    for number in range(100):
        sequences.take((1, 1), number, number)
        sequences.take((1, 190), (3 * number) & 0xFF, number)
    assert counters.lost == 2 * 99


@pytest.mark.parametrize("counters", [Counters(), Counters(lost=3, bytes=9)])
def test_only_what_is_not_zero_is_told(counters):
    assert all(counters.told().values())
    assert Counters(**counters.told()) == counters
