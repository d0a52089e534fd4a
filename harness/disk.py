"""The small files of a run directory, on a disk that may be full by the time they are written."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.errors import RecorderError, reason
from harness.trace import files

_RESERVE_BYTES = 2**20


def reserve(directory: Path) -> None:
    """Set space aside for what is written when the disk has filled up: manifest to report.

    Raises:
        OSError: There is not even that much.
    """
    descriptor = os.open(directory / files.RESERVE, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        os.posix_fallocate(descriptor, 0, _RESERVE_BYTES)
    finally:
        os.close(descriptor)


def free_reserve(directory: Path) -> None:
    """Give that space back."""
    (directory / files.RESERVE).unlink(missing_ok=True)


def write_json(path: Path, plain: dict[str, Any]) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        RecorderError: The disk is full.
    """
    partial = path.with_suffix(".partial")
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    try:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise RecorderError(f"{path.name} can't be written: {reason(error)}") from error
