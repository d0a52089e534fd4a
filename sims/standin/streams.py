"""The streams of one link: which messages it carries, how often, and requests for single ones."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sims.standin.autopilot import Autopilot, acknowledgement, whole
from sims.standin.commander import Result, Severity
from sims.standin.dialect import mavlink
from sims.standin.telemetry import BUILDERS

ONBOARD_HZ: Final[Mapping[int, float]] = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: 1.0,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: 5.0,
    mavlink.MAVLINK_MSG_ID_SYSTEM_TIME: 1.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: 50.0,
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: 30.0,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: 10.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET: 10.0,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_LOCAL_NED: 10.0,
    mavlink.MAVLINK_MSG_ID_ALTITUDE: 10.0,
    mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: 0.5,
    mavlink.MAVLINK_MSG_ID_ESTIMATOR_STATUS: 1.0,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: 5.0,
    mavlink.MAVLINK_MSG_ID_HOME_POSITION: 0.5,
    mavlink.MAVLINK_MSG_ID_CURRENT_MODE: 0.5,
}
"""Rates of the link for a companion computer."""

GROUND_HZ: Final[Mapping[int, float]] = {
    **ONBOARD_HZ,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: 1.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: 10.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE: 15.0,
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: 5.0,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: 5.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET: 2.0,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_LOCAL_NED: 2.0,
    mavlink.MAVLINK_MSG_ID_ALTITUDE: 1.0,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: 1.0,
}
"""Rates of the link for a ground station."""

_TEXT_BYTES = 50
_COMMANDS = ("COMMAND_LONG", "COMMAND_INT")
_NEVER = 2**62


class Streams:
    """What one link carries."""

    def __init__(self, autopilot: Autopilot, rates_hz: Mapping[int, float]) -> None:
        self._autopilot = autopilot
        self._usual = {key: round(1e6 / rate) for key, rate in rates_hz.items()}
        self._interval_us = dict(self._usual)
        self._next_us = dict.fromkeys(self._usual, 0)
        self._earliest_us = 0
        self._texts = 0

    def due(self, now_us: int) -> Iterable[Any]:
        """The messages whose time has come."""
        if now_us < self._earliest_us:
            return
        for key, due_us in self._next_us.items():
            if due_us > now_us:
                continue
            interval = self._interval_us[key]
            self._next_us[key] = max(due_us + interval, now_us - now_us % interval + interval)
            message = BUILDERS[key](self._autopilot)
            if message is not None:
                yield message
        self._earliest_us = min(self._next_us.values(), default=_NEVER)

    def hear(self, message: Any) -> tuple[bool, list[Any]]:
        """Take a client's message: whether it was about this link's messages, and the answers."""
        if message.get_type() not in _COMMANDS or message.target_system not in (
            0,
            self._autopilot.system_id,
        ):
            return False, []
        match message.command:
            case mavlink.MAV_CMD_SET_MESSAGE_INTERVAL:
                result = self._set_interval(whole(message.param1), message.param2)
                return True, [acknowledgement(message, result)]
            case mavlink.MAV_CMD_GET_MESSAGE_INTERVAL:
                key = whole(message.param1)
                known = key in BUILDERS
                interval = self._interval_us.get(key, -1) if known else 0
                told = mavlink.MAVLink_message_interval_message(key, interval)
                return True, [acknowledgement(message, Result.ACCEPTED), told]
            case mavlink.MAV_CMD_REQUEST_MESSAGE:
                return True, self._single(message, whole(message.param1))
            case mavlink.MAV_CMD_REQUEST_AUTOPILOT_CAPABILITIES:
                return True, self._single(message, mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
        return False, []

    def texts(self, severity: Severity, text: str) -> list[Any]:
        """STATUSTEXT of what is to be told; a long one in several."""
        data = text.encode()
        if len(data) <= _TEXT_BYTES:
            return [mavlink.MAVLink_statustext_message(int(severity), data)]
        # The last one is known by not being full, so it may have to be empty.
        chunks = [data[at : at + _TEXT_BYTES] for at in range(0, len(data) + 1, _TEXT_BYTES)]
        self._texts = self._texts % 65_535 + 1
        return [
            mavlink.MAVLink_statustext_message(int(severity), chunk, self._texts, number)
            for number, chunk in enumerate(chunks)
        ]

    def _set_interval(self, key: int, interval_us: float) -> Result:
        """Set one message's interval: 0 is the usual one, -1 is never."""
        if interval_us < 0:
            wanted = -1
        elif key not in BUILDERS or not math.isfinite(interval_us):
            return Result.FAILED
        else:
            wanted = self._usual.get(key, -1) if interval_us == 0 else max(1, round(interval_us))
        if wanted < 0:
            self._interval_us.pop(key, None)
            self._next_us.pop(key, None)
            return Result.ACCEPTED
        self._interval_us[key] = wanted
        self._next_us[key] = self._earliest_us = 0
        return Result.ACCEPTED

    def _single(self, request: Any, key: int) -> list[Any]:
        if key not in BUILDERS:
            return [acknowledgement(request, Result.UNSUPPORTED)]
        message = BUILDERS[key](self._autopilot)
        if message is None:
            return [acknowledgement(request, Result.TEMPORARILY_REJECTED)]
        return [acknowledgement(request, Result.ACCEPTED), message]
