"""A report is one page: the verdict first, then the evidence, and nothing from elsewhere."""

import html
import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.trace.reader import NotARunDirectoryError, RunDirectory
from reports.page import _criterion, write_report

ENDS = {
    "iss": "PASSED",
    "degraded": "DEGRADED",
    "failed": "FAILED",
    "two_vehicles": "FAILED",
    "formulas": "FAILED",
    "one_tick": "FAILED",
    "interrupted": "INTERRUPTED",
    "plant_failed": "PLANT FAILED",
    "never_started": "PLANT FAILED",
}
SECTIONS = [
    "Stability",
    "Decay of the error",
    "Twin check",
    "Position and velocity error",
    "Thrust acceleration",
    "Δv",
    "Memory and mode",
    "Path about the reference",
    "Ground track",
    "Loop time",
]
DRAWN = SECTIONS[1:]
"""Without a proof or a decay there is no number to draw under the first."""
NEW_KEYS = {"requirement", "formula", "predicate", "thresholds"}
VOID = {"meta", "br", "img", "link", "hr", "input", "path", "use", "rect"}


def page(directory):
    return (directory / "report.html").read_text(encoding="utf-8")


def headings(text):
    return [html.unescape(h) for h in re.findall(r"<h2>(.*?)</h2>", text)]


@pytest.fixture(params=ENDS)
def any_end(request):
    return request.getfixturevalue(request.param), ENDS[request.param]


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def test_a_run_has_a_page_however_it_ended(any_end):
    directory, word = any_end
    text = page(directory)
    assert f"<strong>{word}</strong>" in text
    assert f"<title>{word}: ISS held on its J2 slot</title>" in text
    assert f'<header class="{word.lower().replace(" ", "-")}">' in text
    assert RunDirectory.open(directory).verdict()["sentence"] in html.unescape(text)


def test_the_word_of_the_verdict_has_a_mark_that_is_not_read_aloud(iss, degraded, failed):
    for directory, mark in ((iss, "✓"), (degraded, "!"), (failed, "✕")):
        assert f'<span class="mark" aria-hidden="true">{mark}</span> <strong>' in page(directory)


def test_a_page_is_well_formed(any_end):
    balance = Balance()
    balance.feed(page(any_end[0]))
    assert balance.open == []


def test_a_page_needs_nothing_from_elsewhere(any_end):
    text = page(any_end[0])
    assert len(text.encode()) < 3_000_000
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b", text)
    for value in re.findall(r'\b(?:src|href|xlink:href)\s*=\s*["\']([^"\']*)', text):
        assert value.startswith("#")
    for value in re.findall(r"url\(([^)]*)\)", text):
        assert value.strip("'\"").startswith("#")
    assert "@import" not in text
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", text))
    assert all(address.startswith("http://www.w3.org/") for address in addresses)


def test_ids_are_unique_and_what_is_referred_to_is_there(any_end):
    text = page(any_end[0])
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(set(ids)) == len(ids)
    used = re.findall(r'href="#([^"]*)"', text) + re.findall(r"url\(#([^)]*)\)", text)
    assert set(used) <= set(ids)


def test_the_verdict_and_every_criterion_come_before_the_first_figure(any_end):
    directory, _ = any_end
    before = page(directory).partition("<figure")[0]
    assert 'class="verdict"' in before
    for name in RunDirectory.open(directory).manifest["scenario"]["expect"]:
        assert f'<span class="name">{name.replace("_", " ")}</span>' in before


def test_the_manifest_comes_last(any_end):
    text = page(any_end[0])
    assert headings(text)[0] == "Criteria"
    assert headings(text)[-2:] == ["Events", "Manifest"]
    assert RunDirectory.open(any_end[0]).manifest["trace"]["sha512"][:24] in text


def test_a_whole_run_has_every_section(iss):
    assert headings(page(iss)) == ["Criteria", *SECTIONS, "Events", "Manifest"]
    assert page(iss).count("<svg") == len(DRAWN)


def test_every_figure_says_what_it_shows_to_those_who_do_not_see_it(iss):
    labels = re.findall(r'<svg role="img" aria-label="([^"]+)"', page(iss))
    assert len(labels) == len(set(labels)) == len(DRAWN)


def test_every_figure_has_a_sentence(iss):
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page(iss), re.DOTALL)
    assert len(captions) == len(DRAWN)
    assert all(caption.strip().endswith((".", "plant.")) for caption in captions)


def test_a_run_without_any_observation_has_its_verdict_and_no_figures(never_started):
    text = page(never_started)
    assert headings(text) == ["Criteria", "Events", "Manifest"]
    assert "the station is not there" in text


