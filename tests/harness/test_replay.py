"""A trace holds all that its controller needs to decide again, bit for bit."""

import numpy as np
import pytest

from harness.run import run_scenario
from harness.trace.reader import RunDirectory

MODES = (
    "modes=[{at_s: 0, mode: IDLE}, {at_s: 0.3, mode: NULL-G}, {at_s: 0.7, mode: STATION-KEEP}, "
    "{at_s: 1.5, mode: TRAJECTORY}]"
)
RUNS = {
    "held": (),
    "through all modes": (MODES, "controller.blend_s=0.5"),
    "limited": ("plant.offset_rtn_m=[0, -100000, 0]",),
    "with another gravity": ("controller.gravity=point_mass",),
    "two vehicles": (
        "plant.vehicles=[{name: one}, {name: two, offset_rtn_m: [5, 0, 1e5], thrust_limit_n: 9}]",
        MODES,
    ),
}


def cells(trace, layout):
    columns = [trace.read(column.name)[column.name] for column in layout.columns]
    return np.stack([column.astype(np.float64) for column in columns], axis=-1)


@pytest.mark.parametrize("sets", RUNS.values(), ids=RUNS)
def test_the_controller_decides_the_same_again_from_the_trace(short, tmp_path, sets):
    scenario = short(sets=sets)
    trace = RunDirectory.open(run_scenario(scenario, tmp_path / "out").directory).trace
    controller = scenario.controller_family.build(
        scenario.controller_config, scenario.spec, scenario.dt, scenario.first_mode
    )
    told = cells(trace, controller.told)
    decided, carried = cells(trace, controller.decided), cells(trace, controller.carried)
    before = np.concatenate([controller.initial_carried[None], carried[:-1]])
    for tick, packed in enumerate(np.concatenate([told, before], axis=-1)):
        out = np.asarray(controller.step(packed))
        recorded = np.concatenate([decided[tick], carried[tick]], axis=-1)
        assert out.tobytes() == recorded.tobytes(), tick


def test_a_run_that_was_limited_says_so_in_its_trace(short, tmp_path):
    scenario = short(sets=RUNS["limited"])
    assert len(scenario.warnings) == 1
    trace = RunDirectory.open(run_scenario(scenario, tmp_path / "out").directory).trace
    assert trace.read("limited")["limited"].all()
    assert np.isnan(trace.read("lipschitz_constant")["lipschitz_constant"]).all()
    size = np.linalg.norm(trace.vector("commanded_acceleration"), axis=-1)
    np.testing.assert_allclose(size, 7200 / 420000, rtol=1e-12)
    delivered = trace.vector("delivered_acceleration")[1:]
    np.testing.assert_allclose(delivered, trace.vector("commanded_acceleration")[:-1], rtol=1e-12)
