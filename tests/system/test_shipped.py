"""The shipped scenarios, whole: each is run once, and everything is looked at."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from harness.trace.reader import RunDirectory


def carried_out(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp(name)
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", "run", name, "--out", "out"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done, RunDirectory.open(folder / "out")


@pytest.fixture(scope="module")
def slot(tmp_path_factory):
    return carried_out(tmp_path_factory, "iss_slot")


@pytest.fixture(scope="module")
def kepler(tmp_path_factory):
    return carried_out(tmp_path_factory, "iss_kepler_slot")


def test_the_station_is_brought_back_onto_its_slot(slot):
    done, run = slot
    assert done.returncode == 0
    assert run.verdict()["verdict"] == "PASSED"


def test_the_last_two_lines_are_the_verdict_and_the_report(slot):
    done, _ = slot
    assert done.stdout.splitlines()[-2:] == [
        "PASSED: iss_slot: All 6 criteria hold.",
        "report: out/report.html",
    ]


def test_nothing_but_progress_is_told_on_the_way(slot):
    done, _ = slot
    assert all(line.startswith("iss_slot: ") for line in done.stderr.splitlines())
    assert "iss_slot: 100 % " in done.stderr.splitlines()[-1]


def test_a_kepler_slot_costs_seventy_metres_a_second_an_orbit(kepler):
    done, run = kepler
    assert done.returncode == 1
    assert run.verdict()["verdict"] == "FAILED"
    held, spent = run.verdict()["criteria"]
    assert held["judgement"] == "PASSED"
    assert spent["judgement"] == "FAILED"
    assert 68.0 < spent["value"] < 75.0
    assert done.stdout.splitlines()[-2].startswith(
        "FAILED: iss_kepler_slot: 1 of 2 criteria do not hold. delta_v_of_the_orbit: final "
        "delta_v is 7"
    )


def test_correcting_a_hundred_metres_costs_little(slot):
    values = {c["name"]: c["value"] for c in slot[1].verdict()["criteria"]}
    assert 0.05 < values["delta_v_of_the_orbit"] < 2.0
    assert values["settled_on_the_slot"] < 1.0


def test_every_tick_is_in_the_trace_without_a_gap(slot):
    trace = slot[1].trace
    ticks = trace.read("tick")["tick"][:, 0]
    np.testing.assert_array_equal(ticks, np.arange(55741))
    np.testing.assert_array_equal(trace.read("t_ns")["t_ns"][:, 0], ticks * 100_000_000)


def test_no_number_is_missing_from_the_trace(slot):
    trace = slot[1].trace
    for name, column in trace.columns.items():
        if column.kind == "float64":
            assert np.isfinite(trace.read(name)[name]).all(), name


def test_the_chain_of_the_manifest_is_the_chain_of_the_rows(slot, kepler):
    for _, run in (slot, kepler):
        assert run.trace.chain() == run.manifest["trace"]["sha512"]


def test_the_reference_of_the_slot_is_where_the_station_falls(slot):
    """Held for a whole orbit across many blocks of the propagated slot, without a seam."""
    trace = slot[1].trace
    reference = trace.vector("reference_position")[:, 0]
    assert np.abs(np.diff(reference, n=3, axis=0)).max() < 1e-4


def test_what_was_commanded_was_delivered(slot):
    trace = slot[1].trace
    np.testing.assert_allclose(
        trace.vector("delivered_acceleration")[1:],
        trace.vector("commanded_acceleration")[:-1],
        rtol=1e-12,
        atol=1e-18,
    )


def test_delta_v_is_the_sum_of_what_was_delivered(slot):
    trace = slot[1].trace
    size = np.linalg.norm(trace.vector("delivered_acceleration")[:, 0], axis=-1)
    np.testing.assert_allclose(trace.read("delta_v")["delta_v"][:, 0], np.cumsum(size) * 0.1)


@pytest.mark.parametrize("which", ["slot", "kepler"])
def test_the_page_of_a_whole_orbit_is_one_small_file(request, which):
    _, run = request.getfixturevalue(which)
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 3_000_000
    assert run.verdict()["verdict"] in page.partition("<figure")[0]
    for title in (
        "Position and velocity error",
        "Ground track",
        "Contraction over time",
        "Manifest",
    ):
        assert f"<h2>{title}</h2>" in page


def test_a_decay_is_observed_and_given_with_its_interval(slot):
    page = (slot[1].path / "report.html").read_text(encoding="utf-8")
    assert "fitted decay λ̂ = " in page
    assert "95\u202f% interval" in page


def test_a_run_directory_has_what_is_documented_and_no_more(slot):
    assert {path.name for path in slot[1].path.iterdir()} == {
        "manifest.json",
        "trace.parquet",
        "timing.parquet",
        "events.jsonl",
        "certificate.json",
        "latency.json",
        "stability.json",
        "stability.parquet",
        "verdict.json",
        "report.html",
    }


def test_the_verdict_file_is_plain_json(slot):
    verdict = json.loads((slot[1].path / "verdict.json").read_text(encoding="utf-8"))
    assert (verdict["format"], verdict["exit_code"]) == (1, 0)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    return carried_out(tmp_path_factory, "sun_earth_l1")


@pytest.fixture(scope="module")
def left_alone(tmp_path_factory):
    return carried_out(tmp_path_factory, "sun_earth_l1_idle")


def judgements(run):
    return {c["name"]: c["judgement"] for c in run.verdict()["criteria"]}


def test_a_libration_point_is_kept_for_half_a_year(held):
    done, run = held
    assert done.returncode == 0
    assert set(judgements(run).values()) == {"PASSED"}
    assert run.manifest["tick_ns"] == 600 * 10**9


def test_the_report_tells_what_that_costs_in_a_year(held):
    text = (held[1].path / "report.html").read_text(encoding="utf-8")
    assert re.search(r"At the rate of the second half of the run:\s+3\.\d+\s*m/s a\s+year", text)


def test_what_is_left_alone_at_the_libration_point_leaves_it(left_alone):
    done, run = left_alone
    assert done.returncode == 1
    assert judgements(run)["in_the_box"] == "FAILED"
    assert judgements(run)["cost_of_the_half_year"] == "PASSED"
    away = np.linalg.norm(run.trace.vector("error_position")[-1, 0])
    assert away > 1e8
    assert run.trace.read("delta_v")["delta_v"][-1, 0] == 0.0


def test_it_leaves_as_fast_as_the_linear_theory_says(left_alone):
    """The unstable root of the collinear point is 2.5327 a radian (Szebehely, 1967, 5.3)."""
    _, run = left_alone
    speed = np.linalg.norm(run.trace.vector("velocity")[:, 0], axis=-1)
    days = run.trace.t_ns / 86400e9
    # The other roots are gone by then, and the distance is a fiftieth of that to the Earth.
    small = (days > 80.0) & (days < 110.0)
    rate_per_day = np.polyfit(days[small], np.log(speed[small]), 1)[0]
    assert 1.0 / rate_per_day == pytest.approx(365.256 / (2.0 * np.pi) / 2.5327, rel=0.01)
