"""The sections of a report, in the order of the page. Each is a function of a run.

A package adds one, after those that are here, by a line in its ``pyproject.toml``::

    [project.entry-points."motorhand.report_sections"]
    swing = "my_package.report:section"
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points

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
        word: The answer in a word, in front of the lead.
        lead: The answer in a sentence, in large type.
        tone: What the word means: ``passed``, ``late``, ``failed`` or ``open``.
        rows: A table of names and values.
        points: A list of sentences.
        code: A command to type.
    """

    title: str
    figure: str
    text: str
    wide: bool = False
    word: str = ""
    lead: str = ""
    tone: str = "open"
    rows: tuple[tuple[str, str], ...] = ()
    points: tuple[str, ...] = ()
    code: str = ""


SectionMaker = Callable[[Run], Section | None]

OTHERS = "motorhand.report_sections"


def sections(run: Run) -> list[Section]:
    """All sections that apply to a run."""
    from reports.sections import (
        attitude,
        decay,
        delta_v,
        error,
        ground_track,
        measurement,
        memory,
        path,
        propellant,
        relative,
        thrust,
        thrusters,
    )
    from reports.sections.autopilot import course, estimate, log, motors
    from reports.sections.latency import (
        budget,
        clock,
        deadlines,
        jitter,
        percentiles,
        stages,
        time_line,
    )
    from reports.sections.stability import (
        assumptions,
        claim,
        contraction,
        delay,
        level_set,
        numbers,
        twin_check,
    )

    makers: tuple[SectionMaker, ...] = (
        numbers.section,
        claim.section,
        assumptions.section,
        level_set.section,
        contraction.section,
        delay.section,
        twin_check.section,
        budget.section,
        time_line.section,
        percentiles.section,
        deadlines.section,
        stages.section,
        jitter.section,
        clock.section,
        course.section,
        error.section,
        thrust.section,
        motors.section,
        estimate.section,
        log.section,
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
        percentiles.lockstep_section,
    )
    with page_style():
        ours = [made for maker in makers if (made := maker(run)) is not None]
        return [*ours, *_of_others(run)]


def _of_others(run: Run) -> Iterator[Section]:
    """Sections from other packages, by name; one that fails says so and spoils nothing."""
    for point in sorted(entry_points(group=OTHERS), key=lambda point: point.name):
        try:
            made = point.load()(run)
        except Exception as error:
            title = point.name.replace("_", " ").capitalize()
            made = Section(title, "", f"This section failed: {type(error).__name__}: {error}.")
        if made is not None:
            yield made
