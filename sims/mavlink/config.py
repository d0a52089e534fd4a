"""The ``plant:`` mapping of a flight with PX4."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sims.config import Config, Positive
from sims.quadrotor.config import HomeConfig, QuadrotorConfig, SensorsConfig

Name = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,15}$")]


class Px4TwinConfig(Config):
    """What a proof takes vehicle and autopilot together to be."""

    lag_s: Annotated[float, Field(ge=0.0, le=10.0)] = 0.2
    """Time in which thrust comes 63 % of the way to what is commanded: the body has to turn. With
    40 ms of delay beside it, this left 0.017 m/s² (rms) of horizontal commands of 1.2 m/s²
    unexplained where PX4 1.17 flew ``px4_figure_eight``."""


class FlightConfig(Config):
    """Take-off and landing, which are the autopilot's own, and how long each step may take."""

    take_off_altitude_m: Annotated[float, Field(ge=1.0, le=1000.0)] = 10.0
    """Height that it takes off to and holds until AGP takes over, m."""
    land: bool = True
    """Whether it lands once AGP has flown and IDLE follows."""
    arming_timeout_s: Positive = 20.0
    """Longest time until it is armed, in its own time, s."""
    take_off_timeout_s: Positive = 60.0
    """Longest time until it holds its height, in its own time, s."""
    hand_over_timeout_s: Positive = 5.0
    """Longest time to AGP's flying, from when it was to, in the autopilot's time, s."""
    hand_back_timeout_s: Positive = 5.0
    """Longest time until it holds again, in its own time, s."""
    landing_timeout_s: Positive = 120.0
    """Longest time until it is down and disarmed, in its own time, s."""


class Px4Config(Config):
    """A quadrotor flown by PX4, the harness being the world around it."""

    kind: Literal["px4"]
    server: Literal["real", "standin", "auto"] = "real"
    """What flies: ``real`` PX4, the ``standin`` autopilot, or PX4 where one is found and else the
    stand-in (``auto``, which wants ``fidelity: any``)."""
    fidelity: Literal["as_stated", "any"] = "as_stated"
    """Whether it is all the same which of them it is."""
    px4: Annotated[str, Field(min_length=1)] | None = None
    """PX4's program or build folder; without it ``PX4_SITL`` in the environment, or an installed
    package."""
    container: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] | None = None
    """Command that starts a PX4 in a container and hands on its arguments, such as ``[docker, run,
    --rm, --network=host, px4io/px4-sitl]``."""
    instance: Annotated[int, Field(ge=0, le=9)] | None = None
    """PX4's instance number, which shifts all ports; the first free one if left out."""
    physics: Literal["harness", "sih"] = "harness"
    """Whose physics: PyBullet's here, in lockstep; or PX4's own (SIH), against the wall clock."""
    output: Literal["acceleration", "attitude_thrust"] = "acceleration"
    """What PX4 is told: a kinematic acceleration, so that PX4 adds gravity by its own estimate of
    the hover thrust; or attitude and thrust, so that all of gravity is AGP's to counter."""
    yaw_deg: Annotated[float, Field(ge=-360.0, le=360.0)] = 0.0
    """Heading while AGP flies, from north over east."""
    step_ms: Literal[4, 5, 8, 10, 20] = 4
    """Step of physics and sensors, ms: those that PX4 answers one by one."""
    vehicle: QuadrotorConfig = QuadrotorConfig()
    """The vehicle."""
    sensors: SensorsConfig = SensorsConfig()
    """Its sensors."""
    home: HomeConfig = HomeConfig()
    """Where on Earth it stands at first."""
    flight: FlightConfig = FlightConfig()
    """Take-off, hand-over and landing."""
    parameters: dict[Name, float | int] = Field(default_factory=dict)
    """PX4's parameters by name, set before it starts."""
    rules: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """What the stand-in does to trip a harness; see ``motorhand autopilot-standin --help``."""
    twin: Px4TwinConfig = Px4TwinConfig()
    """What a proof takes it to be."""

    @model_validator(mode="after")
    def _one_server(self) -> Self:
        if self.server == "auto" and self.fidelity != "any":
            raise ValueError(
                "server: auto flies a stand-in where no PX4 is found; add fidelity: any if that is "
                "as good, or write server: real"
            )
        if self.server == "standin" and (self.px4 or self.container):
            raise ValueError("the stand-in is no PX4; leave out px4 and container")
        if self.px4 and self.container:
            raise ValueError("give one of px4 and container")
        if self.server == "real" and self.rules:
            raise ValueError("rules are the stand-in's; write server: standin, or leave them out")
        if self.physics == "sih":
            self._check_sih()
        return self

    def _check_sih(self) -> None:
        if self.server != "real":
            raise ValueError("sih is PX4's own physics; write server: real")
        for key in ("step_ms", "sensors"):
            if key in self.model_fields_set:
                raise ValueError(f"sih has a {key} of its own; leave {key} out")
        if any(self.vehicle.wind_ned_m_s) or self.vehicle.gusts is not None:
            raise ValueError("there is no wind in sih; leave wind_ned_m_s and gusts out")
