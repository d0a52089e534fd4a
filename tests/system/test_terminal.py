"""On a terminal progress is a bar and the verdict has a colour."""

import os
import pty

import pytest

pytestmark = pytest.mark.heavy


@pytest.fixture
def on_a_terminal(started):
    """Runs the command on a terminal of its own; returns its end and all that it showed."""

    def run(*words):
        ours, theirs = pty.openpty()
        process = started(*words, stdin=theirs, stdout=theirs, stderr=theirs, text=False)
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the last one to hold the other end has gone
                break
            if not part:
                break
            shown += part
        os.close(ours)
        return process.wait(), shown.decode(errors="replace")

    return run


def test_progress_is_a_bar(on_a_terminal, short):
    code, shown = on_a_terminal("run", short, "--out", "o")
    assert code == 0
    assert "━" in shown
    assert "100%" in shown
    assert "ticks/s" in shown


def test_the_last_two_lines_are_the_verdict_in_its_colour_and_the_report(on_a_terminal, short):
    _, shown = on_a_terminal("run", short, "--out", "o")
    verdict, report = shown.replace("\x1b[?25h", "").splitlines()[-2:]  # the cursor is back
    assert verdict.startswith("\x1b[32m\x1b[1mPASSED\x1b[0m: flight: ")
    assert report == "report: o/report.html"
