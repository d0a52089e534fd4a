"""The sections of a report, in the order of the page. Each is a function of a run."""

from collections.abc import Callable
from dataclasses import dataclass

from reports.figure import page_style
from reports.run import Run


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: What the reader learns here.
        figure: An ``<svg>`` element, or empty.
        text: What the figure says, in a sentence or two.
        wide: Whether the figure wants the whole width of the page.
    """

    title: str
    figure: str
    text: str
    wide: bool = False


SectionMaker = Callable[[Run], Section | None]


def sections(run: Run) -> list[Section]:
    """All sections that apply to a run."""
    from reports.sections import (
        attitude,
        decay,
        delta_v,
        error,
        ground_track,
        loop_time,
        measurement,
        memory,
        path,
        propellant,
        relative,
        thrust,
        thrusters,
    )

    makers: tuple[SectionMaker, ...] = (
        error.section,
        thrust.section,
        thrusters.section,
        attitude.section,
        delta_v.section,
        propellant.section,
        measurement.section,
        memory.section,
        path.section,
        relative.section,
        ground_track.section,
        decay.section,
        loop_time.section,
    )
    with page_style():
        return [made for maker in makers if (made := maker(run)) is not None]
