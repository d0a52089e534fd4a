"""Whatever simulator and clients send, the stand-in answers the next step with motors in range."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rehearsal import Rehearsal, acceleration

from sims.mavlink.modes import FlightMode
from sims.standin.dialect import mavlink
from sims.standin.parameters import DEFAULTS

floats = st.floats(width=32)
int16, int32 = st.integers(-(2**15), 2**15 - 1), st.integers(-(2**31), 2**31 - 1)
byte, word = st.integers(0, 255), st.integers(0, 2**16 - 1)
commands = st.sampled_from((20, 21, 22, 176, 400, 420, 510, 511, 512, 520, 2500))
few = st.sampled_from((0.0, 1.0, -1.0, 3.0, 4.0, 6.0, 32.0, 148.0, math.nan, math.inf)) | floats
names = st.sampled_from(sorted(DEFAULTS)).map(str.encode) | st.binary(max_size=16)

MESSAGES = {
    "command": st.builds(
        mavlink.MAVLink_command_long_message, st.just(1), st.just(1), commands, byte, *[few] * 7
    ),
    "command_int": st.builds(
        mavlink.MAVLink_command_int_message,
        *(st.just(1), st.just(1), byte, commands, byte, byte),
        *(*[few] * 4, int32, int32, few),
    ),
    "position target": st.builds(
        mavlink.MAVLink_set_position_target_local_ned_message,
        *(st.just(0), st.just(1), st.just(1), st.just(1), word, *[floats] * 11),
    ),
    "attitude target": st.builds(
        mavlink.MAVLink_set_attitude_target_message,
        *(st.just(0), st.just(1), st.just(1), byte, st.tuples(*[floats] * 4), *[floats] * 4),
    ),
    "parameter": st.builds(
        mavlink.MAVLink_param_set_message, st.just(1), st.just(1), names, floats, byte
    ),
    "parameter read": st.builds(
        mavlink.MAVLink_param_request_read_message, st.just(1), st.just(1), names, int16
    ),
    "timesync": st.builds(
        mavlink.MAVLink_timesync_message, st.integers(-(2**63), 2**63 - 1), st.just(0)
    ),
    "fix": st.builds(
        mavlink.MAVLink_hil_gps_message,
        *(st.integers(0, 2**64 - 1), byte, int32, int32, int32, word, word, word),
        *(int16, int16, int16, word, byte),
    ),
}


def flying() -> Rehearsal:
    flight = Rehearsal({"SYS_FAILURE_EN": 1, "THR_MDL_FAC": 1})
    flight.airborne(10.0)
    flight.stream = acceleration(0.0, 0.0, 0.0)
    flight.run(0.1)
    flight.mode(FlightMode.OFFBOARD)
    return flight


@pytest.fixture(scope="module")
def flight() -> Rehearsal:
    return flying()


def answered(flight: Rehearsal) -> None:
    flight.onboard.heard.clear()
    flight.ground.heard.clear()
    for _ in range(3):
        (answer,) = flight.step()
        assert answer.time_usec == flight.vehicle.time_us
        assert all(0.0 <= control <= 1.0 for control in answer.controls)


@pytest.mark.parametrize("kind", [kind for kind in MESSAGES if kind != "fix"])
def test_any_message_of_a_client(flight: Rehearsal, kind: str) -> None:
    @given(MESSAGES[kind])
    def sent(message: Any) -> None:
        flight.onboard.send(message)
        answered(flight)

    sent()


@given(MESSAGES["fix"])
def test_any_fix(flight: Rehearsal, message: Any) -> None:
    flight.simulator.send(message)
    answered(flight)


@given(st.lists(floats, min_size=13, max_size=13))
def test_any_reading_of_a_sensor(flight: Rehearsal, values: list[float]) -> None:
    flight.vehicle.time_us += 1000
    sensors = mavlink.MAVLink_hil_sensor_message(flight.vehicle.time_us, *values, 0x1FFF)
    flight.simulator.send(sensors)
    flight.lockstep.turn()
    assert len(flight.simulator.receive()) == 1
    answered(flight)


@given(st.binary(max_size=300))
def test_any_bytes_of_a_client(flight: Rehearsal, content: bytes) -> None:
    flight.onboard.port.inbox += content
    answered(flight)


@pytest.mark.parametrize("time_us", [2**64 - 1, 2**63, 2**62])
def test_a_time_that_is_none_gets_no_answer_and_does_no_harm(time_us: int) -> None:
    flight = Rehearsal()
    flight.run(0.1)
    sensors = flight.vehicle.sensors()
    sensors.time_usec = time_us
    flight.simulator.send(sensors)
    flight.lockstep.turn()
    assert flight.simulator.receive() == []
    assert flight.step()
