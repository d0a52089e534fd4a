"""A simulator and a client for the stand-in autopilot, in one process and in simulated time."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sims.standin.autopilot import Autopilot
from sims.standin.clients import Clients
from sims.standin.dialect import mavlink
from sims.standin.mixer import ROTORS
from sims.standin.parameters import Parameters
from sims.standin.ports import Link
from sims.standin.rotation import conjugate, from_euler, normalised, product, rotate
from sims.standin.rules import make_rules
from sims.standin.sitl import Lockstep
from sims.standin.streams import GROUND_HZ, ONBOARD_HZ

G = 9.80665
HOME = (47.397742, 8.545594, 488.0)
FIELD = (0.2157, 0.0128, 0.4326)  # gauss, NED, at home; 3.4° east


class Vehicle:
    """A rigid quadrotor on flat ground with noisy sensors: enough physics to be flown."""

    def __init__(self, step_s: float = 0.004, seed: int = 1, noise: float = 1.0) -> None:
        self.step_s, self.time_us = step_s, 0
        self.position, self.velocity = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        self.q = from_euler(0.0, 0.0, 0.5)
        self.rate = [0.0, 0.0, 0.0]
        self.speeds = [0.0] * 4
        self.force = [0.0, 0.0, -G]
        self.wind = (0.0, 0.0, 0.0)
        self.gyro_bias = self.accelerometer_bias = (0.0, 0.0, 0.0)
        self.noise, self.fields, self.fix = noise, 0x1FFF, 3
        self._random = np.random.default_rng(seed)

    def step(self, controls: Sequence[float]) -> None:
        dt, mass, inertia = self.step_s, 1.5, (0.029, 0.029, 0.055)
        blend = 1.0 - math.exp(-dt / 0.02)
        self.speeds = [s + blend * (u - s) for s, u in zip(self.speeds, controls, strict=False)]
        thrusts = [7.07 * s * s for s in self.speeds]
        roll = sum(-y * t for (_, y, _), t in zip(ROTORS, thrusts, strict=True))
        pitch = sum(x * t for (x, _, _), t in zip(ROTORS, thrusts, strict=True))
        yaw = sum(km * t for (_, _, km), t in zip(ROTORS, thrusts, strict=True))
        p, q, r = self.rate
        ix, iy, iz = inertia
        spin = ((roll - (iz - iy) * q * r) / ix, (pitch - (ix - iz) * r * p) / iy, yaw / iz)
        force = list(rotate(self.q, (0.0, 0.0, -sum(thrusts))))
        for axis in range(3):
            force[axis] -= 0.25 * (self.velocity[axis] - self.wind[axis])
        acceleration = [f / mass for f in force]
        acceleration[2] += G
        if self.position[2] >= 0.0 and acceleration[2] >= 0.0:  # stands on the ground
            self.position[2] = 0.0
            acceleration, self.velocity, spin = [0.0] * 3, [0.0] * 3, (0.0, 0.0, 0.0)
            self.rate = [0.0] * 3
        for axis in range(3):
            self.velocity[axis] += dt * acceleration[axis]
            self.position[axis] += dt * self.velocity[axis]
            self.rate[axis] += dt * spin[axis]
        a, b, c = (0.5 * dt * rate for rate in self.rate)
        self.q = normalised(product(self.q, normalised((1.0, a, b, c))))
        felt = (acceleration[0], acceleration[1], acceleration[2] - G)
        self.force = list(rotate(conjugate(self.q), felt))
        self.time_us += round(dt * 1e6)

    def sensors(self) -> Any:
        n = (self.noise * self._random.standard_normal(10)).tolist()
        field = rotate(conjugate(self.q), FIELD)
        altitude = HOME[2] - self.position[2]
        pressure = 1013.25 * (1.0 - altitude / 44_330.77) ** (1.0 / 0.190263)
        gyro = [w + b + 0.003 * e for w, b, e in zip(self.rate, self.gyro_bias, n[:3], strict=True)]
        force = [
            f + b + 0.05 * e
            for f, b, e in zip(self.force, self.accelerometer_bias, n[3:6], strict=True)
        ]
        mag = [f + 0.002 * e for f, e in zip(field, n[6:9], strict=True)]
        return mavlink.MAVLink_hil_sensor_message(
            self.time_us, *force, *gyro, *mag, pressure + 0.01 * n[9], 0, altitude, 15, self.fields
        )

    def gps(self) -> Any:
        n = (self.noise * self._random.standard_normal(6)).tolist()
        north, east, down = (p + 0.2 * e for p, e in zip(self.position, n[:3], strict=True))
        velocity = [round(100 * (v + 0.05 * e)) for v, e in zip(self.velocity, n[3:], strict=True)]
        lat = HOME[0] + math.degrees(north / 6_371_000)
        lon = HOME[1] + math.degrees(east / 6_371_000 / math.cos(math.radians(HOME[0])))
        return mavlink.MAVLink_hil_gps_message(
            self.time_us,
            self.fix,
            round(lat * 1e7),
            round(lon * 1e7),
            round(1000 * (HOME[2] - down)),
            90,
            150,
            round(math.hypot(*velocity)),
            *velocity,
            65_535,
            12,
        )


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
        self._port = port
        self._protocol = mavlink.MAVLink(None, system, 190)
        self._protocol.robust_parsing = True
        self.heard: list[Any] = []

    def send(self, message: Any) -> None:
        self._port.inbox += message.pack(self._protocol)

    def receive(self) -> list[Any]:
        data, self._port.outbox = bytes(self._port.outbox), bytearray()
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
        self._lockstep = Lockstep(
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
        if self.with_gps and self.steps % 25 == 0:
            self.simulator.send(self.vehicle.gps())
        self.simulator.send(self.vehicle.sensors())
        self._lockstep.turn()
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
        assert self.command(22, nan, nan, nan, nan, nan, nan, HOME[2] + height_m) == 0
        self.until(lambda: commander.mode.name == "LOITER" and commander.flying, 40.0)


def acceleration(x: float, y: float, z: float, yaw: float = math.nan) -> Any:
    """A set-point of acceleration alone, NED, m/s²."""
    mask = 0x3F | 0x800 | (0x400 if math.isnan(yaw) else 0)
    return mavlink.MAVLink_set_position_target_local_ned_message(
        0, 1, 1, 1, mask, 0, 0, 0, 0, 0, 0, x, y, z, yaw, 0
    )
