"""What an author is told, and where."""

import pytest

from harness.errors import ScenarioError
from harness.scenario.load import load_scenario

HERE = "«"


@pytest.fixture
def complaints(iss_text, tmp_path):
    """The problems told of the shipped scenario after some edits, and where ``«`` was in them.

    Returns:
        The file, line and column of the mark (or None), and the lines of the error.
    """

    def of(*edits, sets=()):
        text = iss_text
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        place = None
        if HERE in text:
            before = text[: text.index(HERE)]
            place = before.count("\n") + 1, len(before) - before.rfind("\n")
            text = text.replace(HERE, "")
        path = tmp_path / "bad.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError) as refusal:
            load_scenario(path, sets)
        assert list(tmp_path.iterdir()) == [path]
        return path, place, str(refusal.value).splitlines()

    return of
