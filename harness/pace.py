"""Keeping to the wall clock: each tick begins at its own absolute instant, so nothing drifts."""

import time
from collections.abc import Callable

SPIN_NS = 200_000
"""The last stretch before an instant, in which the clock is watched: a sleeper is woken late."""
_NAP_NS = 100_000_000


class RealTime:
    """The instants at which ticks are due, on the monotonic clock.

    An instant that has passed is not waited for and not moved: a loop that fell behind makes up its
    ticks one after the other, and each is as late as it is.
    """

    def __init__(
        self,
        tick_ns: int,
        stopped: Callable[[], bool] = lambda: False,
        spin_ns: int = SPIN_NS,
        beginning: Callable[[], None] = lambda: None,
    ) -> None:
        """Pace ticks of some length.

        Args:
            tick_ns: Their length, ns.
            stopped: Breaks a long wait off.
            spin_ns: The last stretch before an instant, in which the clock is watched.
            beginning: Called at the start, before any tick is due.
        """
        self._tick_ns, self._stopped, self._spin_ns = tick_ns, stopped, spin_ns
        self._beginning = beginning
        self._start_ns = 0

    def start(self) -> None:
        """Make tick 0 due now."""
        self._beginning()
        self._start_ns = time.monotonic_ns()

    def due_ns(self, tick: int) -> int:
        """When a tick is due."""
        return self._start_ns + tick * self._tick_ns

    def wait(self, due_ns: int) -> None:
        """Return at an instant, or at once where it has passed."""
        clock = time.monotonic_ns
        while (left := due_ns - self._spin_ns - clock()) > 0:
            time.sleep(min(left, _NAP_NS) * 1e-9)
            if left > _NAP_NS and self._stopped():
                return
        while clock() < due_ns:
            pass
