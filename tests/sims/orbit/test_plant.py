"""The orbit plant as an integrator, against closed forms."""

import math
from typing import NamedTuple

import numpy as np
import pytest

from kernel.bodies import EARTH
from kernel.columns import AXES
from kernel.gravity import PointMass, Surroundings, j2
from kernel.modes import Mode
from sims.faults import GravityError, PhysicalFault
from sims.orbit.columns import always
from sims.orbit.config import OrbitConfig
from sims.orbit.environment import Environment
from sims.orbit.family import FAMILY
from sims.orbit.plant import OrbitPlant
from sims.orbit.spacecraft_config import SpacecraftConfig
from sims.plant import Command, PlantError

R = 6771e3
TICK_NS = 100_000_000
NAMES = [column.name for column in always("gcrf")]


def no_gravity(x, y, z):
    return 0.0, 0.0, 0.0


def columns(observation, name):
    """A scalar column, or the three of a vector, of every vehicle."""
    wanted = [name] if name in NAMES else [f"{name}_{axis}" for axis in AXES]
    return observation.extras[:, [NAMES.index(column) for column in wanted]]


def thrust(*accelerations):
    return Command(0, np.array(accelerations, dtype=float), np.full(len(accelerations), 2.0))


def circular_state(inclination):
    speed = math.sqrt(EARTH.mu / R)
    return [R, 0, 0, 0, speed * math.cos(inclination), speed * math.sin(inclination)]


class BentWing(PhysicalFault):
    """What no spacecraft has."""


@pytest.fixture
def world():
    """Opens plants and closes them after the test."""
    opened = []

    def opener(states, gravity=no_gravity, masses=None, limits=None, tick_ns=TICK_NS, substeps=2):
        states = np.atleast_2d(np.array(states, dtype=float))
        vehicles = len(states)
        masses, limits = masses or [4.0] * vehicles, limits or [10.0] * vehicles
        plant = OrbitPlant(
            names=[f"v{i}" for i in range(vehicles)],
            crafts=[
                SpacecraftConfig(mass_kg=mass, thrust_limit_n=mass * limit)
                for mass, limit in zip(masses, limits, strict=True)
            ],
            states=states,
            environment=Environment(gravity),
            frame="gcrf",
            tick_ns=tick_ns,
            substeps=substeps,
            seed=0,
        )
        opened.append(plant)
        return plant

    yield opener
    for plant in opened:
        plant.stop("end of test")


# Free fall


class Samples(NamedTuple):
    """States along a flight: time in s (n,), position and velocity (n, 3)."""

    t: np.ndarray
    position: np.ndarray
    velocity: np.ndarray


@pytest.fixture(scope="module")
def ten_orbits():
    """Ten two-body orbits of a satellite of 4 kg at 6771 km, sampled every 100 s."""
    config = OrbitConfig.model_validate(
        {
            "kind": "orbit",
            "gravity": "point_mass",
            "mass_kg": 4.0,
            "thrust_limit_n": 1.0,
            "state": {
                "position_m": circular_state(0.9)[:3],
                "velocity_m_s": circular_state(0.9)[3:],
            },
        }
    )
    plant = FAMILY.open(config, FAMILY.describe(config, 10.0), 100_000_000, seed=0)
    coast = thrust([0.0, 0.0, 0.0])
    period = math.tau * math.sqrt(R**3 / EARTH.mu)
    observations = [plant.start()]
    for tick in range(1, math.ceil(10 * period / 0.1) + 1):
        observation = plant.exchange(coast, 0)
        if tick % 1000 == 0:
            observations.append(observation)
    plant.stop("ten orbits flown")
    states = np.array([*(sample.state[0] for sample in observations), observation.state[0]])
    t = np.array([*(sample.t_ns for sample in observations), observation.t_ns]) * 1e-9
    assert t[-1] >= 10 * period
    return Samples(t, states[:, :3], states[:, 3:])


def test_after_ten_orbits_the_position_is_within_a_metre_of_the_closed_form(ten_orbits):
    start = np.array(circular_state(0.9))
    angle = math.sqrt(EARTH.mu / R**3) * ten_orbits.t[:, None]
    ahead = start[3:] / np.linalg.norm(start[3:])
    expected = np.cos(angle) * start[:3] + np.sin(angle) * R * ahead
    assert np.linalg.norm(ten_orbits.position - expected, axis=1).max() < 1.0


def test_over_ten_orbits_the_energy_does_not_drift(ten_orbits):
    kinetic = 0.5 * np.sum(ten_orbits.velocity**2, axis=1)
    energy = kinetic - EARTH.mu / np.linalg.norm(ten_orbits.position, axis=1)
    assert np.abs(energy / energy[0] - 1.0).max() < 1e-11


