"""Gusts have the spread and the memory that they are told to have."""

import numpy as np
import pytest

from sims.quadrotor.config import QuadrotorConfig
from sims.quadrotor.wind import Wind


def blown(seconds, step_s=0.02, seed=1, **config):
    wind = Wind(QuadrotorConfig.model_validate(config), step_s, seed)
    return np.array([wind.now, *(wind.blow() for _ in range(round(seconds / step_s)))])


def test_without_gusts_it_is_steady():
    assert (blown(1.0, wind_ned_m_s=(3.0, -2.0, 0.5)) == [3.0, -2.0, 0.5]).all()


def test_gusts_spread_about_the_steady_wind_and_forget_over_their_time():
    gusts = {"standard_deviation_m_s": 1.5, "correlation_time_s": 0.5}
    wind = blown(2000.0, wind_ned_m_s=(3.0, -2.0, 0.5), gusts=gusts) - [3.0, -2.0, 0.5]
    assert wind.mean(axis=0) == pytest.approx([0.0] * 3, abs=0.15)
    assert wind.std(axis=0) == pytest.approx([1.5] * 3, rel=0.06)
    for lag_s in (0.1, 0.5, 1.0):
        n = round(lag_s / 0.02)
        kept = (wind[n:] * wind[:-n]).mean(axis=0) / (wind**2).mean(axis=0)
        assert kept == pytest.approx([np.exp(-lag_s / 0.5)] * 3, abs=0.08)
    between = np.corrcoef(wind.T) - np.eye(3)
    assert np.abs(between).max() < 0.1


def test_it_blows_from_the_start_as_it_does_later():
    gusts = {"standard_deviation_m_s": 2.0}
    first = np.array([blown(0.0, seed=seed, gusts=gusts)[0] for seed in range(400)])
    assert first.std(axis=0) == pytest.approx([2.0] * 3, rel=0.15)
