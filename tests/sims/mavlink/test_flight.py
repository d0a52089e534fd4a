"""The course of a flight: each step, each time-out, and whatever the autopilot does by itself."""

import pytest

from sims.mavlink.config import FlightConfig
from sims.mavlink.flight import COURSE, SECOND, Flight, FlightError, Order, Phase, Status
from sims.mavlink.modes import FlightMode

LIMITS = FlightConfig()


class Pilot:
    """An autopilot that does as it is told, a tenth of a second later."""

    def __init__(self, flight: Flight) -> None:
        self.flight, self.status, self.now_ns = flight, Status(ready=True), 0
        self.orders: list[Order] = []
        self.phases: list[Phase] = []

    def tick(self, agp: bool = False, obeys: bool = True) -> None:
        order = self.flight.advance(self.now_ns, self.status, agp)
        self.now_ns += SECOND // 10
        if not self.phases or self.phases[-1] != self.flight.phase:
            self.phases.append(self.flight.phase)
        if order is None:
            return
        self.orders.append(order)
        if not obeys:
            return
        if order == Order.ARM:
            self.status.armed = True
        else:
            self.status.custom_mode = int(order)
            self.status.on_ground = order == Order.LAND
            self.status.armed = order != Order.LAND

    def take_off(self) -> None:
        for _ in range(5):
            self.tick()
        assert self.status.custom_mode == FlightMode.TAKE_OFF
        self.status.custom_mode = FlightMode.LOITER
        self.tick()
        assert self.flight.phase == Phase.HOLD

    def fly(self) -> None:
        self.take_off()
        for _ in range(3):
            self.tick(agp=True)
        assert self.flight.phase == Phase.AGP


def several(pilot: Pilot, ticks: int, agp: bool = False, obeys: bool = True) -> None:
    for _ in range(ticks):
        pilot.tick(agp, obeys)


@pytest.fixture
def pilot() -> Pilot:
    return Pilot(Flight(LIMITS))


def test_from_the_ground_to_agp_and_back_to_the_ground(pilot):
    pilot.fly()
    for _ in range(20):
        pilot.tick()
    assert pilot.orders == [Order.ARM, Order.TAKE_OFF, Order.OFFBOARD, Order.LOITER, Order.LAND]
    assert [phase.name for phase in pilot.phases] == [
        *("ARMING", "TAKE_OFF", "HOLD", "HAND_OVER", "AGP", "HAND_BACK", "LANDING", "LANDED")
    ]


def test_a_flight_that_does_not_land_can_be_handed_over_again():
    pilot = Pilot(Flight(FlightConfig(land=False)))
    pilot.fly()
    for _ in range(5):
        pilot.tick()
    assert pilot.flight.phase == Phase.HOLD
    for _ in range(5):
        pilot.tick(agp=True)
    assert pilot.flight.phase == Phase.AGP


@pytest.mark.parametrize(
    ("agp", "seconds", "words"),
    [
        (False, LIMITS.arming_timeout_s, "ARMING took more than 20 s of the autopilot's time"),
        (
            True,
            LIMITS.hand_over_timeout_s,
            "AGP was to fly 5 s ago, and the autopilot is still in ARMING",
        ),
    ],
)
def test_an_autopilot_that_does_not_arm_is_given_up_in_its_own_time(pilot, agp, seconds, words):
    pilot.status.refused = "what was refused before is none of this phase's business"
    pilot.tick(obeys=False)
    pilot.status.refused, pilot.status.said = "arming was denied", "Preflight Fail: no GPS"
    while pilot.now_ns <= seconds * SECOND:
        pilot.tick(agp, obeys=False)
    with pytest.raises(FlightError) as told:
        several(pilot, 3, agp, obeys=False)
    assert words in str(told.value)
    assert "arming was denied; it said 'Preflight Fail: no GPS'" in str(told.value)
    assert set(pilot.orders) == {Order.ARM}
    assert len(pilot.orders) == pytest.approx(2 * seconds, abs=2), "asked twice a second"


def test_a_hand_over_that_does_not_come_is_given_up(pilot):
    pilot.take_off()
    with pytest.raises(FlightError, match=r"HAND-OVER took more than 5 s .* in LOITER"):
        several(pilot, 60, agp=True, obeys=False)


def test_an_autopilot_that_can_not_hold_any_more_is_told_to_land(pilot):
    pilot.fly()
    for _ in range(30):
        pilot.tick(obeys=pilot.flight.phase != Phase.HAND_BACK or pilot.orders[-1] == Order.LAND)
        if pilot.orders[-1] == Order.LAND:
            pilot.status.custom_mode = FlightMode.LAND
    assert pilot.orders[-1] == Order.LAND
    assert pilot.phases[-2:] == [Phase.HAND_BACK, Phase.LANDING]


def test_a_landing_that_never_ends_is_given_up(pilot):
    pilot.fly()
    while pilot.flight.phase != Phase.LANDING:
        pilot.tick(obeys=pilot.flight.phase != Phase.HAND_BACK or pilot.status.custom_mode != 0)
    pilot.status.armed, pilot.status.on_ground = True, False
    with pytest.raises(FlightError, match="LANDING took more than 120 s"):
        several(pilot, 1300, obeys=False)


@pytest.mark.parametrize(
    "mode", [FlightMode.LAND, FlightMode.POSITION, FlightMode.LOITER, FlightMode.RETURN]
)
def test_an_autopilot_that_leaves_agp_by_itself_is_in_failsafe_and_is_left_alone(pilot, mode):
    pilot.fly()
    pilot.status.custom_mode = mode
    given = len(pilot.orders)
    for agp in (True, True, False, True):
        pilot.tick(agp)
        assert pilot.flight.phase == Phase.FAILSAFE
    pilot.status.armed, pilot.status.on_ground = False, True
    pilot.tick()
    assert pilot.flight.phase == Phase.LANDED
    assert len(pilot.orders) == given


def test_agp_can_not_fly_again_once_it_lands(pilot):
    pilot.fly()
    several(pilot, 20)
    with pytest.raises(FlightError, match=r"AGP is to fly again, .* LANDED; .*land: false"):
        pilot.tick(agp=True)


def test_a_mode_that_nobody_ordered_ends_take_off_in_failsafe(pilot):
    several(pilot, 5)
    pilot.status.custom_mode = FlightMode.POSITION
    pilot.tick()
    assert pilot.flight.phase == Phase.FAILSAFE


def test_on_the_ground_nobody_is_told_to_land(pilot):
    pilot.fly()
    while pilot.flight.phase != Phase.LANDING:
        pilot.tick()
    given = len(pilot.orders)
    pilot.status.on_ground, pilot.status.armed = True, True
    pilot.status.custom_mode = FlightMode.LOITER
    several(pilot, 20, obeys=False)
    assert len(pilot.orders) == given


def test_every_phase_can_be_reached_and_only_one_is_the_end():
    reached, open_ends = {Phase.GROUND}, [Phase.GROUND]
    while open_ends:
        for _, phase in COURSE[open_ends.pop()]:
            if phase not in reached:
                reached.add(phase)
                open_ends.append(phase)
    assert reached == set(Phase)
    assert [phase for phase in Phase if not COURSE[phase]] == [Phase.LANDED]


def test_a_mode_that_is_not_known_is_told_by_its_number():
    assert Status(custom_mode=0x0B00_0000).mode == "custom mode 0xb000000"
