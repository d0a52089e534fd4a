"""The bound on L against the delay: what is proved, and what the linear loop would do."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from kernel.delayed import delayed_radius
from kernel.modes import Mode
from kernel.nominal import mode_tick_matrix
from reports.figure import GRID, LIMIT, MUTED, SERIES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.stability.scale import factor_ticks
from reports.sections.stability.words import factor, lasting, scientific
from reports.stability import Plain, scaled_gains

Array = NDArray[np.float64]

_POINTS = 80
_BEYOND = 1.3
"""Of the longest delay marked, how far the axis goes."""


def section(run: Run) -> Section | None:
    """Proved bound and linearised curve over the delay; only where a margin was looked for."""
    if run.stability is None or run.stability.certificate is None:
        return None
    given = run.stability.certificate
    steps = proved_steps(given)
    constant_s = 1e-3 * (given["constant_delay_margin_ms"] or 0.0)
    if not steps:
        return None
    end_s = _BEYOND * max(steps[-1][0], constant_s, given["region"]["tick_s"])
    size, unit = _unit(end_s)
    figure, (axis,) = draw(height_in=3.8)
    curve = linear_curve(run.manifest, given, end_s)
    if curve is not None:
        axis.plot(
            curve[0] / size,
            curve[1],
            "--",
            color=SERIES[1],
            label="linearised, constant delay, not proved",
        )
    _draw_steps(axis, steps, end_s, size)
    axis.axhline(1.0, color=LIMIT, linewidth=1.5)
    least = min(steps[0][1], *(curve[1] if curve is not None else [1.0]))
    axis.set_ylim(least - 0.08 * (1.0 - least), 1.0 + 0.16 * (1.0 - least))
    axis.set_xlim(0.0, end_s / size)
    _mark(axis, steps[-1][0], size, f"proved to {lasting(steps[-1][0])}", SERIES[0])
    if constant_s > steps[-1][0]:
        _mark(axis, constant_s, size, f"linear to {lasting(constant_s)}", SERIES[1], after=True)
    axis.set_yticks(*factor_ticks(*axis.get_ylim(), 6)[:2])
    axis.set_xlabel(f"delay of the command, {unit}")
    axis.set_ylabel("bound on L, a second")
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return Section(
        "Bound against delay",
        svg(figure, "Bound on L over the delay"),
        _caption(steps, constant_s, given),
    )


def proved_steps(given: Plain) -> list[tuple[float, float]]:
    """What is proved: for delays up to so many seconds, in any order, a bound on L a second."""
    tick = given["region"]["tick_s"]
    evidence = [part for part in (given["contraction"], given["margin"]) if part is not None]
    bounds = sorted(
        (part["delay_ticks"][1] * tick, part["per_tick"] ** (1.0 / tick)) for part in evidence
    )
    # What is proved for longer delays holds for shorter ones.
    steps: list[tuple[float, float]] = []
    for index, (end_s, _) in enumerate(bounds):
        bound = min(bound for _, bound in bounds[index:])
        if steps and steps[-1][1] == bound:
            steps.pop()
        if not steps or end_s > steps[-1][0]:
            steps.append((end_s, bound))
    return steps


def linear_curve(manifest: Plain, given: Plain, end_s: float) -> tuple[Array, Array] | None:
    """Delays in seconds and L a second of the linear loop, at the worse end of the thrust had.

    It ends where the loop is no longer stable.

    Returns:
        None for a controller whose gains are not known here.
    """
    if manifest["controller"]["kind"] != "agp":
        return None
    tick = given["region"]["tick_s"]
    gains = scaled_gains(manifest["controller"])
    mode = Mode.from_label(given["region"]["mode"])
    late = mode_tick_matrix(mode, gains, tick, 1, given.get("thrust_lag_s", 0.0))
    if late is None:
        return None
    delays = np.unique(np.linspace(0.0, end_s / tick, _POINTS).astype(int))
    worst = np.zeros(len(delays))
    for had in sorted(set(given["ranges"]["thrust_had_over_commanded"])):
        loop = late.copy()
        loop[:-1, -1] *= had
        found = [delayed_radius(loop, int(delay)) for delay in delays]
        worst = np.maximum(worst, found)
    seconds, per_second = delays * tick, worst ** (1.0 / tick)
    unstable = np.flatnonzero(per_second >= 1.0)
    if not len(unstable) or unstable[0] == 0:
        return seconds, per_second
    kept = slice(unstable[0] + 1)
    crossing = np.interp(1.0, per_second[kept][-2:], seconds[kept][-2:])
    return np.append(seconds[kept][:-1], crossing), np.append(per_second[kept][:-1], 1.0)


def _draw_steps(axis: Axes, steps: list[tuple[float, float]], end_s: float, size: float) -> None:
    x, y, start = [], [], 0.0
    for end, bound in steps:
        x += [start, end]
        y += [bound, bound]
        last = end == steps[-1][0]
        told = f" up to {lasting(end)}" if end else " without delay"
        axis.annotate(
            factor(bound, up=True) + ("" if last else told),
            (0.5 * (start + end) / size if last else end / size, bound),
            xytext=(6, -5),
            textcoords="offset points",
            va="top",
            color=SERIES[0],
        )
        start = end
    axis.plot(np.array(x) / size, y, color=SERIES[0], linewidth=2.4, label="proved, any jitter")
    axis.plot([steps[0][0] / size], [steps[0][1]], "o", color=SERIES[0], markersize=5)
    margin = steps[-1][0] / size
    axis.axvspan(margin, end_s / size, facecolor="none", hatch="///", edgecolor=GRID, linewidth=0)
    axis.text(
        0.5 * (margin + end_s / size),
        0.12,
        "nothing proved",
        transform=axis.get_xaxis_transform(),
        ha="center",
        color=MUTED,
    )


def _mark(
    axis: Axes, seconds: float, size: float, text: str, colour: str, after: bool = False
) -> None:
    axis.axvline(seconds / size, color=colour, linewidth=1.0, linestyle=":")
    axis.annotate(
        text,
        (seconds / size, 0.985),
        xycoords=("data", "axes fraction"),
        xytext=(4 if after else -4, 0),
        textcoords="offset points",
        ha="left" if after else "right",
        va="top",
        color=colour,
    )


def _unit(seconds: float) -> tuple[float, str]:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (300.0, "min"), (1.0, "s")):
        if seconds >= 2.0 * size:
            return (60.0, unit) if unit == "min" else (size, unit)
    return 1e-3, "ms"


def _caption(steps: list[tuple[float, float]], constant_s: float, given: Plain) -> str:
    told = (
        f"Delays up to {lasting(steps[-1][0])} that change at every tick are proved to leave the "
        "loop contracting. Beyond, nothing is proved (hatched)."
    )
    overshoot = given.get("margin_overshoot") or 1.0
    if overshoot > 1.0:
        told += (
            f" With the longest, an error may grow {scientific(overshoot, 2)}-fold at first, and "
            "limits are left out."
        )
    if constant_s > 0.0:
        told += (
            f" The linear loop bears a constant delay up to {lasting(constant_s)}: no jitter, "
            "nothing limited, and no proof."
        )
    return told
