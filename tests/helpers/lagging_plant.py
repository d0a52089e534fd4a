"""A plant whose thrust lags, of a package of its own; it may lag otherwise than it tells."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.linalg import expm

from kernel.columns import vector
from kernel.gravity import Uniform
from kernel.twin import translation
from sims.config import Config
from sims.plant import Observation, PlantSpec

GRAVITY = (0.0, 0.0, 9.80665)
NotNegative = Annotated[float, Field(ge=0.0)]


class BalloonConfig(Config):
    """What is told of it, and what is not."""

    kind: Literal["balloon"]
    lag_s: NotNegative = 0.15
    true_lag_s: Annotated[float, Field(gt=0.0)] = 0.15
    late_ticks: Annotated[int, Field(ge=0)] = 0
    thrust_had: float = 1.0
    """Thrust that it goes to over thrust commanded."""
    offset_m: float = 0.1


class Balloon:
    """Ticks by the matrix exponential of position, velocity, thrust and what drives them."""

    def __init__(self, config, spec, tick_ns):
        self.config, self.tick_ns, self.t_ns = config, tick_ns, 0
        chain = np.zeros((5, 5))  # position, velocity, thrust, command, gravity
        chain[0, 1] = chain[1, 2] = chain[1, 4] = 1.0
        chain[2, 2:4] = -1.0 / config.true_lag_s, 1.0 / config.true_lag_s
        self.tick = expm(chain * tick_ns * 1e-9)
        at_rest = -np.array(GRAVITY)
        self.state = np.stack([*spec.initial_state[0].reshape(2, 3), at_rest])
        self.commands = [at_rest] * config.late_ticks

    def start(self):
        state = self.state[:2].reshape(1, 6).copy()
        return Observation(self.t_ns, state, state)

    def exchange(self, command, deadline_ns):
        self.commands.append(self.config.thrust_had * command.acceleration[0])
        drives = np.stack([self.commands.pop(0), GRAVITY])
        self.state = (self.tick @ np.concatenate([self.state, drives]))[:3]
        self.t_ns += self.tick_ns
        return self.start()

    def inject(self, fault, on):
        raise NotImplementedError(fault)

    def stop(self, reason):
        pass


class BalloonFamily:
    """A balloon that pushes itself about."""

    config_model = BalloonConfig

    def describe(self, config, rate_hz):
        start = np.zeros((1, 6))
        start[0, :3] = config.offset_m, 0.0, config.offset_m - 10.0
        return PlantSpec(
            family="balloon",
            fidelity="a point mass whose thrust lags",
            vehicles=("balloon",),
            frame="ned",
            clocks=frozenset({"lockstep"}),
            modes=frozenset({"IDLE", "NULL-G", "STATION-KEEP"}),
            rate_hz=(1.0, 1000.0),
            faults=frozenset(),
            deterministic=True,
            columns=(*vector("position", "m", "ned"), *vector("velocity", "m/s", "ned")),
            max_acceleration=np.array([20.0]),
            initial_state=start,
            uniform_gravity=GRAVITY,
        )

    def twin(self, config, spec, dt):
        return translation(Uniform(GRAVITY), dt, config.lag_s, "a point mass near the ground")

    def open(self, config, spec, tick_ns, seed):
        return Balloon(config, spec, tick_ns)


SCENARIO = """\
format: 1
name: A balloon that is held
duration_s: 10
rate_hz: 20
plant: {kind: balloon}
controller: {kind: agp, gravity: uniform, bandwidth: 4}
reference: {kind: fixed_point, position_m: [0, 0, -10]}
modes:
  - {at_s: 0, mode: STATION-KEEP}
certificate: {error_position_m: 2, error_velocity_m_s: 2, disturbance_m: 1e-5,
              disturbance_m_s: 1e-4}
expect:
  proved: {proved_below: 1}
  observed: {below: 1}
"""
