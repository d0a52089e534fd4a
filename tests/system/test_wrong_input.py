"""Wrong input ends with 2 and one line a problem, before anything is started or written."""

import shutil
from pathlib import Path

import pytest

from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve


@pytest.fixture
def refused(motorhand, tmp_path):
    """Runs a command that must refuse its input; returns what it said."""

    def of(*words):
        before = sorted(tmp_path.rglob("*"))
        done = motorhand(*words)
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert sorted(tmp_path.rglob("*")) == before
        return done.stderr.splitlines()

    return of


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_bad_scenario_is_told_by_line_and_column(refused, write, command):
    path = write(("mass_kg: 420000", "mas_kg: 420000"))
    told = refused(command, path)
    assert f"error: {path}:15:3: plant.mas_kg: unknown key; did you mean 'mass_kg'?" in told
    assert all(line.startswith(f"error: {path}:") for line in told)


def test_of_several_files_all_problems_are_told_and_none_is_run(refused, write, short):
    first = write(("seed: 1", "seed: -1"), name="first.yaml")
    second = write(("rate_hz: 10", "rate_hz: 0"), name="second.yaml")
    told = refused("run", first, short, second, "--out", "o")
    assert [line.split(":")[1].strip() for line in told] == [str(first), str(second)]


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_missing_file_is_told(refused, command):
    assert refused(command, "none.yaml") == ["error: none.yaml: no such file"]


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_folder_is_told(refused, tmp_path, command):
    (tmp_path / "folder").mkdir()
    assert refused(command, "folder") == ["error: folder: is a folder; name a scenario file"]


def test_an_override_is_told_by_its_text(refused, short):
    assert refused("run", short, "--set", "rate_hz=ten") == [
        "error: --set rate_hz=ten: rate_hz: found 'ten'; expected a valid number"
    ]


def test_a_negative_seed_is_told(refused, short):
    assert any("--seed" in line for line in refused("run", short, "--seed", "-1"))


def test_an_existing_run_directory_is_never_overwritten(refused, short, tmp_path):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "mine").write_text("kept")
    assert refused("run", short, "--out", "o") == [
        "error: o exists; a run never overwrites one: name another, or remove it"
    ]


def test_two_files_of_one_name_are_told(refused, short, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(short, other / short.name)
    assert refused("run", short, other / short.name, "--out", "o") == [
        "error: two runs would go to o/flight: rename one scenario"
    ]


def test_a_run_directory_that_can_not_be_made_is_told(refused, short):
    (line,) = refused("run", short, "--out", f"{short}/inside")
    assert line.startswith("error: ")
    assert "can't be made" in line


@pytest.mark.parametrize("words", [["fly"], ["run"], ["run", "--speed", "3"], ["report"]])
def test_a_command_that_is_none_is_told(refused, words):
    assert any("Usage:" in line for line in refused(*words))


def test_a_folder_that_is_no_run_has_no_report(refused, tmp_path):
    (tmp_path / "o").mkdir()
    assert refused("report", "o") == ["error: o: has no manifest.json"]
    assert refused("report", "nowhere") == ["error: nowhere: is no folder"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    sets = ["duration_s=0.1", "expect.settled_on_the_slot.after_s=0"]
    scenario = load_scenario(resolve(Path("iss_slot")), sets)
    return run_scenario(scenario, folder / "out").directory


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("manifest.json", None, "has no manifest.json"),
        ("manifest.json", b'{"format": 99}', "manifest.json has format 99; this reads 1"),
        ("manifest.json", b"{", "manifest.json can't be read"),
        ("trace.parquet", None, "has no trace.parquet"),
        ("trace.parquet", b"PAR1", "trace.parquet can't be read"),
        ("verdict.json", None, "has no verdict.json"),
        ("timing.parquet", None, "timing.parquet"),
        ("timing.parquet", b"PAR1", "timing.parquet"),
        ("events.jsonl", None, "events.jsonl"),
        ("events.jsonl", b"{", "events.jsonl"),
    ],
)
def test_a_damaged_run_directory_is_told_by_what_is_wrong(
    refused, whole, tmp_path, name, content, message
):
    shutil.copytree(whole, tmp_path / "o")
    (tmp_path / "o" / name).unlink()
    if content is not None:
        (tmp_path / "o" / name).write_bytes(content)
    (line,) = refused("report", "o")
    assert line.startswith("error: o: ")
    assert message in line


def test_a_trace_cut_in_half_is_told(refused, whole, tmp_path):
    shutil.copytree(whole, tmp_path / "o")
    trace = tmp_path / "o" / "trace.parquet"
    trace.write_bytes(trace.read_bytes()[:1000])
    (line,) = refused("report", "o")
    assert line.startswith("error: o: trace.parquet can't be read: ")
