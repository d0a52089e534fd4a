"""The machine a run is made on."""

import hashlib
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path


def cpu_name() -> str:
    """The processor's model name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def keep_compiled_code() -> None:
    """Let JAX keep compiled controllers between runs, apart for each processor and jaxlib.

    Must be called before JAX is imported. Whoever set JAX's own variable keeps it.
    """
    kind = hashlib.sha256(f"{cpu_name()} {version('jaxlib')}".encode()).hexdigest()[:12]
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_folder() / kind))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def cache_folder() -> Path:
    """Where what can be made again is kept between runs."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        cache = Path(tempfile.gettempdir())
    return cache / "motorhand"
