"""What the operating system can do for a loop that keeps to the wall clock, if it is allowed to.

Each of these is asked for by the scenario, and what came of it is in the manifest: a run without
the permission goes on, and says so.
"""

import ctypes
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from harness.scenario.timing import Timing

GRANTED = "granted"
_MCL_CURRENT, _MCL_FUTURE = 1, 2


@contextmanager
def system_help(timing: Timing) -> Iterator[dict[str, str]]:
    """Ask for what a scenario wants for this thread, and give it back at the end.

    Yields:
        By key of ``timing:``, ``granted`` or why it was not.
    """
    told: dict[str, str] = {}
    with ExitStack() as undo:
        if timing.cpu is not None:
            told["cpu"] = _bind(timing.cpu, undo)
        if timing.fifo_priority is not None:
            told["fifo_priority"] = _schedule(timing.fifo_priority, undo)
        if timing.lock_memory:
            told["lock_memory"] = _lock(undo)
        yield told


@contextmanager
def collector_off() -> Iterator[None]:
    """No garbage collection, which takes milliseconds; a tick makes no reference cycles."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _bind(cpu: int, undo: ExitStack) -> str:
    allowed = os.sched_getaffinity(0)
    if cpu not in allowed:
        return f"there is no processor {cpu} for this process; it has {_listed(allowed)}"
    os.sched_setaffinity(0, {cpu})
    undo.callback(os.sched_setaffinity, 0, allowed)
    return GRANTED


def _schedule(priority: int, undo: ExitStack) -> str:
    policy, before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        # What the loop starts from now on must not compete with it.
        alone = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, alone, os.sched_param(priority))
    except OSError as error:
        limit, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
        return (
            f"SCHED_FIFO {priority}: {os.strerror(error.errno or 0)}; this user may go up to "
            f"{limit} (rtprio in limits.conf, or the capability CAP_SYS_NICE)"
        )
    undo.callback(os.sched_setscheduler, 0, policy, before)
    return GRANTED


def _lock(undo: ExitStack) -> str:
    system = ctypes.CDLL(None, use_errno=True)
    if system.mlockall(_MCL_CURRENT | _MCL_FUTURE) != 0:
        error = ctypes.get_errno()
        limit, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
        told = "any amount" if limit == resource.RLIM_INFINITY else f"{limit // 1024} kB"
        return (
            f"locking memory: {os.strerror(error)}; this user may lock {told} "
            "(memlock in limits.conf, or the capability CAP_IPC_LOCK)"
        )
    undo.callback(system.munlockall)
    return GRANTED


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
