"""Stability in a run directory: the certificate before the run, what the run shows after it."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from harness.disk import write_json
from harness.errors import CertificateError
from harness.scenario.load import Scenario
from harness.stability.assess import assess
from harness.stability.certificate import read_certificate
from harness.stability.kept import certificate_of
from harness.stability.metric import as_told, proved_metric
from harness.trace import files
from harness.trace.reader import RunDirectory
from kernel.proof.problem import Evidence


def certified(scenario: Scenario, watch: Callable[[], None]) -> dict[str, Any] | None:
    """The certificate of a scenario that asks for one.

    Args:
        scenario: The scenario.
        watch: Called again and again while it is proved; what it raises ends the proof.

    Raises:
        CertificateError: There can be none.
    """
    return None if scenario.model.certificate is None else certificate_of(scenario, watch)


def published(scenario: Scenario, given: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Metric and contraction by mode, as manifest and recorder keep them."""
    found: dict[str, dict[str, Any]] = {
        mode.label: {
            "kind": "nominal",
            "p": metric.p.tolist(),
            "per_tick": metric.per_tick,
            "per_second": metric.per_second,
            "spectral_per_second": metric.spectral_per_second,
        }
        for mode, metric in scenario.metrics.items()
    }
    metric = proved_metric(given) if given else None
    if given is not None and metric is not None:
        evidence: Evidence = as_told(metric)
        found.setdefault(given["region"]["mode"], {"spectral_per_second": None}).update(
            kind="proved",
            p=evidence.p.tolist(),
            per_tick=evidence.per_tick,
            per_second=given["bound_per_second"],
        )
    return found


def summary(given: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of a certificate."""
    keys = ("verdict", "bound_per_second", "delay_margin_ms", "sha256")
    return {key: given[key] for key in keys}


def assess_run(
    directory: Path, scenario: Scenario, watch: Callable[[], bool] = lambda: True
) -> dict[str, Any] | None:
    """Hold a recorded run against its twin and certificate, and leave that in its directory.

    What fails here spoils no run: it is told in what is returned.

    Args:
        directory: The run directory, with its trace.
        scenario: What was run.
        watch: Asked every tick of a second flight whether to go on.

    Returns:
        What ``stability.json`` says; None where the plant has no twin or no loop was closed.

    Raises:
        RecorderError: The disk is full.
    """
    try:
        file = directory / files.CERTIFICATE
        given = read_certificate(file) if file.exists() else None
        trace = RunDirectory.open(directory).trace
        if len(trace.t_ns) < 2:
            return None
        told, table = assess(scenario, given, trace, watch)
    except CertificateError as error:
        if scenario.model.certificate is None:
            return None
        told, table = _failed(str(error)), None
    except Exception as error:  # of a controller or plant from elsewhere, that can't be traced
        told, table = _failed(f"{type(error).__name__}: {error}"), None
    # As a reader of the file has it.
    plain: dict[str, Any] = json.loads(json.dumps(told))
    write_json(directory / files.STABILITY, plain)
    if table is not None:
        _write(table, directory / files.STABILITY_TABLE)
    return plain


def _failed(why: str) -> dict[str, Any]:
    first = next(iter(why.splitlines()), "")
    return {"covers": False, "coverage": f"Stability could not be assessed: {first}."}


def _write(table: Any, path: Path) -> None:
    """Write the table; where the disk is full, do without."""
    partial = path.with_suffix(".partial")
    try:
        pq.write_table(table, partial, compression="zstd")
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
