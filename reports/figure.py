"""Figures as inline SVG that follows the page: its font, its light or dark colours.

Matplotlib draws with stand-in colours; in the SVG each becomes a CSS variable of the page, so one
drawing serves both themes and print. Text stays text.
"""

import io
import itertools
import math
import re
from contextlib import AbstractContextManager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

INK = "#010101"
MUTED = "#020202"
GRID = "#030303"
LAND = "#040404"
LIMIT = "#050505"
SERIES = ("#0a0101", "#0a0202", "#0a0303", "#0a0404")
SCALE = ("#0b0101", "#0b0202", "#0b0303", "#0b0404")
"""Steps of a quantity, from least to most."""
STYLES = ("-", "--", "-.", ":")
"""Line styles go with the colours, so that neither is needed to tell series apart."""

_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    LAND: "--land",
    LIMIT: "--limit",
    **{colour: f"--series-{i}" for i, colour in enumerate(SERIES)},
    **{colour: f"--scale-{i}" for i, colour in enumerate(SCALE)},
}
_RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "motorhand",
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.limits": (-3, 5),
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "path.simplify": True,
}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_numbers = itertools.count()


def page_style() -> AbstractContextManager[None]:
    """The style of the page, for as long as its figures are drawn."""
    return mpl.rc_context(_RC)


def draw(
    width_in: float = 6.0, height_in: float = 2.9, rows: int = 1, cols: int = 1, **subplots: Any
) -> tuple[Figure, list[Axes]]:
    """An empty figure and its axes, row by row; inside :func:`page_style`."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    axes = figure.subplots(rows, cols, squeeze=False, **subplots)
    return figure, [axis for row in axes for axis in row]


def power_of_ten(value: float, _: int = 0) -> str:
    """Label of a tick on a logarithmic axis; plain text, which mathtext is slow to parse into."""
    exponent = round(math.log10(value)) if value > 0.0 else 0
    whole = math.isclose(value, 10.0**exponent)
    return "10" + str(exponent).translate(_SUPERSCRIPTS) if whole else ""


def log_axis(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make one axis logarithmic, labelled in powers of ten."""
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(power_of_ten))
    axis.set_minor_locator(NullLocator())


def svg(figure: Figure, label: str) -> str:
    """The figure as an ``<svg>`` element to stand inside a page.

    Args:
        figure: What to draw.
        label: What it shows, for those who do not see it.
    """
    buffer = io.StringIO()
    # savefig would draw everything twice, once only to lay it out.
    metadata = {"Date": None, "Creator": None}
    FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)  # type: ignore[no-untyped-call]
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    text = re.sub(r"font: ([^;\"]*?)'[^;\"]*", r"font: \1system-ui, sans-serif", text)
    # Many figures share one page: their ids must not meet.
    mark = f"f{next(_numbers)}-"
    text = re.sub(r'\bid="', f'id="{mark}', text)
    text = re.sub(r"url\(#", f"url(#{mark}", text)
    text = re.sub(r'href="#', f'href="#{mark}', text)
    head, rest = text.split(">", 1)
    head = re.sub(r' (?:width|height)="[\d.]+pt"', "", head)
    head = head.replace("<svg", f'<svg role="img" aria-label="{label}"')
    return f"{head}>{rest}".strip()
