"""What PX4 is asked by COMMAND_LONG: number and seven parameters each."""

from typing import Final, NamedTuple

from sims.mavlink.dialect import mavlink
from sims.mavlink.flight import Order

SET_MODE: Final[int] = mavlink.MAV_CMD_DO_SET_MODE
ARM_DISARM: Final[int] = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
INJECT_FAILURE: Final[int] = mavlink.MAV_CMD_INJECT_FAILURE
SET_MESSAGE_INTERVAL: Final[int] = mavlink.MAV_CMD_SET_MESSAGE_INTERVAL
REQUEST_MESSAGE: Final[int] = mavlink.MAV_CMD_REQUEST_MESSAGE

_CUSTOM_MODE: Final = 1.0


class Asked(NamedTuple):
    """A command.

    Attributes:
        command: Its number (MAV_CMD).
        parameters: Its parameters; those left out are zero.
    """

    command: int
    parameters: tuple[float, ...]


def ordered(order: Order) -> Asked:
    """What a flight's order is asked by."""
    if order == Order.ARM:
        return Asked(ARM_DISARM, (1.0,))
    main, sub = (order >> 16) & 0xFF, order >> 24
    return Asked(SET_MODE, (_CUSTOM_MODE, float(main), float(sub)))


def stream(message_id: int, rate_hz: float | None) -> Asked:
    """A message at a rate, or none of it."""
    return Asked(SET_MESSAGE_INTERVAL, (float(message_id), -1.0 if not rate_hz else 1e6 / rate_hz))


def once(message_id: int) -> Asked:
    """A message, once."""
    return Asked(REQUEST_MESSAGE, (float(message_id),))


def failure(unit: int, kind: int, instance: int) -> Asked:
    """A failure of a unit that PX4 pretends to have."""
    return Asked(INJECT_FAILURE, (float(unit), float(kind), float(instance)))
