"""The vehicle's brain: sensors in, motors out; commands and set-points in, acknowledgements out.

It has no clock and no link: whoever owns those calls it with its time, µs.
"""

import math
from collections.abc import Iterable
from typing import Any, Final

from sims.mavlink.modes import FlightMode
from sims.rotation import normalised
from sims.standin.boot import Boot
from sims.standin.commander import FORCE, Commander, Result, Severity
from sims.standin.controller import AttitudeSetpoint, Controller, Setpoint
from sims.standin.dialect import VEHICLE_COMPONENT, mavlink
from sims.standin.estimator import GRAVITY_M_S2, Estimator
from sims.standin.modes import Navigator, Offboard
from sims.standin.parameters import BadParameterError, Parameters
from sims.standin.sensors import Sensors, fix_taken_us

CHANNELS: Final = 16
_IDLE = 0.05
_LONGEST_STEP_S = 0.1
_LEARNS_ABOVE_M = 0.5
_NOTHING: Final = (0.0,) * CHANNELS


class Autopilot:
    """One vehicle.

    Attributes:
        system_id: Its MAVLink id.
        boot: What works from when.
        commander: Arming and modes.
        state: What it takes itself to be doing.
        controller: The cascade, with the set-points of its inner parts.
        controls: The motors' controls, 0..1, (16,), of which four are used.
    """

    def __init__(self, parameters: Parameters, system_id: int, boot: Boot | None = None) -> None:
        self.parameters, self.system_id = parameters, system_id
        self.boot = boot or Boot()
        self.sensors = Sensors()
        self.state = Estimator()
        self.controller = Controller(parameters)
        navigator = Navigator(parameters)
        self.commander = Commander(
            parameters, self.boot, self.sensors, self.state, navigator, Offboard()
        )
        self.controls: tuple[float, ...] = _NOTHING
        self.now_us = 0
        self._ramp = 0.0
        self._stepped_us: int | None = None

    def hear_gps(self, now_us: int, message: Any) -> None:
        """Take a HIL_GPS."""
        if not self.sensors.gps.hear(now_us, message) or not self.boot.aligns:
            return
        self.state.fix(
            now_us,
            fix_taken_us(now_us, message.time_usec),
            (message.lat * 1e-7, message.lon * 1e-7, message.alt * 1e-3),
            (message.vn * 1e-2, message.ve * 1e-2, message.vd * 1e-2),
        )

    def step(self, now_us: int, message: Any) -> None:
        """Take a HIL_SENSOR and answer it with motors.

        Args:
            now_us: Time, which must have gone on since the last one.
            message: The sensors' values.
        """
        self.boot.begin(now_us)
        before = now_us if self._stepped_us is None else self._stepped_us
        dt = min((now_us - before) * 1e-6, _LONGEST_STEP_S)
        self._stepped_us = self.now_us = now_us
        field_known, height_known = self.sensors.hear(now_us, message)
        if dt > 0.0 and self.boot.aligns:
            self.state.move(now_us, dt, self.sensors.turning, self.sensors.force)
            if field_known:
                self.state.magnetometer(dt, self.sensors.magnetic_field)
            if height_known:
                self.state.barometer(dt, self.sensors.barometer.values[0])
        self.commander.update(now_us)
        if not self.commander.armed:
            self.controls = _NOTHING
        elif dt > 0.0:
            self.controls = self._fly(dt)

    def _fly(self, dt: float) -> tuple[float, ...]:
        commander, state, controller = self.commander, self.state, self.controller
        ground = commander.ground
        wanted = commander.wanted(dt)
        if ground.landed and not self._leaves(wanted):
            controller.reset(state)
            controller.thrust = self._ramp = 0.0
            return self._masked([_IDLE] * 4)
        if isinstance(wanted, Setpoint):
            most = 1.0
            if ground.landed:
                ramp_s = max(self.parameters["MPC_TKO_RAMP_T"], dt)
                self._ramp = min(self._ramp + dt / ramp_s, 1.0)
                most = max(self._ramp, _IDLE)
            elif ground.contact and commander.mode is FlightMode.LAND:
                most = self.parameters["MPC_THR_MIN"]  # let it rest on the ground
            wanted = controller.translate(dt, state, wanted, most)
        motors = controller.motors(dt, state, wanted, not ground.contact)
        height = commander.navigator.ground_down - state.position[2]
        ground.update(dt, height, state.velocity, controller.thrust / controller.hover)
        if height > _LEARNS_ABOVE_M:  # further down it may be the ground that is felt
            controller.learn_hover(dt, state)
        return self._masked(motors)

    def _leaves(self, wanted: Setpoint | AttitudeSetpoint) -> bool:
        """Whether it is told to leave the ground on which it stands."""
        spooled_us = 1e6 * self.parameters["COM_SPOOLUP_TIME"]
        if self.now_us - self.commander.armed_us < spooled_us:
            return False
        if self.commander.mode is FlightMode.TAKE_OFF:
            return True
        if self.commander.mode is not FlightMode.OFFBOARD:
            return False
        if isinstance(wanted, AttitudeSetpoint):
            return wanted.thrust > 0.5 * self.controller.hover
        return (
            wanted.position[2] < self.state.position[2] - 0.3
            or wanted.velocity[2] < -0.3
            or wanted.acceleration[2] < -0.03 * GRAVITY_M_S2
        )

    def _masked(self, motors: list[float]) -> tuple[float, ...]:
        for index in self.commander.dead_motors:
            if 0 <= index < len(motors):
                motors[index] = 0.0
        return (*motors, *_NOTHING[len(motors) :])

    @property
    def base_mode(self) -> int:
        """``MAV_MODE_FLAG`` bits of its heartbeat."""
        by_mode = {FlightMode.OFFBOARD: 0x01, FlightMode.POSITION: 0x51}
        armed = 0x80 if self.commander.armed else 0
        hil = 0x20 if self.parameters["SYS_HITL"] else 0
        return by_mode.get(self.commander.mode, 0x1D) | armed | hil

    def hear(self, now_us: int, message: Any) -> Iterable[Any]:
        """Take a client's message; yields what answers it.

        Commands about a link's streams and requests for messages are that link's own
        (:mod:`sims.standin.streams`).
        """
        match message.get_type():
            case "COMMAND_LONG" | "COMMAND_INT":
                if self._for_us(message):
                    yield acknowledgement(message, self._obey(now_us, message))
            case "SET_POSITION_TARGET_LOCAL_NED":
                if self._for_us(message) and (target := position_target(message)):
                    self._offboard(now_us, target)
            case "SET_ATTITUDE_TARGET":
                if self._for_us(message) and (attitude := attitude_target(message)):
                    self._offboard(now_us, attitude)
            case "PARAM_REQUEST_READ" | "PARAM_REQUEST_LIST" | "PARAM_SET":
                if self._for_us(message):
                    yield from self._parameter(message)
            case "TIMESYNC":
                if message.tc1 == 0:
                    yield mavlink.MAVLink_timesync_message(now_us * 1000, message.ts1)

    def _for_us(self, message: Any) -> bool:
        return message.target_system in (0, self.system_id) and message.target_component in (
            0,
            VEHICLE_COMPONENT,
        )

    def _offboard(self, now_us: int, target: Setpoint | AttitudeSetpoint) -> None:
        gap_us = round(1e6 * self.parameters["COM_OF_LOSS_T"])
        self.commander.offboard.hear(now_us, target, gap_us)

    def _obey(self, now_us: int, message: Any) -> Result:
        commander, m = self.commander, message
        match m.command:
            case mavlink.MAV_CMD_COMPONENT_ARM_DISARM if m.param1 == 1.0:
                result = commander.arm(now_us, m.param2 == FORCE)
            case mavlink.MAV_CMD_COMPONENT_ARM_DISARM if m.param1 == 0.0:
                result = commander.disarm(m.param2 == FORCE)
            case mavlink.MAV_CMD_DO_SET_MODE if whole(m.param1) & 1:
                number = whole(m.param2) << 16 | whole(m.param3) << 24
                result = commander.change_mode(now_us, number)
            case mavlink.MAV_CMD_NAV_TAKEOFF:
                # COMMAND_INT carries the height as z.
                height = m.z if m.get_type() == "COMMAND_INT" else m.param7
                result = commander.take_off(now_us, height)
            case mavlink.MAV_CMD_NAV_LAND:
                result = commander.change_mode(now_us, FlightMode.LAND)
            case mavlink.MAV_CMD_INJECT_FAILURE:
                result = commander.inject(whole(m.param1), whole(m.param2), whole(m.param3))
            case _:
                result = Result.UNSUPPORTED
        return result

    def _parameter(self, message: Any) -> Iterable[Any]:
        parameters, names = self.parameters, self.parameters.names()
        kind = message.get_type()
        if kind == "PARAM_REQUEST_LIST":
            asked = names
        elif kind == "PARAM_REQUEST_READ" and 0 <= message.param_index < len(names):
            asked = [names[message.param_index]]
        else:
            asked = [name for name in (message.param_id.rstrip("\0"),) if name in parameters]
        for name in asked:
            if kind == "PARAM_SET":
                try:
                    parameters.from_wire(name, message.param_value, message.param_type)
                except BadParameterError as error:
                    self.commander.say(Severity.ERROR, str(error))
                self.controller.changed()
            value, type_ = parameters.to_wire(name)
            yield mavlink.MAVLink_param_value_message(
                name.encode(), value, type_, len(names), names.index(name)
            )


