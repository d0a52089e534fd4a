"""Parts found by entry points: plants, controllers, gravity models; ours the same way as others'.

A package adds a plant by one line in its ``pyproject.toml``::

    [project.entry-points."motorhand.plants"]
    pendulum = "my_package.pendulum:FAMILY"
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

PLANTS = "motorhand.plants"
CONTROLLERS = "motorhand.controllers"
GRAVITY = "motorhand.gravity"


@cache
def _found(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def names(group: str) -> tuple[str, ...]:
    """Names known in a group, sorted; nothing is imported."""
    return tuple(sorted(_found(group)))


@cache
def find(group: str, name: str) -> Any:
    """Import and return the part of that name.

    Raises:
        LookupError: The group has no such name.
    """
    point = _found(group).get(name)
    if point is None:
        known = ", ".join(names(group)) or "none: is the package installed?"
        raise LookupError(f"no {name!r} in {group} (known: {known})")
    return point.load()
