"""A quadrotor flown by PX4 in PX4's own physics (SIH), against the wall clock."""

import shutil
import tempfile
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from sims.faults import PhysicalFault
from sims.mavlink.config import Px4Config
from sims.mavlink.dialogue import Dialogue
from sims.mavlink.flight import SECOND
from sims.mavlink.identity import identify
from sims.mavlink.instance import claim
from sims.mavlink.locate import Installation
from sims.mavlink.pilot import Pilot
from sims.mavlink.sitl import Process
from sims.mavlink.telemetry import Telemetry
from sims.mavlink.timesync import Sample
from sims.mavlink.vehicle import environment, sih_parameters
from sims.plant import Command, Note, Observation, PlantError

_READY_S: Final = 60.0
_LOOK_S: Final = 0.1
_SILENT_S: Final = 4.0
_MODEL: Final = "sihsim_quadx"


class SihPlant:
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
        self._config, self._installation, self._tick_ns = config, installation, tick_ns
        self._folder: Path | None = None
        self._note: Note = lambda t_ns, event, more: None
        self._temporary: Path | None = None
        self._ending = ExitStack()
        self._identity: dict[str, Any] = {}
        self._tick = 0
        self._told_ms = -1
        self._words = deque[tuple[int, str]]()

    def keep_records(self, folder: Path, note: Note) -> None:
        """See :meth:`sims.plant.KeepsRecords.keep_records`."""
        self._folder, self._note = folder, note

    def identity(self) -> dict[str, Any]:
        """See :meth:`sims.plant.KeepsRecords.identity`."""
        return self._identity

    def start(self) -> Observation:
        """Start the autopilot and wait until it would take off.

        Raises:
            PlantError: It can't be started, or is not ready in time.
        """
        folder = self._folder
        if folder is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="motorhand-"))
            folder = self._temporary / "plant"
        claimed = claim(self._config.instance)
        self._ending.callback(claimed.listener.close)
        self._process = Process(
            self._installation,
            claimed.instance,
            folder,
            environment(_MODEL, sih_parameters(self._config)),
        )
        self._ending.callback(self._process.end)
        system = claimed.instance + 1
        telemetry = Telemetry(lambda severity, text: self._words.append((severity, text)))
        self._dialogue = Dialogue(claimed.ports, system, telemetry, folder, synchronised=True)
        self._ending.callback(self._dialogue.close)
        self._pilot = Pilot(self._config, self._dialogue, system, 1e9 / self._tick_ns)
        self._boot(telemetry)
        assert telemetry.origin is not None
        self._pilot.place(telemetry.origin)
        self._identity = identify(telemetry.version, self._installation, claimed.instance)
        return self._observe()

    def _boot(self, heard: Telemetry) -> None:
        until = time.monotonic() + _READY_S
        asked = False
        while heard.lacks() or self._dialogue.asking or self._clock is None:
            self._process.check()
            self._dialogue.wait(_LOOK_S)
            self._listen()
            if heard.local_ms >= 0 and not asked:
                self._pilot.ask_for_streams()
                asked = True
            self._dialogue.talk(time.monotonic_ns())
            if time.monotonic() > until:
                raise PlantError(
                    f"{self._installation.where} was not ready after {_READY_S:g} s: it has not "
                    f"told {', '.join(heard.lacks()) or 'what time it is'}{heard.status.excuse()}"
                    f"{self._process.last_words()}"
                )

    def exchange(self, command: Command, deadline_ns: int) -> Observation | None:
        """See :meth:`sims.plant.Plant.exchange`.

        Raises:
            FlightError: The flight does not go on as it should.
            PlantError: The autopilot died, or nothing is heard of it.
        """
        status = self._pilot.telemetry.status
        self._pilot.command(self._now_us(), command, status.armed, self._note)
        self._tick += 1
        while True:
            self._listen()
            if self._pilot.telemetry.local_ms != self._told_ms:
                return self._observe()
            left_s = (deadline_ns - time.monotonic_ns()) * 1e-9
            if left_s <= 0.0:
                break
            self._dialogue.wait(left_s)
        self._process.check()
        if time.monotonic_ns() - self._dialogue.link.last_ns > _SILENT_S * SECOND:
            raise self._process.hung(_SILENT_S)
        return None

    def _listen(self) -> None:
        self._dialogue.listen()
        while self._words:
            severity, text = self._words.popleft()
            details = {"severity": severity, "text": text}
            self._note(self._tick * self._tick_ns, "autopilot said", details)

    @property
    def _clock(self) -> Sample | None:
        clock = self._dialogue.clock
        return None if clock is None else clock.offset.best

    def _now_us(self) -> int:
        """The autopilot's time now."""
        clock = self._clock
        assert clock is not None
        return (time.monotonic_ns() + clock.offset_ns) // 1000

    def _observe(self) -> Observation:
        heard, clock = self._pilot.telemetry, self._clock
        assert clock is not None
        self._told_ms = heard.local_ms
        return Observation(
            self._tick * self._tick_ns,
            self._pilot.state(),
            np.array([self._pilot.row(self._now_us())]),
            sampled_ns=1_000_000 * heard.local_ms - clock.offset_ns,
            clock_offset_ns=clock.offset_ns,
            clock_bound_ns=clock.bound_ns(time.monotonic_ns()),
        )

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """See :meth:`sims.plant.Plant.inject`."""
        self._pilot.inject(fault, on)

    def stop(self, reason: str) -> None:
        """See :meth:`sims.plant.Plant.stop`."""
        if self._identity:
            self._identity["link"] = self._dialogue.link.counters.told()
        self._ending.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
