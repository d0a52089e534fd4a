"""Every way to build, run and check the project; ``nox -l`` lists them.

No session needs root, and each installs from ``requirements/`` alone: fixed versions, checked by
hash. ``CI`` in the environment turns a check that can't be made here into a failure.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["tests"]

CI = bool(os.environ.get("CI"))
PYTHON = (3, 11)  # the one version with wheels for every plant
PACKAGES = ("harness", "kernel", "reports", "scenarios", "sims")
ON_CPU = {"JAX_PLATFORMS": "cpu"}


def newer_python() -> str:
    """Python 3.12, for which there are newer releases of JAX: one of pyenv's, or what nox finds.

    Where there is none, nox names the session and leaves it out; under CI that is a failure.
    """
    # Found even if pyenv has another one active: then its python3.12 on the path is of no use.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return next(map(str, pyenv.glob("versions/3.12*/bin/python3.12")), "3.12")


def install_locked(session: nox.Session, name: str) -> None:
    """What ``requirements/<name>.txt`` names, and nothing else."""
    # Python compiles what is imported when it is; compiling all of it takes half the time.
    quick = ("--quiet", "--no-compile")
    session.install(*quick, "--require-hashes", "-r", f"requirements/{name}.txt")


def install(session: nox.Session, name: str) -> None:
    """The locked requirements, and this folder on top of them."""
    install_locked(session, name)
    session.install("--quiet", "--no-deps", "--no-build-isolation", "-e", ".")


@nox.session
def demo(session: nox.Session) -> None:
    """Fly the International Space Station back onto its slot and write the report."""
    install(session, "run")
    session.run("motorhand", "run", "scenarios/iss_slot.yaml", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, then lint; with arguments, run pytest with those and nothing else."""
    install(session, "dev")
    if session.posargs:
        session.run("pytest", *session.posargs, env=ON_CPU)
        return
    possible = "" if has_chromium(session) else " and not browser"
    # A file's tests stay on one worker, so that runs they share are flown once.
    two = ("-n", "2", "--dist", "loadfile")
    small = "not alone and not heavy and not px4"
    session.run("pytest", *two, "-m", f"{small}{possible}", env=ON_CPU)
    one_each = ("-n", "2", "--dist", "load", "--maxschedchunk", "1")
    session.run("pytest", *one_each, "-m", f"heavy and not alone{possible}", env=ON_CPU)
    session.run("pytest", "-m", f"alone{possible}", env=ON_CPU)
    fly_px4(session)
    # This is no real-time machine: what is late here is told, and no failure.
    session.run("pytest", "scenarios", "-n", "2", "--allow-degraded", env=ON_CPU)
    session.notify("lint")
    session.notify("docs")
    if CI:
        session.notify("package")
        session.notify("compat")


def has_chromium(session: nox.Session) -> bool:
    """Whether the browser tests can run; where not, they are named, and a failure under CI."""
    if shutil.which("chromium"):
        return True
    if CI:
        session.error("chromium is missing: apt-get install chromium, or run .ci/setup")
    session.warn("chromium is missing (apt-get install chromium): these tests are left out")
    session.run("pytest", "--collect-only", "-q", "-m", "browser", success_codes=[0, 5])
    return False


def fly_px4(session: nox.Session) -> None:
    """Fly a real PX4, if there is one; else name the tests: the stand-in has flown already."""
    found = "from sims.mavlink.locate import find_px4; print(find_px4().where)"
    try:
        session.run("python", "-c", found, silent=True)
    except nox.command.CommandFailed:
        session.warn("no PX4 (set PX4_SITL to a build of it): these tests are left out")
        session.run("pytest", "--collect-only", "-q", "-m", "px4", success_codes=[0, 5])
        return
    session.run("pytest", "-m", "px4", env=ON_CPU)


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style, types, and which folder imports which."""
    install(session, "dev")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build/html; a warning is an error."""
    install(session, "dev")
    target = ("docs", "docs/_build/html")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", *target, env=ON_CPU)


