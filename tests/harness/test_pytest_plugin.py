"""``pytest scenarios/``: scenarios are tests, and say in a few lines why they failed."""

import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from harness.machine import keep_compiled_code
from reports.page import write_report

pytest_plugins = ["pytester"]

FORMULA = '  close: {formula: "always (norm(error_position) <= 0.5 m)", requirement: REQ-7}\n'
KNOWN = "known_failure: the glider is not trimmed\n"
IDLE = "  - {at_s: 1, mode: IDLE}"
UNDEFINED = "  never: {signal: lipschitz_constant, at_most: 1, unit: 1/s, after_s: 1.5}\n"


@pytest.fixture(scope="module", autouse=True)
def _loaded(run_directory, tmp_path_factory):
    """What a run loads: after each session, pytester forgets the modules that came with it."""
    keep_compiled_code()  # where it is kept anyway, and not in the home that pytester makes up
    copy = tmp_path_factory.mktemp("loaded") / "run"
    shutil.copytree(run_directory, copy)
    write_report(copy)


@pytest.fixture
def run(pytester):
    """Runs pytest in this process, with run directories in ``out``."""
    return lambda *words: pytester.runpytest_inprocess("--motorhand-out=out", *words)


def collected(result):
    return [line for line in result.outlines if "::" in line]


def verdict_free(text):
    """That a text is for the author of a scenario, not for those of the harness."""
    return not any(word in text for word in ("Traceback", ".py:", "Error:", "def "))


def test_a_file_is_one_test_and_so_is_each_cell(write_hover, run):
    write_hover("one.yaml")
    write_hover("sub/many.yml", "matrix: {seed: [1, 2], duration_s: [1, 2]}\n")
    result = run("--collect-only", "-q")
    assert collected(result) == [
        "one.yaml::one",
        "sub/many.yml::many[seed=1,duration_s=1]",
        "sub/many.yml::many[seed=1,duration_s=2]",
        "sub/many.yml::many[seed=2,duration_s=1]",
        "sub/many.yml::many[seed=2,duration_s=2]",
    ]


def test_a_cell_can_be_named(write_hover, run):
    write_hover("many.yaml", "matrix: {seed: [1, 2]}\n")
    result = run("--collect-only", "-q", "many.yaml::many[seed=2]")
    assert collected(result) == ["many.yaml::many[seed=2]"]


def test_what_is_no_scenario_is_left_alone(pytester, write_hover, run):
    whole = write_hover("whole.yaml").read_text()
    pytester.path.joinpath("whole.yaml").unlink()
    head, rest = whole.split("rate_hz: 10\n")
    pytester.path.joinpath("main.yaml").write_text(f"{head}include: part.yaml\nrate_hz: 10\n")
    pytester.path.joinpath("part.yaml").write_text(rest)
    pytester.path.joinpath("compose.yml").write_text("services: [")
    assert collected(run("--collect-only", "-q")) == ["main.yaml::main"]


def test_a_scenario_that_is_wrong_is_told_as_the_command_line_tells_it(write_hover, run):
    write_hover("bad.yaml", "mode: 3\n")
    path = write_hover("worse.yaml")
    path.write_text(path.read_text().replace("rate_hz: 10", "rate_hz: ["))
    result = run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "bad.yaml:13:1: mode: unknown key; did you mean 'modes'?",
            "*ERROR collecting worse.yaml*",
            "worse.yaml:6:1: not YAML: *",
        ]
    )
    assert verdict_free(result.stdout.str())


def test_a_formula_that_is_wrong_is_pointed_at(write_hover, run):
    write_hover("bad.yaml", '  far: "always (norm(error_positon) < 1)"\n')
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["bad.yaml:13:3: expect.far: *", "*^*"])
    assert verdict_free(result.stdout.str())


