"""A simulator and a client for the stand-in autopilot, in one process and in simulated time."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sims.quadrotor.body import Quadrotor
from sims.quadrotor.config import HomeConfig, QuadrotorConfig, SensorsConfig
from sims.quadrotor.sensors import Sensors
from sims.standin.autopilot import Autopilot
from sims.standin.clients import Clients
from sims.standin.dialect import mavlink
from sims.standin.parameters import Parameters
from sims.standin.ports import Link
from sims.standin.rules import make_rules
from sims.standin.sitl import Lockstep
from sims.standin.streams import GROUND_HZ, ONBOARD_HZ

HOME_M = HomeConfig().altitude_m


class Vehicle:
    """A quadrotor and its sensors, told in HIL messages.

    Attributes:
        fields: Bits of HIL_SENSOR's fields that are said to be new.
        fix_type: What HIL_GPS says of its fix.
        still: Whether all sensors say what they said first.
    """

    def __init__(
        self,
        sensors: SensorsConfig | None = None,
        vehicle: QuadrotorConfig | None = None,
        step_s: float = 0.008,
    ) -> None:
        self.step_s, self.time_us = step_s, 0
        self.body = Quadrotor(vehicle or QuadrotorConfig(), step_s, 1)
        half = 0.25  # of the heading, rad
        self.body.place(quaternion=(math.cos(half), 0.0, 0.0, math.sin(half)))
        self._sensors = Sensors(sensors or SensorsConfig(), HomeConfig(), 1)
        self.fields, self.fix_type, self.still = 0x1FFF, 3, False
        self._first: Any = None

    def step(self, controls: Sequence[float]) -> None:
        self.body.step(controls[:4])
        self.time_us += round(self.step_s * 1e6)

    def sensors(self) -> Any:
        now: Any = self._sensors.read(1000 * self.time_us, self.body)
        assert all(now)
        pressure, altitude, temperature = now.barometer
        values = (*now.accelerometer, *now.gyroscope, *now.magnetometer, pressure, 0.0)
        self._first = self._first or values
        if self.still:
            values = self._first
        return mavlink.MAVLink_hil_sensor_message(
            self.time_us, *values, altitude, temperature, self.fields
        )

    def gps(self) -> Any:
        """A fix, if one is due."""
        fix = self._sensors.fix(1000 * self.time_us, self.body)
        if fix is None:
            return None
        _, _, *rest = fix
        return mavlink.MAVLink_hil_gps_message(self.time_us, self.fix_type, *rest)

    @property
    def position(self) -> tuple[float, float, float]:
        return self.body.position

    @property
    def velocity(self) -> tuple[float, float, float]:
        return self.body.velocity

    @property
    def q(self) -> tuple[float, float, float, float]:
        return self.body.quaternion


class MemoryPort:
    """A port whose other end is in the same process."""

    def __init__(self) -> None:
        self.inbox, self.outbox = bytearray(), bytearray()

    def fileno(self) -> int:
        raise OSError("a port in memory has no descriptor")

    def read(self) -> bytes:
        data, self.inbox = bytes(self.inbox), bytearray()
        return data

    def write(self, data: bytes) -> None:
        self.outbox += data

    def close(self) -> None:
        pass


class Client:
    """The other end of a link: sends, and keeps what it hears."""

    def __init__(self, port: MemoryPort, system: int = 255) -> None:
        self.port = port
        self._protocol = mavlink.MAVLink(None, system, 190)
        self._protocol.robust_parsing = True
        self.heard: list[Any] = []

    def send(self, message: Any) -> None:
        self.port.inbox += message.pack(self._protocol)

    def receive(self) -> list[Any]:
        data, self.port.outbox = bytes(self.port.outbox), bytearray()
        new = list(self._protocol.parse_buffer(data) or ()) if data else []
        self.heard += new
        return new

    def last(self, kind: str) -> Any:
        """The newest message of a kind, or None."""
        return next((m for m in reversed(self.heard) if m.get_type() == kind), None)

    def all(self, kind: str) -> list[Any]:
        return [m for m in self.heard if m.get_type() == kind]

    def texts(self) -> list[str]:
        """What was said, long texts put together again."""
        whole: list[str] = []
        for message in self.all("STATUSTEXT"):
            if message.chunk_seq:
                whole[-1] += message.text
            else:
                whole.append(message.text)
        return whole


class Rehearsal:
    """A vehicle, the stand-in that flies it, and its two clients."""

    def __init__(
        self,
        parameters: dict[str, float] | None = None,
        rules: Iterable[str] = (),
        vehicle: Vehicle | None = None,
        seed: int = 0,
    ) -> None:
        self.vehicle = vehicle or Vehicle()
        names = {f"PX4_PARAM_{name}": str(value) for name, value in (parameters or {}).items()}
        self.autopilot = Autopilot(Parameters(names), 1)
        made = make_rules(list(rules), seed)
        for rule in made:
            rule.prepare(self.autopilot)
        simulator, onboard, ground = MemoryPort(), MemoryPort(), MemoryPort()
        self.simulator = Client(simulator, 1)
        self.onboard, self.ground = Client(onboard, 1), Client(ground)
        number = self.autopilot.system_id
        clients = Clients(
            self.autopilot,
            [
                (Link("onboard", onboard, number), ONBOARD_HZ),
                (Link("ground", ground, number), GROUND_HZ),
            ],
            made,
        )
        self.lockstep = Lockstep(
            self.autopilot, Link("simulator", simulator, number), clients, made
        )
        self.stream: Any = None  # sent every fifth step, as a set-point
        self.with_gps = True
        self.controls: Sequence[float] = (0.0,) * 16
        self.answers: list[Any] = []
        self.steps = 0

    @property
    def now_s(self) -> float:
        return self.vehicle.time_us / 1e6

    def step(self) -> list[Any]:
        """One step of the simulator; its answers."""
        self.vehicle.step(self.controls)
        if self.stream is not None and self.steps % 5 == 0:
            self.onboard.send(self.stream)
        fix = self.vehicle.gps()
        if self.with_gps and fix is not None:
            self.simulator.send(fix)
        self.simulator.send(self.vehicle.sensors())
        self.lockstep.turn()
        self.answers = self.simulator.receive()
        self.simulator.heard.clear()
        self.onboard.receive()
        self.ground.receive()
        if self.answers:
            self.controls = self.answers[-1].controls
        self.steps += 1
        return self.answers

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / self.vehicle.step_s)):
            self.step()

    def until(self, what: Any, within_s: float) -> float:
        """Run until something holds; the time that took, s."""
        began = self.now_s
        while not what():
            assert self.now_s - began < within_s, f"not within {within_s} s: {self.onboard.texts()}"
            self.step()
        return self.now_s - began

    def command(self, number: int, *parameters: float) -> int:
        """Give a command; the result."""
        values = [*parameters, *[0.0] * (7 - len(parameters))]
        before = len(self.onboard.all("COMMAND_ACK"))
        self.onboard.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *values))
        self.until(lambda: len(self.onboard.all("COMMAND_ACK")) > before, 1.0)
        return int(self.onboard.all("COMMAND_ACK")[before].result)

    def arm(self) -> int:
        return self.command(400, 1.0)

    def mode(self, number: int) -> int:
        return self.command(176, 1.0, number >> 16 & 0xFF, number >> 24)

    def airborne(self, height_m: float) -> None:
        """Boot, arm, and climb to a height above home."""
        commander = self.autopilot.commander
        self.until(lambda: commander.ready, 10.0)
        assert self.arm() == 0
        nan = math.nan
        assert self.command(22, nan, nan, nan, nan, nan, nan, HOME_M + height_m) == 0
        self.until(lambda: commander.mode.name == "LOITER" and commander.flying, 40.0)


def acceleration(x: float, y: float, z: float, yaw: float = math.nan, system: int = 1) -> Any:
    """A set-point of acceleration alone, NED, m/s²."""
    mask = 0x3F | 0x800 | (0x400 if math.isnan(yaw) else 0)
    return mavlink.MAVLink_set_position_target_local_ned_message(
        0, system, 1, 1, mask, 0, 0, 0, 0, 0, 0, x, y, z, yaw, 0
    )
