"""Arming, flight modes, take-off, landing and failsafes: what the autopilot lets happen."""

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from sims.mavlink.modes import FlightMode
from sims.standin.boot import Boot
from sims.standin.controller import AttitudeSetpoint, Setpoint
from sims.standin.estimator import Estimator
from sims.standin.land_detector import LandDetector
from sims.standin.modes import LABELS, Navigator, Offboard
from sims.standin.parameters import Parameters
from sims.standin.sensors import Failure, Sensors, Unit

FORCE: Final = 21196
"""Second parameter of COMPONENT_ARM_DISARM that overrides every check."""

_OFFBOARD_ACTS_US = 40_000
_NO_FIX_ACTS_US = 200_000


class Result(IntEnum):
    """``MAV_RESULT``."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4


class Severity(IntEnum):
    """``MAV_SEVERITY``, as far as it is used."""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    INFO = 6


class LossAction(IntEnum):
    """``COM_OBL_RC_ACT``: what follows the loss of offboard set-points; all others hold."""

    POSITION = 0
    LAND = 4
    DISARM = 7


@dataclass(frozen=True)
class Home:
    """Where it takes off: NED about the estimator's origin, m."""

    north: float
    east: float
    down: float


@dataclass
class Commander:
    """The state of one vehicle, changed by commands and by time.

    Attributes:
        armed: Whether motors may turn.
        armed_us: Since when.
        home: Where it took off; None until known.
        failsafe: Whether it acts by itself because something was lost.
        ready: Whether it would arm.
        said: What is to be told, with its severity; taken away by who tells it.
        dead_motors: Indices of motors that a failure was injected into.
    """

    parameters: Parameters
    boot: Boot
    sensors: Sensors
    state: Estimator
    navigator: Navigator
    offboard: Offboard
    ground: LandDetector = field(default_factory=LandDetector)
    armed: bool = False
    armed_us: int = 0
    home: Home | None = None
    failsafe: bool = False
    ready: bool = False
    said: list[tuple[Severity, str]] = field(default_factory=list)
    dead_motors: set[int] = field(default_factory=set)
    _flown: bool = False
    _landed_us: int | None = None

    @property
    def mode(self) -> FlightMode:
        """The flight mode."""
        return self.navigator.mode

    @property
    def flying(self) -> bool:
        """Whether it is in the air."""
        return self.armed and not self.ground.landed

    def say(self, severity: Severity, text: str) -> None:
        """Tell the console and every client."""
        self.said.append((severity, text))

    def arm(self, now_us: int, force: bool) -> Result:
        """Let the motors turn, if nothing speaks against it."""
        if self.armed:
            return Result.ACCEPTED
        faults = [] if force else self.faults(now_us)
        if faults:
            self.say(Severity.CRITICAL, "Arming denied: Resolve system health failures first")
            for fault in faults:
                self.say(Severity.CRITICAL, f"Preflight Fail: {fault}")
            return Result.TEMPORARILY_REJECTED
        self.armed, self.armed_us = True, now_us
        self._flown, self._landed_us, self.failsafe = False, None, False
        self.ground.landed = self.ground.contact = True
        down = self.state.position[2]
        self.navigator.ground_down = down
        if self.home is not None:
            self.home = Home(self.state.position[0], self.state.position[1], down)
        if self.mode is not FlightMode.OFFBOARD:
            self.navigator.enter(self.mode, self.state)
        self.say(Severity.INFO, "Armed by external command")
        return Result.ACCEPTED

    def disarm(self, force: bool, by: str = "external command") -> Result:
        """Stop the motors."""
        if not self.armed:
            return Result.ACCEPTED
        if self.flying and not force:
            self.say(Severity.CRITICAL, "Disarming denied: not landed")
            return Result.DENIED
        self.armed = False
        self.ground.landed = self.ground.contact = True
        self.say(Severity.INFO, f"Disarmed by {by}")
        if self.mode in (FlightMode.TAKE_OFF, FlightMode.LAND):
            self.navigator.enter(FlightMode.LOITER, self.state)
        return Result.ACCEPTED

    def change_mode(self, now_us: int, number: int) -> Result:
        """Fly in another mode, if that can be."""
        if number not in LABELS:
            self.say(Severity.CRITICAL, f"Unsupported mode {number:#x}")
            return Result.DENIED
        mode = FlightMode(number)
        fault = self._mode_fault(now_us, mode)
        if fault:
            self.say(Severity.CRITICAL, f"Switching to {LABELS[mode]} is currently not available")
            self.say(Severity.CRITICAL, f"Preflight Fail: {fault}")
            return Result.TEMPORARILY_REJECTED
        if mode is FlightMode.TAKE_OFF:
            self._aim(None)
        if mode is not self.mode or self.failsafe:
            self._enter(mode)
        self.failsafe = False
        return Result.ACCEPTED

    def take_off(self, now_us: int, altitude_m: float) -> Result:
        """Climb to a height above the sea, or to ``MIS_TAKEOFF_ALT`` where it is not a number."""
        if self._mode_fault(now_us, FlightMode.TAKE_OFF):
            return Result.TEMPORARILY_REJECTED
        self._aim(altitude_m)
        self._enter(FlightMode.TAKE_OFF)
        return Result.ACCEPTED

    def inject(self, unit: int, failure: int, instance: int) -> Result:
        """Let something fail (MAV_CMD_INJECT_FAILURE), where ``SYS_FAILURE_EN`` allows it."""
        if not self.parameters["SYS_FAILURE_EN"]:
            self.say(Severity.WARNING, "Failure injection disabled by SYS_FAILURE_EN param")
            return Result.DENIED
        try:
            what, how = Unit(unit), Failure(failure)
        except ValueError:
            return Result.UNSUPPORTED
        if what is not Unit.MOTOR:
            self.sensors.fail(what, how)
        elif how is Failure.STUCK:
            return Result.UNSUPPORTED
        else:
            motors = {instance - 1} if instance else set(range(4))
            self.dead_motors = (
                self.dead_motors | motors if how is Failure.OFF else self.dead_motors - motors
            )
        self.say(Severity.WARNING, f"Failure injected: {what.name.lower()} {how.name.lower()}")
        return Result.ACCEPTED

    def faults(self, now_us: int) -> list[str]:
        """Why it can't be armed, in PX4's manner."""
        found = self.sensors.faults(now_us)
        if not self.boot.aligns or now_us < self.boot.position_us:
            found.append("ekf2 missing data")
        elif self.home is None:
            found.append("Home position not set")
        elif now_us < self.boot.ready_us:
            found.append("system is starting")
        if not found and (fault := self._mode_fault(now_us, self.mode)):
            found.append(fault)
        return found

    def _mode_fault(self, now_us: int, mode: FlightMode) -> str:
        if mode is FlightMode.OFFBOARD:
            running = self.offboard.running(now_us, self._gap_us())
            return "" if running else "no offboard signal"
        if mode is FlightMode.LAND:
            return ""
        return "" if self.position_known(now_us) else "no valid local position estimate"

    def position_known(self, now_us: int) -> bool:
        """Whether the horizontal position is estimated."""
        state = self.state
        return (
            self.boot.aligns
            and now_us >= self.boot.position_us
            and state.origin is not None
            and state.without_fix_us(now_us) <= self.parameters["EKF2_NOAID_TOUT"]
        )

    def update(self, now_us: int) -> None:
        """See what has happened by itself."""
        if self.home is None and now_us >= self.boot.home_us and self.position_known(now_us):
            self.home = Home(*self.state.position)
            self.say(Severity.INFO, "home set")
        if not self.armed:
            ready = not self.faults(now_us)
            if ready and not self.ready:
                self.say(Severity.INFO, "Ready for takeoff!")
            self.ready = ready
            return
        self._watch_ground(now_us)
        if self.armed:
            self._watch_offboard(now_us)
            self._watch_position(now_us)
            if (
                self.mode is FlightMode.TAKE_OFF
                and self.flying
                and self.navigator.climbed(self.state)
            ):
                self._enter(FlightMode.LOITER)

    def _watch_ground(self, now_us: int) -> None:
        if self.flying:
            if not self._flown:
                self.say(Severity.INFO, "Takeoff detected")
            self._flown, self._landed_us = True, None
            return
        if not self._flown:
            if now_us - self.armed_us > 1e6 * self.parameters["COM_DISARM_PRFLT"]:
                self.disarm(force=True, by="auto preflight disarming")
            return
        if self._landed_us is None:
            self._landed_us = now_us
            self.say(Severity.INFO, "Landing detected")
        elif now_us - self._landed_us > 1e6 * self.parameters["COM_DISARM_LAND"]:
            self.disarm(force=True, by="landing")

    def _watch_offboard(self, now_us: int) -> None:
        if self.mode is not FlightMode.OFFBOARD:
            return
        heard = self.offboard.heard_us
        if heard is not None and now_us - heard <= self._gap_us() + _OFFBOARD_ACTS_US:
            return
        action = int(self.parameters["COM_OBL_RC_ACT"])
        self.failsafe = True
        if action == LossAction.DISARM:
            self.say(Severity.CRITICAL, "Failsafe activated: no offboard signal, disarming")
            self.disarm(force=True, by="failsafe")
            return
        # PX4's default is position flight, and it sinks where nobody is at the sticks.
        mode = FlightMode.POSITION if action == LossAction.POSITION else FlightMode.LOITER
        if action == LossAction.LAND or not self.position_known(now_us):
            mode = FlightMode.LAND
        self._enter(mode)
        self.navigator.sinks = mode is FlightMode.POSITION
        self.say(Severity.CRITICAL, f"Failsafe activated: no offboard signal, {LABELS[mode]}")

    def _watch_position(self, now_us: int) -> None:
        """Come down blindly where the position is lost in a mode that needs it."""
        lost_us = self.state.without_fix_us(now_us)
        if lost_us <= self.parameters["EKF2_NOAID_TOUT"] + _NO_FIX_ACTS_US:
            return
        without = self.mode is FlightMode.OFFBOARD and not _needs_place(self.offboard.wanted)
        if self.navigator.blind or without:
            return
        self.failsafe = True
        self._enter(FlightMode.LAND, blind=True)
        self.say(Severity.CRITICAL, "Failsafe activated: no local position, blind descent")

    def _enter(self, mode: FlightMode, blind: bool = False) -> None:
        self.navigator.enter(mode, self.state, blind)

    def _gap_us(self) -> int:
        return round(1e6 * self.parameters["COM_OF_LOSS_T"])

    def _aim(self, altitude_m: float | None) -> None:
        origin, down = self.state.origin, self.state.position[2]
        if altitude_m is None or not math.isfinite(altitude_m) or origin is None:
            ground = self.home.down if self.home is not None else down
            self.navigator.target_down = ground - self.parameters["MIS_TAKEOFF_ALT"]
        else:
            self.navigator.target_down = origin.altitude_m - altitude_m
        self.navigator.target_down = min(self.navigator.target_down, down)

    def wanted(self, dt: float) -> Setpoint | AttitudeSetpoint:
        """What is to be flown now."""
        if self.mode is FlightMode.OFFBOARD and self.offboard.wanted is not None:
            return self.offboard.wanted
        return self.navigator.setpoint(dt, self.state)


def _needs_place(wanted: Setpoint | AttitudeSetpoint | None) -> bool:
    """Whether a set-point can only be flown by who knows where it is, or how fast."""
    if not isinstance(wanted, Setpoint):
        return False
    return any(math.isfinite(part) for part in (*wanted.position, *wanted.velocity))