def test_a_file_that_is_named_is_a_scenario_or_an_error(pytester, run):
    pytester.path.joinpath("part.yaml").write_text("name: x\n")
    result = run("part.yaml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["part.yaml:1:1: format: is missing"])


def test_a_run_that_passes_leaves_its_report(pytester, write_hover, run):
    write_hover()
    run().assert_outcomes(passed=1)
    assert (pytester.path / "out" / "hover" / "report.html").is_file()


def test_by_default_runs_go_into_the_folder_that_pytest_clears(pytester, write_hover):
    write_hover()
    pytester.runpytest_inprocess(f"--basetemp={pytester.path}/base").assert_outcomes(passed=1)
    assert (pytester.path / "base" / "hover" / "report.html").is_file()
    assert not (pytester.path / "runs").exists()


def test_no_run_goes_where_another_is(pytester, write_hover, run):
    write_hover("a/hover.yaml")
    write_hover("b/hover.yaml")
    run().assert_outcomes(passed=2)
    run().assert_outcomes(passed=2)
    made = {path.parent.relative_to(pytester.path) for path in pytester.path.rglob("report.html")}
    assert sorted(map(str, made)) == [
        "out/a/hover",
        "out/a/hover-2",
        "out/b/hover",
        "out/b/hover-2",
    ]


def test_a_failure_names_criterion_requirement_margin_moment_and_report(pytester, write_hover, run):
    write_hover(more=FORMULA, at_most=0.25)
    result = run()
    result.assert_outcomes(failed=1)
    out = result.stdout.str()
    told = out.partition("____ hover ____")[2].partition("=====")[0].splitlines()[1:]
    assert told == [
        "2 of 2 criteria do not hold. near: max norm(error_position) is 1 m, at most 0.25 allowed.",
        "near: max norm(error_position) at most 0.25 m",
        "  glider_0: 1 m, margin -0.75 m, worst at 0 s",
        "close (REQ-7): always (norm(error_position) <= 0.5 m)",
        "  glider_0: norm(error_position) is 1 m, margin -0.5 m, worst at 0 s",
        f"report: {pytester.path}/out/hover/report.html",
    ]
    assert verdict_free(out)


def properties(path):
    (case,) = ET.parse(path).iter("testcase")
    return {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}


@pytest.mark.parametrize(("at_most", "verdict"), [(100, "PASSED"), (0.25, "FAILED")])
def test_junit_has_the_figures_of_every_criterion(pytester, write_hover, run, at_most, verdict):
    write_hover(more=FORMULA.replace("0.5", "5"), at_most=at_most)
    run("--junitxml=j.xml")
    found = properties(pytester.path / "j.xml")
    assert found["verdict"] == verdict
    assert found["report"] == f"{pytester.path}/out/hover/report.html"
    assert found["run"] == f"{pytester.path}/out/hover"
    assert len(found["trace_sha512"]) == 128
    assert float(found["near.limit"]) == at_most
    assert float(found["near.margin"]) == pytest.approx(at_most - float(found["near.value"]))
    assert (found["near.unit"], found["near.judgement"]) == ("m", verdict)
    assert (found["close.requirement"], found["close.judgement"]) == ("REQ-7", "PASSED")
    assert found["close.formula"] == "always (norm(error_position) <= 5 m)"
    assert float(found["close.margin"]) == pytest.approx(4.0)
    assert 0.0 < float(found["tick_p50_us"]) <= float(found["tick_p99_us"])
    assert float(found["tick_p99_us"]) <= float(found["tick_max_us"])
    assert "near.requirement" not in found


def test_a_known_failure_is_expected(pytester, write_hover, run):
    write_hover(more=KNOWN, at_most=0.25)
    result = run("-rx", "--junitxml=j.xml")
    assert result.ret == 0
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["XFAIL hover.yaml::hover - the glider is not trimmed"])
    assert properties(pytester.path / "j.xml")["near.judgement"] == "FAILED"
    run("--runxfail").assert_outcomes(failed=1)


