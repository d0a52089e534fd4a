"""Flights under each term, against closed forms and other integrators."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from kernel.bodies import BODIES, EARTH, MOON
from kernel.ephemeris import states as ephemeris
from kernel.frames import utc_julian_date
from kernel.synodic import EARTH_MOON, SUN_EARTH, Synodic, libration_point
from sims.config import BadValueError
from sims.orbit.atmosphere import exponential_density
from sims.orbit.config import OrbitConfig
from sims.orbit.family import FAMILY
from sims.orbit.libration import FAMILY as LIBRATION
from sims.orbit.libration import LibrationConfig
from sims.plant import Command

EPOCH = "2024-03-20T00:00:00Z"
COAST = Command(0, np.zeros((1, 3)), np.zeros(1))


def orbit(height_m, epoch=EPOCH, inclination=0.9, **changes):
    r = EARTH.radius + height_m
    speed = math.sqrt(EARTH.mu / r)
    state = {
        "position_m": [r, 0, 0],
        "velocity_m_s": [0, speed * math.cos(inclination), speed * math.sin(inclination)],
        **({"epoch": epoch} if epoch else {}),
    }
    base = {"kind": "orbit", "gravity": "point_mass", "mass_kg": 100.0, "thrust_limit_n": 1.0}
    return OrbitConfig.model_validate({**base, "state": state, **changes})


def flown(family, config, tick_s, ticks):
    """States after every tick, (ticks + 1, 6)."""
    spec = family.describe(config, 1.0 / tick_s)
    plant = family.open(config, spec, round(tick_s * 1e9), 0)
    states = [plant.start().state[0].copy()]
    states += [plant.exchange(COAST, 0).state[0].copy() for _ in range(ticks)]
    plant.stop("end of test")
    return np.array(states)


def semi_major_axis(states):
    r = np.linalg.norm(states[:, :3], axis=1)
    return 1.0 / (2.0 / r - np.sum(states[:, 3:] ** 2, axis=1) / EARTH.mu)


def test_drag_lowers_a_circular_orbit_by_the_textbook_amount_a_revolution():
    drag = {"drag": {"area_m2": 2.0, "drag_coefficient": 2.2}}
    # Over the poles the air's own turning is across the orbit.
    config = orbit(300e3, inclination=math.pi / 2, perturbations=drag)
    a = EARTH.radius + 300e3
    period = math.tau * math.sqrt(a**3 / EARTH.mu)
    axes = semi_major_axis(flown(FAMILY, config, period / 2000, 2000))
    # Vallado, 4th ed., section 9.6: Δa = −2π (C_D A/m) ρ a² a revolution.
    expected = -math.tau * 2.2 * 2.0 / 100.0 * exponential_density(300e3) * a**2
    assert axes[-1] - axes[0] == pytest.approx(expected, rel=0.02)


def test_the_moon_and_the_sun_move_an_orbit_as_another_integrator_has_it():
    # Geostationary height, a day: the bodies' pull moves the satellite by kilometres.
    config = orbit(35_786e3, inclination=0.1, perturbations={"third_bodies": ["moon", "sun"]})
    there = flown(FAMILY, config, 60.0, 1440)[-1, :3]
    undisturbed = flown(FAMILY, orbit(35_786e3, inclination=0.1), 60.0, 1440)[-1, :3]
    date = utc_julian_date(datetime(2024, 3, 20, tzinfo=UTC))

    def rate(t, y, bodies):
        pull = -EARTH.mu * y[:3] / np.linalg.norm(y[:3]) ** 3
        for name in bodies:
            s = ephemeris([name], "earth", *date, np.array([t]))[0, 0, :3]
            d = s - y[:3]
            mu = BODIES[name].mu
            pull += mu * (d / np.linalg.norm(d) ** 3 - s / np.linalg.norm(s) ** 3)
        return [*y[3:], *pull]

    start = [*config.state.position_m, *config.state.velocity_m_s]
    solve = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-4}
    with_bodies = solve_ivp(rate, (0, 86400), start, args=(["moon", "sun"],), **solve).y[:3, -1]
    without = solve_ivp(rate, (0, 86400), start, args=([],), **solve).y[:3, -1]
    moved = with_bodies - without
    assert np.linalg.norm(moved) > 1000.0
    assert np.linalg.norm(there - undisturbed - moved) < 1e-4 * np.linalg.norm(moved)


def test_sunlight_alone_pushes_by_its_force_over_the_mass():
    light = {"solar_pressure": {"area_m2": 1000.0, "radiation_coefficient": 2.0, "eclipse": False}}
    lit = flown(FAMILY, orbit(35_786e3, perturbations=light), 10.0, 60)
    dark = flown(FAMILY, orbit(35_786e3), 10.0, 60)
    push = np.linalg.norm(lit[-1, 3:] - dark[-1, 3:]) / 600.0
    # On the day of the equinox the Sun is 0.996 AU away.
    assert push == pytest.approx(4.56e-6 * 2.0 * 1000.0 / 100.0 / 0.9960**2, rel=2e-3)


def test_an_orbit_about_the_moon_keeps_its_energy_and_period():
    r = MOON.radius + 100e3
    speed = math.sqrt(MOON.mu / r)
    state = {"position_m": [r, 0, 0], "velocity_m_s": [0, 0, speed]}
    config = orbit(0.0, epoch=None, body="moon", state=state)
    period = math.tau * math.sqrt(r**3 / MOON.mu)
    states = flown(FAMILY, config, period / 5000, 5000)
    assert np.linalg.norm(states[-1, :3] - states[0, :3]) < 10.0
    assert FAMILY.describe(config, 1.0).frame == "icrf"


# The turning frame


def libration(**changes):
    base = {"kind": "libration", "point": "L1", "mass_kg": 500.0, "thrust_limit_n": 1.0}
    return LibrationConfig.model_validate({**base, **changes})


@pytest.mark.parametrize("system", [SUN_EARTH, EARTH_MOON])
def test_motion_about_a_libration_point_is_that_of_the_equations_of_motion(system):
    offset, drift = [-3e6, 2e6, 1e6], [1.0, -2.0, 0.5]
    config = libration(system=system.name, offset_m=offset, offset_m_s=drift)
    days, tick_s = (60, 1800.0) if system is SUN_EARTH else (5, 300.0)
    ticks = round(days * 86400 / tick_s)
    end = flown(LIBRATION, config, tick_s, ticks)[-1]

    model, w = Synodic.of(system), system.rate_rad_s

    def rate(t, y):
        ax, ay, az = model(*y[:3])
        return [*y[3:], ax + 2 * w * y[4], ay - 2 * w * y[3], az]

    start = np.add([*libration_point(system, "L1"), 0, 0, 0], [*offset, *drift])
    expected = solve_ivp(rate, (0, days * 86400), start, method="DOP853", rtol=1e-12, atol=1e-6)
    moved = np.linalg.norm(expected.y[:3, -1] - start[:3])
    assert moved > 5e6
    assert np.linalg.norm(end[:3] - expected.y[:3, -1]) < 1e-4 * moved


def test_the_constant_of_jacobi_does_not_drift():
    config = libration(system="earth_moon", point="L4", offset_m=[2e6, 0, 0], offset_m_s=[0, 5, 3])
    states = flown(LIBRATION, config, 600.0, 5000)
    r, v = states[:, :3], states[:, 3:]
    d, m1, m2 = EARTH_MOON.distance_m, EARTH_MOON.primary_mu, EARTH_MOON.secondary_mu
    barycentric = np.add(r, [d * m1 / (m1 + m2), 0.0, 0.0])
    primary = np.linalg.norm(np.add(r, [d, 0.0, 0.0]), axis=1)
    spin = EARTH_MOON.rate_rad_s**2 * np.sum(barycentric[:, :2] ** 2, axis=1)
    jacobi = spin + 2 * (m1 / primary + m2 / np.linalg.norm(r, axis=1)) - np.sum(v**2, axis=1)
    assert np.abs(jacobi / jacobi[0] - 1.0).max() < 1e-8


def test_at_the_point_itself_nothing_moves():
    states = flown(LIBRATION, libration(), 600.0, 1000)
    assert np.linalg.norm(states[-1, :3] - states[0, :3]) < 1.0


def test_sunlight_pushes_a_sail_off_the_point():
    light = {"area_m2": 100.0, "radiation_coefficient": 1.0}
    states = flown(LIBRATION, libration(solar_pressure=light), 600.0, 10)
    push = (states[-1, 3] - states[0, 3]) / 6000.0
    assert push == pytest.approx(4.56e-6 * 100.0 / 500.0 / 0.99**2, rel=1e-2)


# What makes no sense


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        (
            {"perturbations": {"third_bodies": ["earth"]}},
            ("perturbations", "third_bodies"),
            "the earth is the central body here; its pull is in gravity already",
        ),
        (
            {"epoch": None, "perturbations": {"third_bodies": ["moon"]}},
            ("perturbations", "third_bodies"),
            "where they are depends on the date; give state.epoch, or a tle",
        ),
        (
            {"epoch": None, "perturbations": {"solar_pressure": {"area_m2": 1.0}}},
            ("perturbations", "solar_pressure"),
            "where the Sun is depends on the date",
        ),
        ({"gravity": "synodic"}, ("gravity",), "needs two bodies"),
    ],
)
def test_what_an_environment_lacks_is_told_at_its_key(changes, key, message):
    with pytest.raises(BadValueError, match=message) as refusal:
        FAMILY.describe(orbit(400e3, **changes), 10.0)
    assert refusal.value.key == key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"body": "moon", "perturbations": {"drag": {"area_m2": 1.0}}}, "no atmosphere is known"),
        ({"perturbations": {"third_bodies": ["sun", "sun"]}}, "named twice"),
    ],
)
def test_contradictions_in_the_environment_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        orbit(400e3, **changes)


def test_there_is_no_sunlight_where_there_is_no_sun():
    config = libration(system="earth_moon", solar_pressure={"area_m2": 1.0})
    with pytest.raises(BadValueError, match="there is no Sun in this system"):
        LIBRATION.describe(config, 1e-3)
