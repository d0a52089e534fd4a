"""What an hour at 1 kHz takes to be judged and reported: rows a second, and resident memory.

Run by ``nox -s bench``. The rows are those of a run of the shipped scenario, over and over, with
time going on. A fresh process judges eight criteria and writes the report, nothing else.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.conclude import conclude
from harness.machine import keep_compiled_code
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.model import ScenarioModel
from harness.scenario.shipped import resolve
from harness.trace import files

ROWS = 3_600_000
TICK_NS = 1_000_000
CRITERIA = {
    "held": "always[600:3500] (norm(error_position) <= 1000 m)",
    "comes_back": "always[0:3000] eventually[0:500] (norm(error_position) <= 1000 m)",
    "calm": "always (norm(commanded_acceleration) <= 1 m/s^2 and not (delta_v > 100 m/s))",
    "until": "(norm(error_position) <= 1000 m) until[0:3000] (control_mode == STATION-KEEP)",
    "vector": "always (norm(position - reference_position) <= 1000 m)",
    "near": {"signal": "norm(error_position)", "at_most": 1000, "unit": "m"},
    "quiet": {"signal": "norm(error_velocity)", "statistic": "rms", "at_most": 10, "unit": "m/s"},
    "cheap": {"signal": "delta_v", "statistic": "final", "at_most": 100, "unit": "m/s"},
}


def lengthen(directory: Path) -> None:
    """Make the run of a directory an hour long, at 1 kHz."""
    for name in (files.TRACE, files.TIMING):
        table = pq.read_table(directory / name)
        times = -(-ROWS // len(table))
        long = pa.concat_tables([table] * times).slice(0, ROWS)
        steps = np.arange(ROWS)
        for column, values in (("tick", steps), ("t_ns", steps * TICK_NS)):
            if column in long.column_names:
                at = long.schema.get_field_index(column)
                long = long.set_column(at, long.schema.field(column), pa.array(values))
        if name == files.TIMING:
            for column in long.column_names:
                if column.endswith("_ns"):
                    at = long.schema.get_field_index(column)
                    first = np.asarray(table.column(column))
                    period = np.arange(times)[:, None] * (first[-1] - first[0] + TICK_NS)
                    stamps = (first + period).ravel()[:ROWS]
                    long = long.set_column(at, long.schema.field(column), pa.array(stamps))
        pq.write_table(long, directory / name)
    manifest = json.loads((directory / files.MANIFEST).read_text(encoding="utf-8"))
    manifest["tick_ns"], manifest["ticks"] = TICK_NS, ROWS - 1
    manifest["trace"]["rows"] = ROWS
    manifest["scenario"].update(
        rate_hz=1e9 / TICK_NS, duration_s=(ROWS - 1) * TICK_NS / 1e9, expect=CRITERIA
    )
    (directory / files.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def judge_and_report(directory: Path) -> None:
    """What is measured: the criteria of a run, and its report."""
    from reports.page import write_report

    manifest = json.loads((directory / files.MANIFEST).read_text(encoding="utf-8"))
    model = ScenarioModel.model_validate(manifest["scenario"])
    start = time.perf_counter()
    verdict = conclude(directory, model, manifest)
    write_report(directory)
    seconds = time.perf_counter() - start
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if verdict.word != "PASSED":
        raise SystemExit(verdict.sentence)
    sys.stdout.write(
        f"{'report and 8 criteria of 3.6 million rows, rows/s':55} {ROWS / seconds:,.0f}  "
        "goal >= 200,000\n"
        f"{'the same, resident memory, MB':55} {memory_mb:,.0f}  goal <  1,500\n"
    )


def main() -> None:
    """Make the trace, and measure in a process that has done nothing else."""
    keep_compiled_code()
    with tempfile.TemporaryDirectory() as folder:
        scenario = load_scenario(resolve(Path("iss_slot")))
        directory = run_scenario(scenario, Path(folder) / "run").directory
        lengthen(directory)
        subprocess.run([sys.executable, __file__, str(directory)], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        judge_and_report(Path(sys.argv[1]))
    else:
        main()
