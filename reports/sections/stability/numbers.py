"""The four numbers for one question, on one axis: proved, local, observed, and the decay's fit."""

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from reports.figure import INK, LIMIT, MUTED, SERIES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.stability.scale import factor_ticks
from reports.sections.stability.verdict import answer
from reports.sections.stability.words import factor, lasting
from reports.stability import Stability

_TIMES_S = (
    *(1e-3 * many for many in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(size * many for size in (1.0, 60.0) for many in (1, 2, 5, 10, 15, 20, 30)),
    *(3600.0 * many for many in (1, 2, 5, 10, 15)),
    *(86400.0 * many for many in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)


@dataclass(frozen=True)
class Number:
    """One of the four.

    Attributes:
        name: What it is called.
        about: What it is.
        value: Factor a second; None where there is none.
        low, high: Its interval.
        missing: Why there is none.
        bound: ``≤`` or ``≥`` where it bounds what may be, else empty.
    """

    name: str
    about: str
    value: float | None = None
    low: float = math.nan
    high: float = math.nan
    missing: str = ""
    bound: str = ""


def section(run: Run) -> Section | None:
    """The answer in a sentence, and the four numbers under it."""
    stability = run.stability
    if stability is None:
        return None
    told = answer(run, stability)
    found = four(stability)
    drawn = any(number.value is not None for number in found)
    return Section(
        "Stability",
        _draw(found) if drawn else "",
        _caption(found) if drawn else "",
        wide=True,
        word=told.word,
        lead=told.sentence,
        tone=told.tone,
        rows=tuple((n.name, _row(n)) for n in found),
    )


def four(stability: Stability) -> list[Number]:
    """The four numbers, in their order of strength."""
    return [
        _proved(stability),
        _local(stability),
        _observed(stability),
        _decay(stability),
    ]


def _proved(stability: Stability) -> Number:
    given = stability.certificate
    name, about = "Proved L", "a bound for all states and ranges of the claim"
    if given is None:
        return Number(name, about, missing="nothing was to be proved")
    if given["verdict"] == "REFUTED":
        dt = given["region"]["tick_s"]
        growth = given["refutation"]["growth_per_tick"] ** (1.0 / dt)
        about = "proved: some errors grow at least so fast"
        return Number("Refuted", about, growth, growth, growth, bound="≥")
    bound = given["bound_per_second"]
    if bound is None:
        return Number(name, about, missing=f"nothing was proved: {given['verdict']}")
    if not stability.covered:
        about = "a bound, but not for this run"
    elif given["verdict"] == "CONTRACTION ONLY":
        about = "a bound while errors stay in the region"
    return Number(name, about, bound, bound, bound, bound="≤")


def _local(stability: Stability) -> Number:
    name, about = "Local L", "‖Jacobian‖ at the states visited, least to largest"
    found = stability.numbers["local"]
    if found is None:
        return Number(
            name, about, missing=_why_not(stability, "not defined: no tick without a limit")
        )
    about = f"‖Jacobian‖ at {found['states']:,} states visited"
    return Number(name, about, found["value"], found["least"], found["value"])


def _observed(stability: Stability) -> Number:
    name, about = "Observed L", "estimated from two flights, 95\u202f% interval"
    found = stability.numbers["observed"]
    if found is None:
        return Number(name, about, missing=_why_not(stability, _UNOBSERVED))
    how = found["how"].replace("a second flight with one push more", "a flight with one push more")
    about = f"estimated from {how}"
    return Number(name, about, found["value"], found["low"], found["high"])


def _decay(stability: Stability) -> Number:
    name, about = "Decay fit", "exp(−λ̂) of this run's error, 95\u202f% interval"
    found = stability.numbers["decay"]
    if found is None:
        return Number(name, about, missing=_UNOBSERVED if stability.metric else _NO_METRIC)
    value, low, high = (math.exp(-found[key]) for key in ("rate", "high", "low"))
    return Number(name, about, value, low, high)


_UNOBSERVED = "not observable: the error does not fall far enough"
_NO_METRIC = "not defined: the loop contracts in no metric that was found"


def _why_not(stability: Stability, otherwise: str) -> str:
    """Why a number that is sought only beside a proof is missing."""
    if stability.certificate is None:
        return "not looked for: nothing was to be proved"
    return otherwise if stability.metric else _NO_METRIC


def _draw(found: list[Number]) -> str:
    figure, (axis,) = draw(width_in=12.0, height_in=3.3)
    known = [
        end
        for n in found
        if n.value is not None
        for end in (n.value, n.low, n.high)
        if math.isfinite(end)
    ]
    least, most = min([*known, 1.0]), max([*known, 1.0])
    width = most - least or 1.0
    axis.set_xlim(least - 0.12 * width, most + 0.06 * width)
    axis.axvline(1.0, color=LIMIT, linewidth=1.5)
    ticks, labels, step = factor_ticks(*axis.get_xlim(), 7)
    axis.set_xticks(ticks, labels)
    for row, number in enumerate(found):
        _draw_number(axis, number, row, step)
    axis.set_ylim(len(found) - 0.4, -0.6)
    axis.set_yticks(range(len(found)), [f"{n.name}\n" for n in found], fontweight="bold")
    for row, number in enumerate(found):
        axis.annotate(
            number.about,
            (0.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(-7, -8),
            textcoords="offset points",
            ha="right",
            va="center",
            color=MUTED,
            fontsize=9,
        )
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False, axis="y")
    axis.spines["left"].set_visible(False)
    axis.set_xlabel("L: factor by which an error shrinks in a second; 1 (red) is no decay at all")
    _times(axis)
    return svg(figure, "Four numbers on how fast errors shrink, a second")


def _row(number: Number) -> str:
    """A number for those who can't see all of the figure."""
    if number.value is None:
        return number.missing
    return f"{_value(number, abs(1.0 - number.value) / 10.0)}: {number.about}"


def _draw_number(axis: Axes, number: Number, row: int, step: float) -> None:
    colour = SERIES[row % len(SERIES)]
    left, right = axis.get_xlim()
    if number.value is None:
        start = left if 1.0 - left > right - 1.0 else 1.0
        axis.annotate(
            number.missing,
            (start, row),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
        )
        return
    if number.bound:
        far = left if number.bound == "≤" else right
        axis.barh(row, far - number.value, left=number.value, height=0.34, color=colour, alpha=0.16)
        axis.plot([number.value] * 2, [row - 0.3, row + 0.3], color=colour, linewidth=3)
    else:
        axis.plot([number.low, number.high], [row, row], color=colour, linewidth=2)
        for end in (number.low, number.high):
            axis.plot([end, end], [row - 0.16, row + 0.16], color=colour, linewidth=2)
        axis.plot([number.value], [row], "os^D"[row], color=colour, markersize=7)
    room = 0.25 * (right - left)
    if right - number.high > room:
        place, offset, side = number.high, (9, 0), "left"
    elif number.low - left > room:
        place, offset, side = number.low, (-9, 0), "right"
    else:
        place, offset, side = 0.5 * (number.low + number.high), (0, 11), "center"
    axis.annotate(
        _value(number, step),
        (place, row),
        xytext=offset,
        textcoords="offset points",
        ha=side,
        va="center",
        color=INK,
    )


def _value(number: Number, step: float) -> str:
    assert number.value is not None
    fine = min(step / 10.0, abs(1.0 - number.value) / 20.0 or step)
    value = factor(number.value, up=number.bound == "≤", step=fine)
    if number.bound:
        return f"{number.bound}\u202f{value}"
    low, high = (factor(end, step=fine) for end in (number.low, number.high))
    return value if low == high else f"{value}  ({low} to {high})"


def _times(axis: Axes) -> None:
    """A second axis on top: the time constant −1 / ln L of each factor."""
    left, right = axis.get_xlim()
    places: list[tuple[float, str]] = []
    for seconds in sorted(_TIMES_S, reverse=True):
        place = math.exp(-1.0 / seconds)
        far = all(abs(place - other) > 0.07 * (right - left) for other, _ in places)
        if left <= place <= right and 1.0 - place > 0.07 * (right - left) and far:
            places.append((place, lasting(seconds)))
    if not places:
        return
    top = axis.secondary_xaxis("top")
    top.xaxis.set_major_locator(FixedLocator([place for place, _ in places]))
    top.set_xticklabels([label for _, label in places])
    top.set_xlabel("time constant of the decay, −1 / ln L")
    top.spines["top"].set_visible(False)


def _caption(found: list[Number]) -> str:
    values = {n.name: n.value for n in found if n.value is not None}
    if "Refuted" in values:
        return (
            "The growth is proved. There is no metric in which the loop contracts, and so nothing "
            "for the other numbers to be measured in."
        )
    proved, local = values.get("Proved L"), values.get("Local L")
    if proved is None:
        return "Estimates from this run: they prove nothing."
    told = ["Strongest first; each is made in another way."]
    if local is not None:
        told.append(
            "No local value is above the bound, as it must be."
            if local <= proved
            else "A local value is above the bound: its state is outside what was proved, or one "
            "of the two is wrong."
        )
    told.append("Only the first is proved. The others are of this run, and promise nothing beyond.")
    return " ".join(told)
