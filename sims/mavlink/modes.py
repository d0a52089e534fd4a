"""PX4's flight modes, and what they are called."""

from enum import IntEnum
from typing import Final


class FlightMode(IntEnum):
    """PX4's flight modes, as ``custom_mode`` of its heartbeat has them."""

    POSITION = 0x0003_0000
    OFFBOARD = 0x0006_0000
    TAKE_OFF = 0x0204_0000
    LOITER = 0x0304_0000
    RETURN = 0x0504_0000
    LAND = 0x0604_0000


MODES: Final = {
    0x0001_0000: "MANUAL",
    0x0002_0000: "ALTITUDE",
    FlightMode.POSITION: "POSITION",
    FlightMode.TAKE_OFF: "TAKE-OFF",
    FlightMode.LOITER: "LOITER",
    FlightMode.RETURN: "RETURN",
    FlightMode.LAND: "LAND",
    0x0005_0000: "ACRO",
    FlightMode.OFFBOARD: "OFFBOARD",
    0x0007_0000: "STABILIZED",
    0x0104_0000: "READY",
    0x0404_0000: "MISSION",
    0x0904_0000: "PRECISION-LAND",
    0x000A_0000: "TERMINATION",
}
"""Names of the modes by their numbers."""
MODE_NAMES: Final = ("OTHER", *MODES.values())
"""As traces and formulas have them."""
