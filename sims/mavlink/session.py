"""An autopilot that has been started, with the world around it; everything ends with it."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from sims.mavlink.autopilot import Autopilot
from sims.mavlink.columns import MOTORS
from sims.mavlink.config import Px4Config
from sims.mavlink.hil import GoneError, HungError, SimulatorLink
from sims.mavlink.identity import WrongAutopilotError
from sims.mavlink.locate import Installation
from sims.mavlink.vehicle import parameters
from sims.mavlink.world import World

Said = Callable[[int, int, str], None]
"""Takes the autopilot's time (µs), a severity (0 is an emergency, 7 is debug) and a text."""

MODEL: Final = "none_iris"
"""PX4's airframe for an outside simulator."""

_CONNECT_S: Final = 20.0
_FRESH_US: Final = 4_000
_ESTIMATE_WAIT_S: Final = 0.002


def _wait() -> None:
    """Do nothing beside."""


class Session:
    """One autopilot in lockstep.

    Attributes:
        autopilot: The autopilot itself.
        world: What is around it.
        pilot: Our side of the conversation with it.
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
        starting: Callable[[], None],
    ) -> None:
        """Start it, and wait until it would take off.

        Args:
            config: What is flown.
            installation: What flies it.
            folder: Its working folder, made here.
            rate_hz: Control rate.
            seed: Of whatever is random in the world.
            said: Told of what it says.
            starting: Called again and again until it is ready; may raise.

        Raises:
            PlantError: It can't be started, or is not ready in time.
        """
        self._said, self.missed = said, 0
        with ExitStack() as ending:
            given = parameters(config)
            self.autopilot = autopilot = Autopilot(
                config, installation, folder, rate_hz, MODEL, given
            )
            ending.callback(autopilot.end)
            # Closed before the process is ended: an autopilot without a simulator ends at once.
            self._link = SimulatorLink(autopilot.listener, autopilot.process.check, MOTORS)
            ending.callback(self._link.close)
            self.pilot = autopilot.pilot
            self.world = World(self._link, config, seed)
            ending.callback(self.world.close)
            self._link.accept(_CONNECT_S, starting)
            autopilot.boot(self.step, lambda: 1000 * self.world.t_us, starting)
            if not self._link.lockstep:
                raise WrongAutopilotError(
                    f"{installation.where} does not wait for its simulator: it was built without "
                    "lockstep; 'make px4_sitl_default' builds one that does, or write physics: sih"
                )
            self._ending = ending.pop_all()

    @property
    def identity(self) -> dict[str, Any]:
        """What it says it is."""
        return self.autopilot.identity

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
            raise self.autopilot.process.hung(error.seconds) from error
        except GoneError as error:
            raise self.autopilot.process.gone() from error
        finally:
            while self.autopilot.words:
                self._said(self.world.t_us, *self.autopilot.words.popleft())

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

    def end(self) -> None:
        """End everything; may be called twice, never raises."""
        self.identity["simulator_link"] = self._link.told()
        self.identity["estimates_missed"] = self.missed
        self._ending.close()
