"""Where a plant's own files go, and whom it tells of what happens."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from sims.plant import Note

SAID: Final = "autopilot said"
"""The event that carries an autopilot's own words."""


class Records:
    """The run directory's folder for a plant, or a temporary one where there is none.

    Attributes:
        note: Takes what happens.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._temporary: Path | None = None
        self.note: Note = lambda t_ns, event, more: None

    def keep(self, folder: Path, note: Note) -> None:
        """See :meth:`sims.plant.KeepsRecords.keep_records`."""
        self._folder, self.note = folder, note

    def folder(self) -> Path:
        """Where to: not there yet."""
        if self._folder is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="motorhand-"))
            self._folder = self._temporary / "plant"
        return self._folder

    def said(self, t_ns: int, severity: int, text: str) -> None:
        """Keep what an autopilot said; 0 is an emergency, 7 is debug."""
        self.note(t_ns, SAID, {"severity": severity, "text": text})

    def close(self) -> None:
        """Remove what is temporary; may be called twice."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
