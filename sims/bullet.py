"""PyBullet, imported where it is the physics, and quietly."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sims.plant import PlantError


def import_pybullet() -> Any:
    """The module ``pybullet``.

    Raises:
        PlantError: It can't be imported.
    """
    if "pybullet" in sys.modules:
        return sys.modules["pybullet"]
    try:
        with _quiet_stderr():
            import pybullet
    except ImportError as error:
        raise PlantError(f"PyBullet can't be imported: {error}") from error
    return pybullet


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """PyBullet announces its build on standard error, from C, when it is imported."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
