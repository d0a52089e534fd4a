"""A scenario's plant, behind a link where the scenario has something that only a link can do."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.link.armed import armed_faults
from harness.link.link import Link
from sims.plant import Plant

if TYPE_CHECKING:
    from harness.link.way import Predict
    from harness.scenario.load import Scenario
    from kernel.twin import Step

Array = NDArray[np.float64]


class Opened(NamedTuple):
    """A plant, not yet started.

    Attributes:
        plant: The plant as the loop meets it.
        references: The references for the loop.
        behind: The plant itself.
    """

    plant: Plant
    references: Iterator[Array]
    behind: Plant


def opened(scenario: "Scenario", references: Iterator[Array]) -> Opened:
    """Open a scenario's plant, behind a link where one is wanted.

    Raises:
        PlantError: It can't be opened.
    """
    model, spec = scenario.model, scenario.spec
    seed, linked = model.seed, scenario.linked
    # Before the plant: what compiles must not keep it waiting.
    predict = linked and model.timing.late_observation == "predict" and _predict(scenario)
    plant = scenario.plant_family.open(scenario.plant_config, spec, scenario.tick_ns, seed)
    if not linked:
        return Opened(plant, references, plant)
    ours, theirs = itertools.tee(references)
    give_up_s = model.timing.give_up_after_s
    link = Link(
        plant,
        armed_faults(model.faults, spec.vehicles, scenario.dt, scenario.ticks, seed),
        theirs,
        vehicles=len(spec.vehicles),
        tick_ns=scenario.tick_ns,
        plant_columns=len(spec.columns),
        late=model.timing.late_observation,
        predict=predict or None,
        give_up_ns=None if give_up_s is None else round(1e9 * give_up_s),
        paced=model.clock == "realtime",
        simulated="lockstep" in spec.clocks,
    )
    return Opened(link, ours, plant)


def _predict(scenario: "Scenario") -> "Predict":
    """A tick of the plant's twin, compiled; that there is one was seen to at load."""
    from kernel.jax64 import jax

    twin = scenario.plant_family.twin(scenario.plant_config, scenario.spec, scenario.dt)
    assert twin is not None

    step: Predict = jax.jit(_settled(twin.step) if twin.lags else twin.step)
    step(np.ones(6), np.zeros(3))
    return step


def _settled(lagging: "Step") -> "Step":
    """A tick of a twin whose thrust lags, taken to have what is commanded already."""
    from kernel.jax64 import jnp

    return lambda state, thrust: lagging(jnp.concatenate([state, thrust]), thrust)[:6]
