"""What a killed run left becomes a whole run directory; what is whole or foreign stays as it is."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import harness.conclude
import harness.recover
from harness.errors import ExitCode, RecorderError, RunDirectoryError
from harness.lock import held
from harness.recover import recover
from harness.run import run_scenario
from harness.trace.reader import RunDirectory

WHOLE = {"manifest.json", "trace.parquet", "timing.parquet", "events.jsonl", "verdict.json"}
WHOLE |= {"latency.json", "stability.json", "stability.parquet"}


@pytest.fixture(scope="module")
def flown(run_directory):
    """A run of 21 ticks that ended by itself."""
    return run_directory


@pytest.fixture
def killed(flown, tmp_path):
    """What the run would have left, killed after some of its ticks; batches of 5 ticks."""

    def leave(trace=15, timing=15, cut=0, lose=()):
        directory = tmp_path / "out"
        shutil.copytree(flown, directory)
        for name, rows in (("trace", trace), ("timing", timing)):
            parquet, journal = directory / f"{name}.parquet", directory / f"{name}.arrows"
            table = pq.read_table(parquet).slice(0, rows)
            with pa.ipc.new_stream(str(journal), table.schema) as stream:
                for start in range(0, rows, 5):
                    stream.write_table(table.slice(start, 5))
            parquet.unlink()
        if cut:
            journal = directory / "trace.arrows"
            journal.write_bytes(journal.read_bytes()[:-cut])
        manifest = json.loads((directory / "manifest.json").read_text())
        del manifest["trace"]
        (directory / "manifest.json").write_text(json.dumps(manifest))
        events = (directory / "events.jsonl").read_text().splitlines(keepends=True)
        (directory / "events.jsonl").write_text("".join(events[:-1]))
        (directory / "reserve.partial").write_bytes(b"\0" * 100)
        (directory / "manifest.partial").write_text("{")
        (directory / "verdict.json").unlink()
        for name in lose:
            (directory / name).unlink()
        return directory

    return leave


def contents(directory):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in directory.iterdir()}


def is_whole(directory, rows):
    run = RunDirectory.open(directory)
    assert {path.name for path in directory.iterdir()} == WHOLE
    assert run.trace.read("tick")["tick"][:, 0].tolist() == list(range(rows))
    assert run.timing()["tick"].tolist() == list(range(rows))
    assert run.manifest["trace"] == {
        "rows": rows,
        "sha512": run.trace.chain(),
        "recorder_waits": None,
        "recovered": True,
    }
    return run


def test_a_killed_run_is_sealed_judged_and_told_from_one_that_ended(killed):
    directory = killed()
    found = recover(directory)
    run = is_whole(directory, 15)
    assert found.rows == 15
    assert found.verdict.sentence == "The run was killed at 1.4 s."
    assert found.verdict.word == run.verdict()["verdict"] == "INTERRUPTED"
    judgements = {c["name"]: c["judgement"] for c in run.verdict()["criteria"]}
    assert set(judgements) == set(run.manifest["scenario"]["expect"])
    assert run.events()[-1] == {"t_ns": None, "event": "recovered", "rows": 15}


def test_rows_are_those_of_the_uninterrupted_run(killed, flown):
    directory = killed()
    recover(directory)
    found = pq.read_table(directory / "trace.parquet")
    assert found.schema.metadata == pq.read_schema(flown / "trace.parquet").metadata
    assert found.drop(["lipschitz_constant", "stability_margin"]).equals(
        pq.read_table(flown / "trace.parquet")
        .slice(0, 15)
        .drop(["lipschitz_constant", "stability_margin"])
    )


@pytest.mark.parametrize(("trace", "timing", "rows"), [(15, 10, 10), (10, 15, 10), (15, 0, 0)])
def test_trace_and_timing_are_cut_to_the_ticks_that_both_have(killed, trace, timing, rows):
    directory = killed(trace, timing)
    recover(directory)
    is_whole(directory, rows)


def test_a_batch_cut_in_the_middle_is_left_out(killed):
    directory = killed(cut=100)
    recover(directory)
    is_whole(directory, 10)


def test_killed_between_the_two_tables_keeps_both(killed, flown):
    directory = killed(21, 21, lose=["timing.arrows"])
    shutil.copy(flown / "timing.parquet", directory)
    recover(directory)
    is_whole(directory, 21)


def test_killed_before_the_first_tick_is_a_run_without_rows(killed):
    directory = killed(0, 0)
    assert recover(directory).verdict.sentence == "The run was killed before its first tick."
    is_whole(directory, 0)


def test_killed_before_the_recorder_was_up_is_a_run_without_rows(killed):
    directory = killed(0, 0, lose=["trace.arrows", "timing.arrows", "events.jsonl"])
    recover(directory)
    is_whole(directory, 0)


def test_killed_after_the_last_tick_is_judged_as_any_run(killed, flown):
    directory = killed(21, 21)
    verdict = recover(directory).verdict
    is_whole(directory, 21)
    assert json.loads(json.dumps(verdict.to_json())) == RunDirectory.open(flown).verdict()


@pytest.mark.parametrize(
    ("event", "word", "sentence"),
    [
        ("plant failed", "PLANT FAILED", "The run ended early: it broke."),
        ("recorder failed", "PLANT FAILED", "The run ended early: it broke."),
        ("interrupted", "INTERRUPTED", "The run was interrupted at 1.4 s."),
    ],
)
def test_what_ended_the_run_before_it_was_killed_is_told(killed, event, word, sentence):
    directory = killed()
    with (directory / "events.jsonl").open("a") as events:
        events.write(json.dumps({"t_ns": None, "event": event, "text": "it broke"}) + "\n")
    verdict = recover(directory).verdict
    assert (verdict.word, verdict.sentence) == (word, sentence)


def test_an_event_cut_in_the_middle_is_left_out(killed):
    directory = killed()
    with (directory / "events.jsonl").open("a") as events:
        events.write('{"t_ns": 12, "ev')
    recover(directory)
    assert [e["event"] for e in RunDirectory.open(directory).events()] == ["mode", "recovered"]


def test_a_whole_directory_is_not_touched(flown):
    before = contents(flown)
    found = recover(flown)
    assert (found.rows, found.verdict) == (21, None)
    assert contents(flown) == before


@pytest.mark.parametrize("step", ["make_tables", "sealed", "conclude", "remove_journals"])
def test_a_recovery_that_was_broken_off_can_be_made_again(killed, monkeypatch, step):
    directory = killed()

    def broken_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(harness.recover, step, broken_off)
        with pytest.raises(KeyboardInterrupt):
            recover(directory)
    recover(directory)
    is_whole(directory, 15)


def test_a_recovery_broken_off_between_the_tables_can_be_made_again(killed, monkeypatch):
    directory = killed(15, 10)
    compact = harness.journal.compact

    def first_only(journal, parquet, schema, rows):
        compact(journal, parquet, schema, rows)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(harness.journal, "compact", first_only)
        with pytest.raises(RecorderError, match="No space left on device; nothing is lost"):
            recover(directory)
    recover(directory)
    is_whole(directory, 10)


def test_two_vehicles_keep_whole_ticks(short, killed, flown, tmp_path):
    sets = ("plant.vehicles=[{name: one}, {name: two}]",)
    directory = run_scenario(short(sets=sets), tmp_path / "two").directory
    table = pq.read_table(directory / "trace.parquet")
    with pa.ipc.new_stream(str(directory / "trace.arrows"), table.schema) as stream:
        for start in range(0, 30, 6):
            stream.write_table(table.slice(start, 6))
    (directory / "trace.parquet").unlink()
    timing = pq.read_table(directory / "timing.parquet").slice(0, 12)
    with pa.ipc.new_stream(str(directory / "timing.arrows"), timing.schema) as stream:
        stream.write_table(timing)
    (directory / "timing.parquet").unlink()
    assert recover(directory).rows == 24


def test_a_directory_at_which_others_are_at_work_is_left_alone(killed):
    directory = killed()
    before = contents(directory)
    with held(directory), pytest.raises(RunDirectoryError, match="still being recorded") as refusal:
        recover(directory)
    assert refusal.value.exit_code is ExitCode.WRONG_INPUT
    assert contents(directory) == before


def test_a_run_under_way_can_not_be_recovered(hover, glider, tmp_path):
    refused = []

    def recovery():
        with pytest.raises(RunDirectoryError, match="still being recorded") as refusal:
            recover(tmp_path / "out")
        refused.append(refusal)

    glider.at_tick = recovery
    assert run_scenario(hover(plant="calls_at_tick: 5"), tmp_path / "out").verdict.word == "PASSED"
    assert len(refused) == 1


@pytest.mark.parametrize("name", ["trace.parquet", "timing.parquet"])
def test_a_table_lost_after_the_run_is_not_made_up(flown, tmp_path, name):
    shutil.copytree(flown, tmp_path / "out")
    (tmp_path / "out" / name).unlink()
    before = contents(tmp_path / "out")
    with pytest.raises(RunDirectoryError, match=name):
        recover(tmp_path / "out")
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "has no manifest.json: no run was begun there"),
        ("[]", "manifest.json is not a mapping"),
        ('{"format": 99}', "format 99; this reads 1"),
        ('{"format": 1}', "can't be recovered: 'scenario'"),
        ('{"format": 1, "scenario": {}}', "can't be recovered: "),
    ],
)
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path, content, message):
    (tmp_path / "note.txt").write_text("mine")
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    before = contents(tmp_path)
    with pytest.raises(RunDirectoryError, match=message) as refusal:
        recover(tmp_path)
    assert refusal.value.exit_code is ExitCode.WRONG_INPUT
    assert contents(tmp_path) == before


def test_a_table_that_is_no_parquet_is_named(killed):
    directory = killed()
    (directory / "trace.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(RunDirectoryError, match="can't be recovered: ") as refusal:
        recover(directory)
    assert refusal.value.exit_code is ExitCode.WRONG_INPUT
    assert (directory / "trace.arrows").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match="nowhere: is no folder"):
        recover(tmp_path / "nowhere")
