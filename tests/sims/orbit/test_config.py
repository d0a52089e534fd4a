"""What an orbital plant's configuration accepts, refuses and fills in."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from sims.orbit.config import OrbitConfig

STATE = {"position_m": [7e6, 0.0, 0.0], "velocity_m_s": [0.0, 7.5e3, 0.0]}
TLE = [
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
]


def orbit(**changes):
    base = {"kind": "orbit", "mass_kg": 4.0, "thrust_limit_n": 1.0, "state": STATE}
    return OrbitConfig.model_validate({**base, **changes})


def refusal(**changes):
    with pytest.raises(ValidationError) as caught:
        orbit(**changes)
    return str(caught.value)


def test_the_least_that_must_be_said_is_mass_thrust_and_orbit():
    config = orbit()
    assert config.body == "earth"
    assert config.gravity == "j2"
    assert [vehicle.name for vehicle in config.vehicles] == ["vehicle"]


@pytest.mark.parametrize("key", ["mass_kg", "thrust_limit_n"])
@pytest.mark.parametrize("value", ["4", float("nan"), float("inf"), -1.0, 0.0, True, None, [4.0]])
def test_mass_and_thrust_are_positive_finite_numbers(key, value):
    assert key in refusal(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [("mass_kg", 1.001e15), ("thrust_limit_n", 0.999e-12), ("thrust_limit_n", 1.001e15)],
)
def test_mass_and_thrust_stay_within_what_can_be_flown(key, value):
    assert key in refusal(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"), [("mass_kg", 1e15), ("thrust_limit_n", 1e-12), ("thrust_limit_n", 1e15)]
)
def test_the_bounds_of_mass_and_thrust_themselves_are_accepted(key, value):
    assert getattr(orbit(**{key: value}), key) == value


@pytest.mark.parametrize("key", ["mass_kg", "thrust_limit_n", "kind"])
def test_what_has_no_default_must_be_given(key):
    given = {"kind": "orbit", "mass_kg": 4.0, "thrust_limit_n": 1.0, "state": STATE}
    del given[key]
    with pytest.raises(ValidationError, match=key):
        OrbitConfig.model_validate(given)


@pytest.mark.parametrize(
    "changes",
    [
        {"masss_kg": 4.0},
        {"state": {**STATE, "masss_kg": 4.0}},
        {"vehicles": [{"name": "a", "masss_kg": 4.0}]},
    ],
)
def test_an_unknown_key_is_refused_by_its_name(changes):
    assert "masss_kg" in refusal(**changes)


@pytest.mark.parametrize("key", ["offset_rtn_m", "offset_rtn_m_s"])
@pytest.mark.parametrize("value", [["1", 2, 3], [float("nan"), 2, 3], [1, 2], 1.0, "123"])
def test_an_offset_is_three_finite_numbers(key, value):
    assert key in refusal(**{key: value})


@pytest.mark.parametrize("value", [0, 1001, 2.0, True, "2"])
def test_substeps_are_a_whole_number_from_1_to_1000(value):
    assert "substeps" in refusal(substeps=value)


def test_an_unknown_body_is_refused_with_those_that_are_known():
    assert "no central body 'vulcan' (known: earth, moon)" in refusal(body="vulcan")


def test_an_orbit_is_given_once():
    assert "either tle or state" in refusal(tle=TLE)
    assert "either tle or state" in refusal(state=None)
    assert orbit(tle=TLE, state=None).tle == tuple(TLE)


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([TLE[0], TLE[1].replace("51.6439", "51.6438")], "TLE line 2"),
        ([TLE[0][:-1], TLE[1]], "TLE line 1"),
        ([TLE[1], TLE[0]], "TLE line 1"),
    ],
)
def test_a_damaged_element_set_is_refused_with_the_line_named(lines, named):
    assert named in refusal(tle=lines, state=None)


@pytest.mark.parametrize("lines", [TLE[:1], [*TLE, TLE[0]], TLE[0], [1, 2]])
def test_an_element_set_is_two_lines_of_text(lines):
    assert "tle" in refusal(tle=lines, state=None)


def test_an_epoch_may_be_written_as_text_and_names_its_time_zone():
    epoch = orbit(state={**STATE, "epoch": "2019-12-09T16:38:29Z"}).state.epoch
    assert epoch == datetime(2019, 12, 9, 16, 38, 29, tzinfo=UTC)
    assert "timezone" in refusal(state={**STATE, "epoch": "2019-12-09T16:38:29"})


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", "a.b", "a\n"])
def test_a_vehicle_has_a_plain_lower_case_name(name):
    assert "vehicles.0.name" in refusal(vehicles=[{"name": name}])


def test_two_vehicles_of_one_name_are_refused():
    twins = [{"name": "a"}, {"name": "b"}, {"name": "b"}]
    assert "two vehicles are named 'b'" in refusal(vehicles=twins)


def test_an_orbit_without_vehicles_is_refused():
    assert "vehicles" in refusal(vehicles=[])


def test_a_vehicle_inherits_what_it_leaves_out_and_keeps_what_it_says():
    config = orbit(
        offset_rtn_m=[1.0, 2.0, 3.0],
        offset_rtn_m_s=[0.1, 0.2, 0.3],
        vehicles=[{"name": "a"}, {"name": "b", "mass_kg": 9.0, "offset_rtn_m": [0, 0, 0]}],
    )
    first, second = config.whole_vehicles()
    assert (first.name, first.craft.mass_kg, first.craft.thrust_limit_n) == ("a", 4.0, 1.0)
    assert (first.offset_rtn_m, first.offset_rtn_m_s) == ((1.0, 2.0, 3.0), (0.1, 0.2, 0.3))
    assert (second.name, second.craft.mass_kg, second.craft.thrust_limit_n) == ("b", 9.0, 1.0)
    assert (second.offset_rtn_m, second.offset_rtn_m_s) == ((0.0, 0.0, 0.0), (0.1, 0.2, 0.3))


@pytest.mark.parametrize("epoch", [20191209, 1.5e9, True])
def test_an_epoch_that_is_a_number_is_refused(epoch):
    state = {"position_m": [7e6, 0, 0], "velocity_m_s": [0, 7e3, 0], "epoch": epoch}
    with pytest.raises(ValueError, match="expected a date as text"):
        OrbitConfig.model_validate(
            {"kind": "orbit", "mass_kg": 1.0, "thrust_limit_n": 1.0, "state": state}
        )
