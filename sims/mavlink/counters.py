"""What a link has carried, what it has not, and what came that was not for us."""

from dataclasses import asdict, dataclass, field

HALF = 128
"""Sequence numbers are of 8 bits: who is less than half of them ahead has left some out."""

Source = tuple[int, int]
"""System and component id."""


@dataclass
class Counters:
    """Totals since a link was opened.

    Attributes:
        bytes: Received, whatever they were.
        messages: Received and handed on.
        sent: Messages sent.
        unsent: Messages that could not be sent: nobody was there, or too much was waiting.
        lost: Missing in the sequence numbers of those that we listen to.
        duplicates: Received twice in a row; they are handed on.
        out_of_order: Received later than their successors; they are handed on.
        bad_checksums: What began like a frame and was none, or had been damaged.
        garbage_bytes: Bytes outside of any frame.
        version_1: Frames of MAVLink 1 among them, at least.
        unknown_ids: Whole frames of messages that the dialect does not know.
        foreign: Whole frames from those that we don't listen to.
        unsigned: Frames that should have been signed and were not.
        badly_signed: Frames with a signature that is wrong or old.
        malformed: Whole frames that no message could be made of.
    """

    bytes: int = 0
    messages: int = 0
    sent: int = 0
    unsent: int = 0
    lost: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    bad_checksums: int = 0
    garbage_bytes: int = 0
    version_1: int = 0
    unknown_ids: int = 0
    foreign: int = 0
    unsigned: int = 0
    badly_signed: int = 0
    malformed: int = 0

    def told(self) -> dict[str, int]:
        """All of them that are not zero, by name."""
        return {name: count for name, count in asdict(self).items() if count}


@dataclass
class Sequences:
    """Finds gaps in the sequence numbers, source by source.

    Attributes:
        counters: Where they are counted.
    """

    counters: Counters
    _last: dict[Source, tuple[int, int]] = field(default_factory=dict)

    def take(self, source: Source, sequence: int, checksum: int) -> None:
        """Take the number of a frame, with its checksum, which tells twins from namesakes."""
        last = self._last.get(source)
        if last is None:
            self._last[source] = sequence, checksum
            return
        ahead = (sequence - last[0] - 1) & 0xFF
        if ahead < HALF:
            self.counters.lost += ahead
            self._last[source] = sequence, checksum
        elif last == (sequence, checksum):
            self.counters.duplicates += 1
        else:  # it had been taken for lost
            self.counters.out_of_order += 1
            self.counters.lost = max(0, self.counters.lost - 1)
