"""A trace holds all that its controller needs to decide again, bit for bit."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import ExitCode, RunDirectoryError, ScenarioError
from harness.recover import recover
from harness.replay import (
    AlteredTraceError,
    build_controller,
    deviations,
    open_sealed,
    replay,
)
from harness.run import run_scenario
from harness.scenario.load import scenario_of_manifest
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


def replayed(directory):
    run = open_sealed(directory)
    scenario = scenario_of_manifest(run.manifest, directory)
    return replay(run, build_controller(scenario, run))


def deviating(directory, file):
    run = open_sealed(directory)
    scenario = scenario_of_manifest(run.manifest, directory, file)
    return {one.column.name: one for one in deviations(run, build_controller(scenario, run))}


@pytest.fixture
def copied(run_directory, tmp_path):
    """A copy of a run of 21 ticks, to be altered."""
    return shutil.copytree(run_directory, tmp_path / "copy")


def altered(directory, name, row, flip=0, sealed=True):
    """Flips a bit of one recorded value, and seals the trace anew if told to."""
    path = directory / "trace.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index(name)
    values = table.column(name).to_numpy().copy()
    values.view(np.uint64)[row] ^= np.uint64(1 << flip)
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values)), path)
    if sealed:
        sha512 = RunDirectory.open(directory).trace.chain()
        edit_manifest(directory, lambda manifest: manifest["trace"].update(sha512=sha512))
    return float(values[row])


def bits(value):
    return int(np.float64(value).view(np.uint64))


def edit_manifest(directory, change):
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("sets", RUNS.values(), ids=RUNS)
def test_the_controller_decides_the_same_again_from_the_trace(short, tmp_path, sets):
    scenario = short(sets=sets)
    directory = run_scenario(scenario, tmp_path / "out").directory
    scenario.path.unlink()  # the run directory is all there is
    done = replayed(directory)
    assert (done.differing, done.first) == (0, None)
    assert (done.ticks, done.vehicles) == (21, len(scenario.spec.vehicles))
    outputs = scenario.row.decided.width + scenario.row.carried.width
    assert done.values == 21 * done.vehicles * outputs


def test_a_run_of_many_blocks_is_replayed_across_their_borders(short, tmp_path):
    sets = ("duration_s=900", "plant.vehicles=[{name: a}, {name: b}, {name: c}]")
    done = replayed(run_scenario(short(sets=sets), tmp_path / "out").directory)
    assert (done.ticks, done.vehicles, done.differing) == (9001, 3, 0)


def test_a_recovered_run_is_replayed(copied):
    table = pq.read_table(copied / "trace.parquet").slice(0, 7)
    with pa.ipc.new_stream(str(copied / "trace.arrows"), table.schema) as stream:
        stream.write_table(table)
    (copied / "trace.parquet").unlink()
    edit_manifest(copied, lambda m: m.pop("trace"))
    recover(copied)
    done = replayed(copied)
    assert (done.ticks, done.differing) == (7, 0)


def test_a_run_without_rows_has_nothing_to_differ(hover, tmp_path):
    scenario = hover(plant="cannot_start: true")
    done = replayed(run_scenario(scenario, tmp_path / "out").directory)
    assert (done.ticks, done.values, done.first) == (0, 0, None)


@pytest.mark.parametrize("flip", [0, 51, 63])
def test_a_flipped_bit_of_an_output_is_found_and_named_exactly(copied, flip):
    recorded = altered(copied, "unlimited_acceleration_y", 13, flip)
    done = replayed(copied)
    assert done.differing == 1
    assert (done.first.tick, done.first.t_ns, done.first.vehicle) == (13, 1_300_000_000, "iss")
    assert done.first.column.name == "unlimited_acceleration_y"
    assert done.first.recorded == recorded
    assert bits(done.first.found) ^ bits(recorded) == 1 << flip


def test_a_flipped_bit_of_a_carried_state_differs_where_it_is_and_where_it_was_used(copied):
    altered(copied, "carried_memory_x", 4, 40)
    done = replayed(copied)
    assert (done.first.tick, done.first.column.name) == (4, "carried_memory_x")
    assert 1 < done.differing < 10  # the tick after starts from it, and no other


def test_an_altered_trace_is_refused_with_both_hashes(copied, run_directory):
    altered(copied, "measured_position_x", 3, sealed=False)
    with pytest.raises(AlteredTraceError) as refusal:
        open_sealed(copied)
    assert refusal.value.exit_code is ExitCode.WRONG_INPUT
    assert RunDirectory.open(run_directory).manifest["trace"]["sha512"] in str(refusal.value)
    assert RunDirectory.open(copied).trace.chain() in str(refusal.value)


def test_a_killed_run_is_sent_to_recovery(copied):
    edit_manifest(copied, lambda m: m.pop("trace"))
    with pytest.raises(RunDirectoryError, match="motorhand recover"):
        open_sealed(copied)


def test_a_trace_that_was_cut_off_is_refused(copied):
    path = copied / "trace.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunDirectoryError, match=r"trace\.parquet can't be read") as refusal:
        open_sealed(copied)
    assert refusal.value.exit_code is ExitCode.WRONG_INPUT


def test_a_trace_with_spoilt_pages_is_refused(copied):
    path = copied / "trace.parquet"
    content = bytearray(path.read_bytes())
    content[200:3000] = bytes(2800)
    path.write_bytes(content)
    with pytest.raises((RunDirectoryError, AlteredTraceError)):
        open_sealed(copied)


def test_a_foreign_folder_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match=r"has no manifest\.json"):
        open_sealed(tmp_path)


def test_a_controller_with_another_output_than_the_recorded_is_refused(copied):
    run = open_sealed(copied)
    controller = build_controller(scenario_of_manifest(run.manifest, copied), run)
    del run.trace.columns["integral_state_x"]
    with pytest.raises(RunDirectoryError, match="no integral_state_x, which the controller has"):
        replay(run, controller)


def test_a_scenario_that_can_not_be_resolved_any_more_is_named(copied):
    run = open_sealed(copied)
    run.manifest["scenario"]["plant"]["kind"] = "zeppelin"
    with pytest.raises(ScenarioError, match=r"manifest\.json: plant\.kind: no plant 'zeppelin'"):
        scenario_of_manifest(run.manifest, copied)


def test_the_same_controller_from_another_file_deviates_nowhere(run_directory, edited):
    found = deviating(run_directory, edited())
    assert {one.largest for one in found.values()} == {0.0}
    assert "commanded_acceleration_x" in found
    assert "carried_memory_x" not in found


def test_another_controller_deviates_by_what_its_law_says(run_directory, edited):
    """In two seconds the error hardly moves and the memory stays empty: K_r and K_v are left."""
    found = deviating(run_directory, edited(("bandwidth: 0.02", "bandwidth: 0.04")))
    trace = RunDirectory.open(run_directory).trace
    error = trace.vector("measured_error_position")[0, 0]
    velocity = trace.vector("measured_error_velocity")[0, 0]
    apart = (0.04**2 - 0.02**2) * 0.1 * error + (0.04 - 0.02) * 0.6 * velocity
    for axis, size in zip("xyz", np.abs(apart), strict=True):
        assert found[f"unlimited_acceleration_{axis}"].largest == pytest.approx(size, rel=0.05)
        assert found[f"measured_error_position_{axis}"].largest == 0.0
    assert found["unlimited_acceleration_x"].vehicle == "iss"


def test_a_file_without_a_controller_is_refused_at_its_place(run_directory, tmp_path):
    (tmp_path / "none.yaml").write_text("format: 1\n")
    with pytest.raises(ScenarioError, match="controller"):
        deviating(run_directory, tmp_path / "none.yaml")


def test_a_misspelt_controller_is_refused_at_its_line(run_directory, edited):
    file = edited(("  bandwidth: 0.02", "  bandwith: 0.02"))
    with pytest.raises(ScenarioError, match=r"scenario\.yaml:\d+:3: controller\.bandwith"):
        deviating(run_directory, file)


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
