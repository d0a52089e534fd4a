"""The manifest says what was run and on what: enough to run it again or to doubt it."""

import json
import subprocess
from datetime import datetime
from importlib.metadata import version

import pytest

from harness.manifest import _git, build_manifest, differences
from harness.trace.reader import RunDirectory
from harness.trace.schema import TraceColumn


@pytest.fixture
def manifest(run_directory):
    return RunDirectory.open(run_directory).manifest


def test_the_scenario_is_there_as_resolved(manifest):
    scenario = manifest["scenario"]
    assert scenario["plant"]["substeps"] == 2
    assert scenario["controller"]["gains"]["lambda_decay_per_s"] == 0.115
    assert manifest["scenario_file"] == "short.yaml"
    assert manifest["stem"] == "short"
    assert (manifest["tick_ns"], manifest["ticks"], manifest["seed"]) == (100_000_000, 20, 1)


def test_versions_and_machine_are_there(manifest):
    assert manifest["packages"]["jaxlib"] == version("jaxlib")
    assert manifest["packages"]["pybullet"] == version("pybullet")
    assert manifest["python"]
    assert manifest["machine"]["cpu"]
    assert manifest["machine"]["cores"] >= 1
    assert "xla_flags" in manifest["machine"]
    assert manifest["clock"] == {"kind": "lockstep", "source": "CLOCK_MONOTONIC"}


def test_the_plant_says_what_it_is(manifest):
    plant = manifest["plant"]
    assert plant["family"] == "orbit"
    assert plant["fidelity"] == "PyBullet rigid bodies under modelled gravity"
    assert plant["deterministic"] is True
    assert plant["vehicles"] == ["iss"]
    assert plant["frame"] == "gcrf"
    assert plant["max_acceleration_m_s2"] == [7200 / 420000]
    assert datetime.fromisoformat(plant["epoch"]).tzinfo is not None


def test_columns_come_back_as_they_were(manifest, short):
    assert [TraceColumn.from_json(plain) for plain in manifest["columns"]] == list(
        short().columns.values()
    )


def test_the_metric_of_every_mode_is_there(manifest):
    metric = manifest["metric"]
    assert set(metric["modes"]) == {"NULL-G", "STATION-KEEP", "TRAJECTORY"}
    for mode in metric["modes"].values():
        assert mode["kind"] == "nominal"
        assert 0.0 < mode["spectral_per_second"] <= mode["per_second"] < 1.0
        assert mode["p"][0][0] > 0.0


def test_the_trace_is_sealed_by_its_chain(manifest):
    assert manifest["trace"]["rows"] == 21
    assert len(manifest["trace"]["sha512"]) == 128
    assert manifest["trace"]["recorder_waits"] == 0


def test_when_it_started_is_there_in_utc(manifest):
    assert datetime.fromisoformat(manifest["started"]).utcoffset().total_seconds() == 0.0


def git(folder, *words):
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


def test_outside_a_checkout_there_is_no_commit(short, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert build_manifest(short(), {})["git"] is None


def test_the_commit_of_the_scenario_and_whether_it_was_altered(short, tmp_path):
    git(tmp_path, "init")
    scenario = short()
    git(tmp_path, "add", "scenario.yaml")
    git(tmp_path, "commit", "-m", "one")
    clean = build_manifest(scenario, {})["git"]
    assert len(clean["commit"]) == 40
    assert clean["altered"] is False
    scenario.path.write_text("format: 1\n")
    assert build_manifest(scenario, {})["git"] == {"commit": clean["commit"], "altered": True}


def test_code_that_lies_in_a_checkout_which_does_not_know_it_has_no_commit(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "mine.py").touch()
    git(tmp_path, "add", "mine.py")
    git(tmp_path, "commit", "-m", "one")
    (tmp_path / "installed.py").touch()
    assert _git(tmp_path, "mine.py")["altered"] is False
    assert _git(tmp_path, "installed.py") is None


def test_without_git_there_is_no_commit(short, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert build_manifest(short(), {})["git"] is None


def test_nothing_differs_from_a_manifest_of_just_now(manifest, short):
    assert differences(manifest, short()) == []


def test_a_manifest_that_knew_less_differs_in_what_it_did_not_know(manifest, short):
    less = {key: value for key, value in manifest.items() if key != "machine"}
    found = differences(less, short())
    assert found[0].startswith("cpu: unknown then, ")


def test_a_manifest_is_json(short):
    assert json.loads(json.dumps(build_manifest(short(), {})))["format"] == 1
