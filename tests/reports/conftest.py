"""Run directories of every way a run can end."""

import threading

import pytest
from shipped import station

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import shipped_folder
from reports.page import write_report
from sims.orbit.plant import OrbitPlant
from sims.plant import PlantError

TEN_MINUTES = (("duration_s: 5574 ", "duration_s: 600 "), ("after_s: 2800", "after_s: 599"))
TWO_SECONDS = (("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"))
TWENTY_SECONDS = ("duration_s=20", "expect.settled_on_the_slot.after_s=10")
ONE_TICK = (("duration_s: 5574 ", "duration_s: 0.1 "), ("    after_s: 2800\n", ""))
LENIENT = ("expect.settled_on_the_slot.at_most=100", "expect.at_rest_on_the_slot.at_most=1")
TWO_VEHICLES = (
    "    - name: iss",
    "    - name: iss\n    - {name: tug, mass_kg: 8000, thrust_limit_n: 900, "
    "offset_rtn_m: [5, -200, 0]}",
)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Runs an edited shipped scenario and reports it; returns the run directory."""

    def make(*edits, sets=(), stop=None):
        folder = tmp_path_factory.mktemp("run")
        text = station()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / "flight.yaml").write_text(text, encoding="utf-8")
        scenario = load_scenario(folder / "flight.yaml", sets)
        run_scenario(scenario, folder / "out", stop=stop)
        write_report(folder / "out")
        return folder / "out"

    return make


@pytest.fixture(scope="session")
def certified(tmp_path_factory):
    """Flies a few seconds of a shipped scenario with what is to be proved of it, and reports it."""

    def fly(name, *sets):
        directory = tmp_path_factory.mktemp("certified") / "out"
        scenario = load_scenario(shipped_folder() / f"{name}.yaml", sets)
        run_scenario(scenario, directory)
        write_report(directory)
        return directory

    return fly


@pytest.fixture(scope="session")
def proved(certified):
    """Twenty seconds of the station, proved stable and covered."""
    return certified("iss_slot", *TWENTY_SECONDS)


@pytest.fixture(scope="session")
def troubled(certified):
    """A second against the wall clock, proved, with a dark sensor and deadlines nobody can meet."""
    return certified(
        "flyer_realtime",
        "duration_s=1",
        "expect.on_station.at_most=9",
        "timing={deadline_ms: 0.000001, lateness_ms: 0.01, late_observation: predict}",
        "faults.dark={kind: dropout, at_s: 0.5, for_s: 0.1, about: the tunnel}",
    )


@pytest.fixture(scope="session")
def iss(made):
    """Ten minutes of the shipped scenario; the 100 m are not gone yet."""
    return made(*TEN_MINUTES, sets=LENIENT)


@pytest.fixture(scope="session")
def degraded(made):
    """Against the wall clock with a deadline that nobody can meet."""
    late = ["clock=realtime", "timing={deadline_ms: 0.000001, misses_percent: 0}"]
    return made(*TWO_SECONDS, sets=[*LENIENT, *late])


@pytest.fixture(scope="session")
def failed(made):
    return made(*TWO_SECONDS)


@pytest.fixture(scope="session")
def formulas(made):
    """Formulas that hold and that do not, on each kind of signal."""
    return made(
        *TWO_SECONDS,
        (
            "expect:\n",
            "expect:\n"
            "  near: always[0:1] (norm(error_position) <= 150 m)\n"
            "  steady:\n"
            "    requirement: REQ-7\n"
            "    formula: always[1:2] (norm(error_position) <= 99.5)\n"
            "  answers: always (limited == 1 -> eventually[0:1] (norm(error_velocity) < 0.1))\n"
            "  mode: eventually control_mode == NULL-G\n",
        ),
    )


@pytest.fixture(scope="session")
def two_vehicles(made):
    modes = "modes=[{at_s: 0, mode: IDLE}, {at_s: 1, mode: STATION-KEEP}]"
    return made(*TWO_SECONDS, TWO_VEHICLES, sets=[modes, "expect.delta_v_of_the_orbit.at_most=0"])


@pytest.fixture(scope="session")
def interrupted(made):
    stop = threading.Event()
    stop.set()
    return made(*TWO_SECONDS, stop=stop)


@pytest.fixture(scope="session")
def one_tick(made):
    return made(*ONE_TICK)


@pytest.fixture(scope="session")
def plant_failed(made):
    def failing(after):
        ticks = iter(range(after))

        def exchange(self, command, deadline_ns):
            if next(ticks, None) is None:
                raise PlantError("the station was hit by debris")
            return whole(self, command, deadline_ns)

        return exchange

    whole = OrbitPlant.exchange
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OrbitPlant, "exchange", failing(7))
        return made(*TWO_SECONDS)


@pytest.fixture(scope="session")
def never_started(made):
    def start(self):
        raise PlantError("the station is not there")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OrbitPlant, "start", start)
        return made(*TWO_SECONDS)


@pytest.fixture(scope="session", params=[0, 3], ids=["from the start", "from tick 3 on"])
def not_a_number(made, request):
    """A plant whose state stops being a number."""

    def broken(self):
        observation = whole(self)
        if self._t_ns >= request.param * self._tick_ns:
            observation.extras[:] = float("nan")
        return observation

    whole = OrbitPlant._observe
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OrbitPlant, "_observe", broken)
        return made(*TWO_SECONDS)
