"""What the system is asked for is given back, and what it refuses is told with what would help."""

import gc
import os

import pytest

from harness.realtime import GRANTED, collector_off, system_help
from harness.scenario.timing import Timing


def asked(**timing):
    with system_help(Timing(**timing)) as told:
        return told, os.sched_getaffinity(0), os.sched_getscheduler(0)


def test_nothing_is_asked_for_that_the_scenario_does_not_name():
    before = os.sched_getaffinity(0)
    told, during, _ = asked()
    assert told == {}
    assert during == before


def test_the_loop_is_bound_to_a_processor_and_set_free_again():
    before = os.sched_getaffinity(0)
    one = max(before)
    told, during, _ = asked(cpu=one)
    assert told == {"cpu": GRANTED}
    assert during == {one}
    assert os.sched_getaffinity(0) == before


def test_a_processor_that_there_is_not_is_told_with_those_that_there_are():
    before = os.sched_getaffinity(0)
    told, during, _ = asked(cpu=4096)
    some = ", ".join(map(str, sorted(before)))
    assert told["cpu"] == f"there is no processor 4096 for this process; it has {some}"
    assert during == before


def test_a_priority_is_given_back():
    before = os.sched_getscheduler(0)
    told, _, policy = asked(fifo_priority=10)
    if told["fifo_priority"] == GRANTED:
        assert policy == os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    assert os.sched_getscheduler(0) == before


def refuse(monkeypatch, function):
    def refused(*_):
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(os, function, refused)


def test_a_priority_that_is_not_permitted_is_told_with_what_would_help(monkeypatch):
    refuse(monkeypatch, "sched_setscheduler")
    told, _, _ = asked(fifo_priority=99)
    assert told["fifo_priority"].startswith("SCHED_FIFO 99: Operation not permitted")
    assert "CAP_SYS_NICE" in told["fifo_priority"]


@pytest.mark.parametrize("code", [0, -1])
def test_memory_that_can_not_be_locked_is_told_with_what_would_help(monkeypatch, code):
    calls = []

    class System:
        def mlockall(self, flags):
            calls.append("lock")
            return code

        def munlockall(self):
            calls.append("unlock")

    monkeypatch.setattr("harness.realtime.ctypes.CDLL", lambda *_, **__: System())
    monkeypatch.setattr("harness.realtime.ctypes.get_errno", lambda: 12)
    told, _, _ = asked(lock_memory=True)
    if code == 0:
        assert told == {"lock_memory": GRANTED}
        assert calls == ["lock", "unlock"]
    else:
        assert told["lock_memory"].startswith("locking memory: Cannot allocate memory")
        assert "CAP_IPC_LOCK" in told["lock_memory"]
        assert calls == ["lock"]


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_off_and_then_as_it_was(before):
    on = gc.isenabled()
    try:
        (gc.enable if before else gc.disable)()
        with collector_off():
            assert not gc.isenabled()
        assert gc.isenabled() is before
    finally:
        (gc.enable if on else gc.disable)()
