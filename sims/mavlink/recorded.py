"""What plants with an autopilot have in common: a start, records, identity, and an end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from sims.mavlink.records import Records
from sims.plant import Note, PlantError, StartGivenUpError


class Session(Protocol):
    """An autopilot in flight, however its time goes on."""

    @property
    def identity(self) -> dict[str, Any]:
        """What it says it is."""
        ...

    def end(self) -> None:
        """End it; may be called twice, never raises."""
        ...


S = TypeVar("S", bound=Session)


class RecordedPlant(Generic[S]):
    """The part of a plant that is there before its session begins and after it has ended."""

    def __init__(self) -> None:
        self._records = Records()
        self._session: S | None = None
        self._is_ending: Callable[[], bool] = lambda: False

    def keep_records(self, folder: Path, note: Note) -> None:
        """See :meth:`sims.plant.KeepsRecords.keep_records`."""
        self._records.keep(folder, note)

    def identity(self) -> dict[str, Any]:
        """See :meth:`sims.plant.KeepsRecords.identity`."""
        return {} if self._session is None else self._session.identity

    def heed(self, is_ending: Callable[[], bool]) -> None:
        """See :meth:`sims.plant.StartsSlowly.heed`."""
        self._is_ending = is_ending

    def _starting(self) -> None:
        """Raise StartGivenUpError if the run has been told to end."""
        if self._is_ending():
            raise StartGivenUpError("told to end while the autopilot booted")

    def _begun(self, begin: Callable[[], S]) -> S:
        """A session that begins; one that does not while the run is told to end is no failure.

        Raises:
            PlantError: It can't be started, or is not ready in time.
            StartGivenUpError: The run was told to end meanwhile.
        """
        try:
            return begin()
        except PlantError:
            self._starting()  # what ends us may have ended the autopilot as well
            raise

    def stop(self, reason: str) -> None:
        """See :meth:`sims.plant.Plant.stop`."""
        if self._session is not None:
            self._session.end()
        self._records.close()

    @property
    def _open(self) -> S:
        assert self._session is not None, "not started"
        return self._session
