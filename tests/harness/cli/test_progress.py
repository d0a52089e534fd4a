"""Progress without a terminal: a line now and then, with rate and time left."""

from contextlib import nullcontext

import pytest

from harness.cli import progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def told(short, clock, capsys):
    """Tells progress at a moment; returns the lines shown."""
    lines = progress._lines(short())
    lines(0, 20)
    assert capsys.readouterr().err == ""

    def at(seconds, done, ticks=20):
        clock[0] = 100.0 + seconds
        lines(done, ticks)
        return capsys.readouterr().err.splitlines()

    return at


def test_nothing_is_told_at_first(told):
    assert told(0.0, 0) == []
    assert told(4.9, 5) == []


def test_a_line_every_five_seconds_says_rate_and_time_left(told):
    assert told(5.0, 10) == ["scenario: 50 % 2 ticks/s (0 x real time), 5 s left"]
    assert told(9.9, 15) == []
    assert told(10.0, 15) == ["scenario: 75 % 2 ticks/s (0 x real time), 3 s left"]


def test_the_end_is_told_in_any_case(told):
    assert told(0.001, 20) == ["scenario: 100 % 20,000 ticks/s (2,000 x real time)"]


def test_a_run_quicker_than_the_clock_is_told_too(told):
    assert told(0.0, 20) == ["scenario: 100 % 0 ticks/s (0 x real time)"]


def test_a_run_that_has_not_moved_yet_says_no_time(told):
    assert told(6.0, 0)[0].startswith("scenario: 0 % 0 ticks/s")


@pytest.mark.parametrize(("clock_kind", "bar"), [("lockstep", True), ("realtime", False)])
def test_against_the_wall_clock_there_is_no_bar_that_a_thread_draws(
    short, monkeypatch, clock_kind, bar
):
    drawn = []
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "_bar", lambda scenario: nullcontext(drawn.append(scenario)))
    with progress.shown_progress(short(sets=[f"clock={clock_kind}"])):
        pass
    assert bool(drawn) is bar
