"""The page that holds runs against a base."""

import re
import shutil

import pytest

from harness.trace.compare import IncomparableError
from reports.comparison import write_comparison


@pytest.fixture(scope="session")
def other(made):
    """The failed run's scenario with another gain."""
    two_seconds = (("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"))
    return made(*two_seconds, sets=["controller.bandwidth=0.03"])


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page.read_text("utf-8")))


def test_a_run_held_against_itself_is_the_same_to_the_last_bit(failed, tmp_path):
    page = tmp_path / "page.html"
    (comparison,) = write_comparison(failed, [failed], page)
    assert not comparison.regressed
    text = text_of(page)
    assert "AS GOOD" in text
    assert "Every signal is the same to the last bit." in text
    assert "Nothing: scenario, packages and machine are the same." in text


def test_the_page_shows_what_differs_and_why(failed, other, tmp_path):
    page = tmp_path / "page.html"
    write_comparison(failed, [other, failed], page)
    text = text_of(page)
    assert "scenario.controller.bandwidth 0.02 0.03" in text
    assert re.search(r"commanded_acceleration \S+ m/s\^2", text)
    assert "nominal L in STATION-KEEP, a second" in text
    assert page.read_text("utf-8").count("<svg") >= 4


def test_the_page_begins_with_the_verdict_of_each_run(failed, degraded, tmp_path):
    page = tmp_path / "page.html"
    write_comparison(failed, [degraded], page)
    assert "verdict ✕ FAILED ! DEGRADED" in text_of(page)
    assert 'class="judgement degraded"' in page.read_text("utf-8")


def test_the_page_stands_alone(failed, other, tmp_path):
    page = tmp_path / "page.html"
    write_comparison(failed, [other], page)
    html = page.read_text("utf-8")
    assert not re.search(r"""(src|href)=["'](?!#)""", html)
    assert "<script" not in html


def test_runs_of_one_name_are_told_apart_by_their_folders(failed, tmp_path):
    shutil.copytree(failed, tmp_path / "yesterday" / failed.name)
    page = tmp_path / "page.html"
    write_comparison(tmp_path / "yesterday" / failed.name, [failed], page)
    assert f"yesterday/{failed.name}" in text_of(page)


def test_nothing_is_written_where_runs_can_not_be_compared(failed, two_vehicles, tmp_path):
    page = tmp_path / "page.html"
    with pytest.raises(IncomparableError, match="the vehicles are iss in the base and iss, tug"):
        write_comparison(failed, [two_vehicles], page)
    assert list(tmp_path.iterdir()) == []
