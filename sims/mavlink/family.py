"""The family ``px4``: what a quadrotor behind PX4 is and can do, before anything is started."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kernel.modes import LABELS
from sims.config import BadValueError
from sims.mavlink.columns import ALWAYS, FRAME, TOLD
from sims.mavlink.config import Px4Config
from sims.mavlink.locate import Installation, NoPx4Error, container, find_px4, stand_in
from sims.mavlink.vehicle import G_M_S2, full_thrust_m_s2
from sims.plant import Plant, PlantSpec

if TYPE_CHECKING:
    from kernel.twin import Twin

TRANSLATION = (
    "a point mass under uniform gravity whose thrust follows commands with a lag of the first "
    "order, which stands for the body's turning; drag, wind, tilt limits, and the autopilot's own "
    "estimate of what holds it up are left to the disturbance"
)
"""What the twin is."""
FIDELITY = {
    ("real", "harness"): "PX4 SITL in lockstep with a PyBullet quadrotor",
    ("real", "sih"): "PX4 SITL with its own physics (SIH)",
    ("standin", "harness"): "stand-in autopilot in lockstep with a PyBullet quadrotor",
}
FAULTS = frozenset(
    {
        *("motor_weakness", "sensor_loss", "sensor_freeze", "sensor_bias", "sensor_drift"),
        *("sensor_noise", "offboard_loss", "px4_failure"),
    }
)
"""Physical faults with the harness's physics; without them only the last two."""


def installed(config: Px4Config) -> Installation:
    """What a scenario flies.

    Raises:
        NoPx4Error: There is no PX4, and only one will do.
    """
    if config.server == "standin":
        return stand_in()
    if config.container is not None:
        return container(config.container)
    try:
        return find_px4(None if config.px4 is None else Path(config.px4))
    except NoPx4Error:
        if config.server == "auto":
            return stand_in()
        raise


class Px4Family:
    """Entry point ``px4`` of the group ``motorhand.plants``."""

    config_model = Px4Config

    def describe(self, config: Px4Config, rate_hz: float) -> PlantSpec:
        """See :meth:`sims.plant.PlantFamily.describe`."""
        own = config.physics == "harness"
        steps = 1000.0 / rate_hz / config.step_ms
        if own and (steps < 0.999 or abs(steps - round(steps)) > 1e-6):
            raise BadValueError(
                ("step_ms",),
                f"a control tick of {1000.0 / rate_hz:g} ms is no whole number of steps of "
                f"{config.step_ms} ms; rates that are: 250, 125, 50, 25 Hz at 4 ms",
            )
        _check_rules(config.rules)
        server = config.server
        if server == "auto":
            server = installed(config).server  # type: ignore[assignment]
        return PlantSpec(
            family="px4",
            fidelity=FIDELITY[server, config.physics],
            vehicles=("quadrotor",),
            frame=FRAME,
            clocks=frozenset({"lockstep", "realtime"} if own else {"realtime"}),
            modes=frozenset(LABELS),
            rate_hz=(10.0, 250.0),
            faults=FAULTS if own else frozenset({"offboard_loss", "px4_failure"}),
            deterministic=False,
            columns=(*ALWAYS, *TOLD) if own else TOLD,
            max_acceleration=np.array([full_thrust_m_s2(config.vehicle)]),
            initial_state=np.zeros((1, 6)),
            lands_in_idle=config.flight.land,
            uniform_gravity=(0.0, 0.0, G_M_S2),
        )

    def twin(self, config: Px4Config, spec: PlantSpec, dt: float) -> "Twin":
        """See :meth:`sims.plant.PlantFamily.twin`."""
        from kernel.gravity import uniform
        from kernel.twin import translation

        return translation(uniform(spec.surroundings), dt, config.twin.lag_s, TRANSLATION)

    def open(self, config: Px4Config, spec: PlantSpec, tick_ns: int, seed: int) -> Plant:
        """See :meth:`sims.plant.PlantFamily.open`."""
        if config.physics == "sih":
            from sims.mavlink.sih import SihPlant

            return SihPlant(config, installed(config), tick_ns, seed)
        from sims.mavlink.plant import Px4Plant

        return Px4Plant(config, installed(config), tick_ns, seed)


def _check_rules(rules: tuple[str, ...]) -> None:
    """Refuse rules that the stand-in does not have."""
    if not rules:
        return
    from sims.standin.rules import UnknownRuleError, make_rules

    try:
        make_rules(rules, seed=0)
    except UnknownRuleError as error:
        raise BadValueError(("rules",), str(error)) from error


FAMILY = Px4Family()
