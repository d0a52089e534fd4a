"""An autopilot's process: its folder, its end, and what is told of its death."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sims.mavlink.locate import Installation, container
from sims.mavlink.sitl import AutopilotDiedError, Process
from sims.plant import PlantError

pytestmark = pytest.mark.alone


def program(text: str) -> Installation:
    return Installation("standin", (sys.executable, "-u", "-c", text), "a program")


WAITS = "import sys, time; print('up', sys.argv[1:], flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS


@pytest.fixture
def start(tmp_path):
    begun = []

    def begin(text: str, **environment: str) -> Process:
        begun.append(Process(program(text), 3, tmp_path / "px4", environment))
        return begun[-1]

    yield begin
    for process in begun:
        process.end()


def console(process: Process, wanted: str) -> str:
    until = time.monotonic() + 20.0
    while wanted not in (text := (process.folder / "console.log").read_text()):
        assert time.monotonic() < until, text
    return text


def check_until_dead(process: Process) -> None:
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        process.check()


def test_it_is_told_its_instance_and_runs_in_its_folder(start):
    process = start("import os, sys; print(os.getcwd(), sys.argv[1:], sys.stdin.read() == '')")
    assert f"{process.folder} ['-i', '3'] True" in console(process, "True")


def test_what_the_caller_has_set_for_another_px4_does_not_reach_it(start, monkeypatch):
    monkeypatch.setenv("PX4_SIM_SPEED_FACTOR", "9")
    process = start("import os; print({k for k in os.environ if 'PX4' in k}, 'end')", PX4_X="1")
    assert "{'PX4_X'} end" in console(process, "end")


def test_one_that_dies_is_told_of_with_its_last_words(start):
    process = start("print('ERROR [init] no such airframe'); raise SystemExit(7)")
    with pytest.raises(AutopilotDiedError) as told:
        check_until_dead(process)
    assert "ended with code 7" in str(told.value)
    assert "ERROR [init] no such airframe" in str(told.value)


def test_one_that_is_killed_is_told_of_by_its_signal(start):
    process = start(WAITS)
    console(process, "up")
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(AutopilotDiedError, match="ended by signal 9"):
        check_until_dead(process)


@pytest.mark.parametrize("text", [WAITS, STUBBORN])
def test_it_is_ended_with_all_that_it_started(start, text):
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; "
    child += "time.sleep(60)']); "
    process = start(child + text)
    console(process, "up")
    (below,) = psutil.Process(process.pid).children()
    process.end()
    process.end()
    assert not psutil.pid_exists(process.pid)
    psutil.wait_procs([below], timeout=10)
    assert not below.is_running() or below.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("until_up", [False, True], ids=["at once", "once it runs"])
def test_it_does_not_outlive_a_harness_that_is_killed(tmp_path, until_up):
    script = f"""
import time
from pathlib import Path
from sims.mavlink.locate import Installation, container
from sims.mavlink.sitl import Process
program = Installation("real", {program(STUBBORN).command!r}, "a program")
made = Process(program, 0, Path("px4"), {{}})
while {until_up} and "up" not in (made.folder / "console.log").read_text():
    time.sleep(0.01)
print(made.pid, flush=True)
time.sleep(60)
"""
    repository = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": repository},
        stdout=subprocess.PIPE,
        text=True,
    ) as harness:
        assert harness.stdout is not None
        pid = int(harness.stdout.readline())
        assert psutil.pid_exists(pid)
        harness.kill()
    until = time.monotonic() + 10.0
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until


@pytest.mark.parametrize("server", ["real", "standin"])
def test_one_in_lockstep_has_a_core_to_itself_and_we_keep_ours(tmp_path, server):
    ours = os.sched_getaffinity(0)
    shows = "import os; print(sorted(os.sched_getaffinity(0)), 'end')"
    installation = Installation(server, (sys.executable, "-u", "-c", shows), "a program")
    cores = set()
    for instance in range(2):
        folder = tmp_path / str(instance)
        process = Process(installation, instance, folder, {}, on_one_core=True)
        cores.add(console(process, "end").strip())
        process.end()
    if server == "real":
        assert len(cores) == min(2, len(ours))
        assert cores <= {f"[{core}] end" for core in ours}
    else:
        assert cores == {f"{sorted(ours)} end"}
    assert os.sched_getaffinity(0) == ours


@pytest.mark.parametrize("refused", [1, 2])
def test_a_system_that_binds_nothing_to_a_core_starts_it_all_the_same(
    tmp_path, monkeypatch, refused
):
    ours, calls = os.sched_getaffinity(0), []

    def bind(pid: int, cores: set[int]) -> None:
        calls.append(cores)
        if len(calls) == refused:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", bind)
    installation = Installation("real", (sys.executable, "-c", "print('end')"), "a program")
    process = Process(installation, 0, tmp_path / "px4", {}, on_one_core=True)
    console(process, "end")
    process.end()
    assert len(calls) == (0 if len(ours) == 1 else 2)


def test_what_it_leaves_that_nobody_reads_is_removed_and_its_logs_are_kept(start):
    process = start(
        "import pathlib; pathlib.Path('dataman').write_text('x'); "
        "log = pathlib.Path('log/2026-01-01'); log.mkdir(parents=True); "
        "(log / '00_00_00.ulg').write_text('x'); print('end')"
    )
    console(process, "end")
    process.end()
    assert sorted(p.name for p in process.folder.iterdir()) == ["console.log", "log"]
    assert [log.name for log in process.logs()] == ["00_00_00.ulg"]


def test_one_that_can_not_be_started_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    missing = Installation("standin", (str(tmp_path / "px4"),), "px4 of the test")
    with pytest.raises(PlantError, match=r"px4 of the test can't be started: .*No such file"):
        Process(missing, 0, tmp_path / "folder", {})


ENGINE = f"""#!{sys.executable}
import os, sys, time
with open(os.environ["CALLS"], "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
print(sys.argv[1:], flush=True)
if sys.argv[1] == "run":
    time.sleep(60)
"""


def test_a_container_gets_folder_and_environment_and_is_ended_by_its_name(tmp_path, monkeypatch):
    engine = tmp_path / "docker"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    command = (str(engine), "run", "--rm", "px4io/px4-sitl")
    folder = tmp_path / "plant"
    process = Process(container(command), 2, folder, {"PX4_SIM_MODEL": "none_iris"})
    console(process, "px4-sitl")
    process.end()
    run, kill = (tmp_path / "calls").read_text().splitlines()
    name = f"motorhand-px4-2-{os.getpid()}"
    assert run.split() == [
        *("run", f"--name={name}", f"--volume={folder}:{folder}", f"--workdir={folder}"),
        *("--env=PX4_SIM_MODEL", "--rm", "px4io/px4-sitl", "-i", "2", "-d"),
    ]
    assert kill == f"kill {name}"


def test_parameters_that_it_does_not_have_are_told_by_name(start):
    process = start("print('ERROR [param] Parameter MPC_XY_VEL_MAXX not found.')")
    console(process, "MAXX")
    process.check_parameters(["MPC_XY_VEL_MAX"])
    with pytest.raises(PlantError, match="no parameter MPC_XY_VEL_MAXX"):
        process.check_parameters(["MPC_THR_HOVER", "MPC_XY_VEL_MAXX"])
