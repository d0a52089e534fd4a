"""An autopilot that has been started, with the world around it; everything ends with it."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from sims.mavlink.columns import MOTORS
from sims.mavlink.config import Px4Config
from sims.mavlink.dialogue import Dialogue
from sims.mavlink.hil import GoneError, HungError, SimulatorLink
from sims.mavlink.identity import WrongAutopilotError, identify
from sims.mavlink.instance import claim
from sims.mavlink.locate import Installation
from sims.mavlink.pilot import Pilot
from sims.mavlink.sitl import Process
from sims.mavlink.telemetry import Telemetry
from sims.mavlink.vehicle import environment, parameters
from sims.mavlink.world import World
from sims.plant import PlantError

Said = Callable[[int, int, str], None]
"""Takes the autopilot's time (µs), a severity (0 is an emergency, 7 is debug) and a text."""

MODEL: Final = "none_iris"
"""PX4's airframe for an outside simulator."""

_CONNECT_S: Final = 20.0
_READY_US: Final = 40_000_000
_FRESH_US: Final = 4_000
_ESTIMATE_WAIT_S: Final = 0.002


def _wait() -> None:
    """Do nothing beside."""


class Session:
    """One autopilot in lockstep.

    Attributes:
        world: What is around it.
        pilot: Our side of the conversation with it.
        identity: What it says it is.
        missed: Estimates that did not come in time.
    """

    def __init__(
        self,
        config: Px4Config,
        installation: Installation,
        folder: Path,
        rate_hz: float,
        seed: int,
        said: Said,
    ) -> None:
        """Start it, and wait until it would take off.

        Args:
            config: What is flown.
            installation: What flies it.
            folder: Its working folder, made here.
            rate_hz: Control rate.
            seed: Of whatever is random in the world.
            said: Told of what it says.

        Raises:
            PlantError: It can't be started, or is not ready in time.
        """
        self._config = config
        self._said, self._words = said, deque[tuple[int, str]]()
        self._installation = installation
        self.missed = 0
        with ExitStack() as ending:
            claimed = claim(config.instance)
            ending.callback(claimed.listener.close)
            system = claimed.instance + 1
            self._process = Process(
                installation,
                claimed.instance,
                folder,
                environment(MODEL, parameters(config)),
                arguments(config),
            )
            ending.callback(self._process.end)
            # Closed before the process is ended: an autopilot without a simulator ends at once.
            self._link = link = SimulatorLink(claimed.listener, self._process.check, MOTORS)
            ending.callback(link.close)
            telemetry = Telemetry(lambda severity, text: self._words.append((severity, text)))
            dialogue = Dialogue(claimed.ports, system, telemetry, folder)
            ending.callback(dialogue.close)
            self.pilot = Pilot(config, dialogue, system, rate_hz)
            self.world = World(link, config, seed)
            ending.callback(self.world.close)
            link.accept(_CONNECT_S)
            self.identity = self._boot(claimed.instance)
            self._ending = ending.pop_all()

    def _boot(self, instance: int) -> dict[str, Any]:
        heard, dialogue = self.pilot.telemetry, self.pilot.dialogue
        asked = False
        while not heard.is_whole or dialogue.asking or not asked:
            self.step()
            if heard.local_ms >= 0 and not asked:
                self.pilot.ask_for_streams()
                asked = True
            dialogue.talk(1000 * self.world.t_us)
            if self.world.t_us > _READY_US:
                raise self._not_ready()
        assert heard.origin is not None
        self.pilot.place(heard.origin)
        if not self._link.lockstep:
            raise WrongAutopilotError(
                f"{self._installation.where} does not wait for its simulator: it was built without "
                "lockstep; 'make px4_sitl_default' builds one that does, or write physics: sih"
            )
        self._process.check_parameters(parameters(self._config))
        return identify(heard.version, self._installation, instance)

    def step(self, listening: bool = True) -> None:
        """Go on by a step of time.

        Args:
            listening: Whether to read what the autopilot tells, while it thinks.

        Raises:
            PlantError: The autopilot died, hangs, or has gone.
        """
        try:
            self.world.step(self.pilot.dialogue.listen if listening else _wait)
        except HungError as error:
            raise self._process.hung(error.seconds) from error
        except GoneError as error:
            raise self._process.gone() from error
        finally:
            while self._words:
                self._said(self.world.t_us, *self._words.popleft())

    def await_estimate(self) -> None:
        """Wait a moment for the estimate that belongs to now; a lost one is not waited for."""
        dialogue, heard = self.pilot.dialogue, self.pilot.telemetry
        dialogue.listen()
        until = time.monotonic() + _ESTIMATE_WAIT_S
        while 1000 * heard.local_ms < self.world.t_us - _FRESH_US:
            left_s = until - time.monotonic()
            if left_s <= 0.0:
                self.missed += 1
                return
            dialogue.wait(left_s)
            dialogue.listen()

    def _not_ready(self) -> PlantError:
        heard = self.pilot.telemetry
        return PlantError(
            f"{self._installation.where} was not ready after {_READY_US / 1e6:g} s of its time: it "
            f"has not told {', '.join(heard.lacks())}{heard.status.excuse()}"
            f"{self._process.last_words()}"
        )

    def end(self) -> None:
        """End everything; may be called twice, never raises."""
        self.identity["link"] = self.pilot.dialogue.link.counters.told()
        self.identity["simulator_link"] = self._link.told()
        self.identity["estimates_missed"] = self.missed
        self._ending.close()


def arguments(config: Px4Config) -> tuple[str, ...]:
    """Further arguments; only the stand-in has any."""
    return tuple(word for rule in config.rules for word in ("--rule", rule))
