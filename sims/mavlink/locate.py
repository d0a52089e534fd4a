"""Finding a PX4 to fly: a build folder, an installed package, a container, or the stand-in."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sims.plant import PlantError

VARIABLE = "PX4_SITL"
"""Environment variable that names a PX4: its program, or a folder with it."""

_PACKAGES = ("/opt/px4", "/usr/lib/px4", "/usr/local/lib/px4")
_IN_A_FOLDER = (
    ("bin/px4", "etc"),
    ("build/px4_sitl_default/bin/px4", "build/px4_sitl_default/etc"),
)


class NoPx4Error(PlantError):
    """No PX4 was found; says where it was looked for and how to get one."""

    def __init__(self, tried: Sequence[str]) -> None:
        looked = "\n".join(f"  - {place}" for place in tried)
        super().__init__(
            f"no PX4 was found; looked at:\n{looked}\n"
            f"Build one ('make px4_sitl_default' in PX4's sources) and set {VARIABLE} to its build "
            "folder, install PX4's package, or give plant.container a command such as "
            "[docker, run, --rm, --network=host, px4io/px4-sitl]. "
            "To fly the stand-in instead, write plant.server: standin"
        )


@dataclass(frozen=True)
class Installation:
    """Something that can be started.

    Attributes:
        server: ``real`` or ``standin``.
        command: The program and its first arguments.
        where: What it is, for a reader.
        data: PX4's ``etc`` folder, where it is told apart from the program.
    """

    server: str
    command: tuple[str, ...]
    where: str
    data: Path | None = None


def stand_in() -> Installation:
    """The stand-in autopilot."""
    command = (sys.executable, "-m", "sims.standin")
    return Installation("standin", command, "the stand-in autopilot")


def container(command: Sequence[str]) -> Installation:
    """A PX4 in a container, or behind any other command that takes PX4's own arguments."""
    return Installation("real", tuple(command), " ".join(command))


def find_px4(
    asked: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Installation:
    """The PX4 that a scenario asks for, or the first one found.

    Args:
        asked: A program, or a folder with one; only this is looked at.
        environment: Where ``PX4_SITL`` may name one, and ``PATH``.

    Raises:
        NoPx4Error: There is none.
    """
    named = environment.get(VARIABLE)
    if asked is not None:
        places, tried = [asked], [f"plant.px4: {asked}"]
    elif named:
        places, tried = [Path(named)], [f"{VARIABLE}: {named}"]
    else:
        places = [Path(folder) for folder in _PACKAGES]
        tried = [f"{VARIABLE}: not set", *_PACKAGES, "px4 on the path"]
        on_path = shutil.which("px4", path=environment.get("PATH"))
        if on_path:
            places.append(Path(on_path))
    for place in places:
        found = _at(place)
        if found is not None:
            return found
    raise NoPx4Error(tried)


def _at(place: Path) -> Installation | None:
    place = place.expanduser().resolve()
    if place.is_file():
        candidates = [(place, place.parent.parent / "etc")]
    else:
        candidates = [(place / program, place / data) for program, data in _IN_A_FOLDER]
    for program, data in candidates:
        if os.access(program, os.X_OK) and (data / "init.d-posix" / "rcS").is_file():
            return Installation("real", (str(program),), str(program), data)
    return None
