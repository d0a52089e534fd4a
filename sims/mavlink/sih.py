"""A quadrotor flown by PX4 in PX4's own physics (SIH), against the wall clock."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from sims.faults import PhysicalFault
from sims.mavlink.autopilot import Autopilot
from sims.mavlink.config import Px4Config
from sims.mavlink.flight import SECOND
from sims.mavlink.locate import Installation
from sims.mavlink.recorded import RecordedPlant
from sims.mavlink.timesync import Sample
from sims.mavlink.vehicle import sih_parameters
from sims.plant import Command, Observation

_MODEL: Final = "sihsim_quadx"
_LOOK_S: Final = 0.1
_SILENT_S: Final = 3.0
_EARLY_NS: Final = 1_000_000
"""Before the next tick, so that it begins on time."""


class _Session:
    """An autopilot that has been started; everything ends with it.

    Attributes:
        autopilot: The autopilot itself.
        pilot: Our side of the conversation with it.
        words: Severity and text of what it has said and nobody has taken yet.
    """

    def __init__(
        self,
        config: Px4Config,
        installation: Installation,
        folder: Path,
        rate_hz: float,
        starting: Callable[[], None],
    ) -> None:
        """Start it, and wait until it would take off.

        Raises:
            PlantError: It can't be started, or is not ready in time.
        """
        given = sih_parameters(config)
        self.autopilot = Autopilot(
            config, installation, folder, rate_hz, _MODEL, given, synchronised=True
        )
        self.pilot, self.words = self.autopilot.pilot, self.autopilot.words
        with ExitStack() as failing:
            failing.callback(self.autopilot.end)
            self.autopilot.boot(
                self._look, time.monotonic_ns, starting, lambda: self._sample is not None
            )
            failing.pop_all()

    def _look(self) -> None:
        self.autopilot.process.check()
        self.pilot.dialogue.wait(_LOOK_S)
        self.pilot.dialogue.listen()

    @property
    def identity(self) -> dict[str, Any]:
        """What it says it is."""
        return self.autopilot.identity

    @property
    def _sample(self) -> Sample | None:
        clock = self.pilot.dialogue.clock
        return None if clock is None else clock.offset.best

    @property
    def offset(self) -> Sample:
        """What is known of its clock beside ours."""
        sample = self._sample
        assert sample is not None
        return sample

    def now_us(self) -> int:
        """Its time now."""
        return (time.monotonic_ns() + self.offset.offset_ns) // 1000

    def check(self) -> None:
        """Raise AutopilotDiedError if it has ended, or nothing is heard of it any more."""
        self.autopilot.process.check()
        if time.monotonic_ns() - self.pilot.dialogue.link.last_ns > _SILENT_S * SECOND:
            raise self.autopilot.process.hung(_SILENT_S)

    def end(self) -> None:
        """End everything; may be called twice, never raises."""
        self.autopilot.end()


class SihPlant(RecordedPlant[_Session]):
    """One vehicle and its autopilot, which is its world as well."""

    def __init__(
        self, config: Px4Config, installation: Installation, tick_ns: int, seed: int
    ) -> None:
        """Prepare a flight; nothing is started yet.

        Args:
            config: What is flown.
            installation: What flies it.
            tick_ns: Control tick, ns.
            seed: Unused: PX4's physics has noise of its own.
        """
        super().__init__()
        self._config, self._installation, self._tick_ns = config, installation, tick_ns
        self._tick = 0
        self._told_ms = -1

    def start(self) -> Observation:
        """Start the autopilot and wait until it would take off.

        Raises:
            PlantError: It can't be started, or is not ready in time.
            StartGivenUpError: The run was told to end meanwhile.
        """
        folder, rate_hz = self._records.folder(), 1e9 / self._tick_ns
        self._session = self._begun(
            lambda: _Session(self._config, self._installation, folder, rate_hz, self._starting)
        )
        return self._observe(self._session)

    def exchange(self, command: Command, deadline_ns: int) -> Observation | None:
        """See :meth:`sims.plant.Plant.exchange`.

        Raises:
            FlightError: The flight does not go on as it should.
            PlantError: The autopilot died, or nothing is heard of it.
        """
        session = self._open
        heard, dialogue = session.pilot.telemetry, session.pilot.dialogue
        armed, note = heard.status.armed, self._records.note
        session.autopilot.command(session.now_us(), command, armed, note)
        dialogue.talk(time.monotonic_ns())
        self._tick += 1
        # The newest that there is when the next tick begins, and not the first after the last.
        while (left_s := (deadline_ns - _EARLY_NS - time.monotonic_ns()) * 1e-9) > 0.0:
            dialogue.wait(left_s)
            dialogue.listen()
        dialogue.listen()
        self._tell(session)
        if heard.local_ms != self._told_ms:
            return self._observe(session)
        session.check()
        return None

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """See :meth:`sims.plant.Plant.inject`."""
        self._open.pilot.inject(fault, on)

    def _observe(self, session: _Session) -> Observation:
        heard, offset = session.pilot.telemetry, session.offset
        self._told_ms = heard.local_ms
        return Observation(
            self._tick * self._tick_ns,
            session.pilot.state(),
            np.array([session.pilot.row(session.now_us())]),
            sampled_ns=1_000_000 * heard.local_ms - offset.offset_ns,
            clock_offset_ns=offset.offset_ns,
            clock_bound_ns=offset.bound_ns(time.monotonic_ns()),
        )

    def _tell(self, session: _Session) -> None:
        while session.words:
            self._records.said(self._tick * self._tick_ns, *session.words.popleft())
