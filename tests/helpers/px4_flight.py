"""A short flight with an autopilot, as a scenario file."""

import os
from pathlib import Path

TEXT = """
format: 1
name: A hop
seed: 1
duration_s: {duration_s}
rate_hz: 50
plant:
  kind: px4
  server: {server}
  flight: {{take_off_altitude_m: 2, land: {land}}}
controller: {{kind: agp, bandwidth: 4, gravity: uniform}}
reference: {{kind: fixed_point, position_m: [0, 0, -2]}}
modes:
  - {{at_s: 0, mode: IDLE}}
  - {{at_s: 11, mode: STATION-KEEP}}
  - {{at_s: {back_s}, mode: IDLE}}
expect:
  flew: eventually[11:12] (flight_phase == AGP)
  held:
    {{signal: norm(error_position), at_most: 0.5, unit: m, after_s: 13, until_s: {back_s}}}
"""


def flight(
    folder: Path,
    *edits: tuple[str, str],
    server: str = "standin",
    land: bool = False,
    back_s: float = 15,
    more: str = "",
) -> Path:
    """Write a scenario: up 2 m, AGP from 11 s on, and down again if it is to land.

    Args:
        folder: Where to.
        edits: Texts in it, and what is to stand in their place.
        server: What flies.
        land: Whether it lands.
        back_s: When AGP hands back.
        more: Further YAML.
    """
    text = TEXT.format(
        server=server,
        land=str(land).lower(),
        back_s=back_s,
        duration_s=back_s + (12 if land else 1),
    )
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "hop.yaml"
    path.write_text(text + more, encoding="utf-8")
    return path


def running_in(folder: Path) -> int:
    """The process whose working folder that is."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == str(folder):
                return int(process.name)
        except OSError:
            continue
    raise AssertionError(f"nothing runs in {folder}")
