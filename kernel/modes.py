"""The four control modes. Their numbers are what the packed arrays and the traces carry."""

from enum import IntEnum


class Mode(IntEnum):
    """What the law does this tick; :attr:`label` is the name users read and write."""

    IDLE = 0
    """No command; the memory only decays."""
    NULL_G = 1
    """Counter gravity and null the relative velocity; position is not fed back."""
    STATION_KEEP = 2
    """The whole law about a station: a fixed point, an orbit slot, a libration point."""
    TRAJECTORY = 3
    """The whole law about a time-indexed reference."""

    @property
    def label(self) -> str:
        """The mode's name in scenarios, traces and reports, such as ``STATION-KEEP``."""
        return self.name.replace("_", "-")

    @classmethod
    def from_label(cls, label: str) -> "Mode":
        """The mode of that name.

        Raises:
            KeyError: No mode has that name.
        """
        return cls[label.replace("-", "_")]


LABELS = tuple(mode.label for mode in Mode)
