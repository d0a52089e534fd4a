"""A quadrotor flown by PX4, in lockstep: PyBullet is the world around it."""

import numpy as np
from numpy.typing import NDArray

from sims.faults import OffboardLoss, PhysicalFault, Px4Failure
from sims.mavlink.config import Px4Config
from sims.mavlink.flight import Phase
from sims.mavlink.locate import Installation
from sims.mavlink.recorded import RecordedPlant
from sims.mavlink.session import Session
from sims.plant import Command, Observation

_NOTHING = np.zeros(3)


class Px4Plant(RecordedPlant[Session]):
    """One vehicle, its autopilot and the world around both."""

    def __init__(
        self, config: Px4Config, installation: Installation, tick_ns: int, seed: int
    ) -> None:
        """Prepare a flight; nothing is started yet.

        Args:
            config: What is flown.
            installation: What flies it.
            tick_ns: Control tick, ns.
            seed: Of whatever is random.
        """
        super().__init__()
        self._config, self._installation = config, installation
        self._tick_ns, self._seed = tick_ns, seed
        self._steps = round(tick_ns / 1e6 / config.step_ms)
        self._tick = 0
        self._zero_us: int | None = None

    def start(self) -> Observation:
        """Start the autopilot and wait until it would take off.

        Raises:
            PlantError: It can't be started, or is not ready in time.
            StartGivenUpError: The run was told to end meanwhile.
        """
        self._session = self._begun(
            lambda: Session(
                self._config,
                self._installation,
                self._records.folder(),
                1e9 / self._tick_ns,
                self._seed,
                self._said,
                self._starting,
            )
        )
        self._zero_us = self._session.world.t_us
        self._session.world.delivered()
        return self._observe(self._session, _NOTHING)

    def exchange(self, command: Command, deadline_ns: int) -> Observation:
        """See :meth:`sims.plant.Plant.exchange`.

        Raises:
            FlightError: The flight does not go on as it should.
            PlantError: The autopilot died, hangs, or has gone.
        """
        session = self._open
        now_us = session.world.now_us
        session.autopilot.command(now_us, command, session.world.armed, self._records.note)
        session.pilot.dialogue.talk(1000 * now_us)
        for left in reversed(range(self._steps)):
            session.step(listening=left == 0)
        session.await_estimate()
        self._tick += 1
        agp = session.pilot.flight.phase == Phase.AGP
        return self._observe(session, command.acceleration[0] if agp else None)

    def inject(self, fault: PhysicalFault, on: bool) -> None:
        """See :meth:`sims.plant.Plant.inject`."""
        ours = isinstance(fault, OffboardLoss | Px4Failure)
        (self._open.pilot if ours else self._open.world).inject(fault, on)

    def _observe(self, session: Session, commanded: NDArray[np.float64] | None) -> Observation:
        """What there is to tell now; without a command of AGP's in force, nothing is left out."""
        world, pilot = session.world, session.pilot
        body, delivered = world.body, np.array(world.delivered())
        left_out = _NOTHING if commanded is None else commanded - delivered
        row = (
            *(*body.position, *body.velocity),
            *(*delivered, *left_out),
            *(*body.quaternion, *body.rate, *body.wind),
            *(*world.motors, float(bool(body.crash))),
            *pilot.row(world.now_us),
        )
        return Observation(self._tick * self._tick_ns, pilot.state(), np.array([row]))

    def _said(self, t_us: int, severity: int, text: str) -> None:
        t_ns = 0 if self._zero_us is None else 1000 * (t_us - self._zero_us)
        self._records.said(t_ns, severity, text)
