"""The page says in one sentence what is proved of a loop, and gives four numbers for it."""

import html
import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.page import write_report
from reports.run import Run
from reports.sections.stability.contraction import envelope
from reports.sections.stability.numbers import four

ALWAYS = ["Proved L", "Local L", "Observed L", "Decay fit"]


def page(directory):
    return (directory / "report.html").read_text(encoding="utf-8")


def lead(directory):
    found = re.search(r'<p class="lead (\w+)">(.*?)</p>', page(directory))
    return found[1], html.unescape(re.sub(r"<[^>]+>", "", found[2])).replace("\u202f", " ")


def headings(directory):
    return [html.unescape(h) for h in re.findall(r"<h2>(.*?)</h2>", page(directory))]


def section(directory, title):
    found = re.search(rf"<h2>{title}</h2>(.*?)</section>", page(directory), re.DOTALL)
    return html.unescape(found[1]).replace("\u202f", " ")


def table(directory, title):
    rows = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td></tr>', section(directory, title)
    )
    return dict(rows)


@pytest.fixture
def altered(proved, tmp_path):
    """A copy of the proved run with what is said of its stability altered, reported anew."""

    def alter(shown, certificate=lambda plain: None):
        directory = tmp_path / "out"
        shutil.copytree(proved, directory)
        for file, change in (("stability.json", shown), ("certificate.json", certificate)):
            plain = json.loads((directory / file).read_text())
            change(plain)
            (directory / file).write_text(json.dumps(plain))
        write_report(directory)
        return directory

    return alter


@pytest.fixture(scope="module")
def lighter(certified):
    sets = ("duration_s=20", "expect.settled_on_the_slot.after_s=10", "plant.true_mass_kg=315000")
    return certified("iss_slot", *sets)


@pytest.fixture(scope="module")
def refuted(certified):
    return certified("iss_unstable", "duration_s=20", "expect.settled_on_the_slot.after_s=10")


@pytest.fixture(scope="module")
def contracting(certified):
    # A metre a tick of whatever is not in the model would drive it out of the region.
    sets = ("duration_s=20", "plant.offset_rtn_m=[0, 0, 0]", "certificate.disturbance_m=1")
    return certified("iss_kepler_slot", *sets)


def test_a_proof_that_covers_the_run_is_said_with_all_it_holds_for(proved):
    tone, told = lead(proved)
    assert tone == "passed"
    assert re.fullmatch(
        r"PROVED Every error in the level set shrinks at least by the factor 0\.99\d+ a second "
        r"down to 0\.\d+ m, after an overshoot of at most \d\.\d+ %, whatever the mass within "
        r"±10 % and the delay up to 300 ms\. This run is covered\.",
        told,
    )


def test_the_bound_is_not_told_as_less_than_was_proved(proved):
    certificate = json.loads((proved / "certificate.json").read_text())
    assert (
        float(re.search(r"factor ([\d.]+)", lead(proved)[1])[1])
        >= (certificate["bound_per_second"])
    )


def test_a_run_that_its_certificate_does_not_cover_says_so_and_why(lighter):
    tone, told = lead(lighter)
    assert tone == "failed"
    assert told.startswith("NOT COVERED There is a proof, but it is not about this run: its model ")
    assert "were assumed" in told
    assert "no promise here" in section(lighter, "Contraction over time")
    assert "The certificate does not cover this run" in section(lighter, "Twin check")
    assert "a bound, but not for this run" in section(lighter, "Stability")


def test_an_unstable_loop_is_refuted_in_so_many_words(refuted):
    tone, told = lead(refuted)
    assert tone == "failed"
    assert told.startswith("REFUTED The loop is not stable. With ")
    assert "draw apart" in told
    assert "part at least by 1.0" in table(refuted, "What was to be proved")["refuted by"]


def test_a_rate_without_a_level_set_says_what_is_missing(contracting):
    tone, told = lead(contracting)
    assert tone == "open"
    assert told.startswith("CONTRACTION ONLY ")
    assert "what one tick disturbs needs" in told
    assert told.endswith("That a run stays in the region is not proved.")
    assert "^2" not in told


def test_an_open_question_claims_nothing(altered):
    def undecided(certificate):
        certificate.update(verdict="UNDECIDED", reason="It is neither proved nor refuted: so.")
        for key in ("bound_per_second", "overshoot", "level_set", "contraction", "margin"):
            certificate[key] = None

    def of_the_nominal_loop(shown):
        shown.update(metric="nominal", covers=False, level_set=None)

    directory = altered(of_the_nominal_loop, undecided)
    tone, told = lead(directory)
    assert tone == "open"
    assert told == "UNDECIDED It is neither proved nor refuted: so. Nothing is claimed of this run."
    assert table(directory, "Stability")["Proved L"] == "nothing was proved: UNDECIDED"


def test_where_nothing_was_to_be_proved_that_is_said(iss):
    tone, told = lead(iss)
    assert tone == "open"
    assert told.startswith("Nothing was to be proved")
    assert "What was proved" not in headings(iss)
    assert "assumed" not in section(iss, "Twin check")


def test_what_could_not_be_assessed_has_a_page_too(altered):
    def failed(shown):
        shown.clear()
        shown.update(covers=False, coverage="Stability could not be assessed: no memory.")

    tone, told = lead(altered(failed))
    assert (tone, told) == ("failed", "NOT ASSESSED Stability could not be assessed: no memory.")


