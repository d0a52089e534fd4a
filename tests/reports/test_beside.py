"""A run is laid beside an earlier one: the one that is named, or else its baseline."""

import html
import json
import re
import shutil

import pytest

from harness.cli.main import report
from harness.errors import RunDirectoryError
from harness.trace.reader import RunDirectory
from reports.run import Run

BRIEF = (
    "duration_s=1",
    "certificate=null",
    "expect={on_station: {signal: norm(error_position), at_most: 9, unit: m}}",
    "timing.misses_percent=100",
)


@pytest.fixture(scope="module")
def paced(certified):
    """A second against the wall clock, where latency is drawn."""
    return certified("flyer_realtime", *BRIEF)


@pytest.fixture
def later(paced, tmp_path):
    """The same run in another folder, to be reported anew."""
    return shutil.copytree(paced, tmp_path / "later")


def manifest_of(directory):
    return json.loads((directory / "manifest.json").read_text(encoding="utf-8"))


def edit(directory, change):
    manifest = manifest_of(directory)
    change(manifest)
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def drawn(directory):
    page = (directory / "report.html").read_text(encoding="utf-8")
    figure = re.search(r'<svg[^>]*aria-label="Latency by percentile".*?</svg>', page, re.DOTALL)
    return html.unescape(figure[0])


def test_an_earlier_run_is_drawn_by_its_name_and_moment(paced, later):
    assert " UTC<" not in drawn(later)
    edit(later, lambda manifest: manifest.update(started="2031-02-03T04:05:06+00:00"))
    report(later, paced)
    day, clock = manifest_of(paced)["started"][:16].split("T")
    assert f">flyer_realtime of {day}, {clock} UTC<" in drawn(later)


def test_the_baseline_is_the_earlier_run_where_none_is_named(paced, later, failed):
    assert Run.read(later).beside is None
    edit(later, lambda manifest: manifest["scenario"].update(baseline={"run": str(paced)}))
    assert Run.read(later).beside.path == paced
    other = RunDirectory.open(failed)
    assert Run.read(later, other).beside is other


def test_a_baseline_that_is_gone_spoils_nothing(later, tmp_path):
    gone = str(tmp_path / "gone")
    edit(later, lambda manifest: manifest["scenario"].update(baseline={"run": gone}))
    report(later)
    assert Run.read(later).beside is None
    assert ">flyer_realtime of " not in drawn(later)


def test_an_earlier_run_that_is_none_is_named(paced, later, tmp_path):
    before = (later / "report.html").read_bytes()
    with pytest.raises(RunDirectoryError, match=f"{tmp_path}/nowhere: is no folder"):
        report(later, tmp_path / "nowhere")
    timeless = shutil.copytree(paced, tmp_path / "timeless")
    (timeless / "timing.parquet").unlink()
    with pytest.raises(RunDirectoryError, match=f"{timeless}: has no timing.parquet"):
        report(later, timeless)
    assert (later / "report.html").read_bytes() == before
