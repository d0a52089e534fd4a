"""Two-line element sets: whole ones are turned into a state, damaged ones refused."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.bodies import EARTH
from kernel.frames import celestial_pole, utc_julian_date
from kernel.orbits import perigee_radius
from sims.orbit.elements import checked_line, checksum, tle_state

ISS = (
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
)


def test_whole_lines_pass():
    for number, line in enumerate(ISS, start=1):
        assert checked_line(number, line) == line
        assert str(checksum(line)) == line[-1]


@given(number=st.sampled_from([1, 2]), where=st.integers(0, 68), by=st.integers(1, 9))
def test_one_changed_digit_is_always_noticed(number, where, by):
    line = ISS[number - 1]
    if not line[where].isdigit():
        where = 2 + (where % 5)  # the catalogue number is all digits
    changed = line[:where] + str((int(line[where]) + by) % 10) + line[where + 1 :]
    with pytest.raises(ValueError, match=f"TLE line {number}"):
        checked_line(number, changed)


@pytest.mark.parametrize("number", [1, 2])
@given(length=st.integers(0, 68))
def test_a_cut_line_is_refused_with_its_length(number, length):
    with pytest.raises(ValueError, match=f"TLE line {number} has {length} characters"):
        checked_line(number, ISS[number - 1][:length])


@pytest.mark.parametrize("number", [1, 2])
def test_a_swapped_line_is_refused(number):
    with pytest.raises(ValueError, match=f"TLE line {number} starts with '{3 - number} '"):
        checked_line(number, ISS[2 - number])


def test_the_lines_of_two_objects_are_refused_with_both_numbers():
    other = ISS[1].replace("25544", "25545")
    other = other[:-1] + str(checksum(other))
    checked_line(2, other)
    with pytest.raises(ValueError, match="two objects: 25544 and 25545"):
        tle_state((ISS[0], other))


def test_an_orbit_that_has_decayed_is_refused_in_the_words_of_sgp4():
    fallen = ISS[1].replace("15.50103472", "18.50103472")
    fallen = fallen[:-1] + str(checksum(fallen))
    with pytest.raises(ValueError, match="SGP4 refuses the elements"):
        tle_state((ISS[0], fallen))


def test_the_epoch_of_the_elements_is_t_0():
    epoch, _ = tle_state(ISS)
    stated = datetime(2019, 12, 9, 16, 38, 29, 363000, tzinfo=UTC)
    assert abs(epoch - stated) < timedelta(milliseconds=1)
    assert epoch.tzinfo is not None


@pytest.mark.parametrize(("digits", "year"), [("56", 2056), ("57", 1957), ("99", 1999)])
def test_a_year_of_two_digits_is_of_the_century_that_the_format_says(digits, year, recwarn):
    line = ISS[0][:18] + digits + ISS[0][20:]
    line = line[:-1] + str(checksum(line))
    epoch, _ = tle_state((line, ISS[1]))
    assert epoch.year == year


def test_the_space_station_is_on_its_orbit():
    epoch, state = tle_state(ISS)
    r, v = state[:3], state[3:]
    momentum = np.cross(r, v)
    momentum /= np.linalg.norm(momentum)
    assert np.linalg.norm(r) == pytest.approx(6790e3, abs=10e3)
    assert np.linalg.norm(v) == pytest.approx(math.sqrt(EARTH.mu / np.linalg.norm(r)), rel=0.01)
    assert perigee_radius(state, EARTH.mu) > 6.77e6
    of_date = celestial_pole(*utc_julian_date(epoch))
    assert math.degrees(math.acos(momentum[2])) == pytest.approx(51.6, abs=0.2)
    assert math.degrees(math.acos(momentum @ of_date)) == pytest.approx(51.6439, abs=0.05)


def test_the_space_station_is_above_a_place_that_its_latitude_allows():
    _, state = tle_state(ISS)
    latitude = math.degrees(math.asin(state[2] / np.linalg.norm(state[:3])))
    assert abs(latitude) < 51.9


def with_checksum(line):
    return line[:-1] + str(checksum(line))


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [(1, "19343.", "1934a."), (1, ".69339541", "x69339541"), (2, "51.6439", "51,6439")],
)
def test_a_field_that_is_no_number_is_refused_though_the_checksum_holds(number, old, new):
    changed = with_checksum(ISS[number - 1].replace(old, new))
    with pytest.raises(ValueError, match=f"TLE line {number}: a field is not where or what"):
        checked_line(number, changed)


@pytest.mark.parametrize("day", ["000", "367", "400"])
def test_a_day_that_no_year_has_is_refused(day):
    changed = with_checksum(ISS[0].replace("19343.", f"19{day}."))
    with pytest.raises(ValueError, match="is no day of a year"):
        checked_line(1, changed)


def test_a_digit_of_another_script_is_refused_with_the_line_named():
    with pytest.raises(ValueError, match="TLE line 1"):
        checked_line(1, ISS[0].replace("98067A", "9²067A"))
