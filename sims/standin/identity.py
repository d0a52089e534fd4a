"""Who the stand-in says it is, and how a client tells it from a real PX4."""

from typing import Final

CUSTOM_VERSION: Final = b"STANDIN\0"
"""The three custom versions in its AUTOPILOT_VERSION; PX4 has bytes of git hashes there."""

VENDOR_ID: Final = 0x4D48
PRODUCT_ID: Final = 0x5349
"""Of its AUTOPILOT_VERSION; no board of PX4's has them."""

UID: Final = int.from_bytes(CUSTOM_VERSION, "big")

FLIGHT_VERSION: Final = 0x0111_0000
"""The version of PX4 whose protocol it speaks: 1.17.0, in development."""


def is_standin(flight_custom_version: bytes | list[int], vendor_id: int) -> bool:
    """Whether an AUTOPILOT_VERSION with these fields comes from the stand-in."""
    return bytes(flight_custom_version) == CUSTOM_VERSION or vendor_id == VENDOR_ID
