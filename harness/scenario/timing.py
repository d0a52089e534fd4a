"""``timing:``: late observations, late ticks, and what the system is asked for."""

from typing import Annotated, Literal

from pydantic import Field

from sims.config import Config, Positive

NotNegative = Annotated[float, Field(ge=0.0)]

_ALLOWED_PERCENT = 0.1
_PACED_ONLY = (
    *("deadline_ms", "misses_percent", "misses_in_a_row", "lateness_ms"),
    *("cpu", "fifo_priority", "lock_memory"),
)


class Timing(Config):
    """Late observations, deadlines and their allowance, and the system's help.

    A deadline is missed where a tick's command is sent later than ``deadline_ms`` after the instant
    that the tick was scheduled for. A run whose criteria hold but whose misses exceed an allowance
    is DEGRADED.
    """

    late_observation: Literal["hold", "predict", "abort"] = "hold"
    """What is done at a tick at which no observation has arrived: ``hold`` the last one, which is
    carried along the reference; ``predict`` the state with the plant's twin; ``abort`` the run."""
    give_up_after_s: Positive | None = None
    """Without an observation for longer than this the plant has failed, s; never if left out."""
    deadline_ms: Positive | None = None
    """Deadline of a tick's command after its scheduled instant, ms; the whole tick if left out."""
    misses_percent: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    """Share of ticks that may miss their deadline, %; 0.1 if left out."""
    misses_in_a_row: Annotated[int, Field(ge=0)] | None = None
    """Most ticks one after the other that may miss it; any number if left out."""
    lateness_ms: NotNegative | None = None
    """Most that a command may be later than its deadline, ms; anything if left out."""
    cpu: Annotated[int, Field(ge=0)] | None = None
    """Number of the processor that the loop is bound to."""
    fifo_priority: Annotated[int, Field(ge=1, le=99)] | None = None
    """Priority of the loop under SCHED_FIFO; needs permission."""
    lock_memory: bool = False
    """Whether the loop's memory is kept from being swapped out; needs permission."""

    @property
    def allowed_percent(self) -> float:
        """Share of ticks that may miss their deadline, %."""
        return _ALLOWED_PERCENT if self.misses_percent is None else self.misses_percent

    def only_if_paced(self) -> list[str]:
        """Keys that ask for something which only a run against the wall clock has."""
        fields = type(self).model_fields
        return [key for key in _PACED_ONLY if getattr(self, key) != fields[key].default]