def test_the_node_precesses_under_j2_at_the_textbook_rate(world):
    inclination = 0.9
    oblate = j2(Surroundings(EARTH))
    plant = world(circular_state(inclination), gravity=oblate, tick_ns=10**9, substeps=4)
    coast = thrust([0.0, 0.0, 0.0])
    states = [plant.start().state[0]]
    states += [plant.exchange(coast, 0).state[0] for _ in range(4 * 5560)]
    r, v = np.split(np.array(states), 2, axis=1)
    t = np.arange(len(r), dtype=float)

    momentum = np.cross(r, v)
    node = np.unwrap(np.arctan2(momentum[:, 0], -momentum[:, 1]))
    tilt = np.arccos(momentum[:, 2] / np.linalg.norm(momentum, axis=1))
    towards_node = np.stack([np.cos(node), np.sin(node), 0.0 * node], axis=1)
    angle = np.unwrap(np.arctan2(r[:, 2] / np.sin(tilt), np.sum(r * towards_node, axis=1)))
    laps = math.floor((angle[-1] - angle[0]) / math.tau)
    end = np.interp(angle[0] + math.tau * laps, angle, t)
    rate = (np.interp(end, t, node) - node[0]) / end

    whole = t <= end
    energy = 0.5 * np.sum(v**2, axis=1) - EARTH.mu / np.linalg.norm(r, axis=1)
    a = np.mean(-0.5 * EARTH.mu / energy[whole])
    p = np.mean(np.sum(momentum**2, axis=1)[whole]) / EARTH.mu
    n = math.sqrt(EARTH.mu / a**3)
    textbook = -1.5 * n * EARTH.j2 * (EARTH.radius / p) ** 2 * math.cos(np.mean(tilt[whole]))
    assert laps >= 3
    assert rate == pytest.approx(textbook, rel=0.005)


def test_more_substeps_bring_the_orbit_closer_to_the_closed_form_by_their_square(world):
    start = np.array(circular_state(0.0))
    errors = []
    for substeps in (1, 2, 4):
        plant = world(start, gravity=PointMass(EARTH.mu), tick_ns=10**9, substeps=substeps)
        for _ in range(3000):
            state = plant.exchange(thrust([0.0, 0.0, 0.0]), 0).state[0]
        angle = math.sqrt(EARTH.mu / R**3) * 3000
        errors.append(
            np.linalg.norm(state[:3] - R * np.array([math.cos(angle), math.sin(angle), 0]))
        )
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.05)


# Thrust


@pytest.mark.parametrize("substeps", [1, 2, 5])
def test_without_gravity_changing_thrust_is_held_exactly_over_each_tick(world, substeps):
    plant = world([0.0] * 6, substeps=substeps)
    position, velocity = np.zeros(3), np.zeros(3)
    plant.start()
    for u in np.random.default_rng(11).uniform(-1.0, 1.0, size=(1000, 3)):
        state = plant.exchange(thrust(u), 0).state[0]
        position = position + 0.1 * velocity + 0.5 * 0.1**2 * u
        velocity = velocity + 0.1 * u
        np.testing.assert_allclose(state[:3], position, rtol=0.0, atol=1e-8)
        np.testing.assert_allclose(state[3:], velocity, rtol=0.0, atol=1e-10)


def test_an_acceleration_moves_a_heavy_body_as_it_moves_a_light_one(world):
    plant = world([[0.0] * 6, [1e3, 0, 0, 0, 0, 0]], masses=[1.0, 4.2e5])
    for _ in range(100):
        state = plant.exchange(thrust([0.3, -0.4, 0.5], [0.3, -0.4, 0.5]), 0).state
    np.testing.assert_allclose(state[1, 3:], state[0, 3:], rtol=1e-12)
    np.testing.assert_allclose(state[0, 3:], [3.0, -4.0, 5.0], rtol=1e-12)


def test_thrust_beyond_the_authority_is_limited_in_size_and_not_in_direction(world):
    plant = world([0.0] * 6, limits=[0.5])
    observation = plant.exchange(thrust([3.0, -4.0, 12.0]), 0)
    delivered = columns(observation, "delivered_acceleration")[0]
    np.testing.assert_allclose(delivered, 0.5 * np.array([3.0, -4.0, 12.0]) / 13.0, rtol=1e-15)
    np.testing.assert_allclose(observation.state[0, 3:], 0.1 * delivered, rtol=1e-12)


