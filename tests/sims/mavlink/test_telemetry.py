"""What an autopilot tells: texts in parts, estimates that are none, what it has not told yet."""

import math

import pytest

from sims.mavlink.dialect import mavlink
from sims.mavlink.telemetry import Telemetry


@pytest.fixture
def heard():
    texts: list[tuple[int, str]] = []
    made = Telemetry(lambda severity, text: texts.append((severity, text)))
    return made, texts


def text(words: str, number: int = 0, part: int = 0, severity: int = 6):
    return mavlink.MAVLink_statustext_message(severity, words.encode(), number, part)


LONG = "a" * 50


def test_a_short_text_is_told_at_once(heard):
    made, texts = heard
    made.take(text("Takeoff detected"))
    assert texts == [(6, "Takeoff detected")]


def test_a_long_text_is_put_together(heard):
    made, texts = heard
    for part, words in enumerate((LONG, LONG, "end")):
        made.take(text(words, 7, part))
    assert texts == [(6, LONG + LONG + "end")]


def test_what_was_lost_of_a_long_text_is_shown_and_the_next_is_whole(heard):
    made, texts = heard
    made.take(text(LONG, 7, 0))
    made.take(text("end", 7, 2))
    made.take(text(LONG, 8, 0))
    made.take(text("whole", 8, 1))
    assert texts == [(6, "…end"), (6, LONG + "whole")]


def test_a_text_whose_end_was_lost_spoils_no_other(heard):
    made, texts = heard
    made.take(text(LONG, 7, 0))
    made.take(text("fresh", 7, 0))
    assert texts == [(6, "fresh")]


def test_a_warning_is_remembered_as_an_excuse(heard):
    made, _ = heard
    made.take(text("Landing detected", severity=6))
    assert made.status.excuse() == ""
    made.take(text("Preflight Fail: no GPS", severity=4))
    assert "no GPS" in made.status.excuse()


def test_an_estimate_that_is_no_number_or_older_than_the_last_is_left_aside(heard):
    made, _ = heard
    local = mavlink.MAVLink_local_position_ned_message
    made.take(local(2000, 1.0, 2.0, 3.0, 0.1, 0.2, 0.3))
    made.take(local(2008, math.nan, 2.0, 3.0, 0.1, 0.2, 0.3))
    made.take(local(1992, 9.0, 2.0, 3.0, 0.1, 0.2, 0.3))
    assert made.local == (1.0, 2.0, 3.0, 0.1, 0.2, 0.3)
    assert made.local_ms == 2000


def test_it_says_what_it_has_not_heard_yet(heard):
    made, _ = heard
    assert len(made.lacks()) == 4
    made.take(mavlink.MAVLink_gps_global_origin_message(473977418, 85455939, 488000))
    assert "the origin of its frame" not in made.lacks()
    assert not made.is_whole
