"""The report of a run: one self-contained page, verdict first."""

import json
from pathlib import Path
from typing import Any

from harness.trace import files
from harness.trace.reader import RunDirectory
from reports.marks import MARKS
from reports.run import Run
from reports.sections import sections
from reports.series import span
from reports.template import render_page

_GRANTED = "granted"
_UPPER, _LOWER = ("at most", "below"), ("at least", "above")
_SIGNS = {"at most": "≤", "below": "<", "at least": "≥", "above": ">"}
_SIGNS |= {"equal to": "=", "other than": "≠"}


def write_report(directory: Path, beside: RunDirectory | None = None) -> Path:
    """Write ``report.html`` into a run directory.

    Args:
        directory: The run directory.
        beside: An earlier run to lay this one beside; its baseline if left out.

    Returns:
        The file written.

    Raises:
        NotARunDirectoryError: The folder is not a whole run directory.
        OSError: The disk is full, or not to be written to; a report from before stays.
    """
    page = render(Run.read(directory, beside))
    path = directory / files.REPORT
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return path


def render(run: Run) -> str:
    """The page as text."""
    manifest = run.manifest
    return render_page(
        "page.html.j2",
        scenario=manifest["scenario"],
        stem=manifest["stem"],
        manifest=manifest,
        verdict=run.verdict,
        mark=MARKS[run.verdict["verdict"]],
        criteria=[_criterion(result) for result in run.verdict["criteria"]],
        facts=_facts(run),
        events=[event for event in run.directory.events() if event["event"] != "end"],
        sections=sections(run) if len(run.seconds) else [],
        packages=manifest["packages"],
        scenario_json=json.dumps(manifest["scenario"], indent=2, ensure_ascii=False),
        manifest_json=json.dumps(
            {k: v for k, v in manifest.items() if k not in ("columns", "scenario")},
            indent=2,
            ensure_ascii=False,
        ),
    )


def _criterion(result: dict[str, Any]) -> dict[str, Any]:
    """A criterion as its row shows it."""
    unit = result["unit"]
    limit = _figure(result["limit"], "g", unit)
    return {
        "requirement": "",
        "formula": "",
        **result,
        "decided_by": _decided_by(result),
        "mark": MARKS[result["judgement"]],
        "used": _used(result["value"], result["limit"], result["bound"]),
        "value": _figure(result["value"], ".4g", unit),
        "limit": f"{_SIGNS[result['bound']]} {limit}" if result["bound"] else limit,
        "margin": _figure(result["margin"], "+.3g", unit),
        "worst": "–" if result["worst_s"] is None else span(result["worst_s"]),
        "window": span(*result["window_s"]),
    }


def _figure(value: float | str | None, digits: str, unit: str) -> str:
    """A number with its unit, the name of a category, or a dash where there is neither."""
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    plain = (1e3 if digits.endswith(".3g") else 1e4) <= abs(value) < 1e7
    sign = "+" if plain and digits.startswith("+") else ""
    number = f"{value:{sign},.0f}" if plain else f"{value:{digits}}"
    return number.replace("-", "−") + (f" {unit}" if unit else "")


def _decided_by(result: dict[str, Any]) -> str:
    """The comparison that decided, where the formula has more than that one."""
    predicate: str = result.get("predicate", "")
    formula = " ".join(result.get("formula", "").split())
    rest = formula.replace("->", "").replace(predicate, "", 1)
    return predicate if any(sign in rest for sign in "<=>") else ""


def _used(value: float | str | None, limit: float | str | None, bound: str) -> float | None:
    """The share of a limit that was used, where that means something."""
    if isinstance(value, str) or isinstance(limit, str) or value is None or limit is None:
        return None
    if bound not in _UPPER + _LOWER or limit <= 0.0 or value < 0.0:
        return None
    if bound in _UPPER:
        return value / limit
    return limit / value if value > 0.0 else float("inf")


def _facts(run: Run) -> list[tuple[str, str]]:
    """What a reader wants to know before anything else."""
    manifest, plant = run.manifest, run.manifest["plant"]
    baseline = manifest["scenario"].get("baseline")
    end_s = float(run.seconds[-1]) if len(run.seconds) else 0.0
    whole_s = manifest["ticks"] * manifest["tick_ns"] / 1e9
    return [
        ("plant", plant["fidelity"]),
        (
            "controller",
            f"{manifest['controller']['kind']}, κ = {manifest['controller']['bandwidth']:g}"
            if "bandwidth" in manifest["controller"]
            else manifest["controller"]["kind"],
        ),
        ("vehicles", ", ".join(plant["vehicles"])),
        ("length", span(end_s) if end_s == whole_s else f"{span(end_s)} of {span(whole_s)}"),
        ("rate", f"{_rate(manifest['tick_ns'] / 1e9)}, {manifest['clock']['kind']}"),
        *_asked(manifest["clock"]),
        ("seed", str(manifest["seed"])),
        *([("baseline", baseline["run"])] if baseline else []),
        ("started", manifest["started"].replace("T", " ").replace("+00:00", " UTC")),
    ]


def _asked(clock: dict[str, Any]) -> list[tuple[str, str]]:
    """What a run against the wall clock asked of the system, and whether it got that."""
    told = [
        f"{key.replace('_', ' ')} {what if what == _GRANTED else 'refused'}"
        for key, what in clock.get("asked", {}).items()
    ]
    return [("asked of the system", ", ".join(told))] if told else []


def _rate(tick_s: float) -> str:
    """The control rate; of a slow loop its tick, which says more than a thousandth of a hertz."""
    return f"{1.0 / tick_s:g} Hz" if tick_s < 10.0 else f"a tick of {span(tick_s)}"
