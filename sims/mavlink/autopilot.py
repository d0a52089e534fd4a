"""An autopilot that has been started, and our side of the conversation with it."""

from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from sims.mavlink.config import Px4Config
from sims.mavlink.dialogue import Dialogue
from sims.mavlink.flight import FlightError
from sims.mavlink.identity import identify
from sims.mavlink.instance import claim
from sims.mavlink.locate import Installation
from sims.mavlink.pilot import Pilot
from sims.mavlink.sitl import Process
from sims.mavlink.telemetry import Telemetry
from sims.mavlink.vehicle import environment
from sims.plant import Command, Note, PlantError

READY_S: Final = 60.0
"""Longest boot, on the clock that it is watched by, s."""
_SECOND_NS: Final = 1_000_000_000


class Autopilot:
    """One autopilot; everything ends with it.

    Attributes:
        listener: Where it looks for a simulator, if it looks for one.
        process: Its process.
        pilot: What we order, send and hear.
        words: Severity and text of what it has said and nobody has taken yet.
        identity: What it says it is; empty until it has booted.
    """

    def __init__(
        self,
        config: Px4Config,
        installation: Installation,
        folder: Path,
        rate_hz: float,
        model: str,
        given: dict[str, float],
        synchronised: bool = False,
    ) -> None:
        """Start it.

        Args:
            config: What is flown.
            installation: What flies it.
            folder: Its working folder, made here.
            rate_hz: Control rate.
            model: PX4's name of what it flies.
            given: Its parameters.
            synchronised: Whether its clock has to be compared with ours.

        Raises:
            PlantError: It can't be started.
        """
        self._where, self._given, self._installation = installation.where, given, installation
        self.words = deque[tuple[int, str]]()
        self.identity: dict[str, Any] = {}
        with ExitStack() as ending:
            claimed = claim(config.instance)
            self.listener, self._instance = claimed.listener, claimed.instance
            ending.callback(claimed.listener.close)
            self.process = Process(
                installation,
                claimed.instance,
                folder,
                environment(model, given),
                rules(config),
                on_one_core=not synchronised,
            )
            ending.callback(self.process.end)
            system = claimed.instance + 1
            telemetry = Telemetry(lambda severity, text: self.words.append((severity, text)))
            dialogue = Dialogue(claimed.ports, system, telemetry, folder, synchronised)
            ending.callback(dialogue.close)
            self.pilot = Pilot(config, dialogue, system, rate_hz)
            self._ending = ending.pop_all()

    def boot(
        self,
        step: Callable[[], None],
        now_ns: Callable[[], int],
        starting: Callable[[], None],
        also: Callable[[], bool] = lambda: True,
    ) -> None:
        """Wait until it would take off.

        Args:
            step: Lets time go on, and hears what comes.
            now_ns: The clock that it is watched by.
            starting: Called again and again; may raise.
            also: Whether all else is there that a flight begins with.

        Raises:
            PlantError: It is not ready in time, or not what was to be flown.
        """
        heard, dialogue = self.pilot.telemetry, self.pilot.dialogue
        until_ns = now_ns() + round(READY_S * _SECOND_NS)
        asked = False
        while heard.lacks() or dialogue.asking or not asked or not also():
            starting()
            step()
            if heard.local_ms >= 0 and not asked:
                self.pilot.ask_for_streams()
                asked = True
            dialogue.talk(now_ns())
            if now_ns() > until_ns:
                lacks = ", ".join(heard.lacks()) or "what time it is"
                raise PlantError(
                    f"{self._where} was not ready after {READY_S:g} s: it has not told {lacks}"
                    f"{heard.status.excuse()}{self.process.last_words()}"
                )
        assert heard.origin is not None
        self.pilot.place(heard.origin)
        self.process.check_parameters(self._given)
        self.identity = identify(heard.version, self._installation, self._instance)

    def command(self, now_us: int, command: Command, armed: bool, note: Note) -> None:
        """See :meth:`sims.mavlink.pilot.Pilot.command`.

        Raises:
            FlightError: A phase took too long; with the last that the autopilot printed.
        """
        try:
            self.pilot.command(now_us, command, armed, note)
        except FlightError as error:
            raise FlightError(f"{error}{self.process.last_words()}") from error

    def end(self) -> None:
        """End it; may be called twice, never raises."""
        if self.identity:
            self.identity["link"] = self.pilot.dialogue.link.counters.told()
        self._ending.close()


def rules(config: Px4Config) -> tuple[str, ...]:
    """Further arguments; only the stand-in has any."""
    return tuple(word for rule in config.rules for word in ("--rule", rule))
