"""The simulator link: boot, answers, garbage, and an autopilot that hangs or goes away."""

import random
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sims.mavlink import hil
from sims.mavlink.dialect import mavlink
from sims.mavlink.hil import BOOT_US, HungError, SimulatorLink
from sims.plant import PlantError

LATER_US = BOOT_US + 1_000_000


class Autopilot:
    """The other end of a link, which answers when the test says so."""

    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.alive = True
        self.link = SimulatorLink(listener, self.check, motors=4)
        self.socket = socket.create_connection(listener.getsockname())
        self.link.accept(5.0)
        self._out = mavlink.MAVLink(None, 1, 1)
        self._in = mavlink.MAVLink(None)

    def check(self) -> None:
        if not self.alive:
            raise PlantError("it died")

    def answers(self, t_us: int, *controls: float, mode: int = 129, flags: int = 1) -> None:
        values = [*(controls or (0.5,) * 4), *(0.0,) * (16 - (len(controls) or 4))]
        message = self._out.hil_actuator_controls_encode(t_us, values, mode, flags)
        self.socket.sendall(message.pack(self._out))

    def hears(self) -> list:
        return self._in.parse_buffer(self.socket.recv(65536)) or []

    def close(self) -> None:
        self.link.close()
        self.socket.close()


def several_times(link: SimulatorLink) -> None:
    for _ in range(3):
        link.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))


@pytest.fixture
def autopilot():
    made = Autopilot()
    yield made
    made.close()


def test_sensors_go_out_and_the_motors_come_back(autopilot):
    autopilot.link.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
    assert [message.get_type() for message in autopilot.hears()] == ["HEARTBEAT"]
    autopilot.answers(LATER_US, 0.0, 0.25, 0.5, 1.0)
    controls = autopilot.link.answer(LATER_US)
    assert controls.values == (0.0, 0.25, 0.5, 1.0)
    assert (controls.armed, controls.lockstep) == (True, True)


def test_an_answer_to_earlier_sensors_is_none_to_these(autopilot):
    autopilot.answers(LATER_US - 4000, 0.1, 0.1, 0.1, 0.1)
    autopilot.answers(LATER_US, 0.2, 0.2, 0.2, 0.2)
    assert autopilot.link.answer(LATER_US).values == pytest.approx((0.2,) * 4)


def test_in_its_boot_an_answer_is_not_waited_for_long(autopilot):
    assert autopilot.link.answer(4000) is None
    assert autopilot.link.unanswered == 1
    autopilot.answers(8000)
    assert autopilot.link.answer(8000).t_us == 8000


def test_after_its_boot_one_that_does_not_answer_hangs(autopilot, monkeypatch):
    monkeypatch.setattr(hil, "_HUNG_S", 0.3)
    with pytest.raises(HungError, match=r"gave no answer for 0\.3 s of wall time"):
        autopilot.link.answer(LATER_US)


def test_one_that_talks_of_something_else_hangs_too(autopilot, monkeypatch):
    monkeypatch.setattr(hil, "_HUNG_S", 0.3)
    stop = threading.Event()

    def chatter():
        while not stop.wait(0.02):
            autopilot.answers(LATER_US - 4000)

    talking = threading.Thread(target=chatter)
    talking.start()
    try:
        with pytest.raises(HungError):
            autopilot.link.answer(LATER_US)
    finally:
        stop.set()
        talking.join()


def test_one_that_connects_and_says_nothing_hangs_in_its_boot_as_well(autopilot, monkeypatch):
    monkeypatch.setattr(hil, "_HUNG_S", 0.3)
    with pytest.raises(HungError):
        deaf(autopilot.link)


def deaf(link: SimulatorLink) -> None:
    for step in range(1, 100):
        assert link.answer(4000 * step) is None


def test_one_that_dies_while_it_is_waited_for_is_told_of_at_once(autopilot):
    autopilot.alive = False
    with pytest.raises(PlantError, match="it died"):
        autopilot.link.answer(LATER_US)


def test_one_that_goes_away_is_told_of(autopilot):
    autopilot.socket.close()
    with pytest.raises(PlantError, match="closed the simulator link"):
        autopilot.link.answer(LATER_US)
    with pytest.raises(PlantError, match="closed the simulator link"):
        several_times(autopilot.link)


@pytest.mark.parametrize("value", [float("nan"), -0.1, 1.5, float("inf")])
def test_motor_commands_that_can_not_be_are_refused(autopilot, value):
    autopilot.answers(LATER_US, 0.5, value, 0.5, 0.5)
    with pytest.raises(PlantError, match="each is 0 to 1"):
        autopilot.link.answer(LATER_US)


def test_one_that_does_not_connect_is_given_up(tmp_path):
    link = SimulatorLink(socket.create_server(("127.0.0.1", 0)), lambda: None, motors=4)
    with pytest.raises(PlantError, match=r"did not connect to TCP port \d+ within 0.1 s"):
        link.accept(0.1)
    link.close()
    link.close()


@settings(deadline=None)
@given(st.binary(max_size=600), st.integers(0, 2**32))
def test_garbage_between_answers_is_counted_and_nothing_else(noise, seed):
    autopilot = Autopilot()
    try:
        # A start byte may make the parser wait for more, so that a few answers are lost in it.
        autopilot.socket.sendall(noise)
        first = LATER_US + random.Random(seed).randrange(1000) * 4000
        for step in range(20):
            autopilot.answers(first + 4000 * step)
        assert autopilot.link.answer(first + 4000 * 19).t_us == first + 4000 * 19
    finally:
        autopilot.close()
