"""Reference frames and time scales: every conversion of the project is in this module.

Frames are named as in the data: ``teme`` (true equator, mean equinox of date, the frame of SGP4),
``gcrf`` (the inertial one), ``itrf`` (turning with the Earth), ``rtn`` (radial, along-track,
cross-track of an orbit). The reductions are IAU 2006/2000A from ERFA. UT1 − UTC, polar motion and
celestial-pole offsets are given by the caller and zero otherwise: leaving them out moves a ground
track by up to 0.9 s of the Earth's turning (400 m), and TEME → GCRF by well under a metre, since
that conversion turns forward by one sidereal angle and back by the other.
"""

import warnings
from datetime import UTC, datetime

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# ERFA calls a year dubious for which leap seconds are not announced yet; the last known count is
# used, which moves a ground track by at most 460 m a second.
warnings.filterwarnings("ignore", message=r".*dubious year", category=erfa.ErfaWarning)

_DAY_S = 86400.0


def utc_julian_date(moment: datetime) -> tuple[float, float]:
    """Two-part quasi-Julian date of a UTC moment, as ERFA takes it.

    Raises:
        ValueError: ``moment`` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone: say which, as in 2019-12-09T16:38:29Z")
    utc = moment.astimezone(UTC)
    seconds = utc.second + utc.microsecond * 1e-6
    jd1, jd2 = erfa.dtf2d("UTC", utc.year, utc.month, utc.day, utc.hour, utc.minute, seconds)
    return float(jd1), float(jd2)


def tt_julian_date(jd1: float, jd2: float) -> tuple[float, float]:
    """Terrestrial time of a two-part UTC date, through TAI and its leap seconds."""
    tt1, tt2 = erfa.taitt(*erfa.utctai(jd1, jd2))
    return float(tt1), float(tt2)


def _turn_z(angle: ArrayLike) -> Array:
    """Rotation of the axes about z by ``angle`` (rad), shape (..., 3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    zero, one = np.zeros_like(c), np.ones_like(c)
    rows = [np.stack(row, axis=-1) for row in ((c, s, zero), (-s, c, zero), (zero, zero, one))]
    return np.stack(rows, axis=-2)


def teme_to_gcrf(jd1: float, jd2: float, dut1_s: float = 0.0) -> Array:
    """Rotation matrix from TEME of date to GCRF; it serves positions and velocities.

    TEME is turned by the 1982 sidereal angle that defines it (Vallado et al., AIAA 2006-6753)
    onto the terrestrial meridian, and from there back to inertial space by the IAU 2006 chain.

    Args:
        jd1: Two-part UTC date, first part.
        jd2: Second part.
        dut1_s: UT1 − UTC, s.
    """
    ut1 = (jd1, jd2 + dut1_s / _DAY_S)
    to_pef = _turn_z(erfa.gmst82(*ut1))
    to_cirs = _turn_z(-erfa.era00(*ut1))
    celestial = erfa.c2i06a(*tt_julian_date(jd1, jd2))
    return np.asarray(celestial.T @ to_cirs @ to_pef)


def gcrf_to_itrf(
    jd1: float,
    jd2: float,
    elapsed_s: ArrayLike = 0.0,
    *,
    dut1_s: float = 0.0,
    polar_motion_rad: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """Rotation matrices from GCRF to ITRF, for positions.

    Args:
        jd1: Two-part UTC date of the start, first part.
        jd2: Second part.
        elapsed_s: Seconds since then, any shape; no leap second is expected in between.
        dut1_s: UT1 − UTC, s.
        polar_motion_rad: Pole coordinates x_p and y_p.

    Returns:
        Matrices of shape (..., 3, 3).
    """
    days = jd2 + np.asarray(elapsed_s, dtype=np.float64) / _DAY_S
    tt1, tt2 = tt_julian_date(jd1, jd2)
    celestial = erfa.c2i06a(tt1, tt2 + (days - jd2))
    turned = _turn_z(erfa.era00(jd1, days + dut1_s / _DAY_S))
    polar = erfa.pom00(*polar_motion_rad, erfa.sp00(tt1, tt2))
    return np.asarray(polar @ turned @ celestial)


def celestial_pole(jd1: float, jd2: float) -> tuple[float, float, float]:
    """Unit vector of the Earth's (celestial intermediate) pole of date, in GCRF."""
    x, y, z = erfa.c2i06a(*tt_julian_date(jd1, jd2))[2]
    return float(x), float(y), float(z)


def geodetic(itrf: ArrayLike) -> tuple[Array, Array, Array]:
    """Geodetic longitude (rad, −π to π), latitude (rad) and height (m) on WGS 84.

    Args:
        itrf: Positions in ITRF, m, shape (..., 3).
    """
    longitude, latitude, height = erfa.gc2gd(1, np.asarray(itrf, dtype=np.float64))
    wrapped = (np.asarray(longitude) + np.pi) % (2.0 * np.pi) - np.pi
    return wrapped, np.asarray(latitude), np.asarray(height)


def rtn_axes(position: ArrayLike, velocity: ArrayLike) -> Array:
    """Rotation from the frame of an orbit's state to its radial, along-track, cross-track axes.

    Radial points away from the centre, cross-track along the orbital momentum, and along-track
    completes the right-handed set (it is the velocity's direction on a circular orbit).

    Args:
        position: m, shape (..., 3).
        velocity: m/s, shape (..., 3), not parallel to the position.

    Returns:
        Matrices of shape (..., 3, 3) whose rows are the three axes.

    Raises:
        ValueError: Position and velocity are parallel, so that no orbital plane exists.
    """
    r = np.asarray(position, dtype=np.float64)
    v = np.asarray(velocity, dtype=np.float64)
    momentum = np.cross(r, v)
    size = np.linalg.norm(momentum, axis=-1, keepdims=True)
    if not np.all(size > 0.0):
        raise ValueError("position and velocity are parallel: radial/along/cross are not defined")
    radial = r / np.linalg.norm(r, axis=-1, keepdims=True)
    cross = momentum / size
    return np.stack([radial, np.cross(cross, radial), cross], axis=-2)
