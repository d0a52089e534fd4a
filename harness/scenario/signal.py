"""Signals that a criterion can name: a column, the norm of a vector, a column's absolute value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.scenario.complaints import nearest
from harness.trace.schema import TraceColumn

_CALL = re.compile(r"^(?:(norm|abs)\s*\(\s*([a-z0-9_]+)\s*\)|([a-z0-9_]+))$")


@dataclass(frozen=True)
class Signal:
    """A signal over the rows of a trace.

    Attributes:
        function: ``norm``, ``abs``, or empty for the column itself.
        columns: Columns it reads.
        unit: Unit of its values.
        basis: ``true`` or ``measured`` where that was a choice.
        undefined_as_nan: Whether NaN says "not defined here".
    """

    function: str
    columns: tuple[str, ...]
    unit: str
    basis: str
    undefined_as_nan: bool


def parse_signal(text: str, columns: Mapping[str, TraceColumn]) -> Signal:
    """Read a signal against the columns of a run.

    Raises:
        ValueError: It is not a signal, or names no numeric column; the message says what would be.
    """
    match = _CALL.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a signal; write a COLUMN, norm(VECTOR) or abs(COLUMN)")
    function, name = match[1] or "", match[2] or match[3]
    vectors = {n.removesuffix("_x") for n in columns if n.endswith("_x")}
    if function == "norm":
        if name not in vectors:
            raise ValueError(f"no vector {name!r}; {nearest(name, vectors)}")
        used = tuple(f"{name}_{axis}" for axis in "xyz")
    else:
        if name in vectors:
            raise ValueError(f"{name!r} is a vector; write norm({name}) or {name}_x")
        numbers = {n for n, c in columns.items() if c.kind in ("float64", "bool")}
        if name not in numbers:
            raise ValueError(f"no column {name!r}; {nearest(name, numbers)}")
        used = (name,)
    first = columns[used[0]]
    return Signal(function, used, first.unit, first.basis, first.undefined_as_nan)
