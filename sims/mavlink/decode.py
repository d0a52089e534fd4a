"""Makes messages of frames whose checksum has been verified, faster than pymavlink's own way.

pymavlink's ``decode`` verifies the checksum once more, unpacks the header once more, and goes
through the fields twice. Most messages are nothing but numbers: of those it is enough to unpack
them by pymavlink's definition and hand them to its class. All others are left to pymavlink.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sims.mavlink.dialect import mavlink
from sims.mavlink.frames import HEADER, Frame


class _Numbers(NamedTuple):
    """A message of numbers only.

    Attributes:
        kind: pymavlink's class.
        size: Bytes of the whole payload; zeros at its end are not sent.
        unpack: Takes the payload.
        arrange: From the order on the wire to that of the class's arguments.
        arrays: Which of those are arrays.
    """

    kind: Any
    size: int
    unpack: Callable[[bytes], tuple[Any, ...]]
    arrange: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    arrays: tuple[int, ...]


def _numbers(kind: Any) -> _Numbers | None:
    """How to make a message, if it is nothing but numbers, and more than one."""
    if b"c" in kind.native_format or len(kind.orders) < 2:
        return None
    fields: list[int | slice] = []
    for order in kind.orders:
        start, length = sum(kind.lengths[:order]), kind.lengths[order]
        fields.append(start if length == 1 else slice(start, start + length))
    arrays = tuple(at for at, field in enumerate(fields) if isinstance(field, slice))
    unpacker = kind.unpacker
    return _Numbers(kind, unpacker.size, unpacker.unpack, itemgetter(*fields), arrays)


_NUMBERS: Final[dict[int, _Numbers]] = {
    number: made for number, kind in mavlink.mavlink_map.items() if (made := _numbers(kind))
}


def decode(frame: Frame, codec: Any) -> Any:
    """The message in a frame whose id is known.

    Args:
        frame: The frame.
        codec: pymavlink's ``MAVLink``, for what is not only numbers or has a signature.

    Raises:
        MAVError: pymavlink can't, or does not believe the signature.
    """
    numbers = _NUMBERS.get(frame.message_id)
    if numbers is None or frame.is_signed:
        return codec.decode(bytearray(frame.content))
    kind, size, unpack, arrange, arrays = numbers
    content = frame.content
    payload = content[HEADER:-2]
    if len(payload) != size:  # longer if the sender's definition has more to it
        payload = payload.ljust(size, b"\0")[:size]
    values = arrange(unpack(payload))
    if arrays:
        values = tuple(list(one) if at in arrays else one for at, one in enumerate(values))
    message = kind(*values)
    header = message._header
    header.mlen, header.compat_flags, header.seq = content[1], content[3], frame.sequence
    header.srcSystem, header.srcComponent = frame.system, frame.component
    message._msgbuf, message._payload, message._crc = content, payload, frame.checksum
    return message
