"""What clients ask of the stand-in: commands, streams, parameters, time, and who it is."""

import math
import struct
from typing import Any

import pytest
from rehearsal import Client, Rehearsal, Vehicle, acceleration

from sims.mavlink.modes import FlightMode
from sims.standin import identity
from sims.standin.commander import Severity
from sims.standin.dialect import mavlink

ACCEPTED, REJECTED, DENIED, UNSUPPORTED, FAILED = range(5)


@pytest.fixture
def booted() -> Rehearsal:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.run(5.0)
    return flight


def test_nothing_is_said_to_clients_before_the_first_sensor_values() -> None:
    flight = Rehearsal()
    assert flight.onboard.receive() == flight.ground.receive() == []
    flight.step()
    assert flight.onboard.last("HEARTBEAT")
    assert flight.ground.last("HEARTBEAT")


def test_on_connecting_it_greets_the_simulator() -> None:
    flight = Rehearsal()
    flight.lockstep.greet()
    kinds = [message.get_type() for message in flight.simulator.receive()]
    assert kinds == ["COMMAND_LONG", "HEARTBEAT"]
    assert flight.simulator.heard[0].command == 511


def test_every_time_of_the_sensors_is_echoed_once() -> None:
    flight = Rehearsal()
    for _ in range(50):
        (answer,) = flight.step()
        assert answer.time_usec == flight.vehicle.time_us
        assert answer.flags == 1


@pytest.mark.parametrize("time_us", [0, 192_000, 200_000])
def test_a_time_that_has_been_gets_no_answer(time_us: int) -> None:
    flight = Rehearsal()
    flight.run(0.2)
    flight.vehicle.time_us = time_us
    flight.simulator.send(flight.vehicle.sensors())
    flight.lockstep.turn()
    assert flight.simulator.receive() == []
    flight.vehicle.time_us = 200_000
    assert len(flight.step()) == 1


def test_a_second_sensor_set_is_not_its_clock() -> None:
    flight = Rehearsal()
    sensors = flight.vehicle.sensors()
    sensors.id = 1
    flight.simulator.send(sensors)
    flight.lockstep.turn()
    assert flight.simulator.receive() == []


def test_the_heartbeat_tells_mode_and_armed(booted: Rehearsal) -> None:
    beat = booted.onboard.last("HEARTBEAT")
    assert (beat.autopilot, beat.type, beat.custom_mode) == (12, 2, FlightMode.LOITER)
    assert not beat.base_mode & 0x80
    booted.arm()
    booted.run(1.1)
    assert booted.onboard.last("HEARTBEAT").base_mode & 0x80
    assert booted.onboard.last("HEARTBEAT").get_srcSystem() == 1


def test_heartbeats_come_once_a_second(booted: Rehearsal) -> None:
    assert len(booted.onboard.all("HEARTBEAT")) == 6  # at once, and at every full second


def ask(flight: Rehearsal, message: Any, client: Client | None = None) -> None:
    (client or flight.onboard).send(message)
    flight.step()


def test_acknowledgements_are_addressed_to_who_asked(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_command_long_message(1, 1, 176, 0, 1, 4, 3, 0, 0, 0, 0))
    ack = booted.onboard.last("COMMAND_ACK")
    assert (ack.command, ack.result, ack.target_system, ack.target_component) == (176, 0, 1, 190)


@pytest.mark.parametrize(("system", "component"), [(2, 1), (1, 42)])
def test_what_is_meant_for_others_is_let_be(booted: Rehearsal, system: int, component: int) -> None:
    ask(booted, mavlink.MAVLink_command_long_message(system, component, 400, 0, 1, *[0] * 6))
    assert booted.onboard.last("COMMAND_ACK") is None
    assert not booted.autopilot.commander.armed


@pytest.mark.parametrize(
    "mode", [FlightMode.LOITER, FlightMode.POSITION, FlightMode.TAKE_OFF, FlightMode.LAND]
)
def test_it_changes_to_modes_that_need_nothing(booted: Rehearsal, mode: FlightMode) -> None:
    assert booted.mode(mode) == ACCEPTED
    assert booted.autopilot.commander.mode is mode


@pytest.mark.parametrize("number", [0x0001_0000, 0x0904_0000, 0])
def test_a_mode_that_it_does_not_have_is_denied(booted: Rehearsal, number: int) -> None:
    assert booted.mode(number) == DENIED


def test_an_unknown_command_is_unsupported(booted: Rehearsal) -> None:
    assert booted.command(2500) == UNSUPPORTED


def test_command_int_carries_the_height_as_z(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_command_int_message(1, 1, 0, 22, 0, 0, *[math.nan] * 4, 0, 0, 498))
    assert booted.onboard.last("COMMAND_ACK").result == ACCEPTED
    assert booted.autopilot.commander.navigator.target_down == pytest.approx(-10.0, abs=1.0)


