"""What a report shows of a flight that an autopilot flew."""

import math
import re
import shutil

import pytest
from px4_flight import flight
from ulog import write_ulog

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from reports.figure import page_style
from reports.run import Run
from reports.sections.autopilot import course, estimate, log, motors
from reports.sections.thrust import section as thrust

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hop")
    run_scenario(load_scenario(flight(folder, land=True)), folder / "run")
    return folder / "run"


@pytest.fixture
def logged(directory, tmp_path):
    """The run with a log of its own in it."""
    copy = tmp_path / "run"
    shutil.copytree(directory, copy)
    return copy


def shown(maker, path):
    with page_style():
        return maker(Run.read(path))


def write(path, **topics):
    start_us = round(1e6 * float(Run.read(path).column("autopilot_time")[0, 0]))
    write_ulog(
        path / "plant" / "log" / "2026-01-01" / "00_00_00.ulg",
        topics,
        start_us,
        100_000,
        {start_us + 2_500_000: "GPS is gone"},
    )


RATIOS = {key: [0.1, 0.2, 0.1] for key in ("pos_test_ratio", "vel_test_ratio")}


def test_the_course_names_each_phase_with_its_time(directory):
    section = shown(course.section, directory)
    told = " ".join(name for name, _ in section.rows)
    assert told == "GROUND ARMING TAKE-OFF HOLD HAND-OVER AGP HAND-BACK LANDING LANDED"
    assert "stand-in" in section.text
    assert re.search(r"AGP flew for 3\.\d+\u202fs", section.text), section.text


def test_the_estimate_is_held_against_the_truth(directory):
    section = shown(estimate.section, directory)
    off = float(re.search(r"off by ([\d.]+)\u202fm at most", section.text).group(1))
    run = Run.read(directory)
    apart = run.vector("measured_position") - run.vector("position")
    assert 0.0 < off <= abs(apart).max() * math.sqrt(3.0)
    assert "attitude" in section.text


def test_motors_are_shown_while_it_flew(directory):
    section = shown(motors.section, directory)
    means = [float(n) for n in re.findall(r"0\.\d+", section.text.split(".  ")[0])][:4]
    assert len(means) == 4
    assert all(0.5 < mean < 0.8 for mean in means), "what holds 1.5 kg up"


def test_thrust_is_compared_only_while_agp_flew(directory):
    text = shown(thrust, directory).text
    gap = float(re.search(r"by at most ([\d.]+)", text).group(1))
    assert gap < 5.0, "in other phases all of gravity would be the difference"


def test_without_a_log_there_is_no_section_of_it(directory):
    assert shown(log.section, directory) is None


def test_the_log_shows_ratios_hover_thrust_and_warnings(logged):
    hover = {"hover_thrust": [0.5, 0.51, math.nan]}
    write(logged, estimator_status=RATIOS, hover_thrust_estimate=hover)
    section = shown(log.section, logged)
    assert "<svg" in section.figure
    assert "0.510 of full" in section.text
    assert section.points == ("2.50 s: GPS is gone",)


def test_a_log_without_what_is_wanted_has_no_figure(logged):
    write(logged, cpuload={"load": [0.1, 0.2]})
    assert shown(log.section, logged).figure == ""


@pytest.mark.parametrize("content", [b"", b"no log at all", bytes(2000)])
def test_a_log_that_can_not_be_read_is_told_of(logged, content):
    path = logged / "plant" / "log" / "2026-01-01" / "00_00_00.ulg"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert "can't be read" in shown(log.section, logged).text


def test_a_log_that_was_cut_off_shows_what_there_is(logged):
    write(logged, estimator_status={key: [0.1] * 50 for key in RATIOS})
    path = next((logged / "plant").glob("log/**/*.ulg"))
    path.write_bytes(path.read_bytes()[:-200])
    assert "<svg" in shown(log.section, logged).figure
