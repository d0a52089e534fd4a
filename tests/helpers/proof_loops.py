"""Closed loops that tests of proofs share."""

import jax.numpy as jnp
import numpy as np

from kernel.bodies import EARTH
from kernel.controller import agp_controller
from kernel.gains import Gains
from kernel.gravity import J2, NoGravity, PointMass
from kernel.modes import Mode
from kernel.proof.loop import ClosedLoop, Reference
from kernel.proof.problem import Problem
from kernel.twin import orbital_step

DT = 0.1
POINT_MASS = PointMass(EARTH.mu)
OBLATE = J2(EARTH.mu, EARTH.radius, EARTH.zonals[0])
STATE = np.array([6.8e6, 0.0, 0.0, 0.0, 5.4e3, 5.4e3])
FREELY = np.zeros((1, 1, 6))


def closed(gains, controls, plant, reference, dt=DT, mode=Mode.STATION_KEEP):
    """A loop whose controller, plant and reference each have their own gravity."""
    controller = agp_controller(gains, np.array([1e9]), controls, dt, 5.0, mode, "gcrf")
    moves = orbital_step(reference, dt, 2)
    return ClosedLoop(
        controller,
        mode,
        orbital_step(plant, dt, 2),
        Reference(lambda s: moves(s, jnp.zeros(3)), lambda r: jnp.stack(reference(*r))),
        dt,
    )


def in_free_space(law=None, dt=DT, **more):
    loop = closed(law or Gains(), NoGravity(), NoGravity(), NoGravity(), dt)
    return Problem(loop, FREELY, 1e3, 1e2, 50.0, **more)
