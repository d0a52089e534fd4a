"""The page that holds runs against a base: criteria, signals, times, stability, manifests."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.trace.compare import Difference, IncomparableError, separation
from harness.trace.comparison import Comparison, compare_runs
from kernel.decay import fit_decay
from reports.figure import LIMIT, SERIES, STYLES, draw, page_style, svg
from reports.marks import MARKS
from reports.run import Run
from reports.sections.common import figure_value
from reports.sections.latency.percentiles import quantiles
from reports.series import thinned
from reports.template import render_page

_FIGURES = 6
_SIGNALS = 30
_QUANTILES = ("p50", "p99", "max")


@dataclass(frozen=True)
class Side:
    """A run as the page shows it.

    Attributes:
        label: Short name.
        run: The run.
        comparison: How it compares to the base; None for the base itself.
    """

    label: str
    run: Run
    comparison: Comparison | None


def write_comparison(base: Path, others: list[Path], page: Path) -> list[Comparison]:
    """Write the page.

    Args:
        base: Run directory that is held to be right.
        others: Run directories held against it.
        page: File to write.

    Returns:
        What came of each.

    Raises:
        NotARunDirectoryError: A folder is not a whole run directory.
        IncomparableError: Runs that have nothing in common.
    """
    first = Run.read(base)
    sides = [Side(_label(base, others), first, None)]
    for path in others:
        run = Run.read(path)
        try:
            comparison = compare_runs(first.directory, run.directory)
        except IncomparableError as error:
            raise IncomparableError(f"{path}: {error}") from error
        sides.append(Side(_label(path, [base]), run, comparison))
    partial = page.with_suffix(".partial")
    partial.write_text(render(sides), encoding="utf-8")
    partial.replace(page)
    return [side.comparison for side in sides if side.comparison is not None]


def _label(path: Path, others: list[Path]) -> str:
    resolved = path.resolve()
    same = any(other.resolve().name == resolved.name for other in others)
    return f"{resolved.parent.name}/{resolved.name}" if same else resolved.name


def render(sides: list[Side]) -> str:
    """The page as text; the first side is the base."""
    with page_style():
        compared = [_compared(sides[0], side) for side in sides[1:]]
    return render_page(
        "comparison.html.j2",
        name=sides[0].run.manifest["scenario"]["name"],
        base=sides[0].label,
        regressed=any(side["regressed"] for side in compared),
        compared=compared,
        criteria=_criteria(sides),
        figures=_side_by_side([_stability(side.run) | _times(side.run) for side in sides]),
        labels=[side.label for side in sides],
        verdicts=[_verdict(side.run) for side in sides],
    )


def _verdict(run: Run) -> dict[str, str]:
    word = run.verdict["verdict"]
    return {"word": word, "mark": MARKS[word]}


def _compared(base: Side, side: Side) -> dict[str, Any]:
    """What one run is told of."""
    comparison = side.comparison
    assert comparison is not None
    moved = [d for d in comparison.differences if d.largest or d.tolerance is not None]
    return {
        "label": side.label,
        "regressed": comparison.regressed,
        "sentence": comparison.sentence,
        "signals": [_signal(difference) for difference in moved[:_SIGNALS]],
        "more": max(0, len(moved) - _SIGNALS),
        "same": len(comparison.differences) - len(moved),
        "figures": [
            _figure(base, side, d)
            for d in moved[:_FIGURES]
            if 0.0 < d.largest < math.inf and d.unit != "of ticks"
        ],
        "pinned": [(key, _shown(a), _shown(b)) for key, a, b in comparison.pinned],
    }


def _signal(difference: Difference) -> dict[str, Any]:
    endless = math.isinf(difference.largest)
    return {
        "name": difference.signal,
        "largest": "defined in one only"
        if endless
        else f"{difference.largest:.3g} {difference.unit}",
        "rms": "" if endless else f"{difference.rms:.3g}",
        "at": figure_value(difference.at_s, "s"),
        "vehicle": difference.vehicle,
        "tolerance": "" if difference.tolerance is None else f"{difference.tolerance:g}",
        "within": difference.within,
        "judged": difference.tolerance is not None,
    }


def _figure(base: Side, side: Side, difference: Difference) -> dict[str, str]:
    """How far the signal is apart over time."""
    figure, (axis,) = draw(height_in=2.4)
    name = difference.signal
    t_ns, size = separation(base.run.directory.trace, side.run.directory.trace, name)
    size[np.isinf(size)] = np.nan
    per_unit, unit = base.run.axis
    for vehicle, label in enumerate(side.run.vehicles):
        t, y = thinned(t_ns / 1e9 / per_unit, size[:, vehicle])
        which = vehicle % len(SERIES)
        axis.plot(t, y, STYLES[which], color=SERIES[which], label=label)
    if difference.tolerance is not None:
        axis.axhline(difference.tolerance, color=LIMIT)
    axis.set_xlabel(f"time, {unit}")
    axis.set_ylabel(f"difference, {difference.unit or '1'}")
    if len(side.run.vehicles) > 1:
        axis.legend()
    return {"title": name, "svg": svg(figure, f"Difference of {name} over time")}


def _criteria(sides: list[Side]) -> list[dict[str, Any]]:
    """One row a criterion, one cell a run."""
    results = [{r["name"]: r for r in side.run.verdict["criteria"]} for side in sides]
    rows = []
    for name in dict.fromkeys(name for found in results for name in found):
        cells = [found.get(name) for found in results]
        held = cells[0] is not None and cells[0]["judgement"] == "PASSED"
        rows.append({"name": name, "cells": [_cell(cell, held) for cell in cells]})
    return rows


def _cell(result: dict[str, Any] | None, held: bool) -> dict[str, Any]:
    if result is None:
        return {"judgement": "not there", "value": "", "margin": "", "worse": held}
    unit = result["unit"]
    return {
        "judgement": result["judgement"],
        "value": "" if result["value"] is None else f"{result['value']:.4g} {unit}",
        "margin": "" if result["margin"] is None else f"{result['margin']:.4g} {unit} to spare",
        "worse": held and result["judgement"] != "PASSED",
    }


def _times(run: Run) -> dict[str, str]:
    """Latency of a run against the wall clock, loop times of one in lockstep; the controller's."""
    latency = run.latency
    if not len(latency.late):
        return {}
    name, times = "latency", latency.late
    if not latency.paced:
        name, times = "whole tick", np.diff(latency.stamps["received_ns"])
    told = {
        f"{name}, {which}, µs": f"{value * 1e-3:,.0f}"
        for which, value in quantiles(times)
        if which in _QUANTILES
    }
    told["controller, p50, µs"] = f"{np.median(latency.stages['controller']) * 1e-3:,.0f}"
    if latency.deadlines is not None:
        missed, ticks = latency.deadlines["misses"], latency.deadlines["ticks"]
        told["deadlines missed"] = f"{missed:,} of {ticks:,}"
    if latency.budget is not None:
        told["oldest flown on, ms"] = f"{latency.budget['age_ms']:.4g}"
        used = latency.budget["used"]
        told["latency budget used"] = "no margin" if used is None else f"{100.0 * used:.3g} %"
    return told


def _stability(run: Run) -> dict[str, str]:
    """Nominal contraction and fitted decay of a run."""
    flown = {change["mode"] for change in run.manifest["scenario"]["modes"]}
    told = {
        f"nominal L in {label}, a second": f"{metric['per_second']:.6g}"
        for label, metric in run.manifest["metric"]["modes"].items()
        if label in flown
    }
    primal = run.column("primal_state")
    for index, vehicle in enumerate(run.vehicles):
        fit = fit_decay(run.seconds, primal[:, index])
        told[f"fitted decay of {vehicle}, s⁻¹"] = (
            "not observable" if fit is None else f"{fit.rate:.3g} ({fit.low:.3g} to {fit.high:.3g})"
        )
    return told


def _side_by_side(columns: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    keys = dict.fromkeys(key for column in columns for key in column)
    return [(key, [column.get(key, "–") for column in columns]) for key in keys]


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)
