"""Two-line element sets: checked, and turned by SGP4 into a state in the inertial frame."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kernel.frames import teme_to_gcrf, utc_julian_date

_LINE_LENGTH = 69
_OBJECT = r"[ 0-9A-Z]{4}[0-9]"
_ANGLE = r"[ 0-9]{2}[0-9]\.[0-9]{4}"
_EXPONENT = r"[ +-][0-9]{5}[ +-][0-9]"
_FIELDS = {
    1: re.compile(
        rf"1 {_OBJECT}[A-Z ] .{{8}} [0-9]{{2}}[ 0-9]{{2}}[0-9]\.[0-9]{{8}} "
        rf"[ +-]\.[0-9]{{8}} {_EXPONENT} {_EXPONENT} [ 0-9] [ 0-9]{{4}}[0-9]"
    ),
    2: re.compile(
        rf"2 {_OBJECT} {_ANGLE} {_ANGLE} [0-9]{{7}} {_ANGLE} {_ANGLE} "
        r"[ 0-9][0-9]\.[0-9]{8}[ 0-9]{5}[0-9]"
    ),
}
"""Columns of the format: https://celestrak.org/NORAD/documentation/tle-fmt.php."""


def checksum(line: str) -> int:
    """Checksum of the first 68 characters: digits as they are, minus signs as 1, modulo 10."""
    digits = "0123456789"
    return sum(int(c) if c in digits else c == "-" for c in line[: _LINE_LENGTH - 1]) % 10


def checked_line(number: int, line: str) -> str:
    """The line as it is, unless it was cut, mixed up or mistyped.

    Raises:
        ValueError: What is wrong with it.
    """
    if len(line) != _LINE_LENGTH:
        raise ValueError(f"TLE line {number} has {len(line)} characters; a whole one has 69")
    if not line.startswith(f"{number} "):
        raise ValueError(f"TLE line {number} starts with {line[:2]!r}; expected '{number} '")
    if line[-1] != str(checksum(line)):
        raise ValueError(
            f"TLE line {number}: its checksum is {checksum(line)} but it ends in {line[-1]!r}; "
            "a character was changed"
        )
    if _FIELDS[number].fullmatch(line) is None:
        raise ValueError(f"TLE line {number}: a field is not where or what it should be")
    if number == 1 and not 1.0 <= float(line[20:32]) < 367.0:
        raise ValueError(f"TLE line 1: {line[20:32].strip()} is no day of a year")
    return line


def tle_state(lines: tuple[str, str]) -> tuple[datetime, NDArray[np.float64]]:
    """Epoch (UTC) and the state at it in GCRF: metres and m/s, shape (6,).

    Raises:
        ValueError: SGP4 refuses the elements, or the two lines are of different objects.
    """
    from sgp4.api import SGP4_ERRORS, Satrec

    if lines[0][2:7] != lines[1][2:7]:
        raise ValueError(f"TLE lines of two objects: {lines[0][2:7]} and {lines[1][2:7]}")
    try:
        satellite = Satrec.twoline2rv(*lines)
    except ValueError as error:
        raise ValueError(f"TLE is not readable: {error}") from error
    status, position_km, velocity_km_s = satellite.sgp4(satellite.jdsatepoch, satellite.jdsatepochF)
    if status:
        raise ValueError(f"SGP4 refuses the elements: {SGP4_ERRORS[status]}")
    year = satellite.epochyr + (2000 if satellite.epochyr < 57 else 1900)
    epoch = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=satellite.epochdays - 1.0)
    turn = teme_to_gcrf(*utc_julian_date(epoch))
    return epoch, 1e3 * np.concatenate([turn @ position_km, turn @ velocity_km_s])
