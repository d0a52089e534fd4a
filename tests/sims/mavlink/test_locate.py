"""Finding a PX4: where it is looked for, and what is said if there is none."""

import sys
from pathlib import Path

import pytest

from sims.mavlink.locate import NoPx4Error, container, find_px4, stand_in


def built(folder: Path, below: str = "") -> Path:
    """A folder with what a PX4 is known by."""
    program, data = folder / below / "bin/px4", folder / below / "etc/init.d-posix/rcS"
    for file in (program, data):
        file.parent.mkdir(parents=True)
        file.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("below", ["", "build/px4_sitl_default"])
def test_a_build_folder_or_the_sources_around_it_will_do(tmp_path, below):
    program = built(tmp_path, below)
    found = find_px4(None, {"PX4_SITL": str(tmp_path)})
    assert found.command == (str(program),)
    assert found.data == tmp_path / below / "etc"
    assert found.server == "real"


def test_the_program_itself_will_do(tmp_path):
    program = built(tmp_path)
    assert find_px4(program, {}).command == (str(program),)


def test_an_installed_package_is_found_on_the_path(tmp_path):
    program = built(tmp_path / "opt")
    (tmp_path / "usr").mkdir()
    (tmp_path / "usr/px4").symlink_to(program)
    assert find_px4(None, {"PATH": str(tmp_path / "usr")}).command == (str(program),)


def test_what_a_scenario_names_comes_before_what_the_environment_does(tmp_path):
    built(tmp_path / "environment")
    asked = built(tmp_path / "asked")
    found = find_px4(asked, {"PX4_SITL": str(tmp_path / "environment")})
    assert found.command == (str(asked),)


def test_what_is_named_and_not_there_is_not_replaced_by_another(tmp_path):
    built(tmp_path)
    with pytest.raises(NoPx4Error) as told:
        find_px4(tmp_path / "nowhere", {"PATH": str(tmp_path / "bin")})
    assert str(tmp_path / "nowhere") in str(told.value)


def test_a_px4_that_can_not_be_started_is_none(tmp_path):
    built(tmp_path).chmod(0o644)
    with pytest.raises(NoPx4Error):
        find_px4(tmp_path, {})


def test_where_there_is_none_it_is_said_what_was_looked_at_and_how_to_get_one(tmp_path):
    with pytest.raises(NoPx4Error) as told:
        find_px4(None, {"PATH": str(tmp_path)})
    for words in ("PX4_SITL: not set", "/opt/px4", "make px4_sitl_default", "server: standin"):
        assert words in str(told.value)


def test_a_container_is_taken_at_its_word():
    found = container(["docker", "run", "px4io/px4-sitl"])
    assert (found.server, found.where) == ("real", "docker run px4io/px4-sitl")


def test_the_stand_in_is_this_python_and_says_what_it_is():
    found = stand_in()
    assert found.command[0] == sys.executable
    assert "stand-in" in found.where
