"""The messages that are known: all of MAVLink's, since PX4 sends some that ``common`` lacks.

Chosen here and not by pymavlink's environment variables, so that it is the same everywhere.
"""

from typing import Any, Final

from pymavlink.dialects.v20 import all as _all

mavlink: Any = _all
"""pymavlink's module of generated classes and constants."""

EXTRAS: Final[dict[int, int]] = {
    number: kind.crc_extra for number, kind in mavlink.mavlink_map.items()
}
"""``CRC_EXTRA``, which stands for its definition, of every message by its id."""
