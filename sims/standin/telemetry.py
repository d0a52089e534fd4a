"""What the autopilot tells of itself: one function a message."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from sims.mavlink.modes import FlightMode
from sims.rotation import euler, yaw_of
from sims.standin.autopilot import Autopilot
from sims.standin.controller import AttitudeSetpoint
from sims.standin.dialect import mavlink
from sims.standin.identity import CUSTOM_VERSION, FLIGHT_VERSION, PRODUCT_ID, UID, VENDOR_ID

_CENTIDEGREES = 18_000 / math.pi
_MILLIVOLTS = 16_200
_NO_CELL = 65_535
_PRE_ARM = 0x1000_0000
# Gyroscope, accelerometer, magnetometer, absolute pressure, GPS, motors, estimator, battery.
_SENSORS = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x8000 | 0x20_0000 | 0x200_0000
_ATTITUDE_ONLY, _ALL_BUT_CONSTANT = 0x1, 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x100 | 0x200
_HEIGHT_ONLY = 0x1 | 0x4 | 0x20 | 0x80


def _boot_ms(a: Autopilot) -> int:
    """Its time in 32 bits, which end after 49 days."""
    return a.now_us // 1000 % 2**32


def heartbeat(a: Autopilot) -> Any:
    """FlightMode, armed or not, and whether it acts by itself."""
    commander = a.commander
    status = mavlink.MAV_STATE_STANDBY
    if commander.failsafe:
        status = mavlink.MAV_STATE_CRITICAL
    elif commander.armed:
        status = mavlink.MAV_STATE_ACTIVE
    elif commander.home is None:
        status = mavlink.MAV_STATE_BOOT
    return mavlink.MAVLink_heartbeat_message(
        mavlink.MAV_TYPE_QUADROTOR,
        mavlink.MAV_AUTOPILOT_PX4,
        a.base_mode,
        int(commander.mode),
        status,
        3,
    )


def current_mode(a: Autopilot) -> Any:
    """The mode; it is always the one that was asked for, or a failsafe's."""
    mode = int(a.commander.mode)
    return mavlink.MAVLink_current_mode_message(0, mode, mode)


def sys_status(a: Autopilot) -> Any:
    """Health: the bits of what works, and whether it would arm."""
    commander, sensors, now = a.commander, a.sensors, a.now_us
    health = _SENSORS
    for bits, sensor in (
        (0x1, sensors.gyroscope),
        (0x2, sensors.accelerometer),
        (0x4, sensors.magnetometer),
        (0x8, sensors.barometer),
        (0x20, sensors.gps),
    ):
        if sensor.fault(now):
            health &= ~bits
    if not commander.position_known(now):
        health &= ~0x20_0000
    if commander.ready or commander.armed:
        health |= _PRE_ARM
    known = _SENSORS | _PRE_ARM
    return mavlink.MAVLink_sys_status_message(
        known, known, health, 300, _MILLIVOLTS, -1, 100, 0, 0, 0, 0, 0, 0
    )


