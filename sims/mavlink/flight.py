"""The course of a flight: from the ground to AGP and back, each step explicit.

The autopilot flies itself while the control mode is IDLE: it takes off and holds, and after AGP has
flown it holds again and lands. It flies AGP's commands in every other mode. All time-outs are in
the autopilot's time.

Every transition is in :data:`COURSE`. A flight mode that nobody ordered is a failsafe: from there
on the autopilot is left alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sims.mavlink.config import FlightConfig
from sims.mavlink.modes import MODES, FlightMode
from sims.plant import PlantError

SECOND: Final = 1_000_000_000


class Phase(IntEnum):
    """Where in its course a flight is; the numbers are those in the trace."""

    GROUND = 0
    ARMING = 1
    TAKE_OFF = 2
    HOLD = 3
    HAND_OVER = 4
    AGP = 5
    HAND_BACK = 6
    LANDING = 7
    LANDED = 8
    FAILSAFE = 9


PHASES: Final = tuple(phase.name.replace("_", "-") for phase in Phase)
"""As traces and formulas have them."""


class Order(IntEnum):
    """What the flight asks of the autopilot."""

    ARM = 0
    TAKE_OFF = FlightMode.TAKE_OFF
    OFFBOARD = FlightMode.OFFBOARD
    LOITER = FlightMode.LOITER
    LAND = FlightMode.LAND


@dataclass
class Status:
    """What the autopilot says of itself.

    Attributes:
        armed: Whether its motors may turn.
        custom_mode: Its flight mode.
        on_ground: Whether it takes itself to be on the ground.
        ready: Whether it would arm.
        said: What it said last that was a warning or worse.
        refused: The last order that it refused, and why; empty if none.
    """

    armed: bool = False
    custom_mode: int = 0
    on_ground: bool = True
    ready: bool = False
    said: str = ""
    refused: str = ""

    @property
    def mode(self) -> str:
        """Name of its flight mode."""
        return MODES.get(self.custom_mode, f"custom mode {self.custom_mode:#x}")

    def excuse(self) -> str:
        """Why it does not do as it is told, in its own words, if it said any."""
        words = [text for text in (self.refused, self.said and f"it said {self.said!r}") if text]
        return f": {'; '.join(words)}" if words else ""


class FlightError(PlantError):
    """The autopilot did not do in time what it was told."""


def _most_s(config: FlightConfig, phase: Phase) -> float | None:
    """How long a phase may last, s of the autopilot's time; None where it has no end."""
    return {
        Phase.ARMING: config.arming_timeout_s,
        Phase.TAKE_OFF: config.take_off_timeout_s,
        Phase.HAND_OVER: config.hand_over_timeout_s,
        Phase.HAND_BACK: config.hand_back_timeout_s,
        Phase.LANDING: config.landing_timeout_s,
    }.get(phase)


_AGAIN_NS = SECOND // 2
"""An order is given again after this if it did not help."""


@dataclass(frozen=True)
class _Facts:
    """What decides on the next phase."""

    status: Status
    agp: bool
    land: bool

    def in_mode(self, *modes: FlightMode) -> bool:
        return self.status.custom_mode in modes

    @property
    def down(self) -> bool:
        return self.status.on_ground and not self.status.armed


When = Callable[[_Facts], bool]

COURSE: Final[dict[Phase, tuple[tuple[When, Phase], ...]]] = {
    Phase.GROUND: ((lambda now: True, Phase.ARMING),),
    Phase.ARMING: ((lambda now: now.status.armed, Phase.TAKE_OFF),),
    Phase.TAKE_OFF: (
        (lambda now: now.in_mode(FlightMode.LOITER) and not now.status.on_ground, Phase.HOLD),
        (
            lambda now: (
                not now.in_mode(FlightMode.TAKE_OFF, FlightMode.LOITER) and not now.status.on_ground
            ),
            Phase.FAILSAFE,
        ),
    ),
    Phase.HOLD: (
        (lambda now: not now.in_mode(FlightMode.LOITER), Phase.FAILSAFE),
        (lambda now: now.agp, Phase.HAND_OVER),
    ),
    Phase.HAND_OVER: (
        (lambda now: not now.agp, Phase.HAND_BACK),
        (lambda now: now.in_mode(FlightMode.OFFBOARD), Phase.AGP),
        (lambda now: not now.in_mode(FlightMode.LOITER), Phase.FAILSAFE),
    ),
    Phase.AGP: (
        (lambda now: not now.in_mode(FlightMode.OFFBOARD), Phase.FAILSAFE),
        (lambda now: not now.agp, Phase.HAND_BACK),
    ),
    Phase.HAND_BACK: (
        (lambda now: now.in_mode(FlightMode.LOITER) and now.land and not now.agp, Phase.LANDING),
        (lambda now: now.in_mode(FlightMode.LOITER), Phase.HOLD),
        (lambda now: now.in_mode(FlightMode.LAND), Phase.LANDING),
        (lambda now: not now.in_mode(FlightMode.OFFBOARD), Phase.FAILSAFE),
    ),
    Phase.LANDING: ((lambda now: now.down, Phase.LANDED),),
    Phase.LANDED: (),
    Phase.FAILSAFE: ((lambda now: now.down, Phase.LANDED),),
}
"""What leads from each phase to which other; the first that holds is taken."""


