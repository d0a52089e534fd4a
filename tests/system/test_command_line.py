"""What each command does, says and ends with."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.scenario.shipped import shipped_folder, shipped_scenarios
from harness.trace.reader import RunDirectory


def manifest(directory):
    return json.loads((directory / "manifest.json").read_text(encoding="utf-8"))


def test_a_run_goes_where_it_is_told(motorhand, short, tmp_path):
    done = motorhand("run", short, "--out", "there/now")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "PASSED: flight: All 3 criteria hold.",
        "report: there/now/report.html",
    ]
    assert manifest(tmp_path / "there" / "now")["stem"] == "flight"


def test_a_run_without_a_place_goes_to_runs_with_its_name_and_moment(motorhand, short, tmp_path):
    done = motorhand("run", short)
    assert done.returncode == 0
    report = done.stdout.splitlines()[-1].removeprefix("report: ")
    assert re.fullmatch(r"runs/flight-\d{8}T\d{6}\.\d{6}Z/report\.html", report)
    assert (tmp_path / report).is_file()


def test_several_files_go_into_one_folder_and_the_gravest_end_counts(
    motorhand, write, short, tmp_path
):
    write(
        ("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"), name="lost.yaml"
    )
    done = motorhand("run", "lost.yaml", short, "--out", "both")
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "FAILED",
        "report",
        "PASSED",
        "report",
    ]
    for stem in ("lost", "flight"):
        assert manifest(tmp_path / "both" / stem)["stem"] == stem


def test_seed_and_overrides_are_in_the_manifest(motorhand, short, tmp_path):
    done = motorhand(
        "run", short, "--out", "o", "--seed", "7", "--set", "plant.mass_kg=4e5", "--set", "name=x"
    )
    assert done.returncode == 0
    found = manifest(tmp_path / "o")
    assert found["seed"] == found["scenario"]["seed"] == 7
    assert found["scenario"]["plant"]["mass_kg"] == 4e5
    assert found["scenario"]["name"] == "x"


def test_warnings_are_told_before_the_run(motorhand, short):
    done = motorhand("run", short, "--out", "o", "--set", "plant.offset_rtn_m=[0, -1e5, 0]")
    assert done.returncode == 1
    assert done.stderr.startswith("flight: warning: iss: the first command asks for ")


def test_progress_is_plain_lines_where_nobody_watches(motorhand, short):
    done = motorhand("run", short, "--out", "o")
    assert re.fullmatch(r"flight: 100 % [\d,]+ ticks/s \([\d,]+ x real time\)\n", done.stderr)
    assert "\x1b" not in done.stdout + done.stderr


def test_validate_says_what_would_be_run(motorhand, short, tmp_path):
    done = motorhand("validate", short, "iss_slot")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{short}: valid (20 ticks at 10 Hz)",
        "iss_slot: valid (55740 ticks at 10 Hz)",
    ]
    assert list(tmp_path.iterdir()) == [short]


def test_validate_tells_warnings(motorhand, short):
    done = motorhand("validate", short, "--set", "plant.offset_rtn_m=[0, -1e5, 0]")
    assert done.returncode == 0
    assert f"{short}: warning: iss: the first command asks for " in done.stdout


@pytest.fixture
def family(write):
    """Two scenarios of two seconds, one of which passes."""
    matrix = (
        "seed: 1\n",
        "matrix:\n  expect.settled_on_the_slot.at_most: {lenient: 100, strict: 1}\n",
    )
    cut = ("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1")
    return write(*cut, ("at_most: 0.001", "at_most: 1"), matrix)


def test_every_cell_of_a_matrix_is_run_into_a_folder_of_its_own(motorhand, family, tmp_path):
    done = motorhand("run", family, "--out", "o")
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if not line.startswith("report")] == [
        "PASSED: flight[at_most=lenient]: All 3 criteria hold.",
        "FAILED: flight[at_most=strict]: 1 of 3 criteria do not hold. settled_on_the_slot: "
        "max norm(error_position) is 100 m, at most 1 allowed.",
    ]
    for cell, limit in (("at_most=lenient", 100.0), ("at_most=strict", 1.0)):
        found = manifest(tmp_path / "o" / f"flight-{cell}")
        assert (found["stem"], found["cell"]) == (f"flight[{cell}]", cell)
        assert found["scenario"]["expect"]["settled_on_the_slot"]["at_most"] == limit
        assert not {"matrix", "include"} & set(found["scenario"])


def test_one_cell_can_be_run_alone_and_replayed(motorhand, family, tmp_path):
    done = motorhand("run", family, "--out", "o", "--cell", "at_most=lenient")
    assert done.returncode == 0, done.stderr
    assert manifest(tmp_path / "o")["cell"] == "at_most=lenient"
    assert motorhand("replay", "o").returncode == 0


def test_validate_checks_every_cell(motorhand, family):
    done = motorhand("validate", family)
    assert done.stdout.splitlines() == [
        f"{family}[at_most=lenient]: valid (20 ticks at 10 Hz)",
        f"{family}[at_most=strict]: valid (20 ticks at 10 Hz)",
    ]


def test_explain_prints_a_scenario_that_can_be_run(motorhand, family, tmp_path):
    done = motorhand("explain", family, "--cell", "at_most=lenient", "--set", "name=again")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    (tmp_path / "again.yaml").write_text(done.stdout, encoding="utf-8")
    done = motorhand("run", "again.yaml", "--out", "o")
    assert done.returncode == 0, done.stderr
    assert manifest(tmp_path / "o")["scenario"]["name"] == "again"


def test_a_known_failure_is_told_in_the_report_and_fails_all_the_same(motorhand, family, tmp_path):
    words = ("--cell", "at_most=strict", "--set", "known_failure=the drag & drop is not modelled")
    done = motorhand("run", family, "--out", "o", *words)
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED: ")
    page = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    head = page.partition("</header>")[0]
    assert "known failure: the drag &amp; drop is not modelled" in head


def test_list_names_what_is_shipped(motorhand):
    done = motorhand("list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == sorted(
        path.stem for path in shipped_scenarios()
    )
    assert "ISS held on its J2 slot (orbit, 5574 s)" in done.stdout


def test_schema_prints_what_is_shipped(motorhand):
    done = motorhand("schema")
    assert done.returncode == 0
    shipped = (shipped_folder() / "scenario.schema.json").read_text(encoding="utf-8")
    assert json.loads(done.stdout) == json.loads(shipped)


def test_a_report_can_be_made_anew(motorhand, short, tmp_path):
    motorhand("run", short, "--out", "o")
    (tmp_path / "o" / "report.html").unlink()
    done = motorhand("report", "o")
    assert (done.returncode, done.stdout) == (0, "o/report.html\n")
    assert "<strong>PASSED</strong>" in (tmp_path / "o" / "report.html").read_text()


def test_a_run_is_replayed_bit_for_bit_in_another_process(motorhand, short):
    motorhand("run", short, "--out", "o")
    done = motorhand("replay", "o")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("o: replayed bit for bit: 21 ticks, 1 vehicle, ")
    done = motorhand("replay", "o", "--controller", "iss_slot")
    assert done.returncode == 0
    assert "commanded_acceleration_x   0 m/s^2  never\n" in done.stdout
    done = motorhand("replay", "elsewhere")
    assert (done.returncode, done.stderr) == (2, "error: elsewhere: is no folder\n")


def test_arithmetic_of_another_kind_is_noticed_and_named(motorhand, short):
    motorhand("run", short, "--out", "o")
    done = motorhand("replay", "o", env={"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"})
    assert done.returncode == 1
    assert "first at tick " in done.stdout
    assert "  xla_flags: none then, --xla_cpu_enable_fast_math=true now\n" in done.stdout


def test_a_trace_can_be_read_by_anything_that_reads_parquet(motorhand, short, tmp_path):
    motorhand("run", short, "--out", "o")
    table = pq.read_table(tmp_path / "o" / "trace.parquet").to_pandas()
    assert len(table) == 21
    assert list(table["vehicle"].unique()) == ["iss"]
    assert set(table["control_mode"]) == {"STATION-KEEP"}


def test_a_run_works_from_a_folder_that_holds_nothing(motorhand, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    sets = [
        "duration_s=0.1",
        "expect={near: {signal: norm(error_position), at_most: 101, unit: m}}",
    ]
    words = [word for one in sets for word in ("--set", one)]
    done = motorhand("run", "iss_slot", "--out", "o", *words, cwd=empty)
    assert done.returncode == 0, done.stderr
    assert RunDirectory.open(empty / "o").trace.read("tick")["tick"].shape == (2, 1)


def test_a_home_that_can_not_be_written_does_no_harm(motorhand, short):
    done = motorhand(
        "run", short, "--out", "o", env={"XDG_CACHE_HOME": "/proc/nowhere", "HOME": "/proc/nowhere"}
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [[], ["run"], ["report"], ["recover"], ["replay"]])
def test_help_loads_neither_jax_nor_a_plant(words):
    code = (
        "import sys\n"
        f"sys.argv = ['motorhand', *{words!r}, '--help']\n"
        "from harness.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    heavy = ('jax', 'jaxlib', 'pybullet', 'numpy', 'pandas', 'matplotlib', 'pyarrow')\n"
        "    print(end.code, [m for m in heavy if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert "Usage: motorhand" in done.stdout


def test_the_installed_command_is_this_one():
    command = Path(sys.executable).with_name("motorhand")
    assert os.stat(command).st_mode & stat.S_IXUSR
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    for word in ("run", "validate", "list", "schema", "report", "recover", "replay"):
        assert word in done.stdout


def test_no_command_at_all_shows_help(motorhand):
    done = motorhand()
    assert "Usage:" in done.stdout + done.stderr
    assert done.returncode == 2


def test_runs_are_held_against_a_base_with_a_page_and_an_exit_code(motorhand, short, tmp_path):
    assert motorhand("run", short, "--out", "base").returncode == 0
    stricter = ("--set", "expect.settled_on_the_slot.at_most=0.001")
    assert motorhand("run", short, "--out", "worse", *stricter).returncode == 1
    same = motorhand("compare", "base", "base")
    assert same.returncode == 0
    assert same.stdout.splitlines() == [
        "AS GOOD: base: Every signal is the same to the last bit.",
        "comparison: comparison.html",
    ]
    worse = motorhand("compare", "base", "worse", "--out", "page.html")
    assert worse.returncode == 1
    assert "REGRESSED: worse: Held in the base and no longer: settled_on_the_slot." in worse.stdout
    assert (tmp_path / "page.html").is_file()


def test_what_is_no_run_can_not_be_compared(motorhand, short, tmp_path):
    assert motorhand("run", short, "--out", "base").returncode == 0
    (tmp_path / "empty").mkdir()
    done = motorhand("compare", "base", "empty")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: empty: has no manifest.json"]
    assert not (tmp_path / "comparison.html").exists()
