"""What every configuration model refuses."""

import pytest
from pydantic import ValidationError

from sims.config import BadValueError, Config, Position3, Positive, Velocity3


class Thing(Config):
    size: Positive = 1.0
    where: Position3 = (0.0, 0.0, 0.0)
    speed: Velocity3 = (0.0, 0.0, 0.0)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf"), "4", True, None])
def test_a_positive_number_is_positive_finite_and_a_number(size):
    with pytest.raises(ValidationError):
        Thing(size=size)


@pytest.mark.parametrize("key", ["where", "speed"])
@pytest.mark.parametrize(
    "value", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0], ["1", 2.0, 3.0], [1.0, float("nan"), 3.0], "123"]
)
def test_a_vector_is_three_finite_numbers(key, value):
    with pytest.raises(ValidationError, match=key):
        Thing.model_validate({key: value})


@pytest.mark.parametrize(("key", "most"), [("where", 1e13), ("speed", 3e8)])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_vector_stays_within_what_physics_allows(key, most, sign):
    assert getattr(Thing.model_validate({key: [0, 0, sign * most]}), key)[2] == sign * most
    with pytest.raises(ValidationError, match=key):
        Thing.model_validate({key: [0, 0, sign * most * (1.0 + 1e-15)]})


def test_a_vector_may_be_written_as_a_list_of_whole_numbers():
    assert Thing(where=[1, 2, 3]).where == (1.0, 2.0, 3.0)


def test_an_unknown_key_is_refused_by_its_name():
    with pytest.raises(ValidationError, match="colour"):
        Thing.model_validate({"colour": "red"})


def test_a_configuration_can_not_be_changed():
    thing = Thing()
    with pytest.raises(ValidationError, match="frozen"):
        thing.size = 2.0


def test_a_value_that_makes_no_sense_is_refused_with_its_key():
    error = BadValueError(("vehicles", 1, "mass_kg"), "too heavy")
    assert isinstance(error, ValueError)
    assert (error.key, str(error)) == (("vehicles", 1, "mass_kg"), "too heavy")
