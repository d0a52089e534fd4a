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
from sims.plant import PlantSpec

_PACKAGES = (
    "motorhand",
    "jax",
    "jaxlib",
    "numpy",
    "python-flint",
    "scipy",
    "pybullet",
    "sgp4",
    "pyerfa",
    "pyarrow",
)


def build_manifest(
    scenario: Scenario, metrics: dict[str, Any], certificate: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The manifest as known at the start of a run.

    Args:
        scenario: What is run.
        metrics: By mode label, the metric, its contraction and of which kind they are.
        certificate: What was proved before the run, in short.
    """
    spec = scenario.spec
    return {
        "format": files.FORMAT,
        "scenario": scenario.resolved(),
        "scenario_file": scenario.path.name,
        "stem": scenario.stem,
        "cell": scenario.cell or None,
        "seed": scenario.model.seed,
        "tick_ns": scenario.tick_ns,
        "ticks": scenario.ticks,
        "plant": _plant(spec),
        "controller": scenario.controller_config.model_dump(mode="json"),
        "metric": {"modes": metrics},
        "certificate": certificate,
        "clock": {"kind": scenario.model.clock, "source": "CLOCK_MONOTONIC"},
        "warnings": list(scenario.warnings),
        "columns": [column.to_json() for column in scenario.columns.values()],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        **_environment(),
        "git": _git(scenario.path.resolve().parent),
    }


def differences(manifest: dict[str, Any], scenario: Scenario) -> list[str]:
    """What a controller's bits depend on and is otherwise now than when the manifest was written.

    Args:
        manifest: The manifest of the run.
        scenario: What its scenario resolves to now.

    Returns:
        A line each: what it is, how it was, how it is.
    """
    now = {**_environment(), "plant": _plant(scenario.spec), "scenario": scenario.resolved()}
    wanted = [
        *(("packages", name) for name in ("motorhand", "jax", "jaxlib", "numpy")),
        *(("machine", name) for name in ("cpu", "jax_platform", "xla_flags")),
        *(("code", name) for name in ("commit", "altered")),
        *(("plant", name) for name in now["plant"]),
        *(("scenario", name) for name in now["scenario"]),
    ]
    found = []
    for part, name in wanted:
        then, today = (pinned.get(part) or {} for pinned in (manifest, now))
        if then.get(name) != today.get(name):
            what = name if part in ("packages", "machine") else f"{part} {name}"
            found.append(f"{what}: {_told(then.get(name))} then, {_told(today.get(name))} now")
    return found


def _plant(spec: PlantSpec) -> dict[str, Any]:
    """What the plant is, as far as controller and reader need to know."""
    return {
        "family": spec.family,
        "fidelity": spec.fidelity,
        "deterministic": spec.deterministic,
        "vehicles": list(spec.vehicles),
        "frame": spec.frame,
        "body": spec.body,
        "pole": list(spec.pole),
        "epoch": None if spec.epoch is None else spec.epoch.isoformat(),
        "max_acceleration_m_s2": spec.max_acceleration.tolist(),
    }


def _told(value: Any) -> str:
    return "unknown" if value is None else str(value) or "none"


def _environment() -> dict[str, Any]:
    """Versions, machine and code of this process."""
    return {
        "packages": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "machine": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "jax_platform": os.environ.get("JAX_PLATFORMS", ""),
            "xla_flags": os.environ.get("XLA_FLAGS", ""),
        },
        "code": _git(Path(__file__).parent, Path(__file__).name),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(folder: Path, tracked: str | None = None) -> dict[str, Any] | None:
    """Commit of the checkout a folder lies in, and whether it was altered since.

    None where there is none, or where it knows nothing of ``tracked``: a package that was installed
    into somebody's checkout is no part of it.
    """

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
    if commit is None or (tracked and ask("ls-files", "--error-unmatch", tracked) is None):
        return None
    return {"commit": commit, "altered": bool(ask("status", "--porcelain", "-uno"))}