@pytest.mark.parametrize("factor", [1.0 - 1e-9, 1.0, 1.0 + 1e-9, 1.5])
def test_the_authority_is_kept_on_either_side_of_it(world, factor):
    plant = world([0.0] * 6, limits=[0.5])
    wanted = 0.5 * factor * np.array([0.6, 0.0, -0.8])
    delivered = columns(plant.exchange(thrust(wanted), 0), "delivered_acceleration")
    expected = wanted * min(1.0, 1.0 / factor)
    np.testing.assert_allclose(delivered[0], expected, rtol=1e-15)


def test_thrust_within_the_authority_is_delivered_as_commanded(world):
    plant = world([0.0] * 6, limits=[0.5])
    delivered = columns(plant.exchange(thrust([0.1, 0.2, -0.3]), 0), "delivered_acceleration")
    np.testing.assert_array_equal(delivered, [[0.1, 0.2, -0.3]])


def test_delta_v_is_the_delivered_thrust_added_up_whatever_its_direction(world):
    plant = world([0.0] * 6, limits=[0.5])
    spent = 0.0
    assert columns(plant.start(), "delta_v") == 0.0
    for u in np.random.default_rng(12).uniform(-0.6, 0.6, size=(200, 3)):
        observation = plant.exchange(thrust(u), 0)
        spent += 0.1 * np.linalg.norm(columns(observation, "delivered_acceleration"))
        assert columns(observation, "delta_v")[0, 0] == pytest.approx(spent, rel=1e-12)
    # Some of the commands were beyond the authority: asked for was more than delivered.
    assert 0.0 < spent < 0.1 * 200 * 0.5


def test_nothing_is_delivered_before_the_first_command(world):
    observation = world([0.0] * 6).start()
    np.testing.assert_array_equal(columns(observation, "delivered_acceleration"), np.zeros((1, 3)))


# What Bullet must not add


def test_orbital_speed_is_neither_clamped_nor_damped(world):
    velocity = [7000.0, -300.0, 2.0]
    plant = world([0, 0, 0, *velocity])
    for _ in range(1000):
        state = plant.exchange(thrust([0.0, 0.0, 0.0]), 0).state[0]
    np.testing.assert_array_equal(state[3:], velocity)
    np.testing.assert_allclose(state[:3], 100.0 * np.array(velocity), rtol=1e-12)


def test_a_body_at_rest_does_not_fall_asleep(world):
    plant = world([0.0] * 6)
    for _ in range(200):
        plant.exchange(thrust([0.0, 0.0, 0.0]), 0)
    state = plant.exchange(thrust([1e-6, 0.0, 0.0]), 0).state[0]
    assert state[3] == pytest.approx(1e-7, rel=1e-12)


def test_bodies_fly_in_company_as_they_fly_alone_even_through_one_another(world):
    oblate = j2(Surroundings(EARTH))
    start = np.array(circular_state(0.9))
    passing = start + np.array([0, 0.3, 0, 0, -1.0, 0])
    states = np.array([start, start, passing])
    masses, limits = [1.0, 4.0, 400.0], [1.0, 0.5, 2.0]
    company = world(states, gravity=oblate, masses=masses, limits=limits)
    alone = [
        world(states[i], gravity=oblate, masses=[masses[i]], limits=[limits[i]]) for i in range(3)
    ]
    rng = np.random.default_rng(13)
    for _ in range(300):
        u = rng.uniform(-1.0, 1.0, size=(3, 3))
        together = company.exchange(thrust(*u), 0)
        for i, plant in enumerate(alone):
            np.testing.assert_array_equal(
                plant.exchange(thrust(u[i]), 0).extras[0], together.extras[i]
            )


def test_bodies_at_one_place_do_not_push_each_other_apart(world):
    plant = world([[0.0] * 6] * 2)
    for _ in range(100):
        state = plant.exchange(thrust([0.0] * 3, [0.0] * 3), 0).state
    np.testing.assert_array_equal(state, np.zeros((2, 6)))


# The protocol


def test_equal_commands_give_bit_equal_observations(world):
    oblate = j2(Surroundings(EARTH, (0.0, 0.6, 0.8)))
    first, second = (world(circular_state(0.9), gravity=oblate) for _ in range(2))
    np.testing.assert_array_equal(first.start().extras, second.start().extras)
    for u in np.random.default_rng(14).uniform(-1.0, 1.0, size=(500, 3)):
        a, b = first.exchange(thrust(u), 0), second.exchange(thrust(u), 0)
        assert a.t_ns == b.t_ns
        np.testing.assert_array_equal(a.extras, b.extras)
        np.testing.assert_array_equal(a.state, b.state)


