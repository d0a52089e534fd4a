"""Messages under way in one direction: each arrives when it is due, in whatever order that is."""

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """One vehicle's way from or to the plant."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, bool, int, T]] = []
        self._sent = 0

    def send(self, due_ns: int, message: T, overtaken: bool = False) -> None:
        """Let a message arrive at a time inside the run; ``overtaken`` is after all others then."""
        heapq.heappush(self._waiting, (due_ns, overtaken, self._sent, message))
        self._sent += 1

    def arrived(self, t_ns: int) -> list[T]:
        """What has arrived by now and was not asked for before, in the order of arrival."""
        found = []
        while self._waiting and self._waiting[0][0] <= t_ns:
            found.append(heapq.heappop(self._waiting)[3])
        return found

    @property
    def empty(self) -> bool:
        """Whether nothing is under way."""
        return not self._waiting
