"""A small ULog, written as PX4's page on the format has it: header, formats, data, a text."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

_MAGIC = bytes([0x55, 0x4C, 0x6F, 0x67, 0x01, 0x12, 0x35, 0x01])


def _message(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<Hc", len(body), kind) + body


def write_ulog(
    path: Path,
    topics: Mapping[str, Mapping[str, Sequence[float]]],
    start_us: int,
    step_us: int,
    texts: Mapping[int, str],
) -> None:
    """Write a log.

    Args:
        path: Where to.
        topics: Values by field, by topic.
        start_us: Time of the first.
        step_us: Time between them.
        texts: Warnings by time, µs.
    """
    parts = [_MAGIC + struct.pack("<Q", start_us), _message(b"B", bytes(40))]
    for name, fields in topics.items():
        floats = "".join(f"float {field};" for field in fields)
        parts.append(_message(b"F", f"{name}:uint64_t timestamp;{floats}".encode()))
    for number, name in enumerate(topics):
        parts.append(_message(b"A", struct.pack("<BH", 0, number) + name.encode()))
    for number, fields in enumerate(topics.values()):
        for index, values in enumerate(zip(*fields.values(), strict=True)):
            head = struct.pack("<HQ", number, start_us + index * step_us)
            parts.append(_message(b"D", head + struct.pack(f"<{len(values)}f", *values)))
    for t_us, text in texts.items():
        parts.append(_message(b"L", b"4" + struct.pack("<Q", t_us) + text.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(parts))
