"""What an entry point in the group ``motorhand.controllers`` gives."""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from kernel.modes import Mode
from kernel.packing import Layout
from sims.plant import PlantSpec

if TYPE_CHECKING:
    from kernel.controller import PackedController
    from kernel.metric import NominalMetric

Array = NDArray[np.float64]


class ControllerFamily(Protocol):
    """A kind of controller, configured by a scenario.

    Attributes:
        config_model: Pydantic model of the ``controller:`` mapping.
    """

    config_model: type[BaseModel]

    def layouts(self, config: Any, spec: PlantSpec) -> tuple[Layout, Layout, Layout]:
        """Layouts of what it is told, decides and carries; loads no JAX."""
        ...

    def warnings(self, config: Any, spec: PlantSpec, mode: Mode, reference: Array) -> list[str]:
        """What an author should know before the run, given the reference at t = 0.

        Raises:
            ValueError: The configuration does not fit the plant; a
                :class:`sims.config.BadValueError` says which key.
        """
        ...

    def build(self, config: Any, spec: PlantSpec, dt: float, mode: Mode) -> "PackedController":
        """The packed controller for a plant, a tick in seconds and a first mode."""
        ...

    def limits(self, config: Any, spec: PlantSpec) -> Array:
        """Limit of each vehicle's command, m/s², (vehicles,)."""
        ...

    def build_unlimited(
        self, config: Any, spec: PlantSpec, dt: float, mode: Mode
    ) -> "PackedController":
        """The same for one vehicle, with a limit that no proof reaches."""
        ...

    def metrics(self, config: Any, dt: float) -> "dict[Mode, NominalMetric]":
        """Metric and contraction of the nominal loop in each mode that has one."""
        ...

    def lambda_decay(self, config: Any) -> float:
        """Rate at which its memory forgets, s⁻¹."""
        ...
