"""A figure is an element of the page: its colours, its font, ids of its own, and text as text."""

import re

import matplotlib as mpl
import pytest

from reports.figure import INK, SERIES, draw, log_axis, page_style, power_of_ten, svg


def drawn(label="A line"):
    with page_style():
        figure, (axis,) = draw()
        axis.plot([0, 1], [0, 1], color=SERIES[0])
        axis.set_ylabel("height, m")
        axis.text(0.5, 0.5, "middle", color=INK)
        return svg(figure, label)


def test_a_drawing_is_one_element_with_a_label():
    text = drawn()
    assert text.startswith('<svg role="img" aria-label="A line"')
    assert text.endswith("</svg>")


def test_text_stays_text():
    assert ">height, m</text>" in drawn()


def test_colours_become_variables_of_the_page():
    text = drawn()
    assert "var(--series-0)" in text
    assert "var(--ink)" in text
    assert not re.search(r"#0[0-9a]0\d0\d", text)


def test_the_size_is_the_pages_to_choose():
    head = drawn().partition(">")[0]
    assert "viewBox" in head
    assert "width=" not in head
    assert "height=" not in head


def test_two_drawings_share_no_id():
    first, second = (set(re.findall(r'\bid="([^"]*)"', drawn())) for _ in range(2))
    assert first
    assert not first & second


def test_drawing_leaves_the_style_of_others_alone():
    before = mpl.rcParams["font.size"]
    drawn()
    assert mpl.rcParams["font.size"] == before


def test_rows_and_columns_come_row_by_row():
    with page_style():
        assert len(draw(rows=2, cols=3)[1]) == 6


@pytest.mark.parametrize(
    ("value", "label"),
    [(1.0, "10⁰"), (1e-3, "10⁻³"), (1e12, "10¹²"), (2.0, ""), (0.0, "")],
)
def test_a_logarithmic_axis_is_labelled_in_powers_of_ten(value, label):
    assert power_of_ten(value) == label


@pytest.mark.parametrize("which", ["x", "y"])
def test_one_axis_becomes_logarithmic(which):
    with page_style():
        _, (axis,) = draw()
        log_axis(axis, which)
        scales = {"x": axis.get_xscale(), "y": axis.get_yscale()}
    assert scales[which] == "log"
    assert list(scales.values()).count("log") == 1
