"""The AGP controller as a scenario configures it."""

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.reference import named_gravity
from kernel.agp_layout import agp_layouts
from kernel.gains import Gains
from kernel.modes import Mode
from kernel.packing import Layout
from sims.config import Config, Positive
from sims.plant import PlantSpec

if TYPE_CHECKING:
    from kernel.controller import PackedController
    from kernel.metric import NominalMetric

Array = NDArray[np.float64]
NotNegative = Annotated[float, Field(ge=0.0, le=1e9)]
_NEVER_REACHED_M_S2 = 1e9
Gain = Annotated[float, Field(ge=1e-9, le=1e9)]


class GainsConfig(Config):
    """Gains at bandwidth 1; ``bandwidth`` scales them together."""

    k_r_per_s2: NotNegative = 0.1
    """Position gain, s⁻²."""
    k_v_per_s: Gain = 0.6
    """Velocity gain, s⁻¹."""
    k_i_per_s3: NotNegative = 0.01
    """Gain on the memory, s⁻³."""
    lambda_decay_per_s: NotNegative = 0.115
    """Rate at which the memory forgets, s⁻¹; 0 is the plain integral."""
    antiwindup_gain_per_s2: Gain = 0.1
    """Back-calculation gain, s⁻²."""


class AgpConfig(Config):
    """Gravity compensation with a forgetting integral."""

    kind: Literal["agp"]
    bandwidth: Annotated[float, Field(ge=1e-6, le=1e3)]
    """κ: the gains K_r, K_v, K_i, λ and K_b scale with κ², κ, κ³, κ and κ²."""
    gravity: str = "j2"
    """The controller's own gravity model; the plant has its own."""
    gains: GainsConfig = GainsConfig()
    """Gains at bandwidth 1."""
    a_max_m_s2: Positive | None = None
    """Limit on the commanded acceleration, m/s²; the plant's thrust authority if left out."""
    blend_s: Annotated[float, Field(gt=0.0, le=1e9)] | None = None
    """Time over which a mode change blends in, s; 10/κ if left out."""

    def scaled_gains(self) -> Gains:
        """The gains at their bandwidth."""
        plain = self.gains
        return Gains(
            plain.k_r_per_s2,
            plain.k_v_per_s,
            plain.k_i_per_s3,
            plain.lambda_decay_per_s,
            plain.antiwindup_gain_per_s2,
        ).at_bandwidth(self.bandwidth)


class AgpFamily:
    """Entry point ``agp`` of the group ``motorhand.controllers``."""

    config_model = AgpConfig

    def layouts(self, config: AgpConfig, spec: PlantSpec) -> tuple[Layout, Layout, Layout]:
        """See :class:`harness.controllers.family.ControllerFamily`."""
        return agp_layouts(spec.frame)

    def warnings(
        self, config: AgpConfig, spec: PlantSpec, mode: Mode, reference: Array
    ) -> list[str]:
        """Warn where the first command is already limited."""
        gravity = named_gravity(config.gravity, spec)
        gains = config.scaled_gains()
        if mode == Mode.IDLE or spec.initial_state is None:
            return []
        told = []
        limits = self.limits(config, spec)
        for name, state, wanted, limit in zip(
            spec.vehicles, spec.initial_state, reference, limits, strict=True
        ):
            error = wanted[:6] - state
            asked = wanted[6:] - gravity(*state[:3].tolist()) + gains.k_v * error[3:]
            if mode >= Mode.STATION_KEEP:
                asked = asked + gains.k_r * error[:3]
            size = float(np.linalg.norm(asked))
            if size > limit:
                told.append(
                    f"{name}: the first command asks for {size:.3g} m/s^2 and is limited to "
                    f"{limit:.3g}; a smaller bandwidth or offset would not saturate"
                )
        return told

    def build(
        self, config: AgpConfig, spec: PlantSpec, dt: float, mode: Mode
    ) -> "PackedController":
        """See :class:`harness.controllers.family.ControllerFamily`."""
        return self._built(config, spec, dt, mode, self.limits(config, spec))

    def build_unlimited(
        self, config: AgpConfig, spec: PlantSpec, dt: float, mode: Mode
    ) -> "PackedController":
        """See :class:`harness.controllers.family.ControllerFamily`."""
        return self._built(config, spec, dt, mode, np.full(1, _NEVER_REACHED_M_S2))

    def limits(self, config: AgpConfig, spec: PlantSpec) -> Array:
        """See :class:`harness.controllers.family.ControllerFamily`."""
        if config.a_max_m_s2 is None:
            return spec.max_acceleration
        return np.minimum(spec.max_acceleration, config.a_max_m_s2)

    def _built(
        self, config: AgpConfig, spec: PlantSpec, dt: float, mode: Mode, limits: Array
    ) -> "PackedController":
        from kernel.controller import agp_controller

        blend_s = 10.0 / config.bandwidth if config.blend_s is None else config.blend_s
        return agp_controller(
            config.scaled_gains(),
            limits,
            named_gravity(config.gravity, spec),
            dt,
            blend_s,
            mode,
            spec.frame,
        )

    def metrics(self, config: AgpConfig, dt: float) -> "dict[Mode, NominalMetric]":
        """See :class:`harness.controllers.family.ControllerFamily`."""
        from kernel.metric import nominal_metric

        found = {mode: nominal_metric(mode, config.scaled_gains(), dt) for mode in Mode}
        return {mode: metric for mode, metric in found.items() if metric is not None}

    def lambda_decay(self, config: AgpConfig) -> float:
        """See :class:`harness.controllers.family.ControllerFamily`."""
        return config.scaled_gains().lambda_decay


FAMILY = AgpFamily()
