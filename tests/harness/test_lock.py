"""One at a time works in a run directory, and a lock goes with its holders."""

import subprocess
import sys

import pytest

from harness.errors import RunDirectoryError
from harness.lock import held


def test_a_second_holder_is_refused_and_a_later_one_is_not(tmp_path):
    with held(tmp_path), pytest.raises(RunDirectoryError, match="try again"), held(tmp_path):
        pass
    with held(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.alone
def test_a_process_that_was_handed_the_descriptor_holds_on(tmp_path):
    words = [sys.executable, "-c", "input()"]
    with held(tmp_path) as lock:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(lock,))
    with pytest.raises(RunDirectoryError), held(tmp_path):
        pass
    process.communicate(b"\n")
    with held(tmp_path):
        pass
