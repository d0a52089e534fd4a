"""A puck on an air table: a point mass with a little friction."""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from kernel.columns import vector
from sims.config import Config
from sims.plant import Command, Observation, Plant, PlantSpec

if TYPE_CHECKING:
    import jax

    from kernel.twin import Twin


class PuckConfig(Config):
    """A puck on an air table."""

    kind: Literal["puck"]
    friction_per_s: Annotated[float, Field(ge=0.0)] = 0.05
    """Deceleration for each m/s of speed, s⁻¹."""


class Puck:
    """One puck, pushed by whatever is commanded."""

    def __init__(self, friction_per_s: float, state: np.ndarray, tick_ns: int) -> None:
        self.friction_per_s, self.state, self.tick_ns = friction_per_s, state.copy(), tick_ns
        self.t_ns = 0

    def start(self) -> Observation:
        return Observation(self.t_ns, self.state.copy(), self.state.copy())

    def exchange(self, command: Command, deadline_ns: int) -> Observation:
        dt, velocity = 1e-9 * self.tick_ns, self.state[:, 3:]
        velocity += dt * (command.acceleration - self.friction_per_s * velocity)
        self.state[:, :3] += dt * velocity
        self.t_ns += self.tick_ns
        return self.start()

    def inject(self, fault: str, on: bool) -> None:
        raise NotImplementedError(fault)

    def stop(self, reason: str) -> None:
        pass


class PuckFamily:
    """Found by the entry point ``puck``."""

    config_model = PuckConfig

    def describe(self, config: PuckConfig, rate_hz: float) -> PlantSpec:
        return PlantSpec(
            family="puck",
            fidelity="a point mass with friction",
            vehicles=("puck",),
            frame="table",
            clocks=frozenset({"lockstep"}),
            modes=frozenset({"IDLE", "STATION-KEEP"}),
            rate_hz=(1.0, 1000.0),
            faults=frozenset(),
            deterministic=True,
            columns=(*vector("position", "m", "table"), *vector("velocity", "m/s", "table")),
            max_acceleration=np.array([2.0]),
            initial_state=np.array([[1.0, 0.5, 0.0, 0.0, 0.0, 0.0]]),
        )

    def twin(self, config: PuckConfig, spec: PlantSpec, dt: float) -> "Twin":
        import jax.numpy as jnp

        from kernel.twin import Twin

        def step(state: "jax.Array", thrust: "jax.Array") -> "jax.Array":
            velocity = state[3:] + dt * (thrust - config.friction_per_s * state[3:])
            return jnp.concatenate([state[:3] + dt * velocity, velocity])

        return Twin(step, "a point mass with the friction stated")

    def open(self, config: PuckConfig, spec: PlantSpec, tick_ns: int, seed: int) -> Plant:
        return Puck(config.friction_per_s, spec.initial_state, tick_ns)


FAMILY = PuckFamily()
