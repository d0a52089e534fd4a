"""What thrusters and tanks promise: what is commanded, as far as it can be, and what it costs."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear
from scipy.spatial import ConvexHull

from kernel.bodies import STANDARD_GRAVITY_M_S2
from sims.orbit.propulsion import Tank, authority_n
from sims.orbit.spacecraft_config import PropellantConfig, SpacecraftConfig, ThrusterConfig
from sims.orbit.thrusters import Thrusters

ISP_S = 220.0
EXHAUST_M_S = ISP_S * STANDARD_GRAVITY_M_S2
BOX = np.vstack([np.eye(3), -np.eye(3)])


def thrusters(*directions, limit_n=1.0, **more):
    return [{"direction": list(map(float, d)), "limit_n": limit_n, **more} for d in directions]


def propellant(fuel_kg):
    return {"specific_impulse_s": ISP_S, "fuel_kg": fuel_kg}


def drives(limit_n):
    return pytest.mark.parametrize(
        "drive",
        [
            pytest.param({"thrust_limit_n": limit_n}, id="any direction"),
            pytest.param({"thrusters": thrusters(*BOX, limit_n=limit_n)}, id="thrusters"),
        ],
    )


# Propellant


@drives(limit_n=40.0)
def test_burning_a_tank_empty_gives_the_velocity_of_the_rocket_equation(fly, drive):
    # 8 of 10 kg at up to 40 N: the last command can't be met to its end.
    flight = fly({**drive, "propellant": propellant(8.0)}, thrust=[[3.0, 0.0, 0.0]] * 13_000)
    expected = EXHAUST_M_S * math.log(10.0 / 2.0)
    assert flight("velocity")[-1, 0] == pytest.approx(expected, rel=1e-4)
    assert flight("delta_v")[-1] == pytest.approx(expected, rel=1e-4)
    assert flight("fuel_used")[-1] == 8.0
    assert flight("mass")[-1] == pytest.approx(2.0, abs=1e-14)


@drives(limit_n=40.0)
def test_along_the_way_mass_and_velocity_keep_to_the_rocket_equation(fly, drive):
    thrust = np.random.default_rng(5).uniform(-2.0, 2.0, (2000, 1)) * [1.0, 0.0, 0.0]
    flight = fly({**drive, "propellant": propellant(8.0)}, thrust=thrust)
    mass = flight("mass")
    assert np.all(np.diff(mass) < 0.0)
    np.testing.assert_allclose(mass, 10.0 - flight("fuel_used"), rtol=1e-15)
    spent = EXHAUST_M_S * np.log(10.0 / mass)
    np.testing.assert_allclose(flight("delta_v"), spent, rtol=1e-6, atol=1e-12)


@drives(limit_n=40.0)
def test_a_command_is_met_whatever_has_been_burnt(fly, drive):
    flight = fly({**drive, "propellant": propellant(8.0)}, thrust=[[0.0, 2.0, 0.0]] * 5000)
    assert flight("mass")[-1] < 7.0
    np.testing.assert_allclose(flight("delivered_acceleration")[1:, 1], 2.0, rtol=1e-3)


def test_a_constant_force_uses_force_over_exhaust_velocity_a_second(fly):
    craft = {"thrusters": thrusters(*BOX, limit_n=4.0), "propellant": propellant(8.0)}
    flight = fly(craft, thrust=[[9.0, 0.0, 0.0]] * 100)  # far more than 4 N: full thrust
    assert flight("fuel_used")[-1] == pytest.approx(4.0 * 10.0 / EXHAUST_M_S, rel=1e-12)
    np.testing.assert_allclose(flight("thruster_1_force")[1:], 4.0, rtol=1e-15)


@drives(limit_n=1e6)
@pytest.mark.parametrize("fuel_kg", [1e-3, 0.5])
def test_the_last_burn_gives_what_its_propellant_is_worth(fly, drive, fuel_kg):
    flight = fly(
        {**drive, "propellant": propellant(fuel_kg)}, thrust=[[0.0, 0.0, 1e4]] * 3, substeps=1
    )
    expected = EXHAUST_M_S * math.log(10.0 / (10.0 - fuel_kg))
    assert flight("fuel_used")[1] == fuel_kg
    np.testing.assert_allclose(flight("velocity")[1:, 2], expected, rtol=1e-3)


def test_the_last_burn_of_an_ideal_drive_is_exact_however_long_its_step(fly):
    craft = {"thrust_limit_n": 1e6, "propellant": propellant(9.0)}
    flight = fly(craft, thrust=[[0.0, 0.0, 1e5]], substeps=1)
    assert flight("velocity")[-1, 2] == pytest.approx(EXHAUST_M_S * math.log(10.0), rel=1e-12)


@drives(limit_n=40.0)
def test_an_empty_tank_gives_no_force_and_all_of_the_command_is_unrealised(fly, drive):
    flight = fly({**drive, "propellant": propellant(0.01)}, thrust=[[1.0, 2.0, -3.0]] * 100)
    assert flight("fuel_used")[-1] == 0.01
    np.testing.assert_array_equal(flight("delivered_acceleration")[-1], 0.0)
    np.testing.assert_array_equal(flight("unrealised_acceleration")[-1], [1.0, 2.0, -3.0])
    np.testing.assert_array_equal(flight("velocity")[-1], flight("velocity")[-2])
    if "thrusters" in drive:
        assert not any(flight(f"thruster_{i}_force")[-1] for i in range(1, 7))


@drives(limit_n=40.0)
def test_without_propellant_to_burn_the_mass_stays_and_thrust_never_ends(fly, drive):
    flight = fly(drive, thrust=[[1.0, 0.0, 0.0]] * 1000)
    assert flight("velocity")[-1, 0] == pytest.approx(100.0, rel=1e-12)


@given(
    fuel=st.floats(1e-9, 9.9),
    burns=st.lists(st.floats(0.0, 1e4), min_size=1, max_size=30),
    step=st.floats(1e-4, 100.0),
)
def test_a_tank_never_gives_more_than_it_holds(fuel, burns, step):
    ideal, forced = (
        Tank(10.0, PropellantConfig(specific_impulse_s=ISP_S, fuel_kg=fuel)) for _ in range(2)
    )
    gained = 0.0
    for burn in burns:
        gained += step * ideal.burn(burn, step)
        assert 0.0 <= forced.burn_force(burn, step) <= 1.0
    for tank in (ideal, forced):
        assert 0.0 <= tank.used <= fuel
        assert tank.mass == 10.0 - tank.used
    assert gained == pytest.approx(EXHAUST_M_S * math.log(10.0 / ideal.mass), rel=1e-6, abs=1e-6)


# Allocation: what is reached, and what is left out


def test_what_is_left_out_is_what_was_commanded_less_what_was_delivered(fly):
    craft = {"thrusters": thrusters(*BOX, limit_n=3.0, quantum_n=0.4, lag_s=0.3)}
    commanded = np.random.default_rng(1).uniform(-0.5, 0.5, (200, 3))
    flight = fly(craft, thrust=commanded)
    delivered, left_out = flight("delivered_acceleration"), flight("unrealised_acceleration")
    np.testing.assert_array_equal(left_out[1:], commanded - delivered[1:])
    gained = np.diff(flight("velocity"), axis=0) / 0.1
    np.testing.assert_allclose(delivered[1:], gained, atol=1e-9)
    assert np.linalg.norm(left_out, axis=1).max() > 0.1


@pytest.mark.parametrize(
    "directions",
    [
        pytest.param(BOX, id="opposite pairs"),
        pytest.param(
            BOX @ np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0], id="cant"
        ),
        pytest.param([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], id="tetrahedron"),
        pytest.param([[0, 0, 1], [2, 0, -1], [-1, 2, -1], [-1, -2, -1]], id="canted cluster"),
    ],
)
def test_whatever_is_within_the_authority_is_delivered(fly, directions):
    craft = {"thrusters": thrusters(*directions)}
    reach = authority_n(SpacecraftConfig(mass_kg=10.0, **craft)) / 10.0
    towards = np.random.default_rng(3).normal(size=(100, 3))
    towards /= np.linalg.norm(towards, axis=1)[:, None]
    flight = fly(craft, thrust=reach * towards)
    np.testing.assert_allclose(flight("delivered_acceleration")[1:], reach * towards, atol=1e-9)


def test_thrusters_side_by_side_share_what_none_can_do_alone(fly):
    craft = {"thrusters": thrusters(*BOX) + thrusters([1, 0, 0], [1, 0, 0], limit_n=0.5)}
    flight = fly(craft, thrust=[[0.2, 0.0, 0.0]])
    assert flight("delivered_acceleration")[1, 0] == pytest.approx(0.2, rel=1e-9)


def test_with_no_thruster_along_an_axis_a_command_along_it_is_left_out_whole(fly):
    craft = {"thrusters": thrusters([1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0])}
    flight = fly(craft, thrust=[[0.0, 0.0, 0.05], [0.01, 0.0, -0.05]])
    np.testing.assert_allclose(flight("unrealised_acceleration")[1], [0.0, 0.0, 0.05], atol=1e-15)
    np.testing.assert_allclose(flight("delivered_acceleration")[2], [0.01, 0.0, 0.0], atol=1e-12)


def test_a_command_away_from_all_thrusters_fires_none_of_them(fly):
    flight = fly({"thrusters": thrusters([1, 0, 0])}, thrust=[[-0.01, 0.0, 0.0]])
    assert flight("thruster_1_force")[1] == 0.0


def test_a_pair_about_the_centre_of_mass_pushes_without_turning():
    config = [
        ThrusterConfig(direction=(1, 0, 0), position_m=(0, 0.5, 0), limit_n=1.0),
        ThrusterConfig(direction=(1, 0, 0), position_m=(0, -1.0, 0), limit_n=1.0),
    ]
    drive = Thrusters(Tank(10.0, None), config)
    drive.command((0.06, 0.0, 0.0), np.eye(3), 0.1)
    drive.push(0.1, np.eye(3))
    np.testing.assert_allclose(drive.forces(), [0.4, 0.2], rtol=1e-6)
    np.testing.assert_allclose(drive.torque(), 0.0, atol=1e-6)


def test_what_turns_the_body_is_still_pushed_with_where_there_is_no_other_way():
    config = [ThrusterConfig(direction=(1, 0, 0), position_m=(0, 0.5, 0), limit_n=1.0)]
    drive = Thrusters(Tank(10.0, None), config)
    drive.command((0.06, 0.0, 0.0), np.eye(3), 0.1)
    drive.push(0.1, np.eye(3))
    np.testing.assert_allclose(drive.forces(), [0.6], rtol=1e-8)
    np.testing.assert_allclose(drive.torque(), [0.0, 0.0, -0.3], rtol=1e-8, atol=1e-15)


coordinate = st.integers(-4, 4).map(float)
direction = st.tuples(coordinate, coordinate, coordinate).filter(any)
any_thruster = st.builds(
    ThrusterConfig,
    direction=direction,
    position_m=st.tuples(coordinate, coordinate, coordinate),
    limit_n=st.floats(0.01, 10.0),
)
command = st.tuples(*[st.floats(-20.0, 20.0)] * 3)


@given(config=st.lists(any_thruster, min_size=1, max_size=8), wanted=command)
def test_no_allowed_combination_of_thrusters_comes_nearer_to_the_command(config, wanted):
    drive = Thrusters(Tank(1.0, None), config)
    drive.command(wanted, np.eye(3), 1.0)
    drive.push(1.0, np.eye(3))
    forces = np.array(drive.forces())
    limits = np.array([t.limit_n for t in config])
    assert np.all(forces >= 0.0)
    assert np.all(forces <= limits)
    directions = np.array([t.unit for t in config]).T
    size = np.linalg.norm(wanted)
    missed = np.linalg.norm(directions @ forces - wanted)
    interior = lsq_linear(directions, wanted, (0.0, limits), method="trf", tol=1e-12).x
    combinations = [interior, *itertools.product(*[(0.0, limit) for limit in limits])]
    nearest = min(np.linalg.norm(directions @ u - wanted) for u in combinations)
    assert missed <= nearest + 1e-6 * size


# Authority


@given(config=st.lists(any_thruster, min_size=4, max_size=9))
def test_the_authority_is_that_found_by_trying_all_thrusters_on_and_off(config):
    forces = np.array([np.multiply(t.unit, t.limit_n) for t in config])
    craft = SpacecraftConfig.model_construct(thrusters=tuple(config), thrust_limit_n=None)
    switches = np.array(list(itertools.product((0.0, 1.0), repeat=len(config))))
    if np.linalg.matrix_rank(forces) < 3:
        with pytest.raises(ValueError, match="in one plane only"):
            authority_n(craft)
        return
    hull = ConvexHull(switches @ forces, qhull_options="QJ")
    nearest_face = float(-hull.equations[:, 3].max())
    if nearest_face < 1e-3:
        with pytest.raises(ValueError, match="no thruster pushes towards"):
            authority_n(craft)
    else:
        assert authority_n(craft) == pytest.approx(nearest_face, rel=1e-3)


def test_the_authority_of_a_box_is_the_thrust_along_its_axes():
    craft = SpacecraftConfig(mass_kg=10.0, thrusters=thrusters(*BOX, limit_n=7.0))
    assert authority_n(craft) == pytest.approx(7.0, rel=1e-12)
    assert authority_n(SpacecraftConfig(mass_kg=10.0, thrust_limit_n=3.0)) == 3.0


def test_a_direction_without_thrust_is_named():
    craft = SpacecraftConfig(mass_kg=10.0, thrusters=thrusters(*BOX[:5]))
    with pytest.raises(ValueError, match=r"no thruster pushes towards \[-?0, -?0, -1\]"):
        authority_n(craft)


# Minimum pulse, steps and lag


@pytest.mark.parametrize(("force_n", "delivered_n"), [(0.201, 0.201), (0.2, 0.2), (0.199, 0.0)])
def test_a_pulse_shorter_than_the_shortest_is_left_out(fly, force_n, delivered_n):
    # 0.2 N of 1 N over a tick of 0.1 s is a pulse of 20 ms.
    craft = {"thrusters": thrusters(*BOX, minimum_pulse_s=0.02)}
    flight = fly(craft, thrust=[[force_n / 10.0, 0.0, 0.0]])
    assert flight("thruster_1_force")[1] == pytest.approx(delivered_n, rel=1e-8)


@pytest.mark.parametrize(
    ("force_n", "delivered_n"),
    [(0.14, 0.0), (0.16, 0.3), (0.44, 0.3), (0.46, 0.6), (0.95, 0.9), (5.0, 0.9)],
)
def test_a_force_is_set_to_the_nearest_step_that_the_thruster_can_do(fly, force_n, delivered_n):
    flight = fly({"thrusters": thrusters(*BOX, quantum_n=0.3)}, thrust=[[force_n / 10, 0, 0]])
    assert flight("thruster_1_force")[1] == pytest.approx(delivered_n, rel=1e-12)


@pytest.mark.parametrize("quantum_n", [0.1, 1.0 / 3.0, 0.2, 1.0])
def test_steps_that_fill_the_limit_reach_it(fly, quantum_n):
    flight = fly({"thrusters": thrusters(*BOX, quantum_n=quantum_n)}, thrust=[[9.0, 0, 0]])
    assert flight("thruster_1_force")[1] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("substeps", [1, 3])
def test_thrust_follows_with_its_time_constant(fly, substeps):
    lag_s, acceleration = 0.25, 0.05
    craft = {"thrusters": thrusters(*BOX, lag_s=lag_s)}
    flight = fly(craft, thrust=[[acceleration, 0, 0]] * 40 + [[0, 0, 0]] * 40, substeps=substeps)
    on_s, t = 4.0, 0.1 * np.arange(81)
    rising = np.minimum(t, on_s)
    falling = np.maximum(t - on_s, 0.0)
    velocity = acceleration * (
        rising
        - lag_s * -np.expm1(-rising / lag_s)
        + lag_s * -math.expm1(-on_s / lag_s) * -np.expm1(-falling / lag_s)
    )
    np.testing.assert_allclose(
        0.1 * np.cumsum(flight("delivered_acceleration")[:, 0]), velocity, rtol=1e-8, atol=1e-15
    )
    assert flight("velocity")[-1, 0] == pytest.approx(velocity[-1], rel=1e-6)


def test_thrusters_may_differ_and_each_keeps_to_its_own(fly):
    craft = {
        "thrusters": thrusters([1, 0, 0], lag_s=0.5)
        + thrusters([0, 1, 0], quantum_n=0.25)
        + thrusters([0, 0, 1], minimum_pulse_s=0.1)
        + thrusters([-1, -1, -1])
    }
    flight = fly(craft, thrust=[[0.05, 0.04, 0.05]], substeps=1)
    forces = [flight(f"thruster_{i}_force")[1] for i in range(1, 5)]
    lagged = 0.5 * (1.0 - -math.expm1(-0.2) / 0.2)
    assert forces == pytest.approx([lagged, 0.5, 0.0, 0.0], abs=1e-8)
