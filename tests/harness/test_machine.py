"""The machine is named, and compiled controllers are kept for machines of its kind only."""

import pytest

from harness import machine


def test_the_processor_has_a_name():
    assert machine.cpu_name()


@pytest.fixture
def environment(monkeypatch, tmp_path):
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    monkeypatch.setattr(machine.os, "environ", env)
    return env


def test_compiled_code_goes_to_the_users_cache(environment, tmp_path):
    machine.keep_compiled_code()
    assert environment["JAX_COMPILATION_CACHE_DIR"].startswith(str(tmp_path / "motorhand"))
    assert environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0"


def test_another_processor_has_a_cache_of_its_own(environment, monkeypatch):
    machine.keep_compiled_code()
    first = environment.pop("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setattr(machine, "cpu_name", lambda: "another")
    machine.keep_compiled_code()
    assert environment["JAX_COMPILATION_CACHE_DIR"] != first


def test_whoever_set_the_cache_keeps_it(environment):
    environment["JAX_COMPILATION_CACHE_DIR"] = "/mine"
    machine.keep_compiled_code()
    assert environment["JAX_COMPILATION_CACHE_DIR"] == "/mine"
