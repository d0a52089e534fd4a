"""A run directory is read whole, or refused by what it lacks."""

import json
import shutil

import numpy as np
import pytest

from harness.trace.reader import NotARunDirectoryError, RunDirectory


def test_a_column_is_ticks_by_vehicles(written_trace):
    trace = written_trace(("one", "two"), depth=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_array_equal(trace.read("depth")["depth"], [[1, 2], [3, 4], [5, 6]])
    assert trace.read("t_ns")["t_ns"][:, 0].tolist() == [0, 10**9, 2 * 10**9]


def test_a_category_is_read_by_its_codes(written_trace):
    trace = written_trace(("one", "two"), depth=[[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(trace.read("vehicle")["vehicle"], [[0, 1], [0, 1]])


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 64, 65])
def test_booleans_are_read_bit_by_bit(written_trace, rows):
    flags = np.random.default_rng(rows).integers(0, 2, rows).astype(bool)
    trace = written_trace(limited=flags)
    np.testing.assert_array_equal(trace.read("limited")["limited"][:, 0], flags)


def test_doubles_come_back_bit_for_bit(written_trace):
    values = np.array([0.0, -0.0, np.nan, np.inf, 5e-324, 1 / 3])
    assert written_trace(depth=values).read("depth")["depth"].tobytes() == values.tobytes()


def test_a_vector_is_its_three_components(written_trace):
    trace = written_trace(gap_x=[1.0], gap_y=[2.0], gap_z=[3.0])
    np.testing.assert_array_equal(trace.vector("gap"), [[[1.0, 2.0, 3.0]]])


def test_a_column_that_is_not_there_is_no_column(written_trace):
    with pytest.raises(KeyError):
        written_trace(depth=[1.0]).read("height")


def test_a_trace_without_rows_is_read_as_such(written_trace):
    assert written_trace(depth=np.empty((0, 1))).read("depth")["depth"].shape == (0, 1)


def test_the_chain_computed_anew_is_the_recorded_one(run_directory):
    run = RunDirectory.open(run_directory)
    assert run.trace.chain() == run.manifest["trace"]["sha512"]


def test_timing_has_a_row_a_tick_in_order(run_directory):
    timing = RunDirectory.open(run_directory).timing()
    assert timing["tick"].tolist() == list(range(21))
    stamps = [
        timing[n] for n in ("received_ns", "controller_in_ns", "controller_out_ns", "sent_ns")
    ]
    flat = np.stack(stamps, axis=1).ravel()
    assert (np.diff(flat[:-1]) >= 0).all()
    assert flat[-1] == 0  # no command after the last observation


def test_events_are_read_in_order(run_directory):
    events = RunDirectory.open(run_directory).events()
    assert [event["event"] for event in events] == ["mode", "end"]
    assert events[0] == {"t_ns": 0, "event": "mode", "mode": "STATION-KEEP"}


def spoil(run_directory, tmp_path):
    copy = tmp_path / "spoilt"
    shutil.copytree(run_directory, copy)
    return copy


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("manifest.json", None, "has no manifest.json"),
        ("manifest.json", b"{", "manifest.json can't be read: "),
        ("manifest.json", b"\xff", "manifest.json can't be read: "),
        ("manifest.json", b"[]", "manifest.json is not a mapping"),
        ("manifest.json", b"{}", "manifest.json has format None; this reads 1"),
        ("manifest.json", b'{"format": 2}', "manifest.json has format 2; this reads 1"),
        ("manifest.json", b'{"format": 1}', "manifest.json lists no columns"),
        ("trace.parquet", None, "has no trace.parquet"),
        ("trace.parquet", b"", "trace.parquet can't be read: "),
        ("trace.parquet", b"PAR1 and no more", "trace.parquet can't be read: "),
    ],
)
def test_a_folder_that_is_no_run_is_refused_by_what_it_lacks(
    run_directory, tmp_path, name, content, message
):
    folder = spoil(run_directory, tmp_path)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(NotARunDirectoryError) as refusal:
        RunDirectory.open(folder)
    assert str(refusal.value).startswith(message)


def test_a_trace_cut_short_is_refused(run_directory, tmp_path):
    folder = spoil(run_directory, tmp_path)
    whole = (folder / "trace.parquet").read_bytes()
    (folder / "trace.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NotARunDirectoryError, match=r"trace\.parquet can't be read"):
        RunDirectory.open(folder)


def test_a_trace_that_lacks_a_listed_column_is_refused(run_directory, tmp_path):
    folder = spoil(run_directory, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["columns"].append({**manifest["columns"][-1], "name": "altitude"})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(NotARunDirectoryError, match="lacks the column altitude"):
        RunDirectory.open(folder)


@pytest.mark.parametrize("listed", [3, [3], [{"name": "x"}], [{"nom": "x"}]])
def test_columns_listed_wrongly_are_refused(run_directory, tmp_path, listed):
    folder = spoil(run_directory, tmp_path)
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "columns": listed}))
    with pytest.raises(NotARunDirectoryError):
        RunDirectory.open(folder)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("verdict.json", RunDirectory.verdict),
        ("timing.parquet", RunDirectory.timing),
        ("events.jsonl", RunDirectory.events),
    ],
)
@pytest.mark.parametrize("content", [None, b"\xff{"])
def test_a_part_that_is_gone_or_damaged_is_refused_by_name(
    run_directory, tmp_path, name, read, content
):
    folder = spoil(run_directory, tmp_path)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(NotARunDirectoryError, match=name):
        read(RunDirectory.open(folder))


def test_a_trace_is_a_data_frame_for_whoever_wants_one(written_trace):
    trace = written_trace(("one", "two"), depth=[[1.0, 2.0], [3.0, 4.0]])
    frame = trace.to_pandas()
    assert list(frame.columns) == ["t_ns", "vehicle", "depth"]
    assert frame["vehicle"].tolist() == ["one", "two", "one", "two"]
    assert frame["depth"].tolist() == [1.0, 2.0, 3.0, 4.0]
