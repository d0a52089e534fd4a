"""Quantiles are samples, and only those are told that so many samples can show."""

import numpy as np
import pytest

from harness.latency.figures import figures_us


def test_quantiles_are_samples():
    told = figures_us(np.arange(1, 1001) * 1000)
    assert told["n"] == 1000
    assert told["min"] == 1.0
    assert told["mean"] == pytest.approx(500.5)
    assert told["p50"] == 500.0
    assert told["p90"] == 900.0
    assert told["p99"] == 990.0
    assert told["p99_9"] == 999.0
    assert told["max"] == 1000.0


@pytest.mark.parametrize(
    ("name", "least"), [("p50", 2), ("p90", 10), ("p99", 100), ("p99_9", 1000), ("p99_99", 10_000)]
)
def test_no_quantile_is_told_of_too_few_samples(name, least):
    assert figures_us(np.ones(least))[name] is not None
    assert figures_us(np.ones(least - 1))[name] is None


def test_of_nothing_nothing_is_told():
    told = figures_us(np.empty(0))
    assert told.pop("n") == 0
    assert set(told.values()) == {None}
