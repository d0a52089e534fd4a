"""``motorhand certify``: a certificate is written, told, and checked by file or by run."""

import errno
import json
import shutil
from pathlib import Path

import pytest

from harness.cli.certify import certify_file, check_file
from harness.errors import CertificateError
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import shipped_folder
from harness.stability import kept

SHORT = ("duration_s=5", "expect={x: {signal: delta_v, at_most: 9, unit: m/s}}")


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run directory of the certified station."""
    folder = tmp_path_factory.mktemp("certified")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "cache_folder", lambda: folder / "cache")
        run_scenario(load_scenario(shipped_folder() / "iss_slot.yaml", SHORT), folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    file = tmp_path_factory.mktemp("given") / "certificate.json"
    assert certify_file(shipped_folder() / "iss_slot.yaml", file, SHORT, ()) == 0
    return file


def test_a_proof_is_told_in_a_few_lines(tmp_path, capsys):
    code = certify_file(shipped_folder() / "iss_slot.yaml", tmp_path / "c.json", SHORT, ())
    told = capsys.readouterr()
    assert code == 0
    assert told.out.startswith("PROVED: Every error in the level set shrinks at least by 0.99")
    for what in ("region  STATION-KEEP", "level set  reaches", "delay margin  ", " boxes, "):
        assert what in told.out
    assert told.err == "iss_slot: proving its loop stable\n"
    assert json.loads((tmp_path / "c.json").read_text())["verdict"] == "PROVED"


def test_what_is_refuted_ends_with_one(tmp_path, capsys):
    unstable = shipped_folder() / "iss_unstable.yaml"
    assert certify_file(unstable, tmp_path / "c.json", SHORT, ()) == 1
    assert capsys.readouterr().out.startswith("REFUTED: ")
    assert check_file(tmp_path / "c.json", unstable, SHORT, ()) == 0


def test_a_certificate_is_never_overwritten(tmp_path, given):
    (tmp_path / "c.json").write_text("")
    with pytest.raises(CertificateError, match=r"c\.json exists; name another by --out"):
        certify_file(shipped_folder() / "iss_slot.yaml", tmp_path / "c.json", SHORT, ())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CertificateError, match=r"can't be written: No such file"):
        certify_file(shipped_folder() / "iss_slot.yaml", tmp_path / "no" / "c.json", SHORT, ())


def test_of_several_cells_one_is_to_be_chosen(tmp_path):
    with pytest.raises(CertificateError, match="choose one cell by --cell: "):
        certify_file(shipped_folder() / "iss_environment.yaml", tmp_path / "c.json", (), ())


def test_a_certificate_is_checked_against_the_scenario_that_it_names(given, capsys):
    assert check_file(given, None, SHORT, ()) == 0
    assert "holds: PROVED. Every error" in capsys.readouterr().out


def test_a_certificate_of_another_scenario_does_not_hold(given, capsys):
    assert check_file(given, shipped_folder() / "iss_kepler_slot.yaml", (), ()) == 1
    told = capsys.readouterr()
    assert "scenario is not the scenario's" in told.err
    assert told.out.endswith("DOES NOT HOLD\n")


def test_a_run_is_checked_against_what_was_run(ran, capsys):
    assert check_file(ran, None, (), ()) == 0
    assert "holds: PROVED." in capsys.readouterr().out


def test_a_run_with_another_certificate_does_not_hold(ran, tmp_path, capsys):
    shutil.copytree(ran, tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    manifest["scenario"]["certificate"]["mass_percent"] = 5.0
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    assert check_file(tmp_path / "run", None, (), ()) == 1
    assert "ranges is not the scenario's" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lost", "told"), [("certificate.json", "No such file"), ("manifest.json", "has no manifest")]
)
def test_a_run_directory_without_a_part_is_named(ran, tmp_path, lost, told):
    shutil.copytree(ran, tmp_path / "run")
    (tmp_path / "run" / lost).unlink()
    with pytest.raises(CertificateError, match=told):
        check_file(tmp_path / "run", None, (), ())


@pytest.mark.parametrize(
    "change",
    [
        {"scenario": {"file": "n" * 5000, "cell": None}},
        {"scenario": {"file": "mine\0.yaml"}},
        {"scenario": 5},
    ],
)
def test_a_scenario_that_no_file_can_be_is_named(given, tmp_path, change):
    (tmp_path / "c.json").write_text(json.dumps({**json.loads(given.read_text()), **change}))
    with pytest.raises(CertificateError, match="is not here; name it by --scenario"):
        check_file(tmp_path / "c.json", None, (), ())


def test_a_certificate_with_half_a_character_in_it_does_not_hold(given, tmp_path):
    plain = {**json.loads(given.read_text()), "reason": "\ud800"}
    (tmp_path / "c.json").write_text(json.dumps(plain))
    assert check_file(tmp_path / "c.json", shipped_folder() / "iss_slot.yaml", SHORT, ()) == 1


def test_a_certificate_that_is_nested_without_end_is_none(tmp_path):
    (tmp_path / "c.json").write_text('{"verdict": ' + "[" * 100_000)
    with pytest.raises(CertificateError, match="not a certificate"):
        check_file(tmp_path / "c.json", None, (), ())


def test_a_full_disk_leaves_nothing_half_made(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CertificateError, match="No space left on device"):
        certify_file(shipped_folder() / "iss_slot.yaml", tmp_path / "c.json", SHORT, ())
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == []


def test_a_scenario_that_is_not_here_is_named(given, tmp_path):
    plain = json.loads(given.read_text())
    plain["scenario"]["file"] = "mine.yaml"
    (tmp_path / "c.json").write_text(json.dumps(plain))
    with pytest.raises(CertificateError, match=r"its scenario mine\.yaml is not here"):
        check_file(tmp_path / "c.json", None, (), ())
