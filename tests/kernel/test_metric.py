"""The metric in which the nominal loop contracts at every tick."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.gains import Gains
from kernel.metric import lyapunov_metric, metric_norm, nominal_metric
from kernel.modes import Mode
from kernel.nominal import mode_tick_matrix, per_second, spectral_radius, tick_matrix

GAINS = Gains()
DT = 0.1
FED_BACK = [Mode.NULL_G, Mode.STATION_KEEP, Mode.TRAJECTORY]
# No component whose square is too small for a float64.
entries = st.floats(-100.0, 100.0).filter(lambda x: x == 0.0 or abs(x) > 1e-100)


def length(xi, p):
    return math.sqrt(xi @ p @ xi)


@pytest.mark.parametrize("mode", FED_BACK)
def test_the_contraction_lies_between_the_spectral_radius_and_one(mode):
    metric = nominal_metric(mode, GAINS, DT)
    radius = spectral_radius(mode_tick_matrix(mode, GAINS, DT))
    assert radius - 1e-12 <= metric.per_tick < 1.0
    assert metric.per_second == per_second(metric.per_tick, DT)
    assert metric.spectral_per_second == pytest.approx(per_second(radius, DT), rel=1e-13)


def test_in_three_states_the_metric_is_strictly_above_the_spectral_radius_and_close_to_it():
    metric = nominal_metric(Mode.STATION_KEEP, GAINS, DT)
    assert metric.spectral_per_second == pytest.approx(0.87301, abs=5e-6)
    assert metric.spectral_per_second < metric.per_second < 0.88


@pytest.mark.parametrize("mode", [Mode.STATION_KEEP, Mode.TRAJECTORY])
def test_the_metric_is_positive_definite_and_measures_position_in_metres(mode):
    p = nominal_metric(mode, GAINS, DT).p
    np.testing.assert_array_equal(p, p.T)
    assert np.linalg.eigvalsh(p)[0] > 0.0
    assert p[0, 0] == 1.0


@given(st.tuples(entries, entries, entries).filter(any))
def test_every_error_shrinks_by_the_stated_factor_at_every_tick(components):
    metric = nominal_metric(Mode.STATION_KEEP, GAINS, DT)
    xi = np.array(components)
    after = tick_matrix(GAINS, DT) @ xi
    assert length(after, metric.p) <= metric.per_tick * length(xi, metric.p) * (1.0 + 1e-12)


@given(st.floats(-2.0, 1.0).map(lambda exponent: 10.0**exponent))
def test_the_metric_follows_the_bandwidth(kappa):
    reference = nominal_metric(Mode.STATION_KEEP, GAINS, DT)
    scaled = nominal_metric(Mode.STATION_KEEP, GAINS.at_bandwidth(kappa), DT / kappa)
    d = np.diag([1.0, 1.0 / kappa, kappa])
    np.testing.assert_allclose(scaled.p, d @ reference.p @ d, rtol=1e-9)
    assert scaled.per_tick == pytest.approx(reference.per_tick, rel=1e-12)


def test_null_g_measures_the_distance_covered_while_the_velocity_dies_away():
    metric = nominal_metric(Mode.NULL_G, GAINS, DT)
    np.testing.assert_allclose(metric.p, [[1.0 / GAINS.k_v**2]])
    assert metric.per_tick == pytest.approx(1.0 - DT * GAINS.k_v)


def test_idle_has_no_metric():
    assert nominal_metric(Mode.IDLE, GAINS, DT) is None


@pytest.mark.parametrize(
    ("mode", "gains"),
    [
        (Mode.STATION_KEEP, Gains(k_v=-0.1)),
        (Mode.STATION_KEEP, Gains().at_bandwidth(40.0)),
        (Mode.NULL_G, Gains(k_v=-0.1)),
        (Mode.NULL_G, Gains(k_v=20.0)),
    ],
)
def test_an_unstable_loop_has_no_metric(mode, gains):
    assert nominal_metric(mode, gains, DT) is None


@pytest.mark.parametrize("share", [0.5, 0.999999, 1.0])
def test_no_metric_contracts_at_or_below_the_spectral_radius(share):
    a = tick_matrix(GAINS, DT)
    with pytest.raises(ValueError, match="no metric contracts"):
        lyapunov_metric(a, share * spectral_radius(a), np.ones(3))


def test_a_metric_solves_the_lyapunov_equation_it_was_asked_for():
    a, rate = tick_matrix(GAINS, DT), 0.99
    p = lyapunov_metric(a, rate, np.array([1.0, 4.0, 0.25]))
    q = p - a.T @ p @ a / rate**2
    np.testing.assert_allclose(q / q[0, 0], np.diag([1.0, 4.0, 0.25]), rtol=0.0, atol=1e-9)


def test_the_metric_norm_is_the_largest_stretch_that_a_search_finds():
    rng = np.random.default_rng(7)
    a = rng.normal(size=(2, 2))
    root = rng.normal(size=(2, 2))
    p = root.T @ root + 0.1 * np.eye(2)
    angle = np.linspace(0.0, np.pi, 200_001)
    tried = np.stack([np.cos(angle), np.sin(angle)])
    before = np.einsum("ik,ij,jk->k", tried, p, tried)
    after = np.einsum("ik,ij,jk->k", a @ tried, p, a @ tried)
    assert metric_norm(a, p) == pytest.approx(np.sqrt(after / before).max(), rel=1e-8)


def test_in_the_metric_of_the_identity_the_norm_is_euclidean():
    a = tick_matrix(GAINS, DT)
    assert metric_norm(a, np.eye(3)) == pytest.approx(np.linalg.norm(a, 2), rel=1e-14)


@pytest.mark.parametrize("kappa", [1e-6, 1e-4, 1e-3, 5e-3, 0.02])
@pytest.mark.parametrize("dt", [0.001, 0.1, 1.0])
def test_the_slowest_loops_keep_their_digits(kappa, dt):
    metric = nominal_metric(Mode.STATION_KEEP, GAINS.at_bandwidth(kappa), dt)
    kept = math.log(metric.per_second) / math.log(metric.spectral_per_second)
    assert kept == pytest.approx(0.9845, abs=1e-4)
