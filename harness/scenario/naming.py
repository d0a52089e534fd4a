"""What a scenario is called, and its folder."""

import hashlib
import re
from pathlib import Path

_LONGEST = 120


def scenario_name(path: Path, cell: str) -> str:
    """Short name: the file's, with that of the cell if it is one: ``cubesat[mass_kg=4.2]``."""
    return f"{path.stem}[{cell}]" if cell else path.stem


def folder_name(path: Path, cell: str) -> str:
    """A folder for it that every file system takes and no shell expands: ``cubesat-mass_kg=4.2``.

    A name that would be too long ends with a digest of the whole instead.
    """
    if not cell:
        return path.stem
    name = "-".join((path.stem, re.sub(r"[^\w.,=+-]", "_", cell)))
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}-{hashlib.sha256(cell.encode()).hexdigest()[:8]}"