def test_take_off_by_mode_climbs_to_its_usual_height() -> None:
    flight = Rehearsal({"MIS_TAKEOFF_ALT": 1.5})
    flight.run(5.0)
    assert flight.arm() == ACCEPTED
    assert flight.mode(FlightMode.TAKE_OFF) == ACCEPTED
    commander = flight.autopilot.commander
    flight.until(lambda: commander.mode is FlightMode.LOITER, 20.0)
    flight.run(2.0)
    assert flight.vehicle.position[2] == pytest.approx(-1.5, abs=0.5)


def test_the_ground_is_told_by_the_landed_state() -> None:
    flight = Rehearsal()
    flight.run(5.0)
    assert flight.onboard.last("EXTENDED_SYS_STATE").landed_state == 1
    flight.airborne(2.0)
    flight.run(1.0)
    states = [message.landed_state for message in flight.onboard.all("EXTENDED_SYS_STATE")]
    assert sorted(set(states), key=states.index) == [1, 3, 2]
    assert flight.command(21) == ACCEPTED
    flight.until(lambda: not flight.autopilot.commander.armed, 20.0)
    flight.run(0.5)
    states = [message.landed_state for message in flight.onboard.all("EXTENDED_SYS_STATE")]
    assert sorted(set(states), key=states.index) == [1, 3, 2, 4]
    assert states[-1] == 1


@pytest.mark.parametrize("length", [1, 49, 50, 51, 100, 120])
def test_a_long_text_comes_in_parts_of_which_the_last_is_not_full(length: int) -> None:
    flight = Rehearsal()
    flight.autopilot.commander.say(Severity.ERROR, "x" * length)
    flight.step()
    parts = flight.onboard.all("STATUSTEXT")
    assert "".join(part.text for part in parts) == "x" * length
    assert [part.chunk_seq for part in parts] == list(range(len(parts)))
    assert len(parts) == 1 or (parts[0].id != 0 and len(parts[-1].text) < 50)


@pytest.mark.parametrize(("rate_hz", "count"), [(50.0, 50), (25.0, 25), (2.0, 2)])
def test_a_stream_keeps_the_interval_it_is_given(
    booted: Rehearsal, rate_hz: float, count: int
) -> None:
    number = mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED
    before = len(booted.ground.all("LOCAL_POSITION_NED"))
    assert booted.command(511, number, 1e6 / rate_hz) == ACCEPTED
    booted.onboard.heard.clear()
    booted.run(1.0)
    assert len(booted.onboard.all("LOCAL_POSITION_NED")) == pytest.approx(count, abs=1)
    assert len(booted.ground.all("LOCAL_POSITION_NED")) - before <= 6  # another link's


def test_a_stream_stops_and_returns_to_its_usual_rate(booted: Rehearsal) -> None:
    number = mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION
    assert booted.command(511, number, -1) == ACCEPTED
    booted.onboard.heard.clear()
    booted.run(1.0)
    assert not booted.onboard.all("ATTITUDE_QUATERNION")
    assert booted.command(511, number, 0) == ACCEPTED
    booted.run(1.0)
    assert len(booted.onboard.all("ATTITUDE_QUATERNION")) == pytest.approx(50, abs=3)
    assert booted.command(510, number) == ACCEPTED
    assert booted.onboard.last("MESSAGE_INTERVAL").interval_us == 20_000


def test_a_stream_that_it_does_not_have_can_be_stopped_only(booted: Rehearsal) -> None:
    assert booted.command(511, 9000, 1e5) == FAILED
    assert booted.command(511, 9000, -1) == ACCEPTED
    assert booted.command(512, 9000) == UNSUPPORTED


@pytest.mark.parametrize("asked", [(512, 148.0), (520, 1.0)])
def test_it_says_that_it_is_a_stand_in(booted: Rehearsal, asked: tuple[int, float]) -> None:
    assert booted.command(*asked) == ACCEPTED
    booted.step()
    version = booted.onboard.last("AUTOPILOT_VERSION")
    assert bytes(version.flight_custom_version) == identity.CUSTOM_VERSION == b"STANDIN\0"
    assert (version.vendor_id, version.product_id) == (identity.VENDOR_ID, identity.PRODUCT_ID)
    assert identity.is_standin(version.flight_custom_version, version.vendor_id)


def test_a_real_px4_is_no_stand_in() -> None:
    assert not identity.is_standin(bytes.fromhex("8f3c2a1190d4e7b6"), 0)


