"""What ``motorhand replay`` says and ends with."""

import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.cli.replay import compare_controller, replay_directory
from harness.errors import ExitCode
from harness.trace.reader import RunDirectory


@pytest.fixture
def copied(run_directory, tmp_path):
    return shutil.copytree(run_directory, tmp_path / "copy")


@pytest.fixture
def flipped(copied):
    """A run whose trace says otherwise in the last bit of one value, sealed as if it were so."""
    path = copied / "trace.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("commanded_acceleration_z")
    values = table.column(at).to_numpy().copy()
    values.view(np.int64)[5] ^= 1
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values)), path)
    sha512 = RunDirectory.open(copied).trace.chain()
    edit(copied, lambda manifest: manifest["trace"].update(sha512=sha512))
    return copied, float(values[5])


def edit(directory, change):
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_replay_without_a_difference_is_one_line(run_directory, capsys):
    assert replay_directory(run_directory) is ExitCode.PASSED
    (line,) = capsys.readouterr().out.splitlines()
    found = line.removeprefix(f"{run_directory}: replayed bit for bit: ")
    assert re.fullmatch(r"21 ticks, 1 vehicle, 630 values compared, [\d,]+ ticks/s", found)


def test_a_difference_is_told_with_place_and_both_values(flipped, capsys):
    directory, recorded = flipped
    assert replay_directory(directory) is ExitCode.FAILED
    head, where, then, now, pinned = capsys.readouterr().out.splitlines()[:5]
    assert head.startswith(f"{directory}: ")
    assert " values came out otherwise: 21 ticks, 1 vehicle, 630 values compared, " in head
    assert where == "first at tick 5 (0.5 s), iss, commanded_acceleration_z:"
    bits = np.float64(recorded).view(np.uint64)
    assert then == f"  recorded {recorded.hex()} (bits {bits:016x}) = {recorded!r} m/s^2"
    right = (bits ^ np.uint64(1)).view(np.float64).item()
    assert now == f"  now      {right.hex()} (bits {bits ^ np.uint64(1):016x}) = {right!r} m/s^2"
    assert pinned == "versions, flags, processor, scenario and code are those of the run"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda m: m["packages"].update(jaxlib="0.0.1"), r"jaxlib: 0\.0\.1 then, [\d.]+ now"),
        (lambda m: m["packages"].update(jax=None), r"jax: unknown then, [\d.]+ now"),
        (lambda m: m["machine"].update(xla_flags="--x"), r"xla_flags: --x then, none now"),
        (lambda m: m["machine"].update(cpu="Z80"), r"cpu: Z80 then, .* now"),
        (
            lambda m: m.update(code={"commit": "abc", "altered": False}),
            r"code commit: abc then, (unknown|[0-9a-f]{40}) now",
        ),
        (lambda m: m["plant"].update(frame="teme"), "plant frame: teme then, gcrf now"),
    ],
)
def test_what_was_pinned_otherwise_is_listed_beside_a_difference(flipped, capsys, change, line):
    directory, _ = flipped
    edit(directory, change)
    assert replay_directory(directory) is ExitCode.FAILED
    told = capsys.readouterr().out.splitlines()
    listed = told[told.index("otherwise than in the run:") + 1 :]
    assert any(re.fullmatch(f"  {line}", one) for one in listed), listed


def test_another_controller_is_told_a_column_a_line(run_directory, edited, capsys):
    file = edited(("bandwidth: 0.02", "bandwidth: 0.04"))
    assert compare_controller(run_directory, file) is ExitCode.PASSED
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == (
        f"{run_directory}: the controller of {file} on the recorded measurements, at most apart"
    )
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert re.fullmatch(r"[\d.e-]+ m/s\^2  at [\d.]+ s, iss", told["commanded_acceleration_x"])
    assert told["measured_error_position_x"] == "0 m  never"
