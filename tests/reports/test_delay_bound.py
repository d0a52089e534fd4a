"""What is proved over the delay is a step function; beside it stands the linear loop's curve."""

import numpy as np
import pytest

from kernel.gains import Gains
from kernel.nominal import spectral_radius, tick_matrix
from reports.sections.stability.delay import linear_curve, proved_steps

GAINS = {
    "k_r_per_s2": 0.1,
    "k_v_per_s": 0.6,
    "k_i_per_s3": 0.01,
    "lambda_decay_per_s": 0.115,
    "antiwindup_gain_per_s2": 0.1,
}
MANIFEST = {"controller": {"kind": "agp", "bandwidth": 1.0, "gains": GAINS}}


def evidence(per_tick, latest):
    return {"per_tick": per_tick, "delay_ticks": [0, latest]}


def certificate(contraction, margin, had=(1.0, 1.0)):
    return {
        "contraction": contraction,
        "margin": margin,
        "region": {"tick_s": 0.1, "mode": "STATION-KEEP"},
        "ranges": {"thrust_had_over_commanded": list(had)},
    }


def steps(contraction, margin):
    return [
        (pytest.approx(end), pytest.approx(bound))
        for end, bound in proved_steps(certificate(contraction, margin))
    ]


def test_the_claim_holds_up_to_its_delay_and_the_margin_from_there():
    assert steps(evidence(0.98, 3), evidence(0.99, 12)) == [(0.3, 0.98**10), (1.2, 0.99**10)]


def test_evidence_for_long_delays_holds_for_short_ones():
    assert steps(evidence(0.995, 3), evidence(0.99, 12)) == [(1.2, 0.99**10)]


def test_a_margin_that_is_the_claim_is_one_step():
    assert steps(evidence(0.98, 3), evidence(0.98, 3)) == [(0.3, 0.98**10)]


def test_without_a_claim_there_may_still_be_a_margin():
    assert steps(None, evidence(0.99, 12)) == [(1.2, 0.99**10)]


def test_nothing_proved_is_no_step():
    assert steps(None, None) == []


def test_the_curve_is_the_largest_eigenvalue_a_second():
    seconds, per_second = linear_curve(MANIFEST, certificate(None, None), 1.96)
    ticks = np.round(seconds / 0.1).astype(int)
    assert ticks.tolist() == list(range(20))
    whole = [spectral_radius(tick_matrix(Gains(), 0.1, delay)) ** 10 for delay in ticks]
    np.testing.assert_allclose(per_second, whole, rtol=1e-9)


def test_the_curve_ends_where_the_loop_is_no_longer_stable():
    seconds, per_second = linear_curve(MANIFEST, certificate(None, None), 4.0)
    assert per_second[-1] == 1.0
    assert per_second[:-1].max() < 1.0
    assert 2.0 < seconds[-1] < 2.1  # 20 ticks are borne, 21 not


def test_the_curve_is_that_of_the_worse_end_of_the_thrust_had():
    stated, ranged = (
        linear_curve(MANIFEST, certificate(None, None, had), 1.5)[1]
        for had in ((1.0, 1.0), (0.9, 1.1))
    )
    assert np.all(ranged >= stated - 1e-12)
    assert ranged[-1] > stated[-1]


def test_of_another_controller_there_is_no_curve():
    manifest = {"controller": {"kind": "their_own"}}
    assert linear_curve(manifest, certificate(None, None), 1.0) is None


def test_the_curve_of_thrust_that_lags_is_that_of_the_lag():
    late = linear_curve(MANIFEST, certificate(None, None) | {"thrust_lag_s": 0.8}, 1.0)[1]
    whole = [spectral_radius(tick_matrix(Gains(), 0.1, d, lag_s=0.8)) ** 10 for d in range(11)]
    np.testing.assert_allclose(late, whole, rtol=1e-9)
