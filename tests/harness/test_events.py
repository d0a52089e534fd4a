"""Events are whole lines on disk as they happen, whatever becomes of the disk."""

import json
import resource

import pytest

from harness.errors import ExitCode, RecorderError
from harness.events import Events


@pytest.fixture
def limited():
    """Lets files grow to some bytes only, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def lines(folder):
    text = (folder / "events.jsonl").read_text(encoding="utf-8")
    assert text == "" or text.endswith("\n")
    return [json.loads(line)["event"] for line in text.splitlines()]


def test_an_event_is_on_disk_at_once(tmp_path):
    events = Events(tmp_path)
    events.add(5, "mode", mode="IDLE")
    events.add(None, "warning", text="Größe")
    assert lines(tmp_path) == ["mode", "warning"]
    events.close()


@pytest.mark.alone
def test_an_event_that_does_not_fit_is_a_named_error_and_leaves_no_half_line(tmp_path, limited):
    events = Events(tmp_path)
    events.add(0, "first")
    limited((tmp_path / "events.jsonl").stat().st_size + 10)
    with pytest.raises(RecorderError, match=r"events\.jsonl can't be written: ") as refusal:
        events.add(0, "second")
    assert refusal.value.exit_code is ExitCode.PLANT_FAILED
    limited(10_000)
    events.add(0, "third")
    events.close()
    assert lines(tmp_path) == ["first", "third"]


def test_a_line_that_was_cut_off_is_taken_away(tmp_path):
    (tmp_path / "events.jsonl").write_text('{"event": "mode"}\n{"event": "wa')
    events = Events(tmp_path)
    events.add(None, "recovered")
    events.close()
    assert lines(tmp_path) == ["mode", "recovered"]
