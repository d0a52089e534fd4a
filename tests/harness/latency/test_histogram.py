"""Histograms say what the samples say, to three digits, and can be merged."""

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from harness.latency.histogram import HIGHEST_NS, encoded

QUANTILES = (50.0, 90.0, 99.0, 99.9, 100.0)


def of(durations):
    return HdrHistogram.decode(encoded(np.array(durations, dtype=np.int64)))


@given(st.lists(st.integers(1, HIGHEST_NS), min_size=1, max_size=200))
def test_a_quantile_is_that_of_the_samples_to_three_digits(durations):
    made = of(durations)
    ordered = np.sort(durations)
    assert made.get_total_count() == len(durations)
    for share in QUANTILES:
        rank = max(1, int(share / 100.0 * len(durations) + 0.5))
        assert made.get_value_at_percentile(share) == pytest.approx(ordered[rank - 1], rel=1.5e-3)


def test_two_runs_merged_are_one_run_of_both():
    first, second = [1000, 2000, 3000], [500, 40_000_000]
    merged = of(first)
    merged.add(of(second))
    both = of(first + second)
    assert merged.get_total_count() == 5
    for share in QUANTILES:
        assert merged.get_value_at_percentile(share) == both.get_value_at_percentile(share)


def test_what_took_no_time_counts_too():
    assert of([0, 0, 5]).get_total_count() == 3
    assert of([]).get_total_count() == 0
