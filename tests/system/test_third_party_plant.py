"""A plant from a package of its own: found, described, flown and reported like any other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

PACKAGE = Path(__file__).parent / "puck"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Environment of a process that has the package installed beside ours."""
    folder = tmp_path_factory.mktemp("installed")
    pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *pip, "--target", folder, PACKAGE], check=True)
    return {"PYTHONPATH": str(folder)}


def test_the_plant_is_flown_judged_and_reported(motorhand, installed, tmp_path):
    done = motorhand("run", PACKAGE / "puck.yaml", "--out", "out", env=installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PASSED: puck: All 2 criteria hold.")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["plant"]["fidelity"] == "a point mass with friction"
    assert manifest["certificate"]["verdict"] == "PROVED"
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "a point mass with friction" in page
    assert "<h2>On the table</h2>" in page
    assert "The puck came to rest at 0.00" in page


def test_its_loop_is_proved_by_its_twin_and_the_proof_holds(motorhand, installed, tmp_path):
    done = motorhand("certify", PACKAGE / "puck.yaml", "--out", "c.json", env=installed)
    assert done.stdout.startswith("PROVED: "), done.stderr
    checked = ("certify", "--check", "c.json", "--scenario", PACKAGE / "puck.yaml")
    assert motorhand(*checked, env=installed).returncode == 0
    slippery = motorhand(*checked, "--set", "plant.friction_per_s=0", env=installed)
    assert slippery.returncode == 1


def test_reports_of_other_plants_do_not_have_its_section(motorhand, installed, tmp_path):
    short = (
        "--set",
        "duration_s=1",
        "--set",
        "expect={d: {signal: delta_v, at_most: 9, unit: m/s}}",
        "--set",
        "certificate=null",
    )
    done = motorhand("run", "iss_slot", *short, "--out", "out", env=installed)
    assert done.returncode == 0, done.stderr
    assert "On the table" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_its_keys_are_in_the_schema_with_their_meaning(motorhand, installed):
    schema = json.loads(motorhand("schema", env=installed).stdout)
    key = schema["$defs"]["plant:puck"]["properties"]["friction_per_s"]
    assert key["description"].startswith("Deceleration for each m/s of speed")


def test_what_it_can_not_do_is_told_at_load(motorhand, installed):
    mode = ("--set", "modes=[{at_s: 0, mode: NULL-G}]")
    done = motorhand("validate", PACKAGE / "puck.yaml", *mode, env=installed)
    assert done.returncode == 2
    assert "plant 'puck' can't fly NULL-G; allowed: IDLE, STATION-KEEP" in done.stderr


def test_without_the_package_its_name_is_unknown(motorhand):
    done = motorhand("validate", PACKAGE / "puck.yaml")
    assert done.returncode == 2
    assert "no plant 'puck'; allowed: libration, orbit" in done.stderr
