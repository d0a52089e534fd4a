"""Where the vehicles should be at every tick: position, velocity and acceleration, in blocks."""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from harness.figure_eight import figure_eight
from harness.scenario.model import (
    AnyReference,
    FigureEightReference,
    FixedPointReference,
    LibrationPointReference,
    SlotReference,
)
from kernel.bodies import BODIES
from kernel.gravity import GravityModel
from kernel.third_body import third_body
from sims.config import BadValueError
from sims.plant import PlantSpec
from sims.registry import GRAVITY, find, names
from sims.sky import sky_rows

Array = NDArray[np.float64]

_BLOCK_TICKS = 8192
_Known = FixedPointReference | LibrationPointReference | FigureEightReference


def named_gravity(name: str, spec: PlantSpec) -> GravityModel:
    """The gravity model of that name where the plant is.

    Raises:
        BadValueError: No such model, or it does not suit the plant.
    """
    if name not in names(GRAVITY):
        message = f"no gravity model {name!r} (known: {', '.join(names(GRAVITY))})"
        raise BadValueError(("gravity",), message)
    try:
        model: GravityModel = find(GRAVITY, name)(spec.surroundings)
    except ValueError as error:
        raise BadValueError(("gravity",), str(error)) from error
    return model


def slot_start(spec: PlantSpec) -> Array:
    """Where the slots start, (vehicles, 6).

    Raises:
        ValueError: The plant does not know it beforehand, or nothing falls freely in its frame.
    """
    if spec.system is not None:
        raise ValueError(
            f"a slot falls in an inertial frame, and plant {spec.family!r} is in a turning one; "
            "write kind: libration_point"
        )
    if spec.nominal_state is None:
        raise ValueError(f"plant {spec.family!r} has no nominal state that a slot could start from")
    return spec.nominal_state


def first_reference(config: AnyReference, spec: PlantSpec) -> Array:
    """The reference at t = 0, (vehicles, 9), without loading JAX.

    Raises:
        BadValueError: As :func:`named_gravity`.
        ValueError: The reference does not suit the plant.
    """
    if not isinstance(config, SlotReference):
        first: Array = _known_rows(config, spec, np.zeros(1))[0]
        return first
    rows = np.zeros((len(spec.vehicles), 9))
    gravity, start = named_gravity(config.gravity, spec), slot_start(spec)
    afar = next(_sky(config, spec, 1.0, 1))[0, :, :3]
    rows[:, :6] = start
    rows[:, 6:] = [gravity(*state[:3].tolist()) for state in start]
    for name, place in zip(config.third_bodies, afar, strict=True):
        rows[:, 6:] += [third_body(BODIES[name].mu, *state[:3], *place) for state in start]
    return rows


def reference_rows(
    config: AnyReference,
    spec: PlantSpec,
    dt: float,
    ticks: int = _BLOCK_TICKS,
) -> Iterator[Array]:
    """One (vehicles, 9) array a tick, without end; ``ticks`` is how many are likely wanted.

    A slot's acceleration is the gravity of its own model where it is, so that only the difference
    to the plant's is countered; that of a point at rest is zero, so that all of gravity is, and
    that of a curve is what its shape takes beside that.
    """
    block = min(ticks + 1, _BLOCK_TICKS)
    if isinstance(config, SlotReference):
        blocks = _falling(config, spec, dt, block)
    else:
        blocks = _known(config, spec, dt, block)
    for rows in blocks:
        yield from rows


def _known(config: _Known, spec: PlantSpec, dt: float, block: int) -> Iterator[Array]:
    for start in itertools.count(0, block):
        seconds: Array = dt * np.arange(start, start + block, dtype=np.float64)
        yield _known_rows(config, spec, seconds)


def _known_rows(config: _Known, spec: PlantSpec, seconds: Array) -> Array:
    """Rows at any times, (n, vehicles, 9), of what needs no propagation."""
    rows = np.zeros((len(seconds), len(spec.vehicles), 9))
    if isinstance(config, FigureEightReference):
        rows[:] = figure_eight(config, seconds)[:, None]
        return rows
    state = _first_state(config, spec)
    rows[..., :6] = state
    rows[..., :3] += seconds[:, None, None] * state[..., 3:]
    return rows


def _first_state(config: FixedPointReference | LibrationPointReference, spec: PlantSpec) -> Array:
    """Position and velocity at t = 0 of what moves on at its velocity, (vehicles, 6) or (6,)."""
    if isinstance(config, FixedPointReference):
        return np.array([*config.position_m, *config.velocity_m_s])
    if spec.system is None or spec.nominal_state is None:
        raise ValueError(f"plant {spec.family!r} is at no libration point; write another kind")
    return spec.nominal_state


def _falling(config: SlotReference, spec: PlantSpec, dt: float, block: int) -> Iterator[Array]:
    from kernel.jax64 import jnp
    from kernel.propagate import free_fall

    mus = [BODIES[name].mu for name in config.third_bodies]
    propagate = free_fall(named_gravity(config.gravity, spec), dt, block, mus)
    state = slot_start(spec)
    for sky in _sky(config, spec, dt, block):
        rows = np.asarray(propagate(jnp.asarray(state), jnp.asarray(sky)))
        yield rows[:-1]
        state = rows[-1, :, :6]


def _sky(config: SlotReference, spec: PlantSpec, dt: float, block: int) -> Iterator[Array]:
    try:
        yield from sky_rows(config.third_bodies, spec.body, spec.epoch, dt, block)
    except ValueError as error:
        raise BadValueError(("third_bodies",), str(error)) from error
