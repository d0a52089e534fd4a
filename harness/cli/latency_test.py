"""``motorhand latency-test``: the machine's latency floor, measured, kept and told."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from harness.errors import reason
from harness.floor import MISSED_AT_MOST, FloorError, keep, measure
from harness.machine import keep_compiled_code

_PARTS = {
    "timer": ("timer", "a sleep ends late"),
    "wake_up": ("wake-up", "a tick begins late"),
    "jax_dispatch": ("JAX dispatch", "identity and result"),
    "hand_over": ("hand-over", "row to the recorder"),
    "tick": ("tick", "from due to all done"),
}
_WIDTHS = {"p50_ns": 9, "p90_ns": 9, "p99_ns": 9, "p99.9_ns": 9, "max_ns": 10}
_TOO_FEW = "–"


def tell_floor(seconds: float, out: Path | None) -> None:
    """Measure the floor, keep it, print it, and write it to a file where one is named.

    Raises:
        FloorError: It can't take so long, or the file exists or can't be written.
        RecorderError: The recorder can't be started, or has no room for what it records.
    """
    if out is not None:
        _refuse(out)
    keep_compiled_code()
    floor = measure(seconds, lambda what: typer.echo(f"measuring {what}", err=True))
    keep(floor)
    for line in told(floor):
        typer.echo(line)
    if out is not None:
        _write(out, floor)
        typer.echo(f"floor: {out}")


def told(floor: dict[str, Any]) -> list[str]:
    """A floor in lines of 80 columns."""
    machine = floor["machine"]
    versions = f"Python {machine['python']}, jaxlib {machine['jaxlib']}"
    return [
        typer.style("Latency floor with no controller and no plant", bold=True),
        typer.style(f"{machine['cpu']}, {machine['cores']} cores", dim=True),
        typer.style(f"Linux {machine['kernel']}, {versions}", dim=True),
        "",
        *_parts(floor["parts"]),
        "",
        *_rates(floor["rates"]),
        "",
        _sentence(floor["holds_hz"]),
    ]


def _parts(parts: dict[str, Any]) -> list[str]:
    heads = "".join(f"{key.removesuffix('_ns'):>{width - 2}}  " for key, width in _WIDTHS.items())
    lines = [typer.style(f"{'µs':34}{heads}".rstrip(), bold=True)]
    for name, part in parts.items():
        what, about = _PARTS[name]
        figures = "".join(f"{_us(part[key]):>{width}}" for key, width in _WIDTHS.items())
        lines.append(f"{what:14}{about:20}{figures}".rstrip())
    counts = f"{parts['timer']['n']:,} sleeps and {parts['tick']['n']:,} ticks, 1 ms apart"
    few = any(None in part.values() for part in parts.values())
    note = f"; {_TOO_FEW}: too few to say" if few else ""
    return [*lines, typer.style(f"{counts}{note}", dim=True)]


def _us(ns: int | None) -> str:
    """With its point, written or not, where that of every figure in the column is."""
    if ns is None:
        return f"{_TOO_FEW}  "
    if ns >= 99_000_000:
        return f"{ns / 1e9:.1f} s"
    return f"{ns / 1e3:,.1f}" if ns < 1_000_000 else f"{ns / 1e3:,.0f}  "


def _rates(rates: list[dict[str, Any]]) -> list[str]:
    lines = [typer.style(f"  {'Hz':>6}{'µs a tick':>12}{'ended late':>13}", bold=True)]
    for rate in rates:
        hz, share = rate["rate_hz"], rate["missed_share"]
        missed = f"{100 * share:.3g} %" if share else "none"
        held, colour = ("✓", typer.colors.GREEN) if rate["held"] else ("✕", typer.colors.RED)
        lines.append(f"{typer.style(held, fg=colour)} {hz:6}{1e6 / hz:12,.0f}{missed:>13}")
    return lines


def _sentence(holds_hz: int | None) -> str:
    allowed = f"at most {100 * MISSED_AT_MOST:g} % of ticks may end late"
    if holds_hz is None:
        return f"This machine holds none of these rates; {allowed}."
    return f"This machine holds up to {holds_hz} Hz; {allowed}."


def _refuse(out: Path) -> None:
    """Tell what keeps a file from being written, before ten seconds are spent on it."""
    if os.path.lexists(out):
        raise FloorError(f"{out} exists; name another by --out, or remove it")
    try:
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise _unwritten(out, error) from error


def _write(out: Path, floor: dict[str, Any]) -> None:
    partial = out.with_name(f"{out.name}.partial")
    try:
        partial.write_text(json.dumps(floor, indent=1) + "\n", encoding="utf-8")
        partial.replace(out)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise _unwritten(out, error) from error


def _unwritten(out: Path, error: OSError) -> FloorError:
    return FloorError(f"{out} can't be written: {reason(error)}; name another by --out")
