"""What a report says of the error while faults are there."""

import html
import re

import numpy as np
import pytest

from reports.figure import draw, page_style
from reports.run import Run
from reports.sections import error

TWO_SECONDS = (("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"))
TWO_VEHICLES = (
    "    - name: iss",
    "    - name: iss\n    - {name: tug, mass_kg: 8000, thrust_limit_n: 900, "
    "offset_rtn_m: [5, -200, 0]}",
)
BIAS = "biased_receiver: {kind: bias, position_m: [0, 25, 0], at_s: 0.5, for_s: 1}"
LATE = "slow_radio: {kind: latency, path: command, delay_ms: 200, at_s: 1}"
FREE = ("certificate=null", "expect.proved_stable=null", "expect.bears_delay=null")


def with_faults(*faults):
    return [*FREE, f"faults={{{', '.join(faults)}}}"]


@pytest.fixture(scope="module")
def astray(made):
    """A receiver that is 25 m off for a second, and a radio that is slow to the end."""
    return made(*TWO_SECONDS, sets=with_faults(BIAS, LATE))


@pytest.fixture(scope="module")
def slow(made):
    """Only the radio is slow; what is measured is true."""
    return made(*TWO_SECONDS, sets=with_faults(LATE))


def drawn(directory):
    page = (directory / "report.html").read_text(encoding="utf-8")
    figure = re.search(r'<svg[^>]*aria-label="Error over time".*?</svg>', page, re.DOTALL)
    return html.unescape(figure[0])


def section(directory):
    with page_style():
        return error.section(Run.read(directory))


def test_where_a_sensor_is_at_fault_what_the_controller_sees_is_drawn_too(astray):
    assert ">as the controller sees it<" in drawn(astray)
    assert ">true<" in drawn(astray)


def test_without_one_there_is_one_line(slow, failed):
    for directory in (slow, failed):
        assert error.SEEN not in drawn(directory)
        assert "Dashed" not in section(directory).text


def test_two_vehicles_have_each_their_own(made):
    directory = made(*TWO_SECONDS, TWO_VEHICLES, sets=with_faults(BIAS))
    for name in ("iss", "tug"):
        assert f">true {name}<" in drawn(directory)
        assert f">{name} as the controller sees it<" in drawn(directory)


def test_the_text_tells_what_was_seen_in_the_end_and_what_was_true(made):
    to_the_end = BIAS.replace(", for_s: 1", "")
    directory = made(*TWO_SECONDS, sets=with_faults(to_the_end))
    true, seen = (Run.read(directory).norm(f"{p}error_position") for p in ("", "measured_"))
    assert abs(true[-1, 0] - seen[-1, 0]) > 10.0
    text = section(directory).text
    assert f"ended at {true[-1, 0]:.3g}\u202fm." in text
    assert f"as the controller sees it: in the end {seen[-1, 0]:.3g}\u202fm." in text


def test_each_fault_has_a_band_from_when_to_when_it_was_to_be_there(astray, failed):
    def bands(directory):
        with page_style():
            _, (axis,) = draw()
            error.shade_faults(axis, Run.read(directory))
        return [(band.get_x(), band.get_x() + band.get_width()) for band in axis.patches]

    assert bands(astray) == [(0.5, 1.5), (1.0, 2.0)]
    assert bands(failed) == []
    told = "Shaded is the time of its faults: biased receiver, slow radio."
    assert told in section(astray).text
    assert "Shaded" not in section(failed).text


def test_what_is_seen_is_drawn_only_where_it_is_not_the_truth(astray):
    run = Run.read(astray)
    measured = error._measured(run, "error_position")[:, 0]
    struck = {fault.name: fault.acted for fault in run.faults}["biased receiver"]
    first, last = np.flatnonzero(struck)[[0, -1]]
    assert np.isfinite(measured[first - 1 : last + 2]).all()
    assert np.isnan(measured[: first - 1]).all()
    assert np.isnan(measured[last + 2 :]).all()
    assert error._measured(run, "error_velocity") is None


def test_what_is_there_all_the_time_is_told_and_not_shaded(made):
    always = BIAS.replace(", at_s: 0.5, for_s: 1", "")
    directory = made(*TWO_SECONDS, sets=with_faults(always))
    told = section(directory).text
    assert "There all the time: biased receiver." in told
    assert "Shaded" not in told
