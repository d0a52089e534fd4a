"""JAX as the kernel uses it: float64, on the CPU.

Every kernel module that needs JAX takes it from here, so that precision and device are settled
before the first array exists.
"""

import os

# A control tick is one dispatch of a few hundred flops, which gains nothing from an accelerator.
# Whoever wants another platform for a study says so in the environment.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

__all__ = ["jax", "jnp"]
