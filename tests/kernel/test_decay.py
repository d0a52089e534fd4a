"""A decay is fitted where there is one, with an interval, and not claimed where there is none."""

import numpy as np
import pytest

from kernel.decay import fit_decay

T = np.arange(0.0, 600.0, 0.1)


def decaying(rate, floor=0.0, noise=0.0, seed=1):
    random = np.random.default_rng(seed)
    return 100.0 * np.exp(-rate * T) * np.exp(noise * random.normal(size=len(T))) + floor


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.1])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_known_rate_is_found(rate, noise):
    fit = fit_decay(T, decaying(rate, noise=noise))
    assert fit.rate == pytest.approx(rate, rel=0.02)
    assert fit.size == pytest.approx(100.0, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_contains_the_truth_and_is_narrow(seed):
    fit = fit_decay(T, decaying(0.02, noise=0.1, seed=seed))
    assert fit.low <= 0.02 <= fit.high
    assert fit.high - fit.low < 0.002


def test_samples_near_the_floor_are_left_out():
    fit = fit_decay(T, decaying(0.05, floor=0.1))
    assert fit.rate == pytest.approx(0.05, rel=0.1)
    assert fit.end_s < 120.0
    assert fit.start_s == 0.0


def test_the_fit_starts_at_the_largest_error():
    primal = decaying(0.05)
    primal[:500] = np.linspace(0.0, 0.9 * primal[500], 500)
    assert fit_decay(T, primal).start_s == pytest.approx(T[500])


def test_where_it_is_not_defined_nothing_is_fitted():
    primal = decaying(0.02)
    primal[:1000] = np.nan
    fit = fit_decay(T, primal)
    assert fit.rate == pytest.approx(0.02, rel=1e-3)
    assert fit.start_s == pytest.approx(T[1000])


@pytest.mark.parametrize(
    "primal",
    [
        np.random.default_rng(0).uniform(0.5, 1.0, len(T)),
        np.ones(len(T)),
        np.zeros(len(T)),
        np.full(len(T), np.nan),
        100.0 + T,
        100.0 - 0.05 * T,
    ],
    ids=["noise", "constant", "zero", "undefined", "growing", "falling too little"],
)
def test_where_no_decay_can_be_seen_none_is_claimed(primal):
    assert fit_decay(T, primal) is None


def test_too_few_samples_are_no_decay():
    assert fit_decay(T[:49], np.exp(-T[:49])) is None
    assert fit_decay(T[:0], T[:0]) is None


def test_the_same_run_gives_the_same_fit():
    assert fit_decay(T, decaying(0.02, noise=0.1)) == fit_decay(T, decaying(0.02, noise=0.1))
