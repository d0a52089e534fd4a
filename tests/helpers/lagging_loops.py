"""A hovering point mass whose thrust lags, under the sampled AGP law: the loop and its matrix."""

import jax.numpy as jnp
import numpy as np
from scipy.linalg import expm

from kernel.controller import agp_controller
from kernel.gains import Gains
from kernel.gravity import Uniform
from kernel.modes import Mode
from kernel.proof.loop import ClosedLoop, Reference
from kernel.proof.problem import Problem
from kernel.twin import lagging_step

DT, LAG_S = 0.02, 0.15
GAINS = Gains().at_bandwidth(4.0)
GRAVITY = Uniform((0.0, 0.0, 9.80665))
HOVER = np.array([[[0.0, 0.0, -10.0, 0.0, 0.0, 0.0]]])


def hovering(references=HOVER, mode=Mode.STATION_KEEP, lag_s=LAG_S, **more):
    """A problem about a fixed point, or about another reference at a steady velocity."""
    controller = agp_controller(GAINS, np.array([1e9]), GRAVITY, DT, 5.0, mode, "ned")
    reference = Reference(
        lambda s: jnp.concatenate([s[:3] + DT * s[3:], s[3:]]), lambda r: jnp.zeros(3)
    )
    loop = ClosedLoop(controller, mode, lagging_step(GRAVITY, DT, lag_s), reference, DT, lags=True)
    return Problem(loop, references, 5.0, 5.0, 20.0, **more)


def axis_matrix(delay_ticks, lag_s=LAG_S, gains=GAINS, dt=DT):
    """One tick of one axis, by the matrix exponential of an integrator chain.

    The state is (position error, velocity error, memory, thrust, commands in flight, oldest last).
    """
    chain = np.zeros((4, 4))
    chain[:2, 1:3] = np.diag([1.0, -1.0])  # more thrust, less velocity error
    chain[2, 2:] = np.array([-1.0, 1.0]) / lag_s
    held = expm(chain * dt)
    phi, weight = gains.memory_step(dt)
    a, law = np.zeros((4 + delay_ticks, 4 + delay_ticks)), [gains.k_r, gains.k_v, gains.k_i]
    moving = [0, 1, 3]
    a[np.ix_(moving, moving)] = held[:3, :3]
    a[2, [0, 2]] = weight, phi
    if not delay_ticks:
        a[np.ix_(moving, [0, 1, 2])] += np.outer(held[:3, 3], law)
        return a
    a[moving, -1] = held[:3, 3]
    a[4, :3] = law
    a[5:, 4:-1] = np.eye(delay_ticks - 1)
    return a
