"""Every command that a tutorial shows, run as it stands there, and its output held against it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run import run_scenario
from harness.scenario.load import load_scenario

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "tutorials"
PAGES = (
    "first-scenario.md",
    "proving-a-loop.md",
    pytest.param("late-and-broken.md", marks=pytest.mark.alone),  # some of it by the wall clock
    "reading-a-report.md",
    "flying-px4.md",
)
_PROGRESS = re.compile(r"^\S+: \d+ % .*\n", re.MULTILINE)


def sessions(name):
    """Commands of a page in order, each with the output shown; ``…`` stands for anything."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for command in re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]:
        line, _, output = command.partition("\n")
        yield line, output


@pytest.mark.heavy
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_tutorial_do_what_it_says(page, tmp_path):
    for file in FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "JAX_PLATFORMS": "cpu",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    ran = 0
    for line, shown in sessions(page):
        done = subprocess.run(
            line,
            shell=True,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        told = _PROGRESS.sub("", done.stdout)
        pattern = re.escape(shown).replace("…", ".*")
        assert re.fullmatch(pattern, told, re.DOTALL), f"$ {line}\n{told}"
        ran += 1
    assert ran >= 2


def test_the_readmes_scenario_passes_with_its_formulas_too(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    scenario, formulas, *_ = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    path = tmp_path / "readme.yaml"
    path.write_text(scenario + formulas.removeprefix("expect:\n"), encoding="utf-8")
    outcome = run_scenario(load_scenario(path), tmp_path / "run")
    assert [result.name for result in outcome.verdict.results] == ["home_again", "held", "settles"]
    assert outcome.verdict.word == "PASSED"
