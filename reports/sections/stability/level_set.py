"""Level sets of the metric, and the run's path through them.

As P = p ⊗ I₃ is the same along every direction, a state's part along its position error counts no
more than the whole: ‖(|e_r|, e_v·ê_r, z·ê_r)‖_p ≤ ‖ξ‖_P. So in the plane of |e_r| and the velocity
error along it, a level set lies within the shadow of the ellipse of p, and the shadow is reached.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from reports.figure import INK, LAND, LIMIT, MUTED, SCALE, STYLES, draw, svg
from reports.run import Run
from reports.sections import Section
from reports.sections.stability.words import factor, quantity
from reports.series import every
from reports.stability import Stability

Array = NDArray[np.float64]

_POINTS = 1500
_APART = 1.0 / 28.0
_INNER = (0.25, 0.5, 0.75)
_MARKERS, _SIZES = "^so*", (4.5, 5.0, 6.0, 9.0)
_UNIFORM = 1e-3
"""Spread of local constants, of their distance from 1, below which they are all the same."""


def section(run: Run) -> Section | None:
    """Where the run was in the level sets, coloured by the local constant."""
    stability = run.stability
    if stability is None or stability.certificate is None or stability.metric != "proved":
        return None
    given = stability.certificate
    p = np.array(given["contraction"]["metric"])
    if given["region"]["mode"] == "NULL-G":  # its metric has no position
        return None
    path = in_plane(
        run.vector("reference_position") - run.vector("position"),
        run.vector("reference_velocity") - run.vector("velocity"),
    )
    figure, (axis,) = draw(height_in=4.6)
    level = stability.level_set
    if level is not None:
        text = _draw_level_set(axis, shadow(p), stability, path)
    else:
        far = 1.25 * float(np.nanmax(_size_in(shadow(p), path)))
        _ellipses(axis, shadow(p), [share * far for share in (*_INNER, 1.0)], dashed=True)
        text = (
            "Differences of two solutions shrink in this metric. Nothing was proved to keep a run "
            "in any of its level sets (dashed)."
        )
    text += _draw_path(axis, run, stability, path)
    axis.axhline(0.0, color=MUTED, linewidth=0.8)
    axis.set_xlim(left=0.0)
    axis.set_xlabel("position error |e|, m")
    axis.set_ylabel("velocity error along it, m/s")
    label = "Level sets of the metric with the run's path"
    return Section("Level sets", svg(figure, label), text)


def in_plane(position: Array, velocity: Array) -> Array:
    """Length of the position error, and the velocity error along it, (..., 2)."""
    length = np.linalg.norm(position, axis=-1)
    along = np.sum(position * velocity, axis=-1) / np.maximum(length, 1e-300)
    return np.stack([length, along], axis=-1)


def shadow(p: Array) -> Array:
    """The form of position and velocity whose ellipse is the shadow of that of p."""
    return np.asarray(np.linalg.inv(np.linalg.inv(p)[:2, :2]))


def half_ellipse(form: Array, size: float, points: int = 181) -> Array:
    """The boundary of {xᵀ form x ≤ size²} where the first component is positive, (points, 2)."""
    # The image of a half circle under the inverse root; lower triangular, it keeps the sides.
    angle = np.linspace(-np.pi / 2, np.pi / 2, points)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    root = np.linalg.cholesky(np.linalg.inv(form))
    return np.asarray(size * (root @ circle).T)


def _size_in(form: Array, path: Array) -> Array:
    return np.asarray(np.sqrt(np.einsum("...s,st,...t->...", path, form, path)))


def _draw_level_set(axis: Axes, form: Array, stability: Stability, path: Array) -> str:
    given, level = stability.certificate, stability.level_set
    assert given is not None
    assert level is not None
    kept = given["overshoot"] * level["rho"]
    region = given["region"]
    wide, fast = region["error_position_m"], region["error_velocity_m_s"]
    axis.add_patch(
        Polygon(half_ellipse(form, kept), closed=True, facecolor=LAND, edgecolor="none", alpha=0.6)
    )
    _ellipses(axis, form, [share * kept for share in _INNER])
    outline = half_ellipse(form, kept)
    axis.plot(outline[:, 0], outline[:, 1], color=INK, linewidth=1.8)
    # The view is that of level set and path, and of the region where that is not far.
    x, y = 1.06 * np.nanmax(np.abs([*outline, *path.reshape(-1, 2)]), axis=0)
    x, y = (float(max(x, 1.06 * wide)), float(max(y, 1.12 * fast))) if wide < 2.0 * x else (x, y)
    axis.plot([0.0, wide, wide, 0.0], [fast, fast, -fast, -fast], "--", color=LIMIT, linewidth=1.2)
    if wide <= x:
        axis.text(0.985 * wide, 0.93 * fast, "region", color=LIMIT, ha="right", va="top")
    axis.annotate(
        "never left",
        outline[int(0.52 * len(outline))],
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="center",
    )
    axis.set_ylim(-y, y)
    axis.set_xlim(right=x)
    text = (
        f"The level set (solid) reaches {quantity(level['reach_m'], 'm')} and "
        f"{quantity(level['reach_m_s'], 'm/s')}; thin lines are a quarter, half and three quarters "
        "of it. "
    )
    if "thrust_lag_s" in given:
        text += "Thrust that lags is a state of it, and is not in this plane. "
    ultimate = level["ultimate"]
    if ultimate > 0.02 * kept:
        inner = half_ellipse(form, ultimate)
        axis.plot(inner[:, 0], inner[:, 1], ":", color=INK, linewidth=1.8)
        return text + f"Every error ends in the dotted one, {quantity(ultimate, 'm')}."
    return text + (
        f"Every error ends in ‖ξ‖_P ≤ {quantity(ultimate, 'm')}, too small to be seen here."
    )


def _ellipses(axis: Axes, form: Array, sizes: list[float], dashed: bool = False) -> None:
    for size in sizes:
        line = half_ellipse(form, size)
        axis.plot(
            line[:, 0], line[:, 1], "--" if dashed else "-", color=MUTED, linewidth=0.7, alpha=0.8
        )


def _draw_path(axis: Axes, run: Run, stability: Stability, path: Array) -> str:
    """The path in a neutral colour, with marks of the local constant where it is known."""
    some = every(len(path), _POINTS)
    for vehicle in range(len(run.vehicles)):
        x, y = path[some, vehicle].T
        axis.plot(x, y, STYLES[vehicle % len(STYLES)], color=MUTED, linewidth=1.2)
        axis.plot(x[0], y[0], "o", color=INK, markersize=9, fillstyle="none")
    local = stability.local
    known = np.argwhere(np.isfinite(local))
    if not len(known):
        return " The circle is the start."
    values = local[tuple(known.T)]
    places = path[tuple(known.T)]
    least, largest = float(values.min()), float(values.max())
    if largest - least <= _UNIFORM * abs(1.0 - largest):
        kept = _spread(places)
        axis.plot(*places[kept].T, "o", color=SCALE[2], markersize=4, linestyle="none")
        return f" The circle is the start; local L is {factor(largest)} throughout (dots)."
    edges = np.linspace(least, largest, len(SCALE) + 1)
    step = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(SCALE) - 1)
    shown = np.zeros(len(values), dtype=bool)
    shown[_spread(places)] = True
    for index, colour in enumerate(SCALE):
        ends = (factor(float(end), step=(largest - least) / 10.0) for end in edges[index:])
        axis.plot(
            *places[shown & (step == index)].T,
            _MARKERS[index],
            color=colour,
            markersize=_SIZES[index],
            markeredgecolor=INK,
            markeredgewidth=0.35,
            linestyle="none",
            label=f"local L {next(ends)} to {next(ends)}",
        )
    axis.figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return " The circle is the start."


def _spread(places: Array) -> NDArray[np.int64]:
    """Marks far enough apart along the path to be told from one another."""
    size = np.ptp(places, axis=0)
    scaled = places / np.where(size > 0.0, size, 1.0)
    kept = [0]
    for index in range(1, len(scaled)):
        if np.hypot(*(scaled[index] - scaled[kept[-1]])) > _APART:
            kept.append(index)
    return np.array(kept)
