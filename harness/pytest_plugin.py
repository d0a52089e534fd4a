"""pytest runs scenarios: ``pytest scenarios/ -n 2``.

Each scenario file is collected as one test, or one for each cell of its matrix. A YAML file is a
scenario if one of its lines starts with ``format:``, or if it is named on the command line. What
is there to be included only says no ``format:`` and is left alone.

A test passes where the run does. ``known_failure: REASON`` expects criteria to fail, and nothing
else to. Figures go into the report of ``--junitxml``.

This is imported by every pytest that runs where motorhand is installed: what takes time to load is
imported once a scenario is there.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ExitCode, MotorhandError, RunDirectoryError, ScenarioError, reason
from harness.scenario.recognise import is_scenario

if TYPE_CHECKING:
    from harness.run import Outcome
    from harness.scenario.load import Scenario
    from harness.verdict import Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """See pytest."""
    group = parser.getgroup("motorhand")
    group.addoption(
        "--allow-degraded",
        action="store_true",
        help="Let scenarios pass whose criteria hold though the loop was late.",
    )
    group.addoption(
        "--motorhand-out",
        metavar="DIR",
        type=Path,
        help="Folder for the run directories of scenarios; by default pytest's temporary folder, "
        "of which it keeps the last three.",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """See pytest."""
    named = file_path.suffix in (".yaml", ".yml") and parent.session.isinitpath(file_path)
    if named or is_scenario(file_path):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    """A scenario file."""

    def collect(self) -> "Iterator[ScenarioItem]":
        """See pytest."""
        from harness.scenario.load import load_scenarios

        try:
            scenarios = load_scenarios(Path(os.path.relpath(self.path)))
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        for scenario in scenarios:
            yield ScenarioItem.from_parent(self, name=scenario.stem, scenario=scenario)


class ScenarioItem(pytest.Item):
    """One scenario."""

    def __init__(self, *, scenario: "Scenario", **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario

    def runtest(self) -> None:
        """See pytest."""
        for warning in self.scenario.warnings:
            self.warn(pytest.PytestWarning(f"{self.name}: {warning}"))
        try:
            outcome, report = self._run()
        except MotorhandError as error:
            pytest.fail(str(error), pytrace=False)
        from harness.pytest_report import failure, properties

        self.user_properties += [*properties(outcome), ("report", str(report))]
        if outcome.verdict.exit_code is ExitCode.INTERRUPTED:
            pytest.exit(outcome.verdict.sentence, returncode=ExitCode.INTERRUPTED)
        late = outcome.verdict.exit_code is ExitCode.DEGRADED
        allowed = late and self.config.getoption("--allow-degraded")
        if outcome.verdict.exit_code is not ExitCode.PASSED and not allowed:
            self._expect(outcome.verdict)
            pytest.fail(f"{failure(outcome)}\nreport: {report}", pytrace=False)
        if self._known_failure is not None:
            text = f"expected to fail, yet passed; known_failure is: {self._known_failure}"
            pytest.fail(f"{text}\nreport: {report}", pytrace=False)

    @property
    def _known_failure(self) -> str | None:
        return None if self.config.getoption("runxfail") else self.scenario.model.known_failure

    def _expect(self, verdict: "Verdict") -> None:
        """End the test as expected, if it is known that criteria fail and they do.

        What could not be run, or not be judged, is no failure that anyone knows of.
        """
        failed = any(result.judgement == "FAILED" for result in verdict.results)
        if self._known_failure is not None and verdict.exit_code is ExitCode.FAILED and failed:
            pytest.xfail(self._known_failure)

    def _run(self) -> "tuple[Outcome, Path]":
        """Run the scenario and write its report.

        Raises:
            MotorhandError: It could not be run, or there is no report.
        """
        from harness.machine import keep_compiled_code

        keep_compiled_code()
        from harness.cli.run import stop_on_signal, unused
        from harness.run import run_scenario
        from reports.page import write_report

        directory = unused(self._folder() / self.scenario.folder)
        with stop_on_signal() as stop:
            outcome = run_scenario(self.scenario, directory, stop=stop)
        try:
            return outcome, write_report(directory)
        except OSError as error:
            what = f"the report can't be written: {reason(error)}"
            raise RunDirectoryError(directory, what) from error

    def _folder(self) -> Path:
        """Where its run directory goes: apart from those of scenarios in other folders."""
        out: Path | None = self.config.getoption("--motorhand-out")
        if out is None:
            base: Path = self.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        else:
            base = self.config.invocation_params.dir / out
        within = Path(os.path.relpath(self.path.parent, self.config.rootpath))
        return base.joinpath(*(part for part in within.parts if part != ".."))

    def reportinfo(self) -> tuple[Path, int, str]:
        """See pytest."""
        return self.path, 0, self.name
