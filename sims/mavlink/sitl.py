"""An autopilot's process: started in a fresh folder, watched, and ended whatever happens."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from sims.mavlink.container import contained, is_run, kill
from sims.mavlink.locate import Installation
from sims.plant import PlantError

CONSOLE: Final = "console.log"
"""What the autopilot printed."""

_LAST_LINES = 12
_END_S = 3.0
_LAST_MOMENT_S = 1.0
# What PX4 leaves in its folder that is of no use to a reader.
_LITTER = ("dataman", "parameters.bson", "parameters_backup.bson", "eeprom", "etc", "test_data")


class AutopilotDiedError(PlantError):
    """The autopilot's process ended by itself, or answered no more."""


class Process:
    """One autopilot's process."""

    def __init__(
        self,
        installation: Installation,
        instance: int,
        folder: Path,
        environment: Mapping[str, str],
        arguments: tuple[str, ...] = (),
        on_one_core: bool = False,
    ) -> None:
        """Start it.

        Args:
            installation: What to start.
            instance: Shifts all its ports; its system id is one more.
            folder: Its working folder, made here; console and logs stay in it.
            environment: Added to this process's own.
            arguments: Further arguments.
            on_one_core: Whether a real autopilot is to run on one core, which its instance chooses.
                In lockstep its many threads take turns: from core to core that takes longer.

        Raises:
            PlantError: It can't be started.
        """
        self.folder, self._what = folder, installation.where
        self._ended = False
        self._command, self._container = installation.command, ""
        words = list(installation.command)
        if is_run(words):
            self._container = f"motorhand-px4-{instance}-{os.getpid()}"
            words = contained(words, self._container, folder.absolute(), environment)
        words += ["-i", str(instance), *arguments]
        if installation.server == "real":
            words += ["-d"]  # without a shell of its own
        if installation.data is not None:
            words += [str(installation.data)]
        words = _guarded(words)
        try:
            folder.mkdir(parents=True)
            alone = on_one_core and installation.server == "real" and not self._container
            with (folder / CONSOLE).open("wb") as console, _bound(instance if alone else None):
                # No terminal, or it would read commands from it.
                self._process = subprocess.Popen(
                    words,
                    cwd=folder,
                    env={**_clean(os.environ), **environment},
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise PlantError(f"{self._what} can't be started: {error}") from error

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise AutopilotDiedError if it has ended."""
        if (code := self._process.poll()) is not None:
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            raise AutopilotDiedError(f"{self._what} ended {how}{self.last_words()}")

    def hung(self, seconds: float) -> AutopilotDiedError:
        """The error of one that answers nothing; it is killed, since it would not end by itself."""
        self._signal(signal.SIGKILL)
        return AutopilotDiedError(
            f"{self._what} gave no answer for {seconds:.3g} s of wall time{self.last_words()}"
        )

    def gone(self) -> AutopilotDiedError:
        """The error of one that has closed its link, which it does a moment before it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_MOMENT_S)
        self.check()
        return AutopilotDiedError(
            f"{self._what} closed the simulator link and lives on{self.last_words()}"
        )

    def last_words(self) -> str:
        """The last lines of its console, to be put at the end of a message."""
        try:
            lines = (self.folder / CONSOLE).read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        if not lines:
            return "; it printed nothing"
        return "; its last lines:\n" + "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])

    def check_parameters(self, names: Iterable[str]) -> None:
        """Raise PlantError if it complained that it has no parameter of these names."""
        try:
            console = (self.folder / CONSOLE).read_text(errors="replace")
        except OSError:
            return
        unknown = [name for name in names if re.search(rf"Parameter {name} not found", console)]
        if unknown:
            raise PlantError(f"{self._what} has no parameter {' or '.join(unknown)}")

    def end(self) -> None:
        """End it, and whatever it started; may be called twice, never raises."""
        if self._ended:
            return
        self._ended = True
        self._signal(signal.SIGTERM)
        if self._container:
            kill(self._command, self._container)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._signal(signal.SIGKILL)  # it may be deaf, or have left something behind
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._tidy()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _tidy(self) -> None:
        for name in _LITTER:
            path = self.folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()

    def logs(self) -> list[Path]:
        """Its own logs of the flight, oldest first."""
        return sorted(self.folder.glob("log/**/*.ulg"))


@contextlib.contextmanager
def _bound(number: int | None) -> Iterator[None]:
    """Whatever is started meanwhile runs on one of our cores, if the system lets it.

    Args:
        number: Different numbers are on different cores, as far as there are enough; None is on
            any. Machines and containers that have the same numbers differ by their names.
    """
    allowed = os.sched_getaffinity(0)
    if number is None or len(allowed) == 1:
        yield
        return
    at = (zlib.crc32(socket.gethostname().encode()) + number) % len(allowed)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {sorted(allowed)[at]})
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, allowed)


def _guarded(words: list[str]) -> list[str]:
    """So that it ends even where this process is killed, be it before the kernel is told so."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return words
    if_parent_lives = '[ "$PPID" = "$1" ] && shift && exec "$@"'
    guard = [setpriv, "--pdeathsig", "KILL", "sh", "-c", if_parent_lives, "motorhand"]
    return [*guard, str(os.getpid()), *words]


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would change the autopilot behind the scenario's back."""
    return {key: value for key, value in environment.items() if not key.startswith("PX4_")}
