"""The stand-in as a program: its process, its ports, its line, and how it ends."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from rehearsal import Vehicle, acceleration

from sims.standin.dialect import mavlink

pytestmark = pytest.mark.alone

SECONDS = 20.0


class Simulator:
    """The simulator's end of a stand-in's process, in lockstep, and a companion computer's."""

    def __init__(self, instance: int, listener: socket.socket, process: subprocess.Popen[str]):
        self.instance, self.process = instance, process
        listener.settimeout(SECONDS)
        self.link, _ = listener.accept()
        self.link.settimeout(SECONDS)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.bind(("127.0.0.1", 14_540 + instance))
        self.client.setblocking(False)
        self.vehicle = Vehicle()
        self._protocol, self._theirs = (mavlink.MAVLink(None, 1, 191) for _ in range(2))
        self._protocol.robust_parsing = self._theirs.robust_parsing = True
        self.controls: list[float] = [0.0] * 16
        self.first: list[str] = []
        self.heard: list[Any] = []

    def say(self, message: Any) -> None:
        frame = message.pack(self._protocol)
        self.client.sendto(frame, ("127.0.0.1", 14_580 + self.instance))

    def step(self) -> Any:
        """One step; the answer."""
        self.vehicle.step(self.controls)
        if (fix := self.vehicle.gps()) is not None:
            self.link.sendall(fix.pack(self._protocol))
        self.link.sendall(self.vehicle.sensors().pack(self._protocol))
        while True:
            data = self.link.recv(65_536)
            if not data:
                raise ConnectionResetError("the stand-in has gone")
            for message in self._theirs.parse_buffer(data) or ():
                if message.get_type() == "HIL_ACTUATOR_CONTROLS":
                    self.controls = message.controls
                    self._listen()
                    return message
                self.first.append(message.get_type())

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self.heard += self._protocol.parse_buffer(self.client.recv(65_536)) or ()

    def close(self) -> None:
        self.link.close()
        self.client.close()


def free_instance() -> tuple[int, socket.socket]:
    """An instance whose ports are free, and its listener."""
    for instance in range(100, 200):
        listener = socket.socket()
        try:
            listener.bind(("127.0.0.1", 4_560 + instance))
        except OSError:
            listener.close()
            continue
        listener.listen()
        return instance, listener
    raise AssertionError("a hundred instances are taken")


