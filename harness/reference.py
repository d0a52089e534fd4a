"""Where the vehicles should be at every tick: position, velocity and acceleration, in blocks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from harness.scenario.model import FixedPointReference, SlotReference
from kernel.bodies import BODIES
from kernel.gravity import GravityModel
from sims.config import BadValueError
from sims.plant import PlantSpec
from sims.registry import GRAVITY, find, names

Array = NDArray[np.float64]

_BLOCK_TICKS = 8192


def named_gravity(name: str, spec: PlantSpec) -> GravityModel:
    """The gravity model of that name about the plant's central body, if it has one.

    Raises:
        BadValueError: No such model, or it does not suit the plant.
    """
    if name not in names(GRAVITY):
        message = f"no gravity model {name!r} (known: {', '.join(names(GRAVITY))})"
        raise BadValueError(("gravity",), message)
    body = None if spec.body is None else BODIES[spec.body]
    try:
        model: GravityModel = find(GRAVITY, name)(body, spec.pole)
    except ValueError as error:
        raise BadValueError(("gravity",), str(error)) from error
    return model


def slot_start(spec: PlantSpec) -> Array:
    """Where the slots start, (vehicles, 6).

    Raises:
        ValueError: The plant does not know it beforehand.
    """
    if spec.nominal_state is None:
        raise ValueError(f"plant {spec.family!r} has no nominal state that a slot could start from")
    return spec.nominal_state


def first_reference(config: SlotReference | FixedPointReference, spec: PlantSpec) -> Array:
    """The reference at t = 0, (vehicles, 9), without loading JAX.

    Raises:
        BadValueError: As :func:`named_gravity`.
    """
    rows = np.zeros((len(spec.vehicles), 9))
    if isinstance(config, FixedPointReference):
        rows[:, :6] = [*config.position_m, *config.velocity_m_s]
        return rows
    gravity, start = named_gravity(config.gravity, spec), slot_start(spec)
    rows[:, :6] = start
    rows[:, 6:] = [gravity(*state[:3].tolist()) for state in start]
    return rows


def reference_rows(
    config: SlotReference | FixedPointReference,
    spec: PlantSpec,
    dt: float,
    ticks: int = _BLOCK_TICKS,
) -> Iterator[Array]:
    """One (vehicles, 9) array a tick, without end; ``ticks`` is how many are likely wanted.

    A slot's acceleration is the gravity of its own model where it is, so that only the difference
    to the plant's is countered; a fixed point's is zero, so that all of gravity is.
    """
    for block in _blocks(config, spec, dt, ticks):
        yield from block


def _blocks(
    config: SlotReference | FixedPointReference, spec: PlantSpec, dt: float, ticks: int
) -> Iterator[Array]:
    if isinstance(config, FixedPointReference):
        first = first_reference(config, spec)
        start = 0
        while True:
            block = np.repeat(first[None], _BLOCK_TICKS, axis=0)
            elapsed = dt * np.arange(start, start + _BLOCK_TICKS)[:, None, None]
            block[:, :, :3] += elapsed * first[:, 3:6]
            yield block
            start += _BLOCK_TICKS

    from kernel.jax64 import jnp
    from kernel.propagate import free_fall

    propagate = free_fall(named_gravity(config.gravity, spec), dt, min(ticks + 1, _BLOCK_TICKS))
    state = slot_start(spec)
    while True:
        rows = np.asarray(propagate(jnp.asarray(state)))
        yield rows[:-1]
        state = rows[-1, :, :6]
