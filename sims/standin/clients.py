"""The links to those who command the vehicle: a companion computer and a ground station."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sims.standin.autopilot import Autopilot
from sims.standin.commander import Severity
from sims.standin.console import tell
from sims.standin.ports import Link
from sims.standin.rules import Rule
from sims.standin.streams import Streams

_LEVELS: Final = {Severity.INFO: "INFO", Severity.WARNING: "WARN"}


class Clients:
    """What is said to clients, and what they say."""

    def __init__(
        self,
        autopilot: Autopilot,
        links: Sequence[tuple[Link, Mapping[int, float]]],
        rules: Sequence[Rule],
    ) -> None:
        """Serve links, each with the rates at which it carries messages, Hz by message id."""
        self._autopilot, self._rules = autopilot, rules
        self._links = [(link, Streams(autopilot, rates)) for link, rates in links]

    def listen(self, now_us: int) -> None:
        """Do what they have said by now."""
        for link, streams in self._links:
            for message in link.receive_all():
                self._hear(now_us, link, streams, message)

    def hear(self, now_us: int, message: Any) -> None:
        """Do what a message says that came on the first link."""
        self._hear(now_us, *self._links[0], message)

    def _hear(self, now_us: int, link: Link, streams: Streams, message: Any) -> None:
        if not all(rule.incoming(message) for rule in self._rules):
            return
        concerned, answers = streams.hear(message)
        self._send(now_us, link, answers if concerned else self._autopilot.hear(now_us, message))

    def tell(self, now_us: int) -> None:
        """Tell them what has happened, and what is due."""
        said = self._autopilot.commander.said
        for severity, text in said:
            tell("commander", text, _LEVELS.get(severity, "ERROR"))
        for link, streams in self._links:
            for severity, text in said:
                self._send(now_us, link, streams.texts(severity, text))
            self._send(now_us, link, streams.due(now_us))
        said.clear()

    def _send(self, now_us: int, link: Link, messages: Iterable[Any]) -> None:
        for message in messages:
            for changed in self._changed(now_us, message):
                link.send(changed)

    def _changed(self, now_us: int, message: Any) -> Sequence[Any]:
        out = [message]
        for rule in self._rules:
            out = [changed for one in out for changed in rule.outgoing(now_us, one)]
        return out
