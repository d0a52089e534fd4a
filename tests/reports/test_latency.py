"""What a report says of latency: what was measured, and no more."""

import html
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.trace.reader import NotARunDirectoryError, RunDirectory
from harness.trace.timing import STAGES
from reports.comparison import write_comparison
from reports.latency import Latency
from reports.page import write_report
from reports.run import Run
from reports.sections import page_style
from reports.sections.latency import budget, clock, deadlines, jitter, percentiles, stages
from reports.sections.latency.words import short_time

BRIEF = ("duration_s=1", "expect.on_station.at_most=9", "timing.misses_percent=100")
PACED = ("Latency budget", "Latency", "Deadlines", "Where the time went", "Jitter")


@pytest.fixture(scope="module")
def paced(certified):
    """A second against the wall clock, 200 ticks, proved stable."""
    return certified("flyer_realtime", *BRIEF)


@pytest.fixture(scope="module")
def late(certified):
    """Against the wall clock with a deadline that nobody can meet, and nothing to be proved."""
    sets = ("certificate=null", "expect.proved_stable=null", "expect.latency=null")
    timing = "timing={deadline_ms: 0.000001, misses_percent: 50, misses_in_a_row: 9}"
    return certified("flyer_realtime", *BRIEF[:2], *sets, timing)


@pytest.fixture(scope="module")
def slow_radio(certified):
    """In lockstep, with commands that take 50 ms of the 500 ms proved; not to be altered."""
    sets = ("clock=lockstep", "timing={}", "duration_s=1", "expect.on_station.at_most=9")
    return certified("flyer_realtime", *sets, "faults.slow_radio={kind: latency, delay_ms: 50}")


