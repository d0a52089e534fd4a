"""What the stand-in does by itself: set-points that stop, satellites that are lost, failures."""

import math

import pytest
from rehearsal import Rehearsal, acceleration

from sims.mavlink.modes import FlightMode
from sims.standin.dialect import mavlink

FAILING = {"SYS_FAILURE_EN": 1, "THR_MDL_FAC": 1.0}
GPS, BARO, MOTOR, OK, OFF, STUCK = 4, 3, 101, 0, 1, 2


def offboard(parameters: dict[str, float], height_m: float = 3.0) -> Rehearsal:
    flight = Rehearsal(parameters)
    flight.airborne(height_m)
    flight.stream = acceleration(0.0, 0.0, 0.0)
    flight.run(0.1)
    assert flight.mode(FlightMode.OFFBOARD) == 0
    return flight


@pytest.mark.parametrize(
    ("parameters", "after_s", "mode"),
    [
        ({}, 1.04, FlightMode.POSITION),
        ({"COM_OBL_RC_ACT": 5}, 1.04, FlightMode.LOITER),
        ({"COM_OBL_RC_ACT": 4}, 1.04, FlightMode.LAND),
        ({"COM_OF_LOSS_T": 0.5}, 0.54, FlightMode.POSITION),
    ],
)
def test_the_loss_of_set_points_is_acted_on(
    parameters: dict[str, float], after_s: float, mode: FlightMode
) -> None:
    flight = offboard(parameters)
    commander = flight.autopilot.commander
    flight.stream = None
    heard_us = commander.offboard.heard_us
    assert heard_us is not None
    flight.until(lambda: commander.mode is not FlightMode.OFFBOARD, 3.0)
    assert (flight.vehicle.time_us - heard_us) / 1e6 == pytest.approx(after_s, abs=0.01)
    assert commander.mode is mode
    flight.run(1.1)
    assert flight.onboard.last("HEARTBEAT").system_status == 5  # critical
    assert any("no offboard signal" in text for text in flight.onboard.texts())


def test_set_points_that_go_on_keep_it_in_offboard() -> None:
    flight = offboard({})
    flight.run(4.0)
    assert flight.autopilot.commander.mode is FlightMode.OFFBOARD


def test_a_gap_shorter_than_its_patience_changes_nothing() -> None:
    flight = offboard({})
    flight.stream = None
    flight.run(0.9)
    flight.stream = acceleration(0.0, 0.0, 0.0)
    flight.run(2.0)
    assert flight.autopilot.commander.mode is FlightMode.OFFBOARD


def test_with_nobody_at_the_sticks_it_sinks_and_lands() -> None:
    flight = offboard({})
    flight.stream = None
    flight.until(lambda: not flight.autopilot.commander.armed, 20.0)
    assert flight.vehicle.position[2] == pytest.approx(0.0, abs=0.1)


def test_accelerations_are_flown_without_a_position() -> None:
    flight = offboard(FAILING)
    assert flight.command(420, GPS, OFF, 0) == 0
    flight.run(7.0)
    assert flight.autopilot.commander.mode is FlightMode.OFFBOARD


def test_without_satellites_it_comes_down_blindly() -> None:
    flight = Rehearsal(FAILING)
    flight.airborne(4.0)
    assert flight.command(420, GPS, OFF, 0) == 0
    commander = flight.autopilot.commander
    took_s = flight.until(lambda: commander.mode is FlightMode.LAND, 8.0)
    assert took_s == pytest.approx(5.2, abs=0.15)
    flight.run(1.1)
    assert not flight.onboard.last("ESTIMATOR_STATUS").flags & 0x10
    flight.until(lambda: not commander.armed, 30.0)
    assert flight.vehicle.position[2] == pytest.approx(0.0, abs=0.1)


def test_satellites_that_come_back_in_time_are_used_again() -> None:
    flight = Rehearsal(FAILING)
    flight.airborne(4.0)
    flight.run(2.0)
    assert flight.command(420, GPS, OFF, 0) == 0
    flight.run(3.0)
    assert flight.command(420, GPS, OK, 0) == 0
    flight.run(4.0)
    assert flight.autopilot.commander.mode is FlightMode.LOITER
    assert math.dist(flight.vehicle.position, flight.autopilot.state.position) < 0.8


def test_a_barometer_that_is_stuck_is_not_believed() -> None:
    flight = Rehearsal(FAILING)
    flight.run(5.0)
    assert flight.command(420, BARO, STUCK, 0) == 0
    flight.run(1.0)
    assert flight.arm() == 1
    assert "Preflight Fail: No valid data from Baro 0" in flight.onboard.texts()


def test_a_motor_that_fails_stands_still() -> None:
    flight = Rehearsal(FAILING)
    flight.airborne(2.5)
    assert flight.command(420, MOTOR, OFF, 2) == 0
    flight.step()
    first, second, third, fourth = flight.controls[:4]
    assert second == 0.0
    assert min(first, third, fourth) > 0.0


def test_failures_are_injected_where_that_is_allowed_only() -> None:
    flight = Rehearsal()
    flight.run(2.0)
    assert flight.command(420, GPS, OFF, 0) == 2
    assert flight.command(420, GPS, OFF, 0) == 2
    assert flight.autopilot.sensors.gps.failure == OK


@pytest.mark.parametrize(("unit", "failure"), [(100, OFF), (GPS, 6), (MOTOR, STUCK)])
def test_a_failure_that_it_can_not_have_is_unsupported(unit: int, failure: int) -> None:
    flight = Rehearsal(FAILING)
    flight.run(2.0)
    assert flight.command(420, unit, failure, 0) == 3


def test_attitude_and_thrust_are_flown_without_a_position() -> None:
    flight = Rehearsal(FAILING)
    flight.airborne(10.0)
    flight.run(5.0)
    flight.stream = mavlink.MAVLink_set_attitude_target_message(
        0, 1, 1, 7, [math.cos(0.05), 0.0, -math.sin(0.05), 0.0], 0, 0, 0, 0.54
    )
    flight.run(0.1)
    assert flight.mode(FlightMode.OFFBOARD) == 0
    before = list(flight.vehicle.velocity)
    flight.run(1.5)
    gained = flight.vehicle.velocity[0] - before[0]
    assert gained == pytest.approx(9.81 * 0.1 * 1.5, rel=0.35)  # nose down 0.1 rad: northwards
    assert flight.command(420, GPS, OFF, 0) == 0
    flight.run(7.0)
    assert flight.autopilot.commander.mode is FlightMode.OFFBOARD
