"""Published columns follow from the recorded ones by the formulas in their descriptions."""

import numpy as np
import pytest

from harness.derive import derive
from kernel.modes import Mode

P = [[1.0, 2.0, 0.5], [2.0, 9.0, 1.0], [0.5, 1.0, 4.0]]
METRICS = {
    "STATION-KEEP": {"p": P, "per_second": 0.9},
    "NULL-G": {"p": [[25.0]], "per_second": 0.8},
}
RANDOM = np.random.default_rng(3)


def raw(modes, limited=None, truth=False):
    rows = len(modes)
    columns = {"control_mode": np.array(modes, float), "carried_mode": np.array(modes, float)}
    columns["limited"] = np.zeros(rows) if limited is None else np.array(limited, float)
    vectors = ["measured_position", "measured_velocity", "integral_state"]
    vectors += ["measured_error_position", "measured_error_velocity"]
    vectors += ["position", "velocity"] if truth else []
    for name in vectors:
        for axis in "xyz":
            columns[f"{name}_{axis}"] = RANDOM.normal(size=rows)
    return columns


def test_where_the_truth_is_unknown_what_was_measured_stands_for_it():
    columns = raw([2, 2])
    out = derive(columns, METRICS, 0.1)
    for name in ("position", "velocity"):
        np.testing.assert_array_equal(out[f"{name}_x"], columns[f"measured_{name}_x"])
        np.testing.assert_array_equal(out[f"error_{name}_x"], columns[f"measured_error_{name}_x"])


def test_the_true_error_is_the_measured_one_less_the_error_of_measuring():
    columns = raw([2, 2], truth=True)
    out = derive(columns, METRICS, 0.1)
    for name in ("position", "velocity"):
        for axis in "xyz":
            reference = (
                columns[f"measured_error_{name}_{axis}"] + columns[f"measured_{name}_{axis}"]
            )
            np.testing.assert_allclose(
                out[f"error_{name}_{axis}"], reference - columns[f"{name}_{axis}"], atol=1e-15
            )


def test_the_size_of_the_error_is_measured_in_the_metric():
    columns = raw([2])
    out = derive(columns, METRICS, 0.1)
    square = 0.0
    for axis in "xyz":
        e = float(out[f"error_position_{axis}"][0])
        v = float(out[f"error_velocity_{axis}"][0])
        z = float(columns[f"integral_state_{axis}"][0])
        square += e * e + 9 * v * v + 4 * z * z + 4 * e * v + e * z + 2 * v * z
    assert out["primal_state"][0] == pytest.approx(np.sqrt(square), rel=1e-12)


def test_without_gravity_feedback_only_the_velocity_error_counts():
    columns = raw([Mode.NULL_G])
    out = derive(columns, METRICS, 0.1)
    velocity = [out[f"error_velocity_{axis}"][0] for axis in "xyz"]
    assert out["primal_state"][0] == pytest.approx(5.0 * np.linalg.norm(velocity), rel=1e-12)
    assert out["lipschitz_constant"][0] == 0.8


def test_in_idle_nothing_contracts_and_nothing_is_claimed():
    out = derive(raw([Mode.IDLE, Mode.STATION_KEEP]), METRICS, 0.1)
    for name in ("primal_state", "lipschitz_constant", "stability_margin"):
        assert np.isnan(out[name]).tolist() == [True, False]


def test_while_the_command_is_limited_no_contraction_is_claimed():
    out = derive(raw([2, 2, 1], limited=[0, 1, 1]), METRICS, 0.1)
    assert np.isnan(out["lipschitz_constant"]).tolist() == [False, True, True]
    assert np.isnan(out["stability_margin"]).tolist() == [False, True, True]
    assert np.isfinite(out["primal_state"]).all()


def test_the_margin_is_what_is_left_to_one():
    out = derive(raw([2, 1]), METRICS, 0.25)
    np.testing.assert_array_equal(out["stability_margin"], 1.0 - np.array([0.9, 0.8]))
    np.testing.assert_array_equal(out["lambda_decay"], [0.25, 0.25])


def test_a_mode_without_a_metric_publishes_none():
    out = derive(raw([Mode.TRAJECTORY]), METRICS, 0.1)
    assert np.isnan(out["primal_state"]).all()


def test_modes_become_codes_and_flags_booleans():
    out = derive(raw([0, 3], limited=[0, 1]), METRICS, 0.1)
    assert out["control_mode"].dtype == np.int8
    assert out["carried_mode"].tolist() == [0, 3]
    assert out["limited"].tolist() == [False, True]


def test_what_was_recorded_is_not_altered():
    columns = raw([1, 2])
    before = {name: values.copy() for name, values in columns.items()}
    derive(columns, METRICS, 0.1)
    assert columns.keys() == before.keys()
    assert all((columns[name] == before[name]).all() for name in before)


def test_a_controller_need_not_carry_its_mode():
    columns = raw([2, 2])
    del columns["carried_mode"]
    out = derive(columns, METRICS, 0.1)
    assert "carried_mode" not in out
    assert out["control_mode"].tolist() == [2, 2]