def test_it_stands_first_after_the_criteria(proved):
    assert headings(proved)[:10] == [
        "Criteria",
        "Stability",
        "What was proved",
        "What was assumed",
        "Level sets",
        "Contraction over time",
        "Bound against delay",
        "Twin check",
        "Latency budget",
        "Position and velocity error",
    ]


@pytest.mark.parametrize("which", ["proved", "iss", "refuted", "contracting"])
def test_the_decay_is_told_once(request, which):
    titles = headings(request.getfixturevalue(which))
    assert sum(title in ("Decay of the error", "Contraction over time") for title in titles) == 1


@pytest.mark.parametrize("which", ["proved", "iss", "lighter", "refuted", "contracting"])
def test_the_four_numbers_come_in_their_order_of_strength(request, which):
    directory = request.getfixturevalue(which)
    names = list(table(directory, "Stability"))
    assert names == (["Refuted", *ALWAYS[1:]] if which == "refuted" else ALWAYS)
    drawn = re.findall(r">(Proved L|Refuted|Local L|Observed L|Decay fit)</text>", page(directory))
    assert drawn in ([], names)


def test_numbers_are_drawn_with_their_intervals(altered):
    def every(shown):
        shown["numbers"] |= {
            "local": {"value": 0.9981, "least": 0.998, "states": 9},
            "observed": {"value": 0.9979, "low": 0.9977, "high": 0.998, "how": "two flights"},
            "decay": {
                "rate": 0.0027,
                "low": 0.0026,
                "high": 0.0029,
                "size": 100.0,
                "start_s": 0.0,
                "end_s": 20.0,
                "vehicle": "iss",
            },
        }

    told = table(altered(every), "Stability")
    assert told["Local L"].startswith("0.99810  (0.99800 to 0.99810): ")
    assert told["Observed L"].startswith("0.99790  (0.99770 to 0.99800): ")
    assert told["Decay fit"].startswith("0.99730  (0.99710 to 0.99740): ")


def test_a_number_that_is_missing_says_why(proved, iss, refuted):
    assert table(proved, "Stability")["Decay fit"].startswith("not observable")
    assert table(iss, "Stability") == {
        "Proved L": "nothing was to be proved",
        "Local L": "not looked for: nothing was to be proved",
        "Observed L": "not looked for: nothing was to be proved",
        "Decay fit": "not observable: the error does not fall far enough",
    }
    assert table(refuted, "Stability")["Local L"].startswith(
        "not defined: the loop contracts in no"
    )


def test_no_local_value_is_above_what_is_proved(proved):
    bound, local, *_ = four(Run.read(proved).stability)
    assert local.value <= bound.value
    assert "No local value is above the bound" in section(proved, "Stability")


def test_the_claim_is_told_with_its_ranges(proved):
    told = table(proved, "What was proved")
    assert told["region, on every axis"] == "±200 m and ±1 m/s about the reference"
    assert told["thrust had over commanded"] == "0.9091 to 1.111"
    assert told["delay of a command"] == "0 s to 300 ms, another every tick"
    assert told["reference"] == "slot, 20 s in 201 ticks"
    assert "bound by the region" in told["level set reaches"]
    assert int(told["boxes verified"]) > 0


def test_thrust_that_lags_is_told_where_there_is_any(altered, proved):
    lagging = altered(lambda shown: None, lambda certificate: certificate.update(thrust_lag_s=0.15))
    assert table(lagging, "What was proved")["lag of thrust"] == "150 ms to 63 %"
    assert "Thrust lags: it comes 63 % of the way to what is commanded in 150 ms." in section(
        lagging, "What was assumed"
    )
    assert "is a state of it, and is not in this plane" in section(lagging, "Level sets")
    assert "lag of thrust" not in table(proved, "What was proved")


def test_it_says_how_to_check_it(proved):
    told = section(proved, "What was assumed")
    assert "motorhand certify --check ." in told


def test_the_error_stays_below_the_line_that_was_proved(proved):
    run = Run.read(proved)
    bound = envelope(run.stability, "iss", run.seconds)
    assert np.isfinite(bound).all()
    assert np.all(run.stability.size[:, 0] <= bound)
    assert bound[-1] < bound[0]


def test_the_line_begins_where_the_level_set_is_entered(altered):
    def later(shown):
        shown["level_set"].update(entered_s={"iss": 5.0}, size_at_entry_m={"iss": 123.0})

    run = Run.read(altered(later))
    bound = envelope(run.stability, "iss", run.seconds)
    assert np.isnan(bound[:50]).all()
    assert bound[50] == pytest.approx(123.0)


def test_a_run_that_never_came_into_the_level_set_has_no_line(altered):
    def never(shown):
        shown["level_set"].update(entered_s={"iss": None}, size_at_entry_m={})

    directory = altered(never)
    assert envelope(Run.read(directory).stability, "iss", Run.read(directory).seconds) is None
    assert "was never in the level set" in section(directory, "Contraction over time")


def test_steps_of_the_local_constant_are_told_apart_without_colour(altered):
    directory = altered(lambda shown: None)
    file, name = directory / "stability.parquet", "local_lipschitz_per_s"
    ticks = pq.read_table(file)
    spread = pa.array(np.linspace(0.997, 0.998, ticks.num_rows))
    pq.write_table(ticks.set_column(ticks.schema.get_field_index(name), name, spread), file)
    write_report(directory)
    drawn = section(directory, "Level sets")
    assert len(set(re.findall(r">(local L [\d.]+ to [\d.]+)<", drawn))) == 4
    assert all(f"var(--scale-{step})" in drawn for step in range(4))