@contextmanager
def flown(*arguments: str, program: tuple[str, ...] = ("-m", "sims.standin")) -> Iterator[Any]:
    instance, listener = free_instance()
    command = [sys.executable, *program, "-i", str(instance), *arguments]
    with ExitStack() as stack:
        stack.callback(listener.close)
        process = subprocess.Popen(
            command,
            env={**os.environ, "PX4_PARAM_THR_MDL_FAC": "1"},  # as the vehicle's rotors are
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        stack.callback(process.stdout.close)  # type: ignore[union-attr]
        stack.callback(process.wait)
        stack.callback(process.kill)
        simulator = Simulator(instance, listener, process)
        stack.callback(simulator.close)
        yield simulator


def test_it_greets_answers_each_step_and_tells_clients_before() -> None:
    with flown() as simulator:
        for _ in range(200):
            answer = simulator.step()
            assert answer.time_usec == simulator.vehicle.time_us
        assert simulator.first == ["COMMAND_LONG", "HEARTBEAT"]
        stamps = [m.time_boot_ms for m in simulator.heard if m.get_type() == "ATTITUDE_QUATERNION"]
        assert stamps[-1] > simulator.vehicle.time_us // 1000 - 25
        beat = next(m for m in simulator.heard if m.get_type() == "HEARTBEAT")
        assert beat.get_srcSystem() == simulator.instance + 1


def test_it_ends_when_its_simulator_goes() -> None:
    with flown() as simulator:
        simulator.step()
        simulator.link.close()
        output, _ = simulator.process.communicate(timeout=SECONDS)
        assert simulator.process.returncode == 0
        assert "INFO  [simulator_mavlink] Simulator connected\n" in output
        assert "Simulator disconnected" in output.splitlines()[-1]


def test_sigterm_ends_it_cleanly() -> None:
    with flown() as simulator:
        simulator.step()
        simulator.process.send_signal(signal.SIGTERM)
        assert simulator.process.wait(SECONDS) == 0


def test_it_waits_for_its_simulator_and_ends_by_sigterm_meanwhile() -> None:
    instance, listener = free_instance()
    listener.close()
    command = [sys.executable, "-m", "sims.standin", "-i", str(instance)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        assert "Stand-in autopilot, not PX4" in next(lines)
        assert any("Waiting for simulator" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def fly_on(simulator: Simulator) -> None:
    while simulator.vehicle.time_us < 200_000:
        simulator.step()


def test_it_dies_without_a_word() -> None:
    with flown("--rule", "die_at=0.1") as simulator:
        with pytest.raises(ConnectionError):
            fly_on(simulator)
        assert simulator.process.wait(SECONDS) == 1


def test_it_hangs_with_its_links_open() -> None:
    with flown("--rule", "hang_at=0.1") as simulator:
        simulator.link.settimeout(0.3)
        with pytest.raises(TimeoutError):
            fly_on(simulator)
        assert simulator.process.poll() is None
        simulator.process.send_signal(signal.SIGTERM)
        assert simulator.process.wait(SECONDS) == 0


def test_it_spins_when_its_simulator_goes_if_told() -> None:
    with flown("--rule", "spins_on_disconnect") as simulator:
        simulator.step()
        simulator.link.close()
        process, end = psutil.Process(simulator.process.pid), time.monotonic() + SECONDS
        used = process.cpu_times().user
        while process.cpu_times().user < used + 0.2:  # it burns time, and is there
            assert time.monotonic() < end
        assert simulator.process.poll() is None
        simulator.process.send_signal(signal.SIGTERM)
        assert simulator.process.wait(SECONDS) == 0


def test_a_flight_by_socket_is_the_same_twice() -> None:
    def flight() -> list[list[float]]:
        with flown() as simulator:
            outputs = []
            for step in range(1100):
                if step % 5 == 0:
                    simulator.say(acceleration(0.0, 0.0, -2.0, system=simulator.instance + 1))
                if step == 600:
                    simulator.say(command(simulator, 400, 1.0))
                if step == 610:
                    simulator.say(command(simulator, 176, 1.0, 6.0))
                outputs.append(list(simulator.step().controls[:4]))
            assert simulator.vehicle.position[2] < -0.2  # it flies
            return outputs

    assert flight() == flight()


def command(simulator: Simulator, number: int, *parameters: float) -> Any:
    seven = [*parameters, *[0.0] * (7 - len(parameters))]
    return mavlink.MAVLink_command_long_message(simulator.instance + 1, 1, number, 0, *seven)


def test_motorhand_has_it_as_a_command() -> None:
    with flown(program=("-m", "harness.cli.main", "autopilot-standin")) as simulator:
        assert simulator.step().time_usec == 8000


def ended(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What it says to wrong input, and how it ends."""
    return subprocess.run(
        [sys.executable, "-m", "sims.standin", *arguments],
        check=False,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--rule", "nonsense"], {}, "no rule 'nonsense'"),
        ([], {"PX4_PARAM_MPC_THR_HOVER": "half"}, "PX4_PARAM_MPC_THR_HOVER='half' is no number"),
        (["--serial", "/dev/no-such-line"], {}, "/dev/no-such-line can't be opened"),
        (["--udp", "here"], {}, "give two ports"),
        (["-i", "x"], {}, "an instance is 0 to 249"),
        (["-i", "250"], {}, "an instance is 0 to 249"),
    ],
)
def test_wrong_input_is_named(arguments: list[str], environment: dict[str, str], said: str) -> None:
    done = ended(*arguments, **environment)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    instance, listener = free_instance()
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.0.0.1", 14_580 + instance))
    done = ended("-i", str(instance))
    taken.close()
    listener.close()
    assert done.returncode == 2
    assert f"UDP port {14_580 + instance} can't be had" in done.stderr


def test_as_a_board_it_keeps_its_own_clock_on_one_line(tmp_path: Path) -> None:
    """Sensors with stamps of another clock, through a pseudo-terminal, by the wall clock."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    command = [sys.executable, "-m", "sims.standin", "--serial", os.ttyname(theirs)]
    protocol = mavlink.MAVLink(None, 1, 191)
    protocol.robust_parsing = True
    vehicle, answers, beats, stamps = Vehicle(step_s=0.004), [], [], []
    vehicle.time_us = 1_790_000_000_000_000  # not read: PX4 would never align by it
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        began = time.monotonic()
        while time.monotonic() - began < 2.5:
            ready, _, _ = select.select([ours], [], [], 0.004)
            if ready:
                for message in protocol.parse_buffer(os.read(ours, 65_536)) or ():
                    kind = message.get_type()
                    if kind == "HIL_ACTUATOR_CONTROLS":
                        answers.append(message)
                    elif kind == "HEARTBEAT":
                        beats.append(message)
                    elif kind == "LOCAL_POSITION_NED":
                        stamps.append(message.time_boot_ms)
            if not beats:
                continue  # HITL: no sensors before the heartbeat that says so
            while vehicle.time_us - 1_790_000_000_000_000 < 1e6 * (time.monotonic() - began):
                vehicle.step([0.0] * 4)
                fix = vehicle.gps()
                for message in (fix, vehicle.sensors()):
                    if message is not None:
                        os.write(ours, message.pack(protocol))
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    assert all(beat.base_mode & 0x20 for beat in beats)
    assert {(answer.mode, answer.flags) for answer in answers} == {(0x21, 0)}
    span_s = (answers[-1].time_usec - answers[0].time_usec) / 1e6
    assert 100 < len(answers) / span_s <= 251
    assert stamps
    assert max(stamps) < 10_000