def battery_status(a: Autopilot) -> Any:
    """A battery that is always full."""
    cells = [_MILLIVOLTS // 4] * 4 + [_NO_CELL] * 6
    return mavlink.MAVLink_battery_status_message(0, 1, 1, 32_767, cells, -1, -1, -1, 100)


def extended_sys_state(a: Autopilot) -> Any:
    """On the ground, in the air, taking off or landing."""
    commander = a.commander
    landed = mavlink.MAV_LANDED_STATE_ON_GROUND
    if commander.flying:
        landed = {
            FlightMode.TAKE_OFF: mavlink.MAV_LANDED_STATE_TAKEOFF,
            FlightMode.LAND: mavlink.MAV_LANDED_STATE_LANDING,
        }.get(commander.mode, mavlink.MAV_LANDED_STATE_IN_AIR)
    return mavlink.MAVLink_extended_sys_state_message(0, landed)


def local_position_ned(a: Autopilot) -> Any:
    """Estimated position and velocity; nothing before there are any."""
    if not a.boot.aligns or a.now_us < a.boot.position_us or a.state.origin is None:
        return None
    return mavlink.MAVLink_local_position_ned_message(
        _boot_ms(a), *a.state.position, *a.state.velocity
    )


def attitude_quaternion(a: Autopilot) -> Any:
    """Estimated attitude and rates; nothing before there are any."""
    if not a.state.aligned:
        return None
    return mavlink.MAVLink_attitude_quaternion_message(
        _boot_ms(a), *a.state.attitude, *a.state.rate
    )


def attitude(a: Autopilot) -> Any:
    """The same by roll, pitch and yaw."""
    if not a.state.aligned:
        return None
    return mavlink.MAVLink_attitude_message(_boot_ms(a), *euler(a.state.attitude), *a.state.rate)


def estimator_status(a: Autopilot) -> Any:
    """Which of its estimates hold."""
    flags = 0
    if a.commander.position_known(a.now_us):
        flags = _ALL_BUT_CONSTANT
    elif a.state.aligned and a.now_us >= a.boot.position_us:
        flags = _HEIGHT_ONLY
    elif a.state.aligned:
        flags = _ATTITUDE_ONLY
    ratios = (0.1, 0.1, 0.1, 0.1, 0.0, 0.0)
    lost_s = max(0.0, a.state.without_fix_us(a.now_us) * 1e-6 - 0.5)
    return mavlink.MAVLink_estimator_status_message(
        a.now_us, flags, *ratios, 0.5 + 0.5 * lost_s**2, 0.5
    )


def altitude(a: Autopilot) -> Any:
    """Heights above the sea, the origin and home."""
    origin, home = a.state.origin, a.commander.home
    if origin is None:
        return None
    up = -a.state.position[2]
    relative = up + home.down if home is not None else up
    sea, nan = origin.altitude_m + up, math.nan
    return mavlink.MAVLink_altitude_message(a.now_us, sea, sea, up, relative, nan, nan)


def global_position_int(a: Autopilot) -> Any:
    """Estimated position by latitude and longitude."""
    origin, home = a.state.origin, a.commander.home
    if origin is None or home is None:
        return None
    north, east, down = a.state.position
    latitude, longitude = origin.latitude_longitude(north, east)
    velocity = (max(-32_767, min(32_767, round(100 * v))) for v in a.state.velocity)
    return mavlink.MAVLink_global_position_int_message(
        _boot_ms(a),
        round(latitude * 1e7),
        round(longitude * 1e7),
        round(1000 * (origin.altitude_m - down)),
        round(1000 * (home.down - down)),
        *velocity,
        round(yaw_of(a.state.attitude) * _CENTIDEGREES) % 36_000,
    )


def home_position(a: Autopilot) -> Any:
    """Where it took off; nothing before that is known."""
    origin, home = a.state.origin, a.commander.home
    if origin is None or home is None:
        return None
    latitude, longitude = origin.latitude_longitude(home.north, home.east)
    return mavlink.MAVLink_home_position_message(
        round(latitude * 1e7),
        round(longitude * 1e7),
        round(1000 * (origin.altitude_m - home.down)),
        home.north,
        home.east,
        home.down,
        [1.0, 0.0, 0.0, 0.0],
        math.nan,
        math.nan,
        math.nan,
        a.now_us,
    )


def gps_global_origin(a: Autopilot) -> Any:
    """Where local coordinates begin; nothing before that is known."""
    origin = a.state.origin
    if origin is None:
        return None
    return mavlink.MAVLink_gps_global_origin_message(
        round(origin.latitude_deg * 1e7),
        round(origin.longitude_deg * 1e7),
        round(1000 * origin.altitude_m),
        a.now_us,
    )


def system_time(a: Autopilot) -> Any:
    """Its own time; it knows no other."""
    return mavlink.MAVLink_system_time_message(0, _boot_ms(a))


def position_target_local_ned(a: Autopilot) -> Any:
    """The kinematic acceleration that it is after."""
    if not a.commander.armed:
        return None
    nan = math.nan
    return mavlink.MAVLink_position_target_local_ned_message(
        _boot_ms(a), 1, 0, nan, nan, nan, nan, nan, nan, *a.controller.acceleration, nan, nan
    )


def attitude_target(a: Autopilot) -> Any:
    """The attitude and thrust that it is after."""
    if not a.commander.armed:
        return None
    wanted = a.commander.offboard.wanted
    by_stream = a.commander.mode is FlightMode.OFFBOARD and isinstance(wanted, AttitudeSetpoint)
    rates = wanted.rates if by_stream and isinstance(wanted, AttitudeSetpoint) else (0.0, 0.0, 0.0)
    return mavlink.MAVLink_attitude_target_message(
        _boot_ms(a), 0, a.controller.wanted, *rates, a.controller.thrust
    )


def autopilot_version(a: Autopilot) -> Any:
    """Who it is: a stand-in."""
    capabilities = (
        mavlink.MAV_PROTOCOL_CAPABILITY_MAVLINK2
        | mavlink.MAV_PROTOCOL_CAPABILITY_COMMAND_INT
        | mavlink.MAV_PROTOCOL_CAPABILITY_SET_ATTITUDE_TARGET
        | mavlink.MAV_PROTOCOL_CAPABILITY_SET_POSITION_TARGET_LOCAL_NED
    )
    own = list(CUSTOM_VERSION)
    return mavlink.MAVLink_autopilot_version_message(
        capabilities,
        FLIGHT_VERSION,
        FLIGHT_VERSION,
        0,
        0,
        own,
        own,
        own,
        VENDOR_ID,
        PRODUCT_ID,
        UID,
    )


Builder = Callable[[Autopilot], Any]

BUILDERS: Final[Mapping[int, Builder]] = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: heartbeat,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: sys_status,
    mavlink.MAVLINK_MSG_ID_SYSTEM_TIME: system_time,
    mavlink.MAVLINK_MSG_ID_ATTITUDE: attitude,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: attitude_quaternion,
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: local_position_ned,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: global_position_int,
    mavlink.MAVLINK_MSG_ID_GPS_GLOBAL_ORIGIN: gps_global_origin,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET: attitude_target,
    mavlink.MAVLINK_MSG_ID_POSITION_TARGET_LOCAL_NED: position_target_local_ned,
    mavlink.MAVLINK_MSG_ID_ALTITUDE: altitude,
    mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: battery_status,
    mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION: autopilot_version,
    mavlink.MAVLINK_MSG_ID_ESTIMATOR_STATUS: estimator_status,
    mavlink.MAVLINK_MSG_ID_HOME_POSITION: home_position,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: extended_sys_state,
    mavlink.MAVLINK_MSG_ID_CURRENT_MODE: current_mode,
}
"""By message id; each gives None while there is nothing to tell."""