def test_a_state_that_is_not_a_number_has_a_page_too(not_a_number):
    text = page(not_a_number)
    assert "<strong>PLANT FAILED</strong>" in text
    assert "Manifest" in headings(text)


def test_a_run_that_ended_early_says_how_far_it_came(plant_failed, interrupted):
    assert "0.7 s of 2 s" in page(plant_failed)
    assert "0 s of 2 s" in page(interrupted)
    assert "NOT EVALUATED" in page(plant_failed)


def test_colours_are_the_pages_own(iss):
    drawn = "".join(re.findall(r"<svg.*?</svg>", page(iss), re.DOTALL))
    colours = set(re.findall(r"#[0-9a-fA-F]{6}\b", drawn))
    assert colours <= {"#000000", "#ffffff"}


def test_two_vehicles_are_told_apart_by_name(two_vehicles, iss):
    figures = re.findall(r"<svg.*?</svg>", page(two_vehicles), re.DOTALL)
    named = [figure for figure in figures if ">iss<" in figure and ">tug<" in figure]
    assert len(named) >= 5
    assert ">iss<" not in "".join(re.findall(r"<svg.*?</svg>", page(iss), re.DOTALL))


def test_two_vehicles_are_told_apart_without_colour(two_vehicles):
    assert "stroke-dasharray" in page(two_vehicles)


def test_the_criteria_of_two_vehicles_say_which_decided(two_vehicles):
    before = html.unescape(page(two_vehicles).partition("<figure")[0])
    decided = {c["vehicle"] for c in RunDirectory.open(two_vehicles).verdict()["criteria"]}
    assert all(f", {vehicle}" in before for vehicle in decided)


def test_the_facts_say_what_was_flown(iss):
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page(iss)))
    assert facts["plant"] == "PyBullet rigid bodies under modelled gravity"
    assert facts["controller"] == "agp, κ = 0.02"
    assert facts["length"] == "600 s"
    assert facts["rate"] == "10 Hz, lockstep"
    assert facts["seed"] == "1"


def test_text_of_the_author_stays_text(made):
    name = "<script>alert('x')</script> & \"quotes\""
    directory = made(
        ("duration_s: 5574 ", "duration_s: 0.1 "),
        ("    after_s: 2800\n", ""),
        ("name: ISS held on its J2 slot", "name: " + json.dumps(name)),
        ("after six time constants the 100 m are gone", "<b>bold</b> {{ 9973*9973 }}"),
        ("settled_on_the_slot", "<i>"),
    )
    text = page(directory)
    assert "<script" not in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert str(9973 * 9973) not in text
    assert (
        f"<h1>{html.escape(name, quote=True)}</h1>".replace("&#x27;", "&#39;").replace(
            "&quot;", "&#34;"
        )
        in text
    )


def test_a_report_can_be_made_anew_and_is_the_same(failed):
    def text():
        return re.sub(r"\bf\d+-", "", page(failed))

    before = text()
    assert write_report(failed) == failed / "report.html"
    assert text() == before
    assert not list(failed.glob("*.partial"))


