"""Which files are scenarios; imports nothing that takes time."""

import re
from pathlib import Path

_FORMAT = re.compile(r"^format[ \t]*:", re.MULTILINE)


def is_scenario(path: Path) -> bool:
    """Whether a file is YAML that can be read, and one of its lines starts with ``format:``.

    What is there to be included only says no ``format:``. The text is what counts, so that a
    scenario which is no YAML any more still is one, and can be complained of.
    """
    if path.suffix not in (".yaml", ".yml"):
        return False
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return False
    return _FORMAT.search(text) is not None
