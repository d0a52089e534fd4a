"""Errors a user meets, and the exit code that each becomes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process tells its caller."""

    PASSED = 0
    FAILED = 1
    WRONG_INPUT = 2
    PLANT_FAILED = 3
    INTERLOCK = 4
    DEGRADED = 5
    INTERRUPTED = 130


class MotorhandError(Exception):
    """Base of all errors that are told without a traceback."""

    exit_code = ExitCode.PLANT_FAILED


def reason(error: OSError) -> str:
    """Why a file could not be read or written, in the system's words."""
    return os.strerror(error.errno) if error.errno else str(error)


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a scenario.

    Attributes:
        source: File name, or ``--set`` and its text.
        line: 1-based line, or None where there is no line to point at.
        column: 1-based column, or None.
        key: Path of keys, such as ``plant.mass_kg``; empty for the whole file.
        message: What was found, what is allowed, and what to write instead.
    """

    source: str
    line: int | None
    column: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = [self.source] + [str(n) for n in (self.line, self.column) if n is not None]
        key = f"{self.key}: " if self.key else ""
        return f"{':'.join(place)}: {key}{self.message}"


class ScenarioError(MotorhandError):
    """A scenario that can't be run; nothing has been started or written."""

    exit_code = ExitCode.WRONG_INPUT

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CertificateError(MotorhandError):
    """A certificate that can't be made or checked, and why."""

    exit_code = ExitCode.WRONG_INPUT


class OutputDirectoryError(MotorhandError):
    """The run directory exists already or can't be made."""

    exit_code = ExitCode.WRONG_INPUT


class RunDirectoryError(MotorhandError):
    """A folder that is not a whole run directory."""

    exit_code = ExitCode.WRONG_INPUT

    def __init__(self, directory: Path, what: str) -> None:
        super().__init__(f"{directory}: {what}")


class RecorderError(MotorhandError):
    """The recorder process died or can't write; the run ends and keeps what was written."""