def text_of(directory):
    page = (directory / "report.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def headings(directory):
    page = (directory / "report.html").read_text(encoding="utf-8")
    return re.findall(r"<h2>(.*?)</h2>", page)


def told(directory):
    return json.loads((directory / "latency.json").read_text())


def made(section, directory, **more):
    with page_style():
        return section(Run(RunDirectory.open(directory), **more))


def test_a_paced_run_has_every_section_in_this_order(paced):
    found = [heading for heading in headings(paced) if heading in (*PACED, "Loop time")]
    assert found == list(PACED)


def test_a_run_in_lockstep_has_its_loop_time_and_what_was_old(slow_radio, failed):
    assert [h for h in headings(slow_radio) if h in (*PACED, "Loop time")] == [
        "Latency budget",
        "Loop time",
    ]
    assert [h for h in headings(failed) if h in (*PACED, "Loop time")] == ["Loop time"]
    assert "In lockstep these times do not touch the result." in text_of(failed)


def test_the_budget_is_the_sentence_of_the_run_with_its_share(slow_radio):
    found, section = told(slow_radio)["budget"], made(budget.section, slow_radio)
    assert section.lead == found["sentence"]
    assert section.word == f"{100.0 * found['used']:.3g} % USED."
    assert section.tone == "passed"
    assert found["age_ms"] == pytest.approx(50.0)
    assert f"proved, any jitter: {found['margin_ms']:g}\u202fms" in section.figure
    assert "demanded: below 10 %" in section.figure
    assert "linear, constant, no proof" in section.figure


def test_what_is_over_a_demand_is_told_in_the_tone_of_a_failure(slow_radio, tmp_path):
    copy = shutil.copytree(slow_radio, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["scenario"]["expect"]["latency"]["budget_used_below"] = 0.01
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert made(budget.section, copy).tone == "failed"


def test_the_bar_is_in_other_colours_beyond_what_is_demanded_and_what_is_proved(
    slow_radio, tmp_path
):
    def bars(ticks):
        found = told(slow_radio)
        found["budget"]["ticks"] = ticks
        (copy / "latency.json").write_text(json.dumps(found))
        figure = made(budget.section, copy).figure
        return re.findall(r"<path [^>]*style=\"fill: var\(--(series-0|series-1|limit)\)", figure)

    copy = shutil.copytree(slow_radio, tmp_path / "copy")
    margin = told(slow_radio)["budget"]["margin_ticks"]
    assert bars(margin // 10 - 1) == ["series-0"]
    assert bars(margin) == ["series-0", "series-1"]
    assert bars(margin + 1) == ["series-0", "series-1", "limit"]


def test_where_nothing_was_old_there_is_the_margin_and_no_empty_axis(proved):
    section = made(budget.section, proved)
    assert section.word == "0 % USED."
    assert "proved, any jitter" in section.figure
    assert "age, ms" not in section.figure
    assert "measured just before" in section.text


def test_without_a_margin_the_age_is_told_and_no_gauge_is_drawn(late):
    section = made(budget.section, late)
    assert section.word == "NO MARGIN."
    assert section.tone == "open"
    assert "proved, any jitter" not in section.figure


def test_quantiles_are_those_of_the_file(paced):
    figures, section = told(paced)["latency_us"], made(percentiles.section, paced)
    for name, key in (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("max", "max")):
        assert f"{name} {short_time(1e3 * figures[key])}" in section.text
    assert "p99.9" not in section.text.split(".")[0]
    assert "200 ticks are too few to tell p99.9." in section.text


def test_the_curve_ends_at_the_largest_and_begins_at_the_least():
    durations = np.random.default_rng(3).integers(1000, 10_000, 5000)
    nines, values = percentiles.curve(durations)
    assert nines[0] == 0.0
    assert values[0] == durations.min()
    assert nines[-1] == pytest.approx(np.log10(5000))
    assert values[-1] == durations.max()
    at_p90 = values[np.searchsorted(nines, 1.0)]
    assert at_p90 == pytest.approx(np.quantile(durations, 0.9), rel=0.01)


@pytest.mark.parametrize("n", [1, 2, 100, 200, 10_000])
def test_quantiles_lie_on_the_curve(n):
    durations = np.random.default_rng(n).integers(1000, 10_000_000, n)
    points = set(zip(*(part.tolist() for part in percentiles.curve(durations)), strict=True))
    beyond = {"p50": 0.5, "p90": 0.1, "p99": 0.01, "p99.9": 0.001, "p99.99": 0.0001, "max": 1.0 / n}
    for name, value in percentiles.quantiles(durations):
        near = [v for nines, v in points if nines == pytest.approx(-np.log10(beyond[name]))]
        assert value in near


def test_runs_of_other_clocks_are_not_laid_over_one_another(paced, slow_radio, failed):
    lockstep, realtime = (RunDirectory.open(run) for run in (slow_radio, paced))
    section = made(percentiles.section, paced, beside=lockstep)
    assert "kept to no clock: its times are others" in section.text
    assert "UTC" not in section.figure
    section = made(percentiles.lockstep_section, slow_radio, beside=realtime)
    assert "kept to the wall clock: its times are others" in section.text
    section = made(percentiles.lockstep_section, slow_radio, beside=RunDirectory.open(failed))
    assert "flight of " in section.figure


def test_an_earlier_run_is_laid_over_this_one(paced, late):
    beside = RunDirectory.open(late)
    earlier = f"flyer_realtime of {beside.manifest['started'][:10]}"
    assert earlier not in made(percentiles.section, paced).figure
    figure = made(percentiles.section, paced, beside=beside).figure
    assert "this run" in figure
    assert earlier in figure


def test_a_comparison_has_latency_deadlines_and_budget_of_each_run(paced, late, tmp_path):
    write_comparison(paced, [late], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    rows = {
        key: re.findall(r"<td[^>]*>(.*?)</td>", cells)
        for key, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page)
    }
    for name in ("p50", "max"):
        expected = [f"{told(run)['latency_us'][name]:,.0f}" for run in (paced, late)]
        assert rows[f"latency, {name}, µs"] == expected
    misses = told(paced)["deadlines"]["misses"]
    assert rows["deadlines missed"] == [f"{misses} of 200", "200 of 200"]
    used = 100.0 * told(paced)["budget"]["used"]
    assert rows["latency budget used"] == [f"{used:.3g} %", "no margin"]


def test_the_facts_tell_what_was_asked_of_the_system_and_given(paced, tmp_path):
    assert "asked of the system" not in text_of(paced)
    copy = shutil.copytree(paced, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["clock"]["asked"] = {"cpu": "granted", "fifo_priority": "SCHED_FIFO 50: not allowed"}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    write_report(copy)
    page = (copy / "report.html").read_text(encoding="utf-8")
    assert "<dt>asked of the system</dt><dd>cpu granted, fifo priority refused</dd>" in page


def test_bars_are_real_ticks_whose_stages_add_up(paced):
    latency = Latency.read(RunDirectory.open(paced))
    shown = dict(stages.ticks_at_quantiles(latency))
    assert list(shown) == ["p50", "p99", "max"]
    for tick in shown.values():
        assert sum(int(latency.stages[name][tick]) for name in STAGES) == latency.late[tick]
    assert latency.late[shown["max"]] == latency.late.max()
    figures = told(paced)["latency_us"]
    assert latency.late[shown["p50"]] == pytest.approx(1e3 * figures["p50"])
    assert short_time(float(latency.late.max())) in made(stages.section, paced).figure


def test_jitter_is_told_as_cyclictest_tells_it(paced):
    late = Latency.read(RunDirectory.open(paced)).stages["wake_up"] / 1e3
    code = made(jitter.section, paced).code
    assert code == (
        f"C: 200  Min: {late.min():.1f}  Avg: {late.mean():.1f}  Max: {late.max():.1f}  µs"
    )


def test_missed_deadlines_are_counted_blamed_and_held_against_what_is_allowed(late):
    section = made(deadlines.section, late)
    assert (section.word, section.tone) == ("MISSED.", "late")
    assert section.lead.startswith("200 of 200 ticks (100 %) missed their deadline")
    assert "100 % (50 % allowed)" in section.text
    assert "in a row 200 (9 allowed)" in section.text
    blamed = sum(int(point.split(" of ")[0]) for point in section.points)
    assert blamed == 200


def test_of_very_many_misses_the_worst_are_drawn(late):
    run = Run(RunDirectory.open(late))
    few = run.latency
    many = 100_000
    lateness = np.full(many, 2_000_000)
    lateness[12_345] = 7_000_000
    more = replace(few, told=few.told, late=lateness)
    more.told["deadlines"]["misses"] = many
    object.__setattr__(run, "latency", more)
    object.__setattr__(run, "seconds", np.arange(many + 1) / 1000.0)
    with page_style():
        section = deadlines.section(run)
    marks = section.figure.count("<use")
    assert 150 < marks < 400
    assert "only the least and the most late" in section.text
    assert len(section.figure) < 100_000


def test_of_deadlines_that_were_kept_nothing_is_drawn(paced, tmp_path):
    copy = shutil.copytree(paced, tmp_path / "copy")
    found = told(copy)
    found["deadlines"] |= {"misses": 0, "within": True, "blame": {}}
    (copy / "latency.json").write_text(json.dumps(found))
    section = made(deadlines.section, copy)
    assert section.word == "KEPT."
    assert section.figure == ""
    assert "100 % may miss it" in section.text


def test_a_clock_elsewhere_is_drawn_only_where_there_is_one(paced):
    assert made(clock.section, paced) is None
    run = Run(RunDirectory.open(paced))
    run.latency.stamps["clock_offset_ns"] = np.full(201, -5_000_000_000)
    run.latency.stamps["clock_bound_ns"] = np.full(201, 40_000)
    with page_style():
        section = clock.section(run)
    assert "5\u202fs behind this machine's" in section.text
    assert "40\u202fµs at most" in section.text


OF_OLD = ["tick", "received_ns", "controller_in_ns", "controller_out_ns", "sent_ns"]


@pytest.mark.parametrize("columns", [OF_OLD, None], ids=["with fewer stamps", "with all stamps"])
def test_a_run_from_before_there_was_a_latency_file_has_its_report(failed, tmp_path, columns):
    copy = shutil.copytree(failed, tmp_path / "copy")
    (copy / "latency.json").unlink()
    stamps = pq.read_table(copy / "timing.parquet", columns=columns)
    pq.write_table(stamps, copy / "timing.parquet")
    loop = np.diff(stamps["received_ns"].to_numpy())
    write_report(copy)
    assert [h for h in headings(copy) if h in (*PACED, "Loop time")] == ["Loop time"]
    longest = short_time(float(loop.max())).replace("\u202f", " ")
    assert f"{longest} at most" in text_of(copy)


def test_a_latency_file_that_is_damaged_is_no_run_to_report(failed, tmp_path):
    copy = shutil.copytree(failed, tmp_path / "copy")
    (copy / "latency.json").write_text("{")
    with pytest.raises(NotARunDirectoryError, match=r"latency\.json can't be read"):
        write_report(copy)


@pytest.mark.parametrize(
    ("nanoseconds", "told"),
    [
        (0, "0\u202fµs"),
        (57_700, "57.7\u202fµs"),
        (250, "0.25\u202fµs"),
        (3_540_000, "3.54\u202fms"),
        (100_000, "100\u202fµs"),
        (2_000_000_000, "2\u202fs"),
        (12_345_000_000, "12.3\u202fs"),
    ],
)
def test_short_times_are_told_in_three_digits(nanoseconds, told):
    assert short_time(nanoseconds) == told
