"""``motorhand certify``: prove a scenario's loop stable, or check a proof."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from harness.cli.progress import told_once
from harness.errors import CertificateError, reason
from harness.scenario.load import Scenario, load_scenarios, scenario_of_manifest
from harness.scenario.shipped import resolve
from harness.stability.certificate import EXIT, check, read_certificate
from harness.stability.kept import certificate_of
from harness.trace import files
from harness.trace.reader import NotARunDirectoryError, read_manifest


def certify_file(file: Path, out: Path, sets: Sequence[str], cells: Sequence[str]) -> int:
    """Prove, and write the certificate.

    Raises:
        ScenarioError: The scenario is not valid.
        CertificateError: Nothing is claimed, or there are several cells to choose from.
    """
    scenarios = load_scenarios(resolve(file), sets, None, cells)
    if len(scenarios) > 1:
        names = ", ".join(scenario.cell for scenario in scenarios)
        raise CertificateError(f"{file}: choose one cell by --cell: {names}")
    if out.exists():
        raise CertificateError(f"{out} exists; name another by --out, or remove it")
    found = certificate_of(scenarios[0], told_once(scenarios[0]), anew=True)
    partial = out.with_name(f"{out.name}.partial")
    try:
        partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        partial.replace(out)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise CertificateError(f"{out} can't be written: {reason(error)}") from error
    for line in told(found):
        typer.echo(line)
    typer.echo(f"certificate: {out}")
    return EXIT[found["verdict"]]


def check_file(file: Path, scenario: Path | None, sets: Sequence[str], cells: Sequence[str]) -> int:
    """Check a certificate against its scenario, or that of a run against what was run.

    Raises:
        CertificateError: It can't be read, or its scenario is not found.
    """
    of_a_run = file.is_dir()
    given = read_certificate(file / files.CERTIFICATE if of_a_run else file)
    if of_a_run and scenario is None and not sets:
        subject = _flown(file)
    else:
        subject = _named(file, given, scenario, sets, cells)
    wrong = check(subject, given)
    for why in wrong:
        typer.echo(f"{file}: {why}", err=True)
    if wrong:
        typer.echo(f"{file}: DOES NOT HOLD")
        return 1
    said = given["reason"]
    if given["verdict"] == "UNDECIDED":
        said = "It claims a delay margin only." if given["margin"] else "It claims nothing."
    typer.echo(f"{file}: holds: {given['verdict']}. {said}")
    return 0


def _flown(directory: Path) -> Scenario:
    """What was run in a run directory, as its manifest has it."""
    try:
        return scenario_of_manifest(read_manifest(directory), directory)
    except (KeyError, NotARunDirectoryError) as error:
        raise CertificateError(f"{directory}: {error}; name a scenario by --scenario") from error


def _named(
    file: Path,
    given: dict[str, Any],
    scenario: Path | None,
    sets: Sequence[str],
    cells: Sequence[str],
) -> Scenario:
    """The scenario that is named, or else that of the certificate, beside it or shipped."""
    named = given.get("scenario")
    named = named if isinstance(named, dict) else {}
    if scenario is None:
        name = Path(str(named.get("file") or ""))
        beside = file.parent / name.name
        # No file can have so long a name, nor has any.
        known = len(name.name) < 256
        scenario = beside if not known or _is_file(beside) else resolve(Path(name.stem))
        if not (known and _is_file(scenario)):
            raise CertificateError(
                f"{file}: its scenario {str(name)[:200]} is not here; name it by --scenario"
            )
    cell = named.get("cell")
    chosen = [*cells, *([cell] if isinstance(cell, str) else [])]
    found = load_scenarios(resolve(scenario), sets, None, chosen)
    return found[0]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def told(found: dict[str, Any]) -> list[str]:
    """A certificate in a few lines."""
    lines = [f"{found['verdict']}: {found['reason']}"]
    region, ranges = found["region"], found["ranges"]
    least, most = ranges["thrust_had_over_commanded"]
    lines.append(
        f"  region  {region['mode']}, {region['error_position_m']:g} m and "
        f"{region['error_velocity_m_s']:g} m/s about the reference, {region['ticks']} ticks; "
        f"thrust {least:.4g} to {most:.4g} of that commanded; delays to "
        f"{1e3 * region['tick_s'] * ranges['delay_ticks'][1]:g} ms"
    )
    if "thrust_lag_s" in found:
        lines.append(f"  lag  thrust follows commands with {1e3 * found['thrust_lag_s']:g} ms")
    if (level := found["level_set"]) is not None:
        lines.append(
            f"  level set  reaches {level['reach_m']:.4g} m and {level['reach_m_s']:.4g} m/s, "
            f"ends within {level['ultimate_m']:.3g} m; bound by {level['binding']}"
        )
    if found["delay_margin_ms"] is not None:
        lines.append(
            f"  delay margin  {found['delay_margin_ms']:g} ms changing at every tick, "
            f"{found['constant_delay_margin_ms']:g} ms constant (not proved)"
        )
    evidence = found["contraction"]
    boxes = 0 if evidence is None else len(evidence["boxes"])
    lines.append(f"  {boxes} boxes, {found['seconds']:.1f} s")
    return lines
