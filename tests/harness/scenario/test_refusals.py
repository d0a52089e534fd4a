"""What makes no sense though every value is valid, and what only warns."""

import pytest

from harness.errors import ScenarioError
from harness.scenario.load import load_scenario

WINDOW = "expect={narrow: {signal: delta_v, unit: m/s, at_most: 1, after_s: 1.02, until_s: 1.05}}"


def refusal(edited, *sets):
    with pytest.raises(ScenarioError) as refused:
        load_scenario(edited(), sets)
    return str(refused.value)


def test_a_window_between_two_ticks_is_refused(edited):
    assert "expect.narrow.after_s: no tick falls into the window" in refusal(edited, WINDOW)


@pytest.mark.parametrize("name", ["all", "any"])
def test_a_vehicle_can_not_have_a_name_that_criteria_use(edited, name):
    assert f"can't be named '{name}'" in refusal(edited, f"plant.vehicles.0.name={name}")


def test_more_vehicles_than_a_trace_can_tell_apart_are_refused(edited):
    many = ", ".join(f"{{name: v{i}}}" for i in range(128))
    assert "128 vehicles; a run carries at most 127" in refusal(edited, f"plant.vehicles=[{many}]")


@pytest.mark.parametrize(("rate", "duration"), [(30, 3600), (60, 86400), (7, 5574), (3, 3000)])
def test_a_rate_whose_tick_is_no_whole_number_of_nanoseconds_is_as_good_as_any(
    edited, rate, duration
):
    sets = (f"rate_hz={rate}", f"duration_s={duration}")
    assert load_scenario(edited(), sets).ticks == rate * duration


def test_a_loop_that_is_not_stable_even_nominally_is_warned_of(edited):
    (warning, *_) = load_scenario(edited(), ["controller.bandwidth=1000"]).warnings
    assert warning.startswith("the nominal loop in STATION-KEEP is not stable at 10 Hz")


def test_gains_beyond_all_measure_are_refused(edited):
    sets = "controller.gains={k_r_per_s2: 0, k_v_per_s: 1e300}"
    assert "controller.gains.k_v_per_s: found 1e+300" in refusal(edited, sets)


@pytest.mark.parametrize("override", ["²=1", "plant.²=1", "name=!!bool abc"])
def test_an_override_of_odd_text_is_refused_by_name(edited, override):
    assert f"--set {override}" in refusal(edited, override)


@pytest.mark.parametrize("epoch", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
def test_an_epoch_at_the_end_of_time_is_refused(edited, epoch):
    state = "plant.state={position_m: [6.8e6, 0, 0], velocity_m_s: [0, 7600, 0]}"
    said = refusal(edited, "plant.tle=", state, f"plant.state.epoch={epoch}")
    assert "plant" in said


CLAIM = "certificate={error_position_m: 1, error_velocity_m_s: 1}"


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (("expect={p: {proved_below: 1.0}}",), "expect.p: nothing is to be proved"),
        (("expect={p: {at_least_ms: 10}}",), "expect.p: nothing is to be proved"),
        ((CLAIM, "modes=[{at_s: 0, mode: IDLE}]"), "certificate: only IDLE is flown"),
        (
            (CLAIM, "certificate.mode=NULL-G"),
            "certificate.mode: NULL-G is not flown; allowed: STATION-KEEP",
        ),
    ],
)
def test_what_can_not_be_proved_of_a_scenario_is_refused(edited, sets, told):
    assert told in refusal(edited, *sets)


@pytest.mark.parametrize("limit", ["proved_below: 1.5", "at_least_ms: 0", "below: -1"])
def test_a_limit_on_stability_that_means_nothing_is_refused(edited, limit):
    assert "expect.p" in refusal(edited, CLAIM, f"expect={{p: {{{limit}}}}}")
