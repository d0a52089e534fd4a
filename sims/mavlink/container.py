"""A PX4 in a container: what its command has to hand on, and how it is ended."""

import contextlib
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

_ENGINES: Final = ("docker", "podman")
_END_S: Final = 5.0


def is_run(command: Sequence[str]) -> bool:
    """Whether a command starts a container."""
    return Path(command[0]).name in _ENGINES and "run" in command


def contained(
    command: Sequence[str], name: str, folder: Path, variables: Iterable[str]
) -> list[str]:
    """The command with a name, the working folder and the environment of this run.

    An engine's client hands on neither its folder nor its environment by itself.

    Args:
        command: One of which :func:`is_run` holds.
        name: Of the container, to end it by.
        folder: Seen inside at the same place.
        variables: Names of what is in the client's environment.
    """
    at = command.index("run") + 1
    given = [f"--name={name}", f"--volume={folder}:{folder}", f"--workdir={folder}"]
    given += [f"--env={variable}" for variable in variables]
    return [*command[:at], *given, *command[at:]]


def kill(command: Sequence[str], name: str) -> None:
    """End a container, whose client can be killed without ending it; never raises."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([command[0], "kill", name], check=False, capture_output=True, timeout=_END_S)