@pytest.mark.parametrize("lost", ["manifest.json", "trace.parquet", "verdict.json"])
def test_a_folder_that_is_no_run_has_no_report(failed, tmp_path, lost):
    for path in failed.iterdir():
        if path.name not in (lost, "report.html"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(NotARunDirectoryError, match=f"has no {lost}"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def rows(directory):
    """Text of the table of criteria, by name."""
    table = re.search(r"<tbody>(.*?)</tbody>", page(directory), re.DOTALL)[1]
    texts = [
        " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split())
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    ]
    return {text.split()[0]: text for text in texts}


def test_a_formula_is_shown_with_what_decided_it(formulas):
    told = rows(formulas)
    assert "always[0:1] (norm(error_position) <= 150 m) (true)" in told["near"]
    assert "PASSED 100 m ≤ 150 m +50 m 67 % 0 s" in told["near"]
    assert "steady REQ-7 always[1:2] (norm(error_position) <= 99.5) (true)" in told["steady"]
    assert "FAILED 100 m ≤ 99.5 m −0.498 m 101 % 1 s" in told["steady"]
    assert "decided by limited == 1" in told["answers"]
    assert "decided by" not in told["near"] + told["steady"] + told["mode"]
    assert "FAILED STATION-KEEP = NULL-G – – 0 s" in told["mode"]


def test_the_limits_of_a_formula_are_drawn_on_its_signal(formulas):
    figure = re.search(r'<svg[^>]*aria-label="Error over time".*?</svg>', page(formulas), re.DOTALL)
    drawn = re.findall(r">(at most [\d.]+)<", figure[0])
    assert sorted(drawn) == ["at most 0.001", "at most 1", "at most 150", "at most 99.5"]


def test_a_verdict_of_before_there_were_formulas_can_be_reported(formulas, tmp_path):
    for path in formulas.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    verdict["criteria"] = [
        {k: v for k, v in c.items() if k not in NEW_KEYS}
        for c in verdict["criteria"]
        if not c["formula"]
    ]
    (tmp_path / "verdict.json").write_text(json.dumps(verdict))
    write_report(tmp_path)
    assert "settled" in rows(tmp_path)


@pytest.mark.parametrize(
    ("bound", "value", "limit", "used"),
    [
        ("at most", 0.5, 2.0, 0.25),
        ("at most", 4.0, 2.0, 2.0),
        ("at most", 0.0, 2.0, 0.0),
        ("at least", 4.0, 2.0, 0.5),
        ("at least", 0.0, 2.0, float("inf")),
        ("at most", None, 2.0, None),
        ("at most", 1.0, 0.0, None),
        ("at most", -1.0, 2.0, None),
        ("at most", -3.0, -2.0, None),
    ],
)
def test_the_share_of_a_limit_is_shown_where_it_means_something(bound, value, limit, used):
    shown = _criterion(
        {
            "judgement": "PASSED",
            "unit": "m",
            "value": value,
            "limit": limit,
            "margin": None,
            "bound": bound,
            "worst_s": 1.5,
            "window_s": [0.0, 2.0],
        }
    )
    assert shown["used"] == used
    assert shown["limit"] == f"{'≤' if bound == 'at most' else '≥'} {limit:g} m".replace("-", "−")
    assert (shown["window"], shown["worst"]) == ("0–2 s", "1.5 s")


def test_a_value_without_bound_is_drawn_all_the_same(made):
    directory = made(
        ("duration_s: 5574 ", "duration_s: 0.1 "),
        ("    after_s: 2800\n", ""),
        ("statistic: final\n    at_most: 2.0", "statistic: final\n    at_least: 2.0"),
    )
    assert "≥ 2 m/s" in page(directory)


def test_a_plant_about_no_body_has_its_path_in_the_frames_own_axes_and_no_ground_track(
    made, tmp_path
):
    directory = made(
        ("duration_s: 5574 ", "duration_s: 0.1 "),
        ("    after_s: 2800\n", ""),
    )
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["plant"]["body"] = None
    (directory / "manifest.json").write_text(json.dumps(manifest))
    write_report(directory)
    text = page(directory)
    assert "Ground track" not in headings(text)
    assert "Path about the reference" in headings(text)
    assert "Path in x, y, z" in text


def test_a_run_about_a_fixed_point_has_no_path_in_orbital_axes(made):
    directory = made(
        ("duration_s: 5574 ", "duration_s: 0.1 "),
        ("    after_s: 2800\n", ""),
        (
            "reference:\n  kind: slot\n  gravity: j2",
            "reference: {kind: fixed_point, position_m: [6.8e6, 0, 0]}",
        ),
    )
    assert "Path about the reference" not in headings(page(directory))
    assert "Ground track" in headings(page(directory))


@pytest.mark.parametrize(("start", "shown"), [(0, True), (9, False)])
def test_a_run_about_a_curve_shows_the_curve_from_where_it_begins(made, start, shown):
    curve = (
        "reference: {kind: figure_eight, centre_m: [6.8e6, 0, 0], length_m: 9, width_m: 4, "
        f"period_s: 9, starts_at_s: {start}}}"
    )
    text = page(
        made(
            ("duration_s: 5574 ", "duration_s: 0.1 "),
            ("    after_s: 2800\n", ""),
            ("reference:\n  kind: slot\n  gravity: j2", curve),
        )
    )
    assert ("Path along the reference" in headings(text)) == shown
    assert ("centre of the curve +" in text) == shown
    assert "Path about the reference" not in headings(text)


def test_loading_and_running_leave_the_report_to_its_caller(tmp_path, failed):
    scenario = load_scenario(failed.parent / "flight.yaml")
    run_scenario(scenario, tmp_path / "out")
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_section_of_another_package_that_fails_spoils_nothing(made, monkeypatch):
    def broken(run):
        raise ValueError("no swing in <this>")

    point = SimpleNamespace(name="swing", load=lambda: broken)
    monkeypatch.setattr("reports.sections.entry_points", lambda group: [point])
    text = page(made(("duration_s: 5574 ", "duration_s: 0.1 "), ("    after_s: 2800\n", "")))
    assert "<h2>Swing</h2>" in text
    assert "This section failed: ValueError: no swing in &lt;this&gt;." in text
    assert "<h2>Loop time</h2>" in text
