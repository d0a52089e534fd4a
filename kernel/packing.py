"""The packed signature: one float64 array in, one out, one XLA dispatch a tick.

A controller declares where each quantity lies; the harness fills, calls and records by these
names and never by a bare index.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kernel.columns import AXES, Column


@dataclass(frozen=True)
class Layout:
    """Named places in the last axis of a packed array.

    Attributes:
        columns: One column an element, in order.

    Raises:
        ValueError: Two columns have one name.
    """

    columns: tuple[Column, ...]
    _starts: dict[str, slice] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places: dict[str, slice] = {}
        names = [column.name for column in self.columns]
        for index, name in enumerate(names):
            if name in places:
                raise ValueError(f"two columns are named {name!r}")
            places[name] = slice(index, index + 1)
            stem = name.removesuffix("_x")
            if names[index : index + 3] == [f"{stem}_{axis}" for axis in AXES]:
                places[stem] = slice(index, index + 3)
        object.__setattr__(self, "_starts", places)

    @classmethod
    def of(cls, *groups: Column | Iterable[Column]) -> "Layout":
        """Join columns and vectors of columns in order."""
        columns: list[Column] = []
        for group in groups:
            columns.extend([group] if isinstance(group, Column) else group)
        return cls(tuple(columns))

    @property
    def width(self) -> int:
        """Number of elements."""
        return len(self.columns)

    def __getitem__(self, name: str) -> slice:
        """Where a scalar, or a vector named without its axis, lies.

        Raises:
            KeyError: Nothing here has that name.
        """
        return self._starts[name]

    def span(self, first: str, last: str) -> slice:
        """From the start of one quantity to the end of another, both included."""
        return slice(self[first].start, self[last].stop)
