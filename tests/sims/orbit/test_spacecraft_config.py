"""What the parts of a spacecraft accept, and which of them a vehicle may have of its own."""

import pytest
from pydantic import ValidationError

from sims.config import BadValueError
from sims.orbit.config import OrbitConfig
from sims.orbit.family import FAMILY
from sims.orbit.spacecraft_config import SpacecraftConfig

JET = {"direction": [1, 0, 0], "limit_n": 1.0}
BOX = [
    {"direction": [sign * (axis == k) for k in range(3)], "limit_n": 1.0}
    for axis in range(3)
    for sign in (1, -1)
]
BODY = {
    "kind": "rigid_body",
    "inertia_kg_m2": [1.0, 2.0, 2.5],
    "bandwidth_rad_s": 0.2,
    "torque_limit_n_m": 0.1,
}
STATE = {"position_m": [7e6, 0.0, 0.0], "velocity_m_s": [0.0, 7.5e3, 0.0]}


def craft(**parts):
    return SpacecraftConfig.model_validate({"mass_kg": 10.0, "thrust_limit_n": 1.0, **parts})


def thrusters(**changes):
    return craft(thrust_limit_n=None, thrusters=[{**JET, **changes}])


def orbit(**changes):
    base = {"kind": "orbit", "mass_kg": 10.0, "thrust_limit_n": 1.0, "state": STATE}
    return OrbitConfig.model_validate({**base, **changes})


def crafts(**changes):
    return [vehicle.craft for vehicle in orbit(**changes).whole_vehicles()]


def test_the_least_that_must_be_said_is_mass_and_thrust():
    least = craft()
    assert least.propellant is None
    assert least.attitude.pointing == "inertial"
    assert (least.sensors.gnss, least.sensors.imu, least.sensors.star_tracker) == (None,) * 3


def test_a_drive_is_given_once():
    with pytest.raises(ValidationError, match="either thrust_limit_n or thrusters"):
        craft(thrusters=[JET])
    with pytest.raises(ValidationError, match="either thrust_limit_n or thrusters"):
        craft(thrust_limit_n=None)


def test_propellant_is_less_than_the_mass():
    with pytest.raises(ValidationError, match="fuel_kg is 10, all of the mass_kg of 10 or more"):
        craft(propellant={"specific_impulse_s": 220.0, "fuel_kg": 10.0})
    assert craft(propellant={"specific_impulse_s": 220.0, "fuel_kg": 9.999}).propellant


def test_the_length_of_a_direction_plays_no_part():
    (jet,) = thrusters(direction=[0, 3, -4]).thrusters
    assert jet.unit == (0.0, 0.6, -0.8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"direction": [0, 0, 0]}, "a direction of no length points nowhere"),
        ({"direction": [1, 0]}, "direction"),
        ({"limit_n": 0.0}, "limit_n"),
        ({"limit_n": "1"}, "limit_n"),
        ({"minimum_pulse_s": -1e-9}, "minimum_pulse_s"),
        ({"quantum_n": -1e-9}, "quantum_n"),
        ({"quantum_n": 1.001}, "one step is more than limit_n"),
        ({"lag_s": float("nan")}, "lag_s"),
        ({"position_m": [0, 0]}, "position_m"),
    ],
)
def test_a_thruster_that_can_not_be_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        thrusters(**changes)


@pytest.mark.parametrize("quantum_n", [0.0, 0.5, 1.0])
def test_steps_up_to_the_limit_are_accepted(quantum_n):
    assert thrusters(quantum_n=quantum_n).thrusters[0].quantum_n == quantum_n


@pytest.mark.parametrize("inertia", [[1.0, 1.0, 2.0], [2.0, 3.0, 4.0]])
def test_moments_of_inertia_of_a_body_are_accepted_up_to_a_flat_plate(inertia):
    assert craft(attitude={**BODY, "inertia_kg_m2": inertia}).attitude.inertia_kg_m2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inertia_kg_m2": [1.0, 1.0, 2.001]}, "no body has one moment of inertia above the sum"),
        ({"inertia_kg_m2": [1.0, 1.0, 0.0]}, "inertia_kg_m2"),
        ({"bandwidth_rad_s": 0.0}, "bandwidth_rad_s"),
        ({"torque_limit_n_m": 0.0}, "torque_limit_n_m"),
        ({"pointing": "sun"}, "pointing"),
    ],
)
def test_a_body_that_can_not_be_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        craft(attitude={**BODY, **changes})


@pytest.mark.parametrize(
    "sensors",
    [
        {"gnss": {"position_noise_m": -1.0}},
        {"gnss": {"rate_hz": 0.0}},
        {"imu": {"delay_s": -0.1}},
        {"imu": {"gyro_bias_rad_s": [1, 2]}},
        {"star_tracker": {"noise_rad": float("inf")}},
        {"star_tracker": {"nois_rad": 1e-4}},
        {"sonar": {}},
    ],
)
def test_a_sensor_that_can_not_be_is_refused(sensors):
    with pytest.raises(ValidationError, match="sensors"):
        craft(sensors=sensors)


# A vehicle's own parts