def test_the_first_observation_is_the_start_itself(world):
    start = circular_state(0.9)
    observation = world(start, gravity=PointMass(EARTH.mu)).start()
    assert observation.t_ns == 0
    np.testing.assert_array_equal(observation.state[0, :3], start[:3])
    np.testing.assert_allclose(observation.state[0, 3:], start[3:], rtol=1e-15, atol=1e-12)


def test_position_and_velocity_among_the_extras_are_the_state(world):
    plant = world([circular_state(0.9), circular_state(0.3)], gravity=PointMass(EARTH.mu))
    for _ in range(10):
        observation = plant.exchange(thrust([0.1, 0.2, 0.3], [0.0, 0.1, 0.0]), 0)
        assert observation.extras.shape == (2, len(NAMES))
        np.testing.assert_array_equal(columns(observation, "position"), observation.state[:, :3])
        np.testing.assert_array_equal(columns(observation, "velocity"), observation.state[:, 3:])


def test_every_exchange_takes_one_tick_of_time(world):
    plant = world([0.0] * 6, tick_ns=12_345_678)
    times = [plant.exchange(thrust([0.0] * 3), 0).t_ns for _ in range(5)]
    assert times == [12_345_678 * k for k in range(1, 6)]


def test_an_earlier_observation_is_not_changed_by_a_later_exchange(world):
    plant = world([0, 0, 0, 1.0, 2.0, 3.0])
    first = plant.exchange(thrust([0.0] * 3), 0)
    kept = first.extras.copy()
    plant.exchange(thrust([1.0] * 3), 0)
    np.testing.assert_array_equal(first.extras, kept)


@pytest.mark.parametrize("mode", Mode)
def test_the_plant_delivers_the_thrust_it_is_given_in_every_mode(world, mode):
    plant = world([0.0] * 6)
    command = Command(0, np.array([[0.1, 0.2, 0.3]]), np.array([float(mode)]))
    delivered = columns(plant.exchange(command, 0), "delivered_acceleration")
    np.testing.assert_array_equal(delivered, [[0.1, 0.2, 0.3]])


@pytest.mark.parametrize("on", [True, False])
def test_a_fault_that_it_can_not_have_is_refused_by_name(world, on):
    with pytest.raises(PlantError, match="the orbit plant can't have BentWing"):
        world([0.0] * 6).inject(BentWing(), on)


@pytest.mark.parametrize("percent", [25.0, -50.0])
def test_gravity_is_off_by_as_much_as_the_fault_says_while_it_is_on(world, percent):
    plant = world([7e6, 0.0, 0.0, 0.0, 0.0, 0.0], gravity=PointMass(EARTH.mu))
    fault = GravityError(kind="gravity_error", percent=percent)

    coast = thrust([0.0] * 3)

    def pull():
        before, after = (columns(plant.exchange(coast, 0), "velocity") for _ in range(2))
        return float(np.linalg.norm(after - before))

    modelled = pull()
    plant.inject(fault, True)
    plant.exchange(coast, 0)  # its first half kick is still of the gravity before
    assert pull() == pytest.approx(modelled * (1.0 + percent / 100.0), rel=1e-3)
    plant.inject(fault, False)
    plant.exchange(coast, 0)
    assert pull() == pytest.approx(modelled, rel=1e-3)


def test_stop_may_be_called_twice(world):
    plant = world([0.0] * 6)
    plant.stop("first")
    plant.stop("second")


def test_stopping_one_plant_leaves_another_flying(world):
    first, second = world([0.0] * 6), world([0, 0, 0, 1.0, 0, 0])
    first.stop("done")
    state = second.exchange(thrust([0.0] * 3), 0).state[0]
    assert state[0] == pytest.approx(0.1, rel=1e-12)


def test_a_plant_that_was_stopped_says_so(world):
    plant = world([0.0] * 6)
    plant.stop("done")
    with pytest.raises(PlantError, match="was stopped"):
        plant.exchange(thrust([0.0] * 3), 0)


def test_a_vehicle_that_falls_to_the_ground_ends_the_flight():
    ground = EARTH.radius
    plant = OrbitPlant(
        names=["lander"],
        crafts=[SpacecraftConfig(mass_kg=4.0, thrust_limit_n=4.0)],
        states=np.array([[ground + 1.0, 0, 0, 0, 0, 0]], dtype=float),
        environment=Environment(PointMass(EARTH.mu)),
        frame="gcrf",
        tick_ns=TICK_NS,
        substeps=1,
        seed=0,
        surface_m=ground,
    )
    for _ in range(4):
        plant.exchange(thrust([0.0] * 3), 0)
    with pytest.raises(PlantError, match=r"lander hit the ground at 0\.5 s"):  # after 0.45 s
        plant.exchange(thrust([0.0] * 3), 0)
    plant.stop("end of test")
