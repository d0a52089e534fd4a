"""The shipped station as text that tests edit."""

import re

from harness.scenario.shipped import shipped_folder


def station():
    """The shipped scenario without what is to be proved of it, which takes its time."""
    text = (shipped_folder() / "iss_slot.yaml").read_text(encoding="utf-8")
    text, claims = re.subn(r"^certificate:\n(?:  .*\n)+\n", "", text, flags=re.MULTILINE)
    text, criteria = re.subn(r"^  proved_stable:\n[\s\S]*", "", text, flags=re.MULTILINE)
    assert (claims, criteria) == (1, 1)
    return text
