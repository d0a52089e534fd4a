"""A whole flight in simulated time: boot, take-off, offboard, hand-back, landing."""

import hashlib
import math
from typing import Any

import pytest
from rehearsal import Rehearsal, Vehicle, acceleration

from sims.mavlink.modes import FlightMode
from sims.quadrotor.config import (
    AccelerometerConfig,
    GustsConfig,
    GyroscopeConfig,
    QuadrotorConfig,
    RotorsConfig,
    SensorsConfig,
)
from sims.rotation import conjugate, product

# Rotors whose thrust goes with the square of their control, and a motor that is told so.
SQUARE = {"THR_MDL_FAC": 1.0, "MPC_THR_HOVER": 0.5}
GUSTS = GustsConfig(standard_deviation_m_s=1.0)


def offboard(flight: Rehearsal, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
    flight.stream = acceleration(x, y, z)
    flight.run(0.3)
    assert flight.mode(FlightMode.OFFBOARD) == 0


@pytest.fixture
def hovering() -> Rehearsal:
    flight = Rehearsal(SQUARE)
    flight.airborne(10.0)
    flight.run(3.0)
    return flight


def test_boots_in_its_own_time_like_px4() -> None:
    flight = Rehearsal()
    state, commander = flight.autopilot.state, flight.autopilot.commander
    assert flight.until(lambda: state.aligned, 2.0) < 1.4
    flight.until(lambda: flight.onboard.last("LOCAL_POSITION_NED"), 2.0)
    assert 1.4 <= flight.now_s < 1.5
    flight.until(lambda: commander.home, 2.0)
    assert 2.7 <= flight.now_s < 2.8
    flight.until(lambda: commander.ready, 2.0)
    assert 4.2 <= flight.now_s < 4.3
    assert "Ready for takeoff!" in flight.onboard.texts()


@pytest.mark.parametrize(
    ("curve", "step_s"),
    [(SQUARE, 0.004), (SQUARE, 0.01), (SQUARE, 0.02), ({}, 0.008)],
    ids=["4 ms", "10 ms", "20 ms", "8 ms, told nothing of its motors"],
)
def test_takes_off_flies_offboard_and_lands(curve: dict[str, float], step_s: float) -> None:
    flight = Rehearsal(curve, vehicle=Vehicle(step_s=step_s))
    vehicle, commander = flight.vehicle, flight.autopilot.commander
    flight.airborne(10.0)
    flight.run(5.0)
    assert vehicle.position[2] == pytest.approx(-10.0, abs=1.0)

    offboard(flight)
    place = list(vehicle.position)
    flight.run(5.0)
    assert commander.mode is FlightMode.OFFBOARD
    assert math.dist(place, vehicle.position) < 0.5  # zero acceleration hovers

    assert flight.mode(FlightMode.LOITER) == 0
    flight.stream = None
    flight.run(2.0)
    assert flight.command(21) == 0
    flight.until(lambda: not commander.armed, 40.0)
    assert vehicle.position[2] == pytest.approx(0.0, abs=0.1)
    assert math.hypot(*vehicle.position[:2]) < 2.0
    assert flight.controls[:4] == [0.0] * 4
    texts = flight.onboard.texts()
    order = ["Takeoff detected", "Landing detected", "Disarmed by landing"]
    assert [text for text in texts if text in order] == order


def test_the_same_flight_twice_is_the_same_to_the_bit() -> None:
    def flown() -> str:
        flight, seen = Rehearsal(SQUARE), hashlib.sha256()
        flight.airborne(2.0)
        offboard(flight, 0.5, -0.5, 0.1)
        flight.run(1.0)
        for message in flight.onboard.heard:
            seen.update(bytes(message.get_msgbuf()))
        seen.update(repr(flight.controls).encode())
        return seen.hexdigest()

    assert flown() == flown()


@pytest.mark.parametrize(
    ("axis", "wanted"), [(0, 1.5), (1, -1.5), (2, 1.0), (2, -1.0)], ids=["x", "y", "down", "up"]
)
def test_an_acceleration_is_kinematic(hovering: Rehearsal, axis: int, wanted: float) -> None:
    asked = [0.0, 0.0, 0.0]
    offboard(hovering)
    asked[axis] = wanted
    hovering.stream = acceleration(*asked)
    hovering.run(0.5)  # it has leant over
    before = list(hovering.vehicle.velocity)
    hovering.run(0.5)
    gained = [b - a for a, b in zip(before, hovering.vehicle.velocity, strict=True)]
    assert gained[axis] / 0.5 == pytest.approx(wanted, rel=0.2)


@pytest.mark.parametrize("stated", [0.35, 0.52, 0.8])
def test_it_learns_what_thrust_hovers(stated: float) -> None:
    flight = Rehearsal({**SQUARE, "MPC_THR_HOVER": stated})
    flight.airborne(5.0)
    flight.run(6.0)
    full = 4 * RotorsConfig().max_thrust_n
    share = QuadrotorConfig().mass_kg * 9.80665 / full
    assert flight.autopilot.controller.hover == pytest.approx(share, rel=0.03)


def test_it_leans_no_further_than_its_limit(hovering: Rehearsal) -> None:
    offboard(hovering, 30.0)
    flown = []
    for _ in range(150):
        hovering.step()
        _, x, y, _ = hovering.vehicle.q
        flown.append(math.degrees(2.0 * math.asin(math.hypot(x, y))))
    assert flown[-1] == pytest.approx(45.0, abs=2.0)


def test_a_yaw_is_flown_to(hovering: Rehearsal) -> None:
    hovering.stream = acceleration(0.0, 0.0, 0.0, yaw=-1.0)
    hovering.run(0.1)
    assert hovering.mode(FlightMode.OFFBOARD) == 0
    hovering.run(4.0)
    w, x, y, z = hovering.vehicle.q
    yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    assert yaw == pytest.approx(-1.0, abs=0.05)


def test_hold_comes_to_rest_and_stays(hovering: Rehearsal) -> None:
    offboard(hovering, 2.0, 1.0)
    hovering.run(2.0)
    assert math.hypot(*hovering.vehicle.velocity) > 2.0
    assert hovering.mode(FlightMode.LOITER) == 0
    hovering.run(6.0)
    assert math.hypot(*hovering.vehicle.velocity) < 0.3
    place = list(hovering.vehicle.position)
    hovering.run(3.0)
    assert math.dist(place, hovering.vehicle.position) < 0.5


@pytest.mark.parametrize(
    "vehicle",
    [
        {"sensors": SensorsConfig(gyroscope=GyroscopeConfig(bias_rad_s=(0.01, -0.01, 0.01)))},
        {"sensors": SensorsConfig(accelerometer=AccelerometerConfig(bias_m_s2=(0.05, -0.05, 0.1)))},
        {"vehicle": QuadrotorConfig(wind_ned_m_s=(5.0, -3.0, 0.0), gusts=GUSTS)},
    ],
    ids=["gyroscope's bias", "accelerometer's bias", "wind"],
)
def test_it_knows_where_it_is_by_its_sensors_alone(vehicle: dict[str, Any]) -> None:
    flight = Rehearsal(SQUARE, vehicle=Vehicle(**vehicle))
    flight.airborne(10.0)
    offboard(flight)
    began, state, truth = flight.now_s, flight.autopilot.state, flight.vehicle
    while flight.now_s - began < 8.0:  # two turns on a circle, leaning 17°
        phase = math.tau * (flight.now_s - began) / 4.0
        flight.stream = acceleration(3.0 * math.cos(phase), 3.0 * math.sin(phase), 0.0)
        flight.step()
        _, x, y, z = product(conjugate(truth.q), state.attitude)
        assert 2.0 * math.hypot(x, y) < math.radians(1.5)
        assert 2.0 * abs(z) < math.radians(2.0)
        assert math.dist(state.position, truth.position) < 0.8
        assert math.dist(state.velocity, truth.velocity) < 0.3
