"""What was run, and on what: everything a reader needs to run it again or to doubt it."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.machine import cpu_name
from harness.scenario.load import Scenario
from harness.trace import files

_PACKAGES = (
    "motorhand",
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "pybullet",
    "sgp4",
    "pyerfa",
    "pyarrow",
)


def build_manifest(scenario: Scenario, metrics: dict[str, Any]) -> dict[str, Any]:
    """The manifest as known at the start of a run.

    Args:
        scenario: What is run.
        metrics: By mode label, the metric and its nominal contraction.
    """
    spec = scenario.spec
    return {
        "format": files.FORMAT,
        "scenario": scenario.resolved(),
        "scenario_file": scenario.path.name,
        "stem": scenario.stem,
        "seed": scenario.model.seed,
        "tick_ns": scenario.tick_ns,
        "ticks": scenario.ticks,
        "plant": {
            "family": spec.family,
            "fidelity": spec.fidelity,
            "deterministic": spec.deterministic,
            "vehicles": list(spec.vehicles),
            "frame": spec.frame,
            "body": spec.body,
            "pole": list(spec.pole),
            "epoch": None if spec.epoch is None else spec.epoch.isoformat(),
            "max_acceleration_m_s2": spec.max_acceleration.tolist(),
        },
        "controller": scenario.controller_config.model_dump(mode="json"),
        "metric": {"kind": "nominal", "modes": metrics},
        "clock": {"kind": scenario.model.clock, "source": "CLOCK_MONOTONIC"},
        "warnings": list(scenario.warnings),
        "columns": [column.to_json() for column in scenario.columns.values()],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "packages": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "machine": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "jax_platform": os.environ.get("JAX_PLATFORMS", ""),
            "xla_flags": os.environ.get("XLA_FLAGS", ""),
        },
        "git": _git(scenario.path.resolve().parent),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(folder: Path) -> dict[str, Any] | None:
    """Commit of the checkout the scenario lies in, and whether it was altered since."""

    def ask(*words: str) -> str | None:
        try:
            answer = subprocess.run(
                ["git", "-C", str(folder), *words],
                check=False,
                capture_output=True,
                text=True,
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    commit = ask("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "altered": bool(ask("status", "--porcelain", "-uno"))}
