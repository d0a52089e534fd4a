"""Who holds a port, as far as the system lets one see."""

import os
from pathlib import Path
from typing import Literal

from sims.plant import PlantError

_INODE = 9


class PortInUseError(PlantError):
    """A port that is needed belongs to somebody else."""


def holder(kind: Literal["tcp", "udp"], port: int) -> str:
    """Who holds a port, to be put behind a message; empty where that can't be seen."""
    inodes = {f"socket:[{inode}]" for inode in _inodes(kind, port)}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            held = any(os.readlink(link) in inodes for link in (folder / "fd").iterdir())
            if held:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                command = b" ".join(words).decode(errors="replace").strip()
                return f" by process {folder.name} ({command[:120]})"
        except OSError:  # gone, or another user's
            continue
    return ""


def _inodes(kind: str, port: int) -> set[str]:
    """Sockets that are bound to a port, by what /proc/net says."""
    found = set()
    for table in (f"/proc/net/{kind}", f"/proc/net/{kind}6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            parts = line.split()
            if int(parts[1].rsplit(":", 1)[1], 16) == port:
                found.add(parts[_INODE])
    return found
