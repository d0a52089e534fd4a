"""The ``motorhand`` command, as a user starts it."""

import os
import subprocess
import sys

import psutil
import pytest
from shipped import station

COMMAND = (sys.executable, "-m", "harness.cli.main")
SHORT = (("duration_s: 5574 ", "duration_s: 2 "), ("after_s: 2800", "after_s: 1"))
LENIENT = (("at_most: 1.0", "at_most: 100"), ("at_most: 0.001", "at_most: 1"))


def _writer(folder):
    def edited(*edits, name="flight.yaml"):
        text = station()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return edited


def _runner(folder):
    def run(*words, cwd=folder, env=None):
        return subprocess.run(
            [*COMMAND, *map(str, words)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.fixture
def write(tmp_path):
    """Writes the shipped scenario with some of its text replaced."""
    return _writer(tmp_path)


@pytest.fixture
def short(write):
    """A scenario of two seconds that passes."""
    return write(*SHORT, *LENIENT)


@pytest.fixture
def motorhand(tmp_path):
    """Runs the command in a folder of its own and waits for its end."""
    return _runner(tmp_path)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory):
    """A folder that the tests of a file share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def module_write(shared_folder):
    """``write`` into the shared folder."""
    return _writer(shared_folder)


@pytest.fixture(scope="module")
def module_motorhand(shared_folder):
    """``motorhand`` in the shared folder."""
    return _runner(shared_folder)


@pytest.fixture
def started(tmp_path):
    """Starts the command and leaves it running; whatever is left of it is ended afterwards."""
    processes = []

    def start(*words, **options):
        process = psutil.Popen(
            [*COMMAND, *map(str, words)],
            cwd=tmp_path,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            for child in [*process.children(recursive=True), process]:
                child.kill()
            process.wait()
