"""Which messages an autopilot is to send, and how often."""

from typing import Final

ESTIMATES_HZ: Final = 250.0
"""Of LOCAL_POSITION_NED, which the controller is told of: as often as there is a new one."""
WANTED_HZ: Final = {
    "ESTIMATOR_STATUS": 10.0,
    "EXTENDED_SYS_STATE": 10.0,
    "CURRENT_MODE": 25.0,
    "SYS_STATUS": 5.0,
}
"""What else is wanted."""
UNWANTED: Final = (
    *("ATTITUDE", "HIGHRES_IMU", "ODOMETRY", "ALTITUDE", "VFR_HUD"),
    *("ATTITUDE_TARGET", "POSITION_TARGET_LOCAL_NED", "SERVO_OUTPUT_RAW", "GPS_RAW_INT"),
    *("GLOBAL_POSITION_INT", "TIMESYNC", "SCALED_PRESSURE", "VIBRATION"),
)
"""What PX4 sends an onboard computer unasked and nobody here reads: it costs it time."""
UNWANTED_IDS: Final = (290, 291)
"""The same, of messages that the dialect does not know: ESC_INFO and ESC_STATUS."""