def test_a_vehicle_has_the_plants_parts_unless_it_says_otherwise():
    tank = {"specific_impulse_s": 220.0, "fuel_kg": 1.0}
    first, second = crafts(
        attitude=BODY,
        propellant=tank,
        sensors={"imu": {}},
        vehicles=[
            {"name": "a"},
            {"name": "b", "attitude": {"kind": "ideal"}, "sensors": {"gnss": {}}, "mass_kg": 5.0},
        ],
    )
    assert (first.attitude.kind, second.attitude.kind) == ("rigid_body", "ideal")
    assert first.sensors.imu is not None
    assert first.sensors.gnss is None
    assert second.sensors.imu is None
    assert second.sensors.gnss is not None
    assert first.propellant == second.propellant
    assert (first.mass_kg, second.mass_kg) == (10.0, 5.0)


def test_a_vehicles_own_drive_takes_the_place_of_the_plants_whichever_it_is():
    first, second = crafts(vehicles=[{"name": "a"}, {"name": "b", "thrusters": BOX}])
    assert (first.thrust_limit_n, first.thrusters) == (1.0, None)
    assert second.thrust_limit_n is None
    assert len(second.thrusters) == 6

    vehicles = [{"name": "a"}, {"name": "b", "thrust_limit_n": 3.0}]
    first, second = crafts(thrust_limit_n=None, thrusters=BOX, vehicles=vehicles)
    assert len(first.thrusters) == 6
    assert (second.thrust_limit_n, second.thrusters) == (3.0, None)


@pytest.mark.parametrize(
    ("vehicle", "message"),
    [
        ({"thrusters": BOX, "thrust_limit_n": 1.0}, "either thrust_limit_n or thrusters"),
        ({"mass_kg": 1.0}, "propellant.fuel_kg is 2, all of the mass_kg of 1 or more"),
    ],
)
def test_a_vehicles_parts_have_to_fit_the_plants(vehicle, message):
    config = orbit(
        propellant={"specific_impulse_s": 220.0, "fuel_kg": 2.0},
        vehicles=[{"name": "a"}, {"name": "b", **vehicle}],
    )
    with pytest.raises(BadValueError, match=message) as refusal:
        config.whole_vehicles()
    assert refusal.value.key == ("vehicles", 1)


# What a loop of 10 Hz can't serve, on either side of the boundary

FAST_BODY = {"attitude": {**BODY, "bandwidth_rad_s": 5.001}}
LONG_PULSE = {"thrust_limit_n": None, "thrusters": [*BOX[:5], {**BOX[5], "minimum_pulse_s": 0.101}]}
REFUSED = [
    pytest.param(
        {"sensors": {"gnss": {"rate_hz": 10.001}}},
        ("sensors", "gnss", "rate_hz"),
        "10.001 Hz is faster than the loop that reads it; at most 10",
        id="sensor",
    ),
    pytest.param(
        LONG_PULSE,
        ("thrusters", 5, "minimum_pulse_s"),
        "0.101 s is longer than a control tick.*at most 0.1",
        id="pulse",
    ),
    pytest.param(
        FAST_BODY,
        ("attitude", "bandwidth_rad_s"),
        "5.001 rad/s is too fast for a loop at 10 Hz; at most 5",
        id="bandwidth",
    ),
    pytest.param(
        {"thrust_limit_n": None, "thrusters": BOX[:5]},
        ("thrusters",),
        "no thruster pushes towards",
        id="no thruster",
    ),
]


@pytest.mark.parametrize(("changes", "key", "message"), REFUSED)
def test_parts_that_can_not_be_flown_are_refused_at_the_plants_key(changes, key, message):
    with pytest.raises(BadValueError, match=message) as refusal:
        FAMILY.describe(orbit(**changes), 10.0)
    assert refusal.value.key == key


@pytest.mark.parametrize(("changes", "key", "message"), REFUSED)
def test_or_at_the_vehicles_key_where_they_are_its_own(changes, key, message):
    own = {name: part for name, part in changes.items() if part is not None}
    with pytest.raises(BadValueError, match=message) as refusal:
        FAMILY.describe(orbit(vehicles=[{"name": "a"}, {"name": "b", **own}]), 10.0)
    assert refusal.value.key == ("vehicles", 1, *key)


@pytest.mark.parametrize(
    "changes",
    [
        {"sensors": {"gnss": {"rate_hz": 10.0}}},
        {"attitude": {**BODY, "bandwidth_rad_s": 5.0}},
        {"thrust_limit_n": None, "thrusters": [{**jet, "minimum_pulse_s": 0.1} for jet in BOX]},
    ],
)
def test_parts_as_fast_as_the_loop_are_accepted(changes):
    assert FAMILY.describe(orbit(**changes), 10.0).vehicles == ("vehicle",)


def test_axes_of_an_orbit_that_has_no_plane_are_refused():
    falling = {"position_m": [7e6, 0.0, 0.0], "velocity_m_s": [-10.0, 0.0, 0.0]}
    attitude = {"kind": "ideal", "pointing": "rtn"}
    with pytest.raises(BadValueError, match="parallel") as refusal:
        FAMILY.describe(orbit(state=falling, attitude=attitude), 10.0)
    assert refusal.value.key == ("attitude", "pointing")


def test_authority_is_what_thrusters_give_in_every_direction_over_the_mass():
    vehicles = [{"name": "a"}, {"name": "b", "mass_kg": 20.0, "thrusters": BOX}]
    spec = FAMILY.describe(orbit(thrust_limit_n=3.0, vehicles=vehicles), 10.0)
    assert spec.max_acceleration == pytest.approx([0.3, 0.05])
