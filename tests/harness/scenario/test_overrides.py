"""``--set key.path=value`` changes one value, and its errors name the ``--set``."""

from datetime import UTC, datetime

import pytest

from harness.errors import ScenarioError
from harness.scenario.load import load_scenario
from harness.scenario.read import read_document

LIMIT = "expect.settled_on_the_slot.at_most"


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("plant.mass_kg=5", 5),
        (" plant.mass_kg = 5e-3", 5e-3),
        ("rate_hz=0x10", 16),
        ("name=on", "on"),
        ("name=1:30", "1:30"),
        ('name="a: b"', "a: b"),
        ("name=a=b", "a=b"),
        ("description=", None),
        ("name=2019-12-09", "2019-12-09"),
        ("plant.offset_rtn_m=[1, 2, 3]", [1, 2, 3]),
        ("plant.vehicles.0.name=zarya", "zarya"),
        ("plant.body=moon", "moon"),
        (f"{LIMIT}=1e3", 1e3),
    ],
)
def test_a_value_is_read_as_yaml_and_put_in_its_place(edited, override, value):
    place = read_document(edited(), [override]).data
    for part in override.partition("=")[0].strip().split("."):
        place = place[int(part) if part.isdigit() else part]
    assert place == value
    assert type(place) is type(value)


def test_the_last_of_two_overrides_holds(edited):
    scenario = load_scenario(edited(), ["plant.mass_kg=5", "plant.mass_kg=6"])
    assert scenario.plant_config.mass_kg == 6.0


def test_a_seed_given_aside_overrides_the_file(edited):
    assert load_scenario(edited(), (), 7).model.seed == 7


def test_an_epoch_can_be_set(edited):
    state = "plant.state={position_m: [6.8e6, 0, 0], velocity_m_s: [0, 7600, 0]}"
    scenario = load_scenario(
        edited(), ["plant.tle=", state, "plant.state.epoch=2019-12-09T16:38:29Z"]
    )
    assert scenario.spec.epoch == datetime(2019, 12, 9, 16, 38, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("plant.mass_kg", "expected KEY.PATH=VALUE, such as plant.mass_kg=5"),
        ("=5", "expected KEY.PATH=VALUE, such as plant.mass_kg=5"),
        ("plant.mass_kg=[", "the value '[' is not YAML"),
        ("name=@", "the value '@' is not YAML"),
        ("plnt.mass_kg=5", "there is no plnt"),
        ("plant.vehicles.3.name=x", "there is no plant.vehicles.3"),
        ("plant.vehicles.3=x", "there is no plant.vehicles.3"),
        ("rate_hz.low=3", "there is no rate_hz.low"),
        ("plant.masss_kg=5", "plant.masss_kg: unknown key; did you mean 'mass_kg'?"),
        ("rate_hz=ten", "rate_hz: found 'ten'; expected a valid number"),
        ("plant.mass_kg=", "plant.mass_kg: found None; expected a valid number"),
        ("plant.mass_kg=.nan", "plant.mass_kg: found nan; expected a finite number"),
        ("plant.tle.0=abc", "plant.tle.0: TLE line 1 has 3 characters; a whole one has 69"),
        ("plant.kind=orbitt", "plant.kind: no plant 'orbitt'; did you mean 'orbit'?"),
    ],
)
def test_a_bad_override_is_told_by_its_text(edited, override, message):
    with pytest.raises(ScenarioError) as refusal:
        load_scenario(edited(), [override])
    assert str(refusal.value) == f"--set {override}: {message}"


def test_a_date_that_is_none_is_refused_with_a_named_error(edited):
    with pytest.raises(ScenarioError, match=r"^--set plant\.mass_kg=2001-99-99: "):
        load_scenario(edited(), ["plant.mass_kg=2001-99-99"])


def test_a_problem_beside_an_override_keeps_its_line(edited):
    path = edited(("rate_hz: 10", "rate_hz: ten"))
    with pytest.raises(ScenarioError) as refusal:
        load_scenario(path, ["plant.mass_kg=5"])
    assert str(refusal.value).startswith(f"{path}:10:1: rate_hz: ")


def test_what_the_command_line_seeds_wrongly_is_not_blamed_on_the_file(edited):
    with pytest.raises(ScenarioError) as refusal:
        load_scenario(edited(), (), 2**63)
    assert not str(refusal.value).startswith(str(edited()))
