"""Scenarios made from the shipped one, traces written by hand, and a plant of a few lines."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import Field
from shipped import station

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.trace.reader import Trace
from harness.trace.schema import TraceColumn, arrow_schema
from kernel.bodies import EARTH
from kernel.columns import Column, vector
from kernel.gravity import PointMass
from kernel.modes import LABELS
from sims import registry
from sims.config import Config
from sims.plant import Observation, PlantError, PlantSpec


@pytest.fixture(scope="session")
def iss_text():
    """The shipped scenario, with nothing to be proved."""
    return station()


@pytest.fixture
def edited(iss_text, tmp_path):
    """Writes the shipped scenario with some of its text replaced."""

    def write(*edits, name="scenario.yaml"):
        text = iss_text
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


SHORT = (("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"))


@pytest.fixture
def short(edited):
    """Loads the shipped scenario cut to two seconds, with more of its text replaced."""

    def load(*edits, sets=(), seed=None):
        return load_scenario(edited(*SHORT, *edits), sets, seed)

    return load


@pytest.fixture
def written_trace(tmp_path):
    """Writes a trace of named columns, each (ticks,) or (ticks, vehicles), a tick a second."""

    def write(vehicles=("one",), tick_ns=1_000_000_000, undefined_as_nan=(), **values):
        arrays = {
            name: np.asarray(column).reshape(-1, len(vehicles)) for name, column in values.items()
        }
        ticks = len(next(iter(arrays.values())))
        columns = [
            TraceColumn("t_ns", "int64", "ns"),
            TraceColumn("vehicle", "category", categories=tuple(vehicles)),
        ]
        columns += [
            TraceColumn(
                name,
                "bool" if array.dtype == bool else "float64",
                "m",
                undefined_as_nan=name in undefined_as_nan,
            )
            for name, array in arrays.items()
        ]
        codes = pa.array(np.tile(np.arange(len(vehicles), dtype=np.int8), ticks))
        table = pa.Table.from_arrays(
            [
                pa.array(np.repeat(tick_ns * np.arange(ticks), len(vehicles))),
                pa.DictionaryArray.from_arrays(codes, pa.array(vehicles)),
                *[pa.array(array.astype(array.dtype).ravel()) for array in arrays.values()],
            ],
            schema=arrow_schema(columns, {}),
        )
        path = tmp_path / f"trace-{len(list(tmp_path.iterdir()))}.parquet"
        pq.write_table(table, path)
        return Trace(path, {column.name: column for column in columns}, tuple(vehicles))

    return write


class GliderConfig(Config):
    kind: Literal["glider"]
    vehicles: Annotated[int, Field(ge=1)] = 1
    knows_truth: bool = False
    cannot_open: bool = False
    cannot_start: bool = False
    fails_at_tick: int | None = None
    silent_at_tick: int | None = None
    nan_at_tick: int | None = None
    calls_at_tick: int | None = None


class Glider:
    """A double integrator under point-mass gravity; every call is written down."""

    def __init__(self, config, spec, tick_ns, calls, at_tick):
        self.config, self.calls, self.at_tick = config, calls, at_tick
        self.tick_ns, self.tick = tick_ns, 0
        self.state = spec.initial_state.copy()
        self.gravity = PointMass(EARTH.mu)

    def observe(self):
        state = self.state.copy()
        if self.config.nan_at_tick is not None and self.tick >= self.config.nan_at_tick:
            state[:] = np.nan
        extras = state if self.config.knows_truth else np.empty((len(state), 0))
        return Observation(self.tick * self.tick_ns, state, extras)

    def start(self):
        self.calls.append("start")
        if self.config.cannot_start:
            raise PlantError("the glider has no tow")
        if self.config.calls_at_tick == 0:
            self.at_tick()
        return self.observe()

    def exchange(self, command, deadline_ns):
        self.calls.append(("exchange", self.tick, command))
        self.tick += 1
        if self.tick == self.config.calls_at_tick:
            self.at_tick()
        if self.tick == self.config.fails_at_tick:
            raise PlantError("the glider hit a bird")
        if self.tick == self.config.silent_at_tick:
            return None
        dt = self.tick_ns * 1e-9
        for row, thrust in zip(self.state, command.acceleration, strict=True):
            row[3:] += dt * (np.array(self.gravity(*row[:3])) + thrust)
            row[:3] += dt * row[3:]
        return self.observe()

    def inject(self, fault, on):
        raise PlantError("nothing to inject")

    def stop(self, reason):
        self.calls.append(("stop", reason))


class GliderFamily:
    """A plant that is not shipped, found as any other is.

    Attributes:
        abilities: Whatever of its specification a test wants otherwise.
        calls: What its plants were asked to do, in order.
        at_tick: Called in the tick that the configuration names; 0 is the start.
    """

    config_model = GliderConfig

    def __init__(self):
        self.abilities: dict[str, Any] = {}
        self.calls: list[Any] = []
        self.at_tick = lambda: None

    def describe(self, config, rate_hz):
        start = np.tile([7e6, 0.0, 0.0, 0.0, 0.0, 0.0], (config.vehicles, 1))
        start[:, 1] += 10.0 * np.arange(config.vehicles)
        columns: tuple[Column, ...] = ()
        if config.knows_truth:
            columns = (*vector("position", "m", "gcrf"), *vector("velocity", "m/s", "gcrf"))
        spec: dict[str, Any] = {
            "family": "glider",
            "fidelity": "a double integrator",
            "vehicles": tuple(f"glider_{i}" for i in range(config.vehicles)),
            "frame": "gcrf",
            "clocks": frozenset({"lockstep"}),
            "modes": frozenset(LABELS),
            "rate_hz": (0.1, 100.0),
            "faults": frozenset(),
            "deterministic": True,
            "columns": columns,
            "max_acceleration": np.full(config.vehicles, 20.0),
            "nominal_state": start,
            "initial_state": start,
            "body": "earth",
        }
        return PlantSpec(**{**spec, **self.abilities})

    def open(self, config, spec, tick_ns, seed):
        self.calls.append(("open", seed))
        if config.cannot_open:
            raise PlantError("the hangar is locked")
        return Glider(config, spec, tick_ns, self.calls, self.at_tick)


@pytest.fixture
def glider(monkeypatch):
    """The glider family, registered as a package of its own would be."""
    family = GliderFamily()
    found = registry._found

    def with_glider(group):
        more = {"glider": SimpleNamespace(load=lambda: family)} if group == registry.PLANTS else {}
        return {**found(group), **more}

    registry.find.cache_clear()
    monkeypatch.setattr(registry, "_found", with_glider)
    yield family
    registry.find.cache_clear()


GLIDER = """\
format: 1
name: A glider that hovers
duration_s: {duration_s}
rate_hz: 10
plant: {{kind: glider{plant}}}
controller: {{kind: agp, gravity: point_mass, bandwidth: 1}}
reference: {{kind: fixed_point, position_m: [7.0e6, 1, 0]}}
modes:
  - {{at_s: 0, mode: STATION-KEEP}}
{modes}
expect:
  near: {{signal: norm(error_position), at_most: {at_most}, unit: m, vehicle: {vehicle}}}
"""


def hover_text(duration_s=2, plant="", modes="", at_most=100, vehicle="all"):
    """A scenario of the glider."""
    return GLIDER.format(
        duration_s=duration_s,
        plant=f", {plant}" if plant else "",
        modes=modes,
        at_most=at_most,
        vehicle=vehicle,
    )


@pytest.fixture
def hover(glider, tmp_path):
    """Loads a scenario of the glider."""

    def load(seed=None, **values):
        path = tmp_path / "hover.yaml"
        path.write_text(hover_text(**values))
        return load_scenario(path, (), seed)

    return load


@pytest.fixture
def write_hover(glider, pytester):
    """Writes a scenario of the glider, with more text at its end, into pytester's folder."""

    def write(name="hover.yaml", more="", **values):
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{hover_text(**values)}{more}", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory, iss_text):
    """A run of the shipped scenario's first two seconds; not to be altered."""
    folder = tmp_path_factory.mktemp("run")
    text = iss_text
    for old, new in SHORT:
        text = text.replace(old, new, 1)
    (folder / "short.yaml").write_text(text, encoding="utf-8")
    return run_scenario(load_scenario(folder / "short.yaml"), folder / "out").directory
