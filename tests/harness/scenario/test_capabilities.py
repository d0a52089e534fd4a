"""What a plant can't do is said when the scenario is loaded, at the line that asks for it."""

import numpy as np
import pytest

from harness.errors import ScenarioError


def refusal(hover, **scenario):
    with pytest.raises(ScenarioError) as refused:
        hover(**scenario)
    return str(refused.value).splitlines()


def test_a_plant_of_another_package_is_found_by_its_name(hover):
    assert hover().spec.family == "glider"


def test_a_mode_that_the_plant_lacks_is_told(hover, glider, tmp_path):
    glider.abilities["modes"] = frozenset({"IDLE", "STATION-KEEP"})
    (told,) = refusal(hover, modes="  - {at_s: 1, mode: TRAJECTORY}")
    assert told == (
        f"{tmp_path}/hover.yaml:10:15: modes.1.mode: plant 'glider' can't fly TRAJECTORY; "
        "allowed: IDLE, STATION-KEEP"
    )


def test_a_mode_after_the_landing_is_warned_of(hover, glider):
    later = "  - {at_s: 1, mode: IDLE}\n  - {at_s: 1.5, mode: NULL-G}"
    assert hover(modes=later).warnings == ()
    glider.abilities["lands_in_idle"] = True
    assert hover(modes=later).warnings == (
        "plant 'glider' lands in IDLE from 1 s on, if it has flown by then, and can't fly NULL-G "
        "at 1.5 s; plant.flight.land: false lets it hold",
    )
    assert hover(modes="  - {at_s: 1, mode: IDLE}").warnings == ()


def test_a_clock_that_the_plant_lacks_is_told(hover, glider):
    glider.abilities["clocks"] = frozenset({"realtime"})
    (told,) = refusal(hover)
    assert told.endswith("clock: plant 'glider' has no lockstep clock; allowed: realtime")


@pytest.mark.parametrize(
    ("slowest", "fastest", "message"),
    [
        (20.0, 100.0, "plant 'glider' runs at 20 to 100 Hz, not 10"),
        (0.1, 9.9, "plant 'glider' runs at 0.1 to 9.9 Hz, not 10"),
    ],
)
def test_a_rate_that_the_plant_can_not_keep_is_told(hover, glider, slowest, fastest, message):
    glider.abilities["rate_hz"] = (slowest, fastest)
    (told,) = refusal(hover)
    assert told.endswith(f":4:1: rate_hz: {message}")


@pytest.mark.parametrize("rates", [(10.0, 100.0), (0.1, 10.0)])
def test_the_slowest_and_the_fastest_rate_can_be_flown(hover, glider, rates):
    glider.abilities["rate_hz"] = rates
    assert hover().ticks == 20


def test_all_that_the_plant_can_not_do_is_told_at_once(hover, glider):
    glider.abilities.update(modes=frozenset({"IDLE"}), clocks=frozenset({"realtime"}))
    assert len(refusal(hover)) == 2


def test_a_plant_that_finds_its_own_configuration_senseless_is_told(hover, glider):
    def describe(config, rate_hz):
        raise ValueError("gliders need air")

    glider.describe = describe
    (told,) = refusal(hover)
    assert told.endswith(":5:1: plant: gliders need air")


def test_a_vehicle_is_named_as_the_plant_names_it(hover):
    assert refusal(hover, plant="vehicles: 2", vehicle="glider_3")[0].endswith(
        "expect.near.vehicle: no vehicle 'glider_3'; did you mean 'glider_1'?"
    )


def test_a_first_command_beyond_the_thrust_is_warned_of(hover, glider):
    glider.abilities["max_acceleration"] = np.array([1e-3])
    (warning,) = hover().warnings
    assert warning.startswith("glider_0: the first command asks for ")
    assert "limited to 0.001" in warning


def test_a_first_command_within_the_thrust_is_not_warned_of(hover):
    assert hover().warnings == ()
