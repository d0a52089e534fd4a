"""The stand-in as PX4 in software, in lockstep: its clock is the simulator's."""

from collections.abc import Sequence
from typing import Any, Final

from sims.standin.autopilot import Autopilot
from sims.standin.clients import Clients
from sims.standin.console import tell
from sims.standin.dialect import mavlink
from sims.standin.ports import Link, PeerGoneError, SimulatorPort, UdpPort
from sims.standin.rules import Rule
from sims.standin.streams import GROUND_HZ, ONBOARD_HZ

SIMULATOR_PORT: Final = 4560
"""On which the simulator listens; this and all others plus the instance."""

ONBOARD_PORTS: Final = (14_580, 14_540)
GROUND_PORTS: Final = (18_570, 14_550)
"""UDP: the autopilot's and its client's."""

_LOCKSTEP = 1
_LATEST_US = 2**63 // 1000 - 1  # in nanoseconds it must fit TIMESYNC


def fly(autopilot: Autopilot, instance: int, rules: Sequence[Rule]) -> None:
    """Fly until the simulator goes.

    Everything that a step says to clients is sent before the simulator gets its answer, and all
    that they said before it sent the step is heard: whoever keeps to that order sees the same
    flight each time.

    Args:
        autopilot: Who flies.
        instance: Added to all ports.
        rules: What goes wrong.

    Raises:
        PortError: A port is taken.
    """
    ports: list[UdpPort | SimulatorPort] = []
    try:
        links = []
        for name, (ours, theirs), rates in (
            ("onboard", ONBOARD_PORTS, ONBOARD_HZ),
            ("ground", GROUND_PORTS, GROUND_HZ),
        ):
            udp = UdpPort(ours + instance, theirs + instance)
            ports.append(udp)
            links.append((Link(name, udp, autopilot.system_id), rates))
            tell("mavlink", f"{name} on UDP {ours + instance} to {theirs + instance}")
        tell("simulator_mavlink", f"Waiting for simulator on TCP {SIMULATOR_PORT + instance}")
        tcp = SimulatorPort(SIMULATOR_PORT + instance)
        ports.append(tcp)
        tell("simulator_mavlink", "Simulator connected")
        simulator = Link("simulator", tcp, autopilot.system_id)
        Lockstep(autopilot, simulator, Clients(autopilot, links, rules), rules).run()
    finally:
        for port in ports:
            port.close()


class Lockstep:
    """The simulator's side: each new sensor time is one step, with one answer."""

    def __init__(
        self, autopilot: Autopilot, simulator: Link, clients: Clients, rules: Sequence[Rule]
    ) -> None:
        self._autopilot, self._simulator = autopilot, simulator
        self._clients, self._rules = clients, rules
        self._count = 0

    def run(self) -> None:
        """Answer until the simulator goes."""
        self.greet()
        try:
            while True:
                self.turn()
        except PeerGoneError as gone:
            tell("simulator_mavlink", f"Simulator disconnected: {gone}", "WARN")
        while any(rule.spins for rule in self._rules):
            pass

    def turn(self) -> None:
        """Answer what has come; waits for something if the port does."""
        for message in self._simulator.receive():
            self._hear(message)

    def greet(self) -> None:
        """Say what PX4 says on connecting, which wants no answer."""
        interval = mavlink.MAV_CMD_SET_MESSAGE_INTERVAL
        ask = (mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION, 5000.0, 0, 0, 0, 0, 0)
        self._simulator.send(mavlink.MAVLink_command_long_message(0, 0, interval, 0, *ask))
        self._simulator.send(
            mavlink.MAVLink_heartbeat_message(
                mavlink.MAV_TYPE_QUADROTOR, mavlink.MAV_AUTOPILOT_PX4, 0, 0, 0, 3
            )
        )

    def _hear(self, message: Any) -> None:
        kind = message.get_type()
        if kind == "HIL_SENSOR" and message.id == 0:
            self._step(message)
        elif kind == "HIL_GPS" and message.id == 0:
            self._autopilot.hear_gps(self._autopilot.now_us, message)

    def _step(self, message: Any) -> None:
        autopilot, now_us = self._autopilot, message.time_usec
        step_us = now_us - autopilot.now_us
        if (self._count and step_us <= 0) or now_us > _LATEST_US:
            return  # time has been here already, or is none
        for rule in self._rules:
            rule.before_step(now_us)
        self._count += 1
        self._clients.listen(now_us)
        autopilot.step(now_us, message)
        self._clients.tell(now_us)
        if all(rule.answers(now_us, step_us, self._count) for rule in self._rules):
            self._simulator.send(
                mavlink.MAVLink_hil_actuator_controls_message(
                    now_us, autopilot.controls, self._mode(), _LOCKSTEP
                )
            )

    def _mode(self) -> int:
        return 0x81 if self._autopilot.commander.armed else 0x01