@nox.session(python=newer_python())
def compat(session: nox.Session) -> None:
    """Test kernel, certificates and reports with the newest JAX, on Python 3.12.

    Proofs know JAX's primitives by name, and releases differ in them. PyBullet has no wheel for
    3.12: files of tests that fly are left out.
    """
    install(session, "compat")
    pages = ("beside", "browser", "comparison", "deadbeat", "error", "latency", "page", "stability")
    pages += ("autopilot", "time_line")
    flying = ("harness/stability/test_assess.py", *(f"reports/test_{name}.py" for name in pages))
    folders = ("tests/kernel", "tests/harness/stability", "tests/reports")
    chosen = (*folders, *(f"--ignore=tests/{file}" for file in flying))
    two = ("-n", "2", "--dist", "loadfile")
    session.run("pytest", *two, *chosen, *session.posargs, env=ON_CPU)


@nox.session
def lock(session: nox.Session) -> None:
    """Write requirements/*.txt anew from pyproject.toml; ``-- --upgrade`` takes newer versions."""
    if sys.version_info[:2] != PYTHON:
        session.error("the lock is made with Python {}.{}".format(*PYTHON))
    # The demo and the wheel get the very versions that the tests ran with.
    pip_compile(session, dev=("--extra=dev",), run=("--constraint=requirements/dev.txt",))
    session.notify("lock_compat")


@nox.session(python=newer_python())
def lock_compat(session: nox.Session) -> None:
    """Write requirements/compat.txt anew, always with the newest JAX; ``lock`` ends with this."""
    newest = ("--upgrade-package=jax", "--upgrade-package=jaxlib")
    pip_compile(session, compat=("--extra=dev", *newest))


def pip_compile(session: nox.Session, **wanted: tuple[str, ...]) -> None:
    """Write requirements/<name>.txt for each name, by the pip-tools that the first one names."""
    first = next(iter(wanted))
    if Path(f"requirements/{first}.txt").exists():
        install_locked(session, first)
    else:
        session.install("pip-tools")
    # What one machine's pip is set up to find besides the index must not get in.
    alone = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
    for name, options in wanted.items():
        session.run(
            "pip-compile",
            "--quiet",
            "--generate-hashes",
            "--allow-unsafe",
            "--strip-extras",
            "--no-annotate",
            "--no-emit-options",
            "--build-deps-for=wheel",
            f"--output-file=requirements/{name}.txt",
            *options,
            *session.posargs,
            "pyproject.toml",
            env={**alone, "CUSTOM_COMPILE_COMMAND": "nox -s lock"},
        )


@nox.session
def bench(session: nox.Session) -> None:
    """Print what the harness costs, as ratios against floors measured in the same process."""
    install(session, "run")
    session.run("python", "tests/bench/bench.py", env=ON_CPU)
    session.run("python", "tests/bench/realtime.py", env=ON_CPU)
    session.run("python", "tests/bench/long_trace.py", env=ON_CPU)
    session.run("python", "tests/bench/proofs.py", env=ON_CPU)
    session.run("python", "tests/bench/mavlink.py", env=ON_CPU)
    session.run("python", "tests/bench/px4.py", env=ON_CPU)


@nox.session(reuse_venv=False)
def package(session: nox.Session) -> None:
    """Build the wheel, install it in an empty environment, fly the demo from an empty folder."""
    install_locked(session, "run")
    with tempfile.TemporaryDirectory() as wheels, tempfile.TemporaryDirectory() as empty:
        build = ("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
        session.run(*build, f"--wheel-dir={wheels}", ".")
        session.install("--quiet", "--no-deps", *map(str, Path(wheels).glob("*.whl")))
        session.run("pip", "check")
        with session.chdir(empty):
            for name in PACKAGES:
                script = f"import {name}; print({name}.__file__)"
                where = session.run("python", "-c", script, silent=True)
                if "site-packages" not in Path(str(where).strip()).parts:
                    session.error(f"{name} was imported from {where}, not from the wheel")
            session.run("motorhand", "list")
            session.run("motorhand", "run", "iss_slot", env=ON_CPU)
            if not list(Path("runs").glob("*/report.html")):
                session.error("the installed demo wrote no report")


@nox.session
def soak(session: nox.Session) -> None:
    """Run the property tests with many more examples, and kill and recover many more runs."""
    install(session, "dev")
    env = {**ON_CPU, "MOTORHAND_HYPOTHESIS_PROFILE": "soak"}
    two = ("-n", "2", "--dist", "loadfile")
    session.run("pytest", *two, "-m", "not alone and not browser", *session.posargs, env=env)
    if not session.posargs:
        session.run("pytest", "tests/system/test_killed.py", env=env)
        session.run("python", "tests/bench/px4_hovers.py", "200", env=env)
