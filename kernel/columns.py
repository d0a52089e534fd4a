"""A column: the name, unit, frame and meaning of one recorded number."""

from typing import NamedTuple

AXES = ("x", "y", "z")


class Column(NamedTuple):
    """One scalar that a controller or a plant hands over each tick.

    Attributes:
        name: Unique in a run; vectors are three columns suffixed ``_x``, ``_y``, ``_z``.
        unit: SI unit as text (``"m/s"``), empty for a pure number.
        frame: Frame that a vector component is resolved in, empty for a scalar.
        about: One phrase for a reader of the file.
        categories: Words that its numbers, from 0, stand for; empty for a plain number.
    """

    name: str
    unit: str = ""
    frame: str = ""
    about: str = ""
    categories: tuple[str, ...] = ()


def vector(name: str, unit: str, frame: str, about: str = "") -> tuple[Column, Column, Column]:
    """The three columns of a vector, in the order x, y, z."""
    x, y, z = (Column(f"{name}_{axis}", unit, frame, about) for axis in AXES)
    return x, y, z
