"""The MAVLink dialect that the stand-in speaks, loaded explicitly and not by the environment."""

from typing import Any

from pymavlink.dialects.v20 import development

mavlink: Any = development
"""``common`` and what is tried out for it, as PX4 is built."""

VEHICLE_COMPONENT = 1
