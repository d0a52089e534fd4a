"""Finds MAVLink 2 frames in whatever bytes arrive: split, joined, damaged, or none at all.

After a frame that was none the search goes on at its second byte, so that a good frame behind
damage is found, and what is kept meanwhile is less than a frame. Every checksum is verified here.

A checksum covers a byte that stands for the definition of the message (``CRC_EXTRA``), and at most
one such byte fits a frame. From it follows which frames of unknown messages are whole, and whether
a peer has another definition of a message than the dialect.
"""

from collections.abc import Container, Mapping
from typing import Final, NamedTuple

from fastcrc import crc16

from sims.mavlink.counters import Counters

START: Final = 0xFD
SIGNED: Final = 0x01
"""Bit of the incompatibility flags; MAVLink has no other as yet."""
SIGNATURE: Final = 13
"""Bytes of a signature."""
HEADER: Final = 10
"""Bytes before the payload."""

_START_1: Final = 0xFE
_HEADER_1, _CHECKSUM = 6, 2
_STALE_NS: Final = 500_000_000
"""A frame comes in one go: one that stays in parts for so long will never be whole."""

_crc = crc16.mcrf4xx
_TABLE: Final = [_crc(bytes([byte]), 0) for byte in range(256)]
_BYTES: Final = [bytes([byte]) for byte in range(256)]
_EXTRA_OF: Final = {entry: byte for byte, entry in enumerate(_TABLE)}


class Frame(NamedTuple):
    """A whole frame with a right checksum.

    Attributes:
        content: All its bytes.
        message_id: Which message.
        system: Id of its sender.
        component: Id of the sender's component.
        sequence: Number among those of its sender, 0 to 255.
        checksum: As it stands in the frame.
        is_known: Whether the dialect has the message; if not, one checksum in 256 is right by luck.
    """

    content: bytes
    message_id: int
    system: int
    component: int
    sequence: int
    checksum: int
    is_known: bool

    @property
    def is_signed(self) -> bool:
        """Whether it carries a signature, right or wrong."""
        return bool(self.content[2] & SIGNED)


class Framer:
    """Takes bytes and gives frames."""

    def __init__(self, extras: Mapping[int, int], counters: Counters) -> None:
        """Begin with nothing.

        Args:
            extras: ``CRC_EXTRA`` of every message that is known, by its id.
            counters: Where to count what is no frame.
        """
        self._extras, self._counters = extras, counters
        self._tail, self._tail_ns = b"", 0
        self._misfits: dict[int, tuple[int, int]] = {}

    @property
    def waiting(self) -> int:
        """Bytes that may become a frame once more arrive; less than 281."""
        return len(self._tail)

    def mismatch(self, times: int, needed: Container[int] | None = None) -> int | None:
        """Id of a message that the peer defines otherwise, if one came that often and never right.

        Args:
            times: How often.
            needed: Ids that matter; None is all.
        """
        return next(
            (
                number
                for number, (_, seen) in self._misfits.items()
                if seen >= times and (needed is None or number in needed)
            ),
            None,
        )

    def take(self, content: bytes, now_ns: int) -> list[Frame]:
        """Take what has arrived, and give the frames that are whole.

        Args:
            content: Bytes, none of them if it is only time that has passed.
            now_ns: When, on a clock that goes on.
        """
        old = len(self._tail)
        is_stale = bool(old) and now_ns - self._tail_ns > _STALE_NS
        buffer = self._tail + content if old else content
        frames: list[Frame] = []
        size, at = len(buffer), 0
        while at < size:
            start = buffer.find(START, at)
            if start != at:
                start = size if start < 0 else start
                self._skip(buffer[at:start])
                at = start
                continue
            end, whole = _extent(buffer, at)
            if whole > size and not (is_stale and at < old):
                break
            number = self._verified(buffer, at, end) if at < whole <= size else None
            if number is None:
                self._counters.bad_checksums += 1
                self._counters.garbage_bytes += 1
                at += 1
                continue
            frames.append(
                Frame(
                    buffer[at:whole],
                    number,
                    buffer[at + 5],
                    buffer[at + 6],
                    buffer[at + 4],
                    buffer[end - 2] | buffer[end - 1] << 8,
                    number in self._extras,
                )
            )
            at = whole
        self._tail = buffer[at:]
        if at >= old:
            self._tail_ns = now_ns
        return frames

    def _verified(self, buffer: bytes, at: int, end: int) -> int | None:
        """Id of the message in a frame, if its checksum, which ends there, is right."""
        number = buffer[at + 7] | buffer[at + 8] << 8 | buffer[at + 9] << 16
        covered = buffer[at + 1 : end - 2]
        checksum = buffer[end - 2] | buffer[end - 1] << 8
        extra = self._extras.get(number)
        if extra is None:
            return None if _fitting(covered, checksum) is None else number
        if _crc(covered + _BYTES[extra]) != checksum:
            self._note_misfit(number, _fitting(covered, checksum))
            return None
        if self._misfits:
            self._misfits.pop(number, None)
        return number

    def _note_misfit(self, number: int, extra: int | None) -> None:
        if extra is not None:
            before, seen = self._misfits.get(number, (extra, 0))
            self._misfits[number] = extra, seen + 1 if before == extra else 1

    def _skip(self, garbage: bytes) -> None:
        """Count bytes that are in no frame, and the frames of MAVLink 1 among them."""
        self._counters.garbage_bytes += len(garbage)
        at = garbage.find(_START_1)
        while 0 <= at <= len(garbage) - _HEADER_1 - _CHECKSUM:
            end = at + _HEADER_1 + garbage[at + 1]
            extra = self._extras.get(garbage[at + 5])
            if extra is not None and end + _CHECKSUM <= len(garbage):
                checksum = garbage[end] | garbage[end + 1] << 8
                if _crc(garbage[at + 1 : end] + _BYTES[extra]) == checksum:
                    self._counters.version_1 += 1
            at = garbage.find(_START_1, at + 1)


def _extent(buffer: bytes, at: int) -> tuple[int, int]:
    """Where the checksum and the whole of a frame end, as far as one can see; 0 if it is none."""
    if len(buffer) < at + 3:
        return 0, at + 3
    flags = buffer[at + 2]
    if flags & ~SIGNED:
        return 0, 0
    end = at + HEADER + buffer[at + 1] + _CHECKSUM
    return end, end + SIGNATURE if flags else end


def _fitting(covered: bytes, checksum: int) -> int | None:
    """The one ``CRC_EXTRA`` that would make a checksum right, if there is one."""
    before = _crc(covered)
    entry = _EXTRA_OF.get(checksum ^ before >> 8)
    return None if entry is None else (entry ^ before) & 0xFF
