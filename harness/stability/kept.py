"""Certificates kept between runs: what was proved once need not be proved for every run."""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import harness.stability.certificate as made_by
import kernel
from harness.errors import CertificateError
from harness.machine import cache_folder
from harness.scenario.load import Scenario
from harness.stability.certificate import certificate, claimed, digest, read_certificate
from kernel.proof.prove import prove

_LOOK_AGAIN_S = 0.1


def certificate_of(
    scenario: Scenario, watch: Callable[[], None] = lambda: None, anew: bool = False
) -> dict[str, Any]:
    """The scenario's certificate: the one kept, or a new one that is kept from now on.

    One is kept by a hash of all that it says and rests on: scenario, region and ranges, the loop's
    own operations and constants, and the code that proves.

    Args:
        scenario: The scenario.
        watch: Called again and again while it is proved; what it raises ends the proof.
        anew: Whether to prove it even if one is kept.

    Raises:
        CertificateError: As :func:`harness.stability.problem.problem_of`.
    """
    problem, told = claimed(scenario)
    references = hashlib.sha256(problem.references.tobytes()).hexdigest()
    key = digest([told, problem.loop.text(), references, _prover()])
    file = cache_folder() / "certificates" / f"{key}.json"
    with _one_at_a_time(file, watch):
        if not anew and (kept := _kept(file, told)) is not None:
            return kept
        # As a reader of the file has it.
        found: dict[str, Any] = json.loads(
            json.dumps(certificate(problem, told, prove(problem, watch=watch)))
        )
        with contextlib.suppress(OSError):  # without room or right to keep it, it is proved again
            partial = file.with_suffix(f".{os.getpid()}")
            partial.write_text(json.dumps(found), encoding="utf-8")
            partial.replace(file)
    return found


def _kept(file: Path, told: dict[str, Any]) -> dict[str, Any] | None:
    """The certificate kept there, if it is whole and says what it should."""
    try:
        kept = read_certificate(file)
    except CertificateError:
        return None
    plain = {name: value for name, value in kept.items() if name != "sha256"}
    fits = all(plain.get(name) == value for name, value in json.loads(json.dumps(told)).items())
    return kept if kept.get("sha256") == digest(plain) and fits else None


@contextlib.contextmanager
def _one_at_a_time(file: Path, watch: Callable[[], None]) -> Iterator[None]:
    """Keep others from proving the same meanwhile; where nothing can be kept, nobody waits."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(file.with_suffix(".lock").open("w"))
            while not _locked(lock):
                watch()
                time.sleep(_LOOK_AGAIN_S)
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prover() -> str:
    """Hash of the code that proves."""
    folder = Path(str(kernel.__file__)).parent
    files = [*sorted(folder.rglob("*.py")), Path(str(made_by.__file__))]
    code = hashlib.sha256()
    for file in files:
        code.update(file.read_bytes())
    versions = " ".join(f"{name} {version(name)}" for name in ("python-flint", "jax"))
    return f"{code.hexdigest()} {versions}"
