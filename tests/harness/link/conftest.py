"""A plant of a few lines behind a link, flown by whatever law a test gives."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import TypeAdapter

from harness.link.armed import armed_faults
from harness.link.columns import TOLD, link_layout
from harness.link.link import Link
from sims.faults import AnyFault
from sims.plant import Command, Observation, PlantError

TICK_NS = 100_000_000
DT = 0.1
IN_TIME_NS = 10**18
READ = TypeAdapter(AnyFault)


class Mass:
    """Free masses under exact zero-order hold, with a diary of what they were told.

    What it says is valid as long as it must be and no longer: until the exchange after the next.
    """

    def __init__(self, vehicles, silent=()):
        self.silent = set(silent)
        self.tick = 0
        self.true = np.zeros((vehicles, 6))
        self.true[:, 1] = np.arange(vehicles)
        self.said = [(np.empty((vehicles, 6)), np.empty((vehicles, 2))) for _ in range(2)]
        self.heard, self.injected, self.stopped = [], [], []

    def start(self):
        return self.observe()

    def observe(self):
        state, extras = self.said[self.tick % 2]
        state[:], extras[:] = self.true, [7.0, self.tick]
        return Observation(self.tick * TICK_NS, state, extras, sampled_ns=1000 + self.tick)

    def exchange(self, command, deadline_ns):
        self.heard.append(
            SimpleNamespace(
                t_ns=command.t_ns,
                acceleration=command.acceleration.copy(),
                mode=command.mode.copy(),
            )
        )
        for row, thrust in zip(self.true, command.acceleration, strict=True):
            row[:3] += DT * row[3:] + 0.5 * DT * DT * thrust
            row[3:] += DT * thrust
        self.tick += 1
        return None if self.tick in self.silent else self.observe()

    def inject(self, fault, on):
        self.injected.append((self.tick, fault.kind, on))

    def stop(self, reason):
        self.stopped.append(reason)


def fault(kind, **written):
    return READ.validate_python({"kind": kind, **written})


def numbered(tick, state):
    """A command that says of which tick it is; zero is none."""
    return np.full((len(state), 3), tick + 1.0)


def at_rest(tick):
    return np.zeros(9)


class Flight:
    """One flight: what the loop was told, what the plant heard, and the link's columns."""

    def __init__(
        self,
        ticks=10,
        vehicles=1,
        faults=None,
        law=numbered,
        reference=at_rest,
        late_by_ns=None,
        seed=0,
        silent=(),
        modes=None,
        **policy,
    ):
        self.ticks, self.faults = ticks, dict(faults or {})
        self.plant = Mass(vehicles, silent)
        names = [f"v{index}" for index in range(vehicles)]
        self.armed = armed_faults(self.faults, names, DT, ticks, seed)
        self.link = Link(
            self.plant,
            self.armed,
            (np.tile(reference(tick), (vehicles, 1)) for tick in range(ticks + 1)),
            vehicles,
            TICK_NS,
            plant_columns=2,
            **policy,
        )
        self.vehicles, self.law = vehicles, law
        self.late_by_ns, self.modes = late_by_ns or {}, modes or {}
        self.told, self.rows, self.sent, self.widths, self.sampled = [], [], [], [], []
        self.failure = ""
        self.fly()

    def fly(self):
        mode = np.zeros((self.vehicles, 1))  # one array for all ticks, as the loop has it
        try:
            seen = self.link.start()
            for tick in range(self.ticks):
                mode[...] = self.modes.get(tick, mode)
                self.sent.append(self.law(tick, seen.state))
                due_ns = time.monotonic_ns() - self.late_by_ns.get(tick, -IN_TIME_NS)
                command = Command(seen.t_ns, self.sent[-1], mode)
                try:
                    answer = self.link.exchange(command, due_ns)
                finally:
                    self.keep(seen)
                seen = answer
            self.keep(seen)
        except PlantError as error:
            self.failure = str(error)

    def keep(self, seen):
        row = np.zeros((self.vehicles, 2 + link_layout(self.faults).width))
        row[:, : seen.extras.shape[1]] = seen.extras
        self.rows.append(row)
        self.widths.append(seen.extras.shape[1])
        self.sampled.append(seen.sampled_ns)
        self.told.append((seen.t_ns, seen.state.copy()))

    def column(self, name, vehicle=0):
        names = [column.name for column in link_layout(self.faults).columns]
        return np.array([row[vehicle, 2 + names.index(name)] for row in self.rows])

    def flags(self, name, vehicle=0):
        """Ticks at which a fault acted."""
        return np.flatnonzero(self.column(f"fault_{name}", vehicle)).tolist()

    def kinds(self, vehicle=0):
        """What the controller was told, a letter a tick: fresh, held or predicted."""
        return "".join(TOLD[int(code)][0].lower() for code in self.column("observation", vehicle))

    def ages(self, name="observation", vehicle=0):
        """Ages in ticks."""
        return np.round(self.column(f"{name}_age", vehicle) / DT, 6).tolist()

    def states(self, vehicle=0):
        return np.array([state[vehicle] for _, state in self.told])

    def flown(self, vehicle=0):
        """The tick whose command was flown in each tick, if they are numbered; -1 is of none."""
        return [int(told.acceleration[vehicle, 0]) - 1 for told in self.plant.heard]


@pytest.fixture(scope="session")
def flight():
    """Flies a plant behind a link; see :class:`Flight`."""
    return Flight


@pytest.fixture(scope="session")
def make():
    """Makes a fault as a scenario says it."""
    return fault