class Flight:
    """The course of one flight.

    Attributes:
        phase: Where it is.
        entered: Phases that have begun and nobody has taken from here yet.
    """

    def __init__(self, config: FlightConfig) -> None:
        """Begin on the ground.

        Args:
            config: Time-outs, and whether it lands once AGP has flown.
        """
        self._config, self._land = config, config.land
        self.phase = Phase.GROUND
        self.entered: list[Phase] = []
        self._failed = False
        self._since_ns = self._ordered_ns = 0
        self._waiting_since_ns: int | None = None

    def advance(self, now_ns: int, status: Status, agp: bool) -> Order | None:
        """Go on by as many phases as have ended, and say what is to be ordered now, if anything.

        Args:
            now_ns: The autopilot's time.
            status: What it says of itself.
            agp: Whether AGP is to fly.

        Raises:
            FlightError: A phase took too long.
        """
        now = _Facts(status, agp, self._land)
        while after := [phase for when, phase in COURSE[self.phase] if when(now)]:
            self.phase, self._since_ns = after[0], now_ns
            self._ordered_ns = now_ns - _AGAIN_NS
            self._failed = self._failed or self.phase == Phase.FAILSAFE
            self.entered.append(self.phase)
            status.refused = status.said = ""  # that was about the phase before
        self._check_time(now_ns, status, agp)
        order = self._order(status, now_ns)
        if order is None or now_ns - self._ordered_ns < _AGAIN_NS:
            return None
        self._ordered_ns = now_ns
        return order

    def _order(self, status: Status, now_ns: int) -> Order | None:
        """What would bring the present phase to its end."""
        match self.phase:
            case Phase.ARMING:
                return Order.ARM
            case Phase.TAKE_OFF:
                return Order.TAKE_OFF if status.on_ground else None
            case Phase.HAND_OVER:
                return Order.OFFBOARD
            case Phase.HAND_BACK:
                # One that does not know where it is can't hold, but it can come down.
                waits = now_ns - self._since_ns > 0.4 * self._config.hand_back_timeout_s * SECOND
                return Order.LAND if waits else Order.LOITER
            case Phase.LANDING:
                lands = status.custom_mode == FlightMode.LAND or status.on_ground
                return None if lands else Order.LAND
        return None

    def _check_time(self, now_ns: int, status: Status, agp: bool) -> None:
        if agp and not self._failed and self.phase in (Phase.LANDING, Phase.LANDED):
            raise FlightError(
                f"AGP is to fly again, and the flight is in {PHASES[self.phase]}; write "
                "plant.flight.land: false where IDLE shall hold"
            )
        late = agp and self.phase in (Phase.GROUND, Phase.ARMING, Phase.TAKE_OFF)
        if not late:
            self._waiting_since_ns = None
        elif self._waiting_since_ns is None:
            self._waiting_since_ns = now_ns
        elif now_ns - self._waiting_since_ns > self._config.hand_over_timeout_s * SECOND:
            raise FlightError(
                f"AGP was to fly {self._config.hand_over_timeout_s:g} s ago, and the autopilot is "
                f"still in {PHASES[self.phase]}; leave it more time in IDLE{status.excuse()}"
            )
        most = _most_s(self._config, self.phase)
        if most is None or now_ns - self._since_ns <= most * SECOND:
            return
        raise FlightError(
            f"{PHASES[self.phase]} took more than {most:g} s of the autopilot's time; it is "
            f"{'armed' if status.armed else 'disarmed'}, "
            f"{'on the ground' if status.on_ground else 'in the air'}, in {status.mode}"
            f"{status.excuse()}"
        )