def whole(parameter: float) -> int:
    """A command's parameter that is a whole number in a float; 0 where it can't be one."""
    return int(parameter) if abs(parameter) < 2**31 else 0


def acknowledgement(message: Any, result: Result) -> Any:
    """The COMMAND_ACK of a command, addressed to who sent it."""
    return mavlink.MAVLink_command_ack_message(
        message.command,
        int(result),
        0,
        0,
        message.get_srcSystem(),
        message.get_srcComponent(),
    )


def position_target(message: Any) -> Setpoint | None:
    """The set-point of a SET_POSITION_TARGET_LOCAL_NED; None if an axis is left to nobody."""
    mask, nan = message.type_mask, math.nan
    if message.coordinate_frame != mavlink.MAV_FRAME_LOCAL_NED:
        return None

    def axes(values: tuple[float, ...], bit: int) -> tuple[float, float, float]:
        x, y, z = (nan if mask & bit << axis else value for axis, value in enumerate(values))
        return x, y, z

    m = message
    target = Setpoint(
        axes((m.x, m.y, m.z), 1),
        axes((m.vx, m.vy, m.vz), 8),
        axes((m.afx, m.afy, m.afz), 64),
        nan if mask & 1024 else m.yaw,
        0.0 if mask & 2048 or not math.isfinite(m.yaw_rate) else m.yaw_rate,
    )
    parts = zip(target.position, target.velocity, target.acceleration, strict=True)
    told = all(any(map(math.isfinite, axis)) for axis in parts)
    known = not any(
        math.isinf(v) for v in (*target.position, *target.velocity, *target.acceleration)
    )
    return target if told and known else None


def attitude_target(message: Any) -> AttitudeSetpoint | None:
    """The set-point of a SET_ATTITUDE_TARGET; None if it is no attitude or has no thrust."""
    mask = message.type_mask
    rates = tuple(
        0.0 if mask & 1 << axis else rate
        for axis, rate in enumerate(
            (message.body_roll_rate, message.body_pitch_rate, message.body_yaw_rate)
        )
    )
    if mask & 64 or not all(map(math.isfinite, (*rates, message.thrust, *message.q))):
        return None
    if not mask & 128 and sum(part * part for part in message.q) < 0.5:
        return None
    attitude = None if mask & 128 else normalised(tuple(message.q))
    thrust = max(0.0, min(1.0, message.thrust))
    return AttitudeSetpoint(attitude, (rates[0], rates[1], rates[2]), thrust)
