"""The orbit family: what its plants are and can do, before any physics is opened."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kernel.bodies import BODIES
from kernel.frames import celestial_pole, rtn_axes, utc_julian_date
from kernel.gravity import GravityModel, Surroundings
from kernel.modes import LABELS
from sims.config import BadValueError
from sims.orbit.attitude import target
from sims.orbit.columns import columns_of
from sims.orbit.config import OrbitConfig, SlotEllipse, Vehicle
from sims.orbit.elements import tle_state
from sims.orbit.propulsion import authority_n
from sims.orbit.spacecraft_config import RigidBodyAttitude, SpacecraftConfig
from sims.plant import Plant, PlantSpec
from sims.registry import GRAVITY, find, names
from sims.sky import sky_rows

if TYPE_CHECKING:
    from kernel.twin import Twin

Array = NDArray[np.float64]

_BLOCK_TICKS = 4096

FREE_FALL = (
    "a point mass under the plant's gravity and the thrust commanded; drag, sunlight, distant "
    "bodies, sensors and what thrusters can't do are left to the disturbance"
)
"""What the twin of this and the libration family is."""


def slot_state(config: OrbitConfig) -> tuple[datetime | None, Array]:
    """Epoch and state (6,) that the slot starts from, GCRF.

    Raises:
        ValueError: The elements can't be propagated.
    """
    if config.tle is not None:
        return tle_state(config.tle)
    assert config.state is not None
    return config.state.epoch, np.array([*config.state.position_m, *config.state.velocity_m_s])


def slot_states(vehicles: tuple[Vehicle, ...], shared: Array, mu: float) -> Array:
    """States that the vehicles' own slots start from, (vehicles, 6).

    Raises:
        BadValueError: An ellipse is asked for about an orbit that has no plane.
    """
    states = np.tile(shared, (len(vehicles), 1))
    for index, vehicle in enumerate(vehicles):
        if vehicle.slot_ellipse is not None:
            with _at_key("vehicles", index, "slot_ellipse"):
                states[index] = on_ellipse(vehicle.slot_ellipse, shared, mu)
    return states


def on_ellipse(ellipse: SlotEllipse, shared: Array, mu: float) -> Array:
    """A state on a bounded relative orbit about another, (6,).

    Source: Clohessy and Wiltshire, *Journal of the Aerospace Sciences* 27(9), 1960: without drift
    x = −(b/2) cos(nt + φ), y = b sin(nt + φ), z = c sin(nt + φ) along radial, track and
    cross-track, in axes that turn at n. The mean motion is that of the shared orbit's energy.

    Raises:
        ValueError: The shared orbit is not bound, or has no plane.
    """
    axes = rtn_axes(shared[:3], shared[3:])
    inverse_a = 2.0 / float(np.linalg.norm(shared[:3])) - float(shared[3:] @ shared[3:]) / mu
    if inverse_a <= 0.0:
        raise ValueError("an ellipse about an orbit that never returns")
    n = math.sqrt(mu * inverse_a**3)
    b, c = ellipse.along_track_m, ellipse.cross_track_m
    sine, cosine = math.sin(ellipse.phase_rad), math.cos(ellipse.phase_rad)
    offset = np.array([-0.5 * b * cosine, b * sine, c * sine])
    drift = n * np.array([0.5 * b * sine, b * cosine, c * cosine])
    turning = np.cross(shared[:3], shared[3:]) / float(shared[:3] @ shared[:3])
    apart = offset @ axes
    return np.concatenate(
        [shared[:3] + apart, shared[3:] + drift @ axes + np.cross(turning, apart)]
    )


def starting_states(vehicles: tuple[Vehicle, ...], slots: Array) -> Array:
    """The vehicles' own starting states: their slots and offsets, (vehicles, 6).

    Raises:
        ValueError: Offsets are given along an orbit that has no plane.
    """
    offsets = np.array([[*v.offset_rtn_m, *v.offset_rtn_m_s] for v in vehicles])
    if not offsets.any():
        return slots.copy()
    axes = rtn_axes(slots[:, :3], slots[:, 3:])
    turned = np.einsum("vki,vij->vkj", offsets.reshape(-1, 2, 3), axes)
    states: Array = slots + turned.reshape(-1, 6)
    return states


def gravity_model(name: str, around: Surroundings) -> GravityModel:
    """The gravity model of that name.

    Raises:
        BadValueError: No such model, or it does not suit.
    """
    if name not in names(GRAVITY):
        known = ", ".join(names(GRAVITY))
        raise BadValueError(("gravity",), f"no gravity model {name!r} (known: {known})")
    with _at_key("gravity"):
        model: GravityModel = find(GRAVITY, name)(around)
    return model


def authority(craft: SpacecraftConfig) -> float:
    """Largest acceleration that a vehicle can give in every direction, m/s².

    That of its mass at the start: it only grows as propellant is burnt.

    Raises:
        BadValueError: There is a direction in which thrusters can't push.
    """
    with _at_key("thrusters"):
        return authority_n(craft) / craft.mass_kg


def check_loop_rate(craft: SpacecraftConfig, rate_hz: float) -> None:
    """Refuse parts that a loop of this rate can't serve.

    Raises:
        BadValueError: Which, and what is allowed.
    """
    for name in ("gnss", "imu", "star_tracker"):
        sensor = getattr(craft.sensors, name)
        if sensor and sensor.rate_hz and sensor.rate_hz > rate_hz * (1.0 + 1e-12):
            raise BadValueError(
                ("sensors", name, "rate_hz"),
                f"{sensor.rate_hz:g} Hz is faster than the loop that reads it; at most {rate_hz:g}",
            )
    for index, thruster in enumerate(craft.thrusters or ()):
        if thruster.minimum_pulse_s * rate_hz > 1.0 + 1e-9:
            raise BadValueError(
                ("thrusters", index, "minimum_pulse_s"),
                f"{thruster.minimum_pulse_s:g} s is longer than a control tick, so that it would "
                f"never fire; at most {1.0 / rate_hz:g}",
            )
    if isinstance(craft.attitude, RigidBodyAttitude):
        # Twice this, the sampled attitude loop is unstable.
        fastest = 0.5 * rate_hz
        if craft.attitude.bandwidth_rad_s > fastest:
            raise BadValueError(
                ("attitude", "bandwidth_rad_s"),
                f"{craft.attitude.bandwidth_rad_s:g} rad/s is too fast for a loop at "
                f"{rate_hz:g} Hz; at most {fastest:g}",
            )


@contextmanager
def _part_of(config: OrbitConfig, index: int) -> Iterator[None]:
    """Say of a part that is refused whether it is the vehicle's own or the plant's."""
    try:
        yield
    except BadValueError as error:
        if getattr(config.vehicles[index], str(error.key[0])) is None:
            raise
        raise BadValueError(("vehicles", index, *error.key), str(error)) from error


@contextmanager
def _at_key(*key: str | int) -> Iterator[None]:
    """Say of which key a value is refused."""
    try:
        yield
    except BadValueError:
        raise
    except ValueError as error:
        raise BadValueError(key, str(error)) from error


class OrbitFamily:
    """Entry point ``orbit`` of the group ``motorhand.plants``."""

    config_model = OrbitConfig

    def describe(self, config: OrbitConfig, rate_hz: float) -> PlantSpec:
        """See :meth:`sims.plant.PlantFamily.describe`."""
        epoch, shared = slot_state(config)
        body = BODIES[config.body]
        date = None if epoch is None else utc_julian_date(epoch)
        of_date = date is not None and body.name == "earth"
        pole = celestial_pole(*date) if date and of_date else (0.0, 0.0, 1.0)
        gravity_model(config.gravity, Surroundings(body, pole))
        vehicles = config.whole_vehicles()
        crafts = [vehicle.craft for vehicle in vehicles]
        slots = slot_states(vehicles, shared, body.mu)
        starts = starting_states(vehicles, slots)
        limits = []
        for index, (craft, start) in enumerate(zip(crafts, starts, strict=True)):
            with _part_of(config, index):
                check_loop_rate(craft, rate_hz)
                with _at_key("attitude", "pointing"):
                    target(craft.attitude.pointing, start[:3], start[3:])
                limits.append(authority(craft))
        for vehicle, start in zip(vehicles, starts, strict=True):
            height = float(np.linalg.norm(start[:3])) - body.radius
            if height <= 0.0:
                raise ValueError(
                    f"{vehicle.name} starts {-height / 1e3:,.1f} km inside the {body.name}"
                )
        if config.perturbations.solar_pressure is not None and epoch is None:
            message = "where the Sun is depends on the date; give state.epoch, or a tle"
            raise BadValueError(("perturbations", "solar_pressure"), message)
        with _at_key("perturbations", "third_bodies"):
            next(sky_rows(config.perturbations.third_bodies, body.name, epoch, 1.0, 1))
        frame = "gcrf" if body.name == "earth" else "icrf"
        return PlantSpec(
            family="orbit",
            fidelity="PyBullet rigid bodies under modelled gravity",
            vehicles=tuple(vehicle.name for vehicle in vehicles),
            frame=frame,
            clocks=frozenset({"lockstep", "realtime"}),
            modes=frozenset(LABELS),
            rate_hz=(1e-4, 1e4),
            faults=frozenset({"gravity_error"}),
            deterministic=True,
            columns=columns_of(crafts, frame),
            max_acceleration=np.array(limits),
            nominal_state=slots,
            initial_state=starts,
            body=body.name,
            surface_m=body.radius,
            pole=pole,
            epoch=epoch,
        )

    def open(self, config: OrbitConfig, spec: PlantSpec, tick_ns: int, seed: int) -> Plant:
        """See :meth:`sims.plant.PlantFamily.open`."""
        from sims.orbit.environment import Environment
        from sims.orbit.perturbations import Drag, SolarPressure
        from sims.orbit.plant import OrbitPlant

        terms, body = config.perturbations, BODIES[config.body]
        drag, light = terms.drag, terms.solar_pressure
        afar = [name for name in terms.third_bodies if light is None or name != "sun"]
        sun_pulls = len(afar) < len(terms.third_bodies)
        sky = [*afar, *(["sun"] if light is not None else [])]
        pulling = [BODIES[name].mu for name in (sky if sun_pulls else afar)]
        environment = Environment(
            gravity_model(config.gravity, spec.surroundings),
            pulling,
            _tick_by_tick(sky, spec, tick_ns / 1e9) if sky else None,
            None if drag is None else Drag.of(drag, body, spec.pole),
            None if light is None else SolarPressure.of(light, body.radius),
        )
        assert spec.initial_state is not None
        return OrbitPlant(
            names=spec.vehicles,
            crafts=[vehicle.craft for vehicle in config.whole_vehicles()],
            states=spec.initial_state,
            environment=environment,
            frame=spec.frame,
            tick_ns=tick_ns,
            substeps=config.substeps,
            seed=seed,
            surface_m=spec.surface_m,
        )

    def twin(self, config: OrbitConfig, spec: PlantSpec, dt: float) -> "Twin":
        """See :meth:`sims.plant.PlantFamily.twin`."""
        from kernel.twin import Twin, orbital_step

        gravity = gravity_model(config.gravity, spec.surroundings)
        return Twin(orbital_step(gravity, dt, config.substeps), FREE_FALL)


def _tick_by_tick(bodies: list[str], spec: PlantSpec, dt: float) -> Iterator[Array]:
    for block in sky_rows(bodies, spec.body, spec.epoch, dt, _BLOCK_TICKS):
        yield from block[:-1]


FAMILY = OrbitFamily()