def test_a_known_failure_that_passes_is_a_failure(write_hover, run):
    write_hover(more=KNOWN)
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "expected to fail, yet passed; known_failure is: the glider is not trimmed",
            "report: */out/hover/report.html",
        ]
    )
    assert verdict_free(result.stdout.str())
    run("--runxfail").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ({"plant": "fails_at_tick: 7", "at_most": 0.25}, "The run ended early: the glider hit a*"),
        ({"plant": "cannot_open: true", "at_most": 0.25}, "The run ended early: the hangar is*"),
        ({"more": UNDEFINED, "modes": IDLE}, "  not evaluated: the signal is not defined there"),
    ],
)
def test_what_was_not_run_or_judged_is_never_excused(write_hover, run, scenario, told):
    write_hover(**{**scenario, "more": scenario.get("more", "") + KNOWN})
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([told, "report: */out/hover/report.html"])
    assert verdict_free(result.stdout.str())


def test_a_folder_that_can_not_be_made_is_told(pytester, write_hover, run):
    write_hover(more=KNOWN)
    pytester.path.joinpath("out").write_text("in the way")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*/out/hover can't be made: Not a directory"])
    assert verdict_free(result.stdout.str())


def test_warnings_of_a_scenario_are_in_the_summary(write_hover, run):
    path = write_hover()
    path.write_text(path.read_text().replace("bandwidth: 1}", "bandwidth: 30}"))
    result = run()
    result.stdout.fnmatch_lines(
        ["*PytestWarning: hover: glider_0: the first command asks for * and is limited to 20; *"]
    )


@pytest.mark.alone
def test_ctrl_c_ends_the_run_and_the_session_and_keeps_both(pytester, write_hover, run, glider):
    glider.at_tick = lambda: os.kill(os.getpid(), signal.SIGINT)
    write_hover(plant="calls_at_tick: 5")
    write_hover("later.yaml")
    result = run("--junitxml=j.xml")
    assert result.ret == 130
    result.stdout.fnmatch_lines(["*Exit: The run was interrupted at 0.5 s.*"])
    assert (pytester.path / "out" / "hover" / "report.html").is_file()
    assert not (pytester.path / "out" / "later").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


SHORT = (
    ("duration_s: 5574 ", "duration_s: 1 "),
    ("after_s: 2800", "after_s: 0.5"),
    ("at_most: 0.001", "at_most: 1"),
    ("seed: 1\n", "matrix:\n  expect.settled_on_the_slot.at_most: {lenient: 200, strict: 1}\n"),
)


@pytest.mark.alone
def test_two_workers_share_the_cells(pytester, iss_text):
    text = iss_text
    for old, new in SHORT:
        text = text.replace(old, new, 1)
    pytester.path.joinpath("iss.yaml").write_text(text, encoding="utf-8")
    words = ("-n", "2", "-rA", "--motorhand-out=out", "--junitxml=j.xml")
    result = pytester.runpytest_subprocess(*words)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines_random(
        ["PASSED iss.yaml::iss?at_most=lenient?", "FAILED iss.yaml::iss?at_most=strict? - *"]
    )
    made = {path.name for path in (pytester.path / "out").iterdir()}
    assert made == {"iss-at_most=lenient", "iss-at_most=strict"}
    cases = list(ET.parse(pytester.path / "j.xml").iter("testcase"))
    assert {case.attrib["name"] for case in cases} == {
        "iss[at_most=lenient]",
        "iss[at_most=strict]",
    }
    assert all(case.find("properties") is not None for case in cases)


@pytest.mark.alone
def test_where_no_scenario_is_nothing_that_takes_time_is_loaded(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n")
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    heavy = "{'jax', 'pybullet', 'numpy', 'pydantic', 'ruamel', 'matplotlib', 'typer'}"
    script = (
        "import sys, pytest; code = pytest.main(['-q', '-p', 'no:hypothesispytest']); "
        f"assert 'harness.pytest_plugin' in sys.modules; "
        f"sys.exit(str(found) if (found := {heavy} & set(sys.modules)) else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
