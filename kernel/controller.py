"""The AGP law as a packed controller: reference blending, law and carried state in one call.

Packed input of one vehicle: what the tick is told (mode, measured state, reference), then what the
last tick carried over. Packed output: what the law decided, then what it carries on. The carried
part has the same layout on both sides, so a run can be re-executed from its recorded rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel import agp
from kernel.agp_layout import agp_layouts
from kernel.blend import blend_offset
from kernel.gains import Gains
from kernel.gravity import GravityModel
from kernel.jax64 import jax, jnp
from kernel.modes import Mode
from kernel.packing import Layout

Packed = NDArray[np.float64]


@dataclass(frozen=True)
class PackedController:
    """A controller as the loop runs it.

    Attributes:
        name: Its kind, for manifests and reports.
        told: Layout of the fresh part of the input; see :func:`kernel.agp_layout.told_layout`.
        decided: Layout of the fresh part of the output; it has ``unlimited_acceleration``,
            ``measured_error_position``, ``measured_error_velocity``, ``integral_state`` and
            ``limited``.
        carried: Layout of the state handed from tick to tick; it has
            ``commanded_acceleration``.
        step: Pure function (vehicles, told + carried) → (vehicles, decided + carried), jitted.
        initial_carried: Carried state before the first tick, (vehicles, carried).
        memory: The carried vector that is part of the closed loop's state, such as an integral.
        steady: Mode → the carried state (carried,) of one vehicle that has been in it for long,
            the memory left at zero; what of it is not memory stays as it is.
    """

    name: str
    told: Layout
    decided: Layout
    carried: Layout
    step: Callable[[Any], jax.Array]
    initial_carried: Packed
    memory: str
    steady: Callable[[Mode], Packed]

    @property
    def vehicles(self) -> int:
        """How many vehicles one call serves."""
        return int(self.initial_carried.shape[0])

    @property
    def width(self) -> int:
        """Elements of the packed input of one vehicle."""
        return self.told.width + self.carried.width


def agp_controller(
    gains: Gains,
    a_max: Packed,
    gravity: GravityModel,
    dt: float,
    blend_s: float,
    initial_mode: Mode,
    frame: str,
) -> PackedController:
    """The AGP law for one or more vehicles.

    Args:
        gains: Gains, already at their bandwidth.
        a_max: Largest thrust acceleration of each vehicle, m/s², positive, shape (vehicles,).
        gravity: The controller's own model of gravity.
        dt: Tick, s.
        blend_s: Time over which a mode change blends in, s, positive.
        initial_mode: Mode of the first tick, entered without a blend.
        frame: Frame of all vectors.
    """
    told, decided, carried = agp_layouts(frame)
    blend_start = carried.span("blend_start_position", "blend_start_acceleration")

    def one_vehicle(told_now: jax.Array, before: jax.Array, limit_now: jax.Array) -> jax.Array:
        mode = told_now[told["control_mode"]][0]
        position = told_now[told["measured_position"]]
        velocity = told_now[told["measured_velocity"]]
        e_r = told_now[told["reference_position"]] - position
        e_v = told_now[told["reference_velocity"]] - velocity
        free_fall = jnp.stack(gravity(position[0], position[1], position[2]))
        feedforward = told_now[told["reference_acceleration"]] - free_fall
        memory = before[carried["carried_memory"]]

        # At a change the blended errors are zero, and this acceleration makes the law, whole or
        # NULL-G, continue the last command. After IDLE there was none, and others held the vehicle
        # if anybody did: gravity is countered from the first tick on.
        fed_back = jnp.where(mode >= Mode.STATION_KEEP, gains.k_i, 0.0) * memory
        last_mode = before[carried["carried_mode"]][0]
        last = jnp.where(
            last_mode == Mode.IDLE, feedforward, before[carried["commanded_acceleration"]]
        )
        continuing = last - feedforward - fed_back
        changed = mode != last_mode
        start = jnp.where(changed, jnp.concatenate([-e_r, -e_v, continuing]), before[blend_start])
        # Into IDLE nothing is blended: there is no command to keep smooth.
        fresh = jnp.where(mode == Mode.IDLE, blend_s, 0.0)
        elapsed = jnp.where(changed, fresh, before[carried["blend_elapsed"]][0])
        d_r, d_v, d_a = blend_offset(elapsed, blend_s, start)

        e_r, e_v = e_r + d_r, e_v + d_v
        tick = agp.law(gains, limit_now, dt, mode, e_r, e_v, feedforward + d_a, memory)
        elapsed_next = jnp.minimum(elapsed + dt, blend_s)
        decision = [tick.unlimited, e_r, e_v, memory, tick.limited[None].astype(jnp.float64)]
        carry = [tick.commanded, tick.memory, mode[None], elapsed_next[None], start]
        return jnp.concatenate(decision + carry)

    limits = jnp.asarray(a_max)

    @jax.jit
    def step(packed: jax.Array) -> jax.Array:
        return jax.vmap(one_vehicle)(packed[:, : told.width], packed[:, told.width :], limits)

    def steady(mode: Mode) -> Packed:
        row = np.zeros(carried.width)
        row[carried["carried_mode"]] = mode
        row[carried["blend_elapsed"]] = blend_s
        return row

    initial = np.tile(steady(initial_mode), (len(limits), 1))
    return PackedController("agp", told, decided, carried, step, initial, "carried_memory", steady)
