"""The loop: every observation is recorded, every command flown, in the one order."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from harness.columns import STAMPS
from harness.loop import fly
from kernel.agp_layout import agp_layouts
from kernel.modes import Mode
from sims.plant import Observation, PlantError

TICK_NS = 100_000_000
TOLD, DECIDED, CARRIED = agp_layouts("gcrf")


class Line:
    """A double integrator along x, and a diary of what it was asked."""

    def __init__(self, diary, nan_at=None, silent_at=None):
        self.diary, self.tick = diary, 0
        self.state = np.zeros((1, 6))
        self.nan_at, self.silent_at = nan_at, silent_at

    def observe(self):
        return Observation(self.tick * TICK_NS, self.state.copy(), np.array([[10.0 * self.tick]]))

    def start(self):
        self.diary.append("start")
        return self.observe()

    def exchange(self, command, deadline_ns):
        self.diary.append(("exchange", self.tick))
        assert command.t_ns == self.tick * TICK_NS
        self.command = command
        self.tick += 1
        if self.tick == self.silent_at:
            return None
        self.state[:, 3:] += 0.1 * command.acceleration
        self.state[:, :3] += 0.1 * self.state[:, 3:]
        if self.tick == self.nan_at:
            self.state[:] = np.nan
        return self.observe()


def proportional(diary, initial_memory=0.0):
    """A controller that steers to the reference and counts its calls in what it carries."""
    memory = CARRIED["carried_memory"].start

    def step(packed):
        diary.append("step")
        out = np.zeros((len(packed), DECIDED.width + CARRIED.width))
        error = packed[:, TOLD["reference_position"]] - packed[:, TOLD["measured_position"]]
        carried = out[:, DECIDED.width :]
        carried[:, CARRIED["commanded_acceleration"]] = error
        carried[:, memory] = packed[:, TOLD.width + memory] + 1.0
        return out

    initial = np.zeros((1, CARRIED.width))
    initial[:, memory] = initial_memory
    return SimpleNamespace(
        told=TOLD,
        decided=DECIDED,
        carried=CARRIED,
        step=step,
        initial_carried=initial,
        vehicles=1,
        width=TOLD.width + CARRIED.width,
    )


class Flight:
    """One flight, with everything that was recorded of it."""

    def __init__(self, ticks=5, schedule=((0, Mode.STATION_KEEP),), watch=None, **plant):
        self.diary, self.rows, self.watched = [], [], []
        self.plant = Line(self.diary, **plant)
        controller = proportional(self.diary, initial_memory=7.0)
        references = (np.full((1, 9), float(tick)) for tick in itertools.count())

        def record(tick, t_ns, told, out, extras, stamps):
            self.diary.append(("record", tick))
            self.rows.append((tick, t_ns, told.copy(), out.copy(), extras.copy(), stamps))

        def watched(tick):
            self.watched.append(tick)
            return watch is None or watch(tick)

        self.flown = None
        self.fly = lambda: fly(
            self.plant, controller, references, schedule, ticks, TICK_NS, record, watched
        )

    def done(self):
        self.flown = self.fly()
        return self

    def told(self, name):
        return np.array([told[0, TOLD[name]] for _, _, told, *_ in self.rows])


def test_a_tick_observes_decides_commands_and_records_in_this_order():
    once = ["step", ("exchange", 0), ("record", 0), "step", ("record", 1)]
    assert Flight(ticks=1).done().diary == ["start", *once]


def test_every_tick_is_recorded_the_last_observation_included():
    flight = Flight(ticks=5).done()
    assert flight.flown == 5
    assert [row[0] for row in flight.rows] == [0, 1, 2, 3, 4, 5]
    assert [row[1] for row in flight.rows] == [tick * TICK_NS for tick in range(6)]
    assert [row[4][0, 0] for row in flight.rows] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]


def test_the_controller_is_told_this_ticks_state_and_reference():
    flight = Flight(ticks=3).done()
    np.testing.assert_array_equal(flight.told("reference_position")[:, 0], [0, 1, 2, 3])
    np.testing.assert_array_equal(flight.told("reference_acceleration")[:, 0], [0, 1, 2, 3])
    x, expected, v = 0.0, [], 0.0
    for tick in range(4):
        expected.append(x)
        v += 0.1 * (tick - x)
        x += 0.1 * v
    np.testing.assert_allclose(flight.told("measured_position")[:, 0], expected, rtol=1e-15)


def test_what_a_tick_carries_over_the_next_one_gets():
    flight = Flight(ticks=3).done()
    place = TOLD.width + CARRIED["carried_memory"].start
    assert [told[0, place] for _, _, told, *_ in flight.rows] == [7.0, 8.0, 9.0, 10.0]
    for (_, _, _, out, *_), (_, _, told, *_) in itertools.pairwise(flight.rows):
        assert out[:, DECIDED.width :].tobytes() == told[:, TOLD.width :].tobytes()


def test_modes_change_at_their_ticks():
    schedule = [(0, Mode.IDLE), (2, Mode.NULL_G), (3, Mode.STATION_KEEP)]
    flight = Flight(ticks=5, schedule=schedule).done()
    assert flight.told("control_mode")[:, 0].tolist() == [0, 0, 1, 2, 2, 2]
    assert flight.plant.command.mode[0, 0] == Mode.STATION_KEEP


def test_a_mode_change_at_the_last_tick_is_recorded():
    flight = Flight(ticks=2, schedule=[(0, Mode.IDLE), (2, Mode.NULL_G)]).done()
    assert flight.told("control_mode")[:, 0].tolist() == [0, 0, 1]


def test_the_plant_gets_what_the_controller_commanded():
    flight = Flight(ticks=2).done()
    np.testing.assert_array_equal(
        flight.plant.command.acceleration[0],
        flight.rows[1][3][0, DECIDED.width :][CARRIED["commanded_acceleration"]],
    )


def test_stamps_are_taken_in_the_order_of_the_hand_overs():
    names = [name.removesuffix("_ns") for name in STAMPS]
    stamps = np.array([row[5] for row in Flight(ticks=20).done().rows])
    assert stamps.shape == (21, len(names))
    assert names[:3] == ["scheduled", "ready", "received"]
    assert names[6] == "answered"
    assert (np.diff(stamps[:-1, :7].ravel()) >= 0).all()
    assert stamps[-1, names.index("sent")] == 0  # the run ends with an observation
    assert (stamps[:, 7:] == 0).all()  # this plant tells nothing of its own clock


def test_what_the_plant_tells_of_its_own_times_is_recorded_where_it_belongs():
    """When the sensors were read with that tick, when a command was applied with the command."""

    class Telling(Line):
        def observe(self):
            told = super().observe()
            return told._replace(
                sampled_ns=100 + self.tick, applied_ns=200 + self.tick, clock_bound_ns=7
            )

    flight = Flight(ticks=2)
    flight.plant.__class__ = Telling
    stamps = dict(zip(STAMPS, np.array([row[5] for row in flight.done().rows]).T, strict=True))
    np.testing.assert_array_equal(stamps["sampled_ns"], [100, 101, 102])
    np.testing.assert_array_equal(stamps["applied_ns"], [201, 202, 0])
    np.testing.assert_array_equal(stamps["clock_bound_ns"], [7, 7, 7])


def test_a_state_that_is_not_finite_ends_the_run():
    flight = Flight(ticks=5, nan_at=5)
    with pytest.raises(PlantError, match=r"state is not finite at 0\.5 s"):
        flight.fly()
    assert len(flight.rows) == 6


def test_a_state_that_is_not_finite_is_found_in_the_middle_of_a_long_run():
    flight = Flight(ticks=2000, nan_at=300)
    with pytest.raises(PlantError, match="not finite"):
        flight.fly()
    assert 300 <= flight.rows[-1][0] < 1000


def test_a_plant_that_stays_silent_ends_the_run():
    flight = Flight(ticks=5, silent_at=3)
    with pytest.raises(PlantError, match=r"no observation after 0\.2 s"):
        flight.fly()
    assert [row[0] for row in flight.rows] == [0, 1, 2]


def test_a_watch_that_says_so_ends_the_run_at_once():
    flight = Flight(ticks=1000, watch=lambda tick: tick < 256).done()
    assert flight.flown == 256
    assert flight.rows[-1][0] == 256
    assert flight.plant.tick == 256


def test_a_watch_that_never_wanted_to_start_leaves_the_first_observation():
    flight = Flight(watch=lambda tick: False).done()
    assert flight.flown == 0
    assert [row[0] for row in flight.rows] == [0]
    assert flight.plant.tick == 0


def test_the_watch_is_told_of_the_first_and_of_the_last_tick():
    flight = Flight(ticks=700).done()
    assert flight.watched[0] == 0
    assert flight.watched[-1] == 700
    assert len(flight.watched) >= 3


def test_a_run_can_be_flown_unrecorded():
    diary = []
    flown = fly(
        Line(diary),
        proportional(diary),
        itertools.repeat(np.zeros((1, 9))),
        [(0, Mode.IDLE)],
        3,
        TICK_NS,
        None,
        lambda tick: True,
    )
    assert flown == 3