def test_a_parameter_is_read_and_set(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_param_request_read_message(1, 1, b"COM_OF_LOSS_T", -1))
    told = booted.onboard.last("PARAM_VALUE")
    assert (told.param_id, told.param_value, told.param_type) == ("COM_OF_LOSS_T", 1.0, 9)
    ask(booted, mavlink.MAVLink_param_set_message(1, 1, b"COM_OF_LOSS_T", 2.5, 9))
    assert booted.onboard.last("PARAM_VALUE").param_value == 2.5
    assert booted.autopilot.parameters["COM_OF_LOSS_T"] == 2.5


def test_whole_numbers_travel_byte_by_byte(booted: Rehearsal) -> None:
    (as_float,) = struct.unpack("<f", struct.pack("<i", 1))
    ask(booted, mavlink.MAVLink_param_set_message(1, 1, b"SYS_FAILURE_EN", as_float, 6))
    assert booted.autopilot.parameters["SYS_FAILURE_EN"] == 1
    told = booted.onboard.last("PARAM_VALUE")
    assert struct.pack("<f", told.param_value) == struct.pack("<i", 1)


@pytest.mark.parametrize(("value", "kind"), [(math.nan, 9), (math.inf, 9), (1.0, 6)])
def test_a_value_that_can_not_be_is_not_set(booted: Rehearsal, value: float, kind: int) -> None:
    ask(booted, mavlink.MAVLink_param_set_message(1, 1, b"MPC_TILTMAX_AIR", value, kind))
    assert booted.onboard.last("PARAM_VALUE").param_value == 45.0


def test_all_parameters_are_listed(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_param_request_list_message(1, 1))
    told = booted.onboard.all("PARAM_VALUE")
    assert [message.param_index for message in told] == list(range(told[0].param_count))


def test_a_parameter_that_it_does_not_have_gets_no_answer(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_param_request_read_message(1, 1, b"NAV_ACC_RAD", -1))
    assert booted.onboard.last("PARAM_VALUE") is None


def test_timesync_is_answered_by_its_own_clock(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_timesync_message(0, 123))
    answer = booted.onboard.last("TIMESYNC")
    assert (answer.tc1, answer.ts1) == (booted.vehicle.time_us * 1000, 123)


def test_an_answer_to_timesync_is_not_answered(booted: Rehearsal) -> None:
    ask(booted, mavlink.MAVLink_timesync_message(456, 123))
    assert booted.onboard.last("TIMESYNC") is None


@pytest.mark.parametrize(
    "message",
    [
        acceleration(math.nan, 0.0, 0.0),
        acceleration(0.0, math.inf, 0.0),
        mavlink.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 1, 0xFFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        ),
        mavlink.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        ),
        mavlink.MAVLink_set_attitude_target_message(0, 1, 1, 7, [0.0] * 4, 0, 0, 0, 0.5),
        mavlink.MAVLink_set_attitude_target_message(0, 1, 1, 7, [1.0, 0, 0, 0], 0, 0, 0, math.nan),
    ],
    ids=["nan", "inf", "nothing told", "body frame", "no attitude", "no thrust"],
)
def test_a_set_point_that_says_nothing_is_none(booted: Rehearsal, message: Any) -> None:
    booted.stream = message
    booted.run(0.2)
    assert booted.autopilot.commander.offboard.wanted is None
    assert booted.mode(FlightMode.OFFBOARD) == REJECTED


@pytest.mark.parametrize(
    "junk",
    [
        bytes(range(256)) * 4,
        b"\xfd" * 300,
        b"\xfd\x09\x00\x00\x00\x01\x01\x00\x00\x00half",
        mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3).pack(mavlink.MAVLink(None, 1, 1))[:-1]
        + b"\x00",
    ],
    ids=["all bytes", "markers", "half a frame", "bad checksum"],
)
def test_junk_on_any_link_is_passed_over(junk: bytes) -> None:
    flight = Rehearsal()
    flight.run(0.1)
    for client in (flight.simulator, flight.onboard, flight.ground):
        client.port.inbox += junk
    for _ in range(50):  # what looks like a frame's beginning may swallow some
        flight.onboard.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        flight.step()
    (answer,) = flight.step()
    assert answer.time_usec == flight.vehicle.time_us
    assert flight.command(512, 148.0) == ACCEPTED


def test_numbers_that_are_none_do_not_reach_the_estimator() -> None:
    flight = Rehearsal()
    flight.run(2.0)
    for name in ("xacc", "ygyro", "zmag", "abs_pressure"):
        sensors = flight.vehicle.sensors()
        sensors.time_usec += 1000
        setattr(sensors, name, math.nan)
        flight.simulator.send(sensors)
        flight.lockstep.turn()
        flight.step()
    state = flight.autopilot.state
    assert all(map(math.isfinite, (*state.position, *state.velocity, *state.attitude)))
