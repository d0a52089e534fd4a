"""Many flights of one scenario in a row with a real PX4: how many pass, and how equal they are.

``python tests/bench/px4_hovers.py 200``; run by ``nox -s soak`` where a PX4 is found. PX4 is not
bit-reproducible, so that flights from one seed differ a little: by how much is printed, as the
spread of where each flight was on average while AGP flew.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from harness.machine import keep_compiled_code
from harness.run import run_scenario
from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve
from harness.trace.reader import RunDirectory
from sims.mavlink.locate import NoPx4Error, find_px4

SCENARIO = Path("px4_hover")


def fly(number: int) -> tuple[str, str, np.ndarray | None]:
    """The verdict of one flight, its sentence, and its mean true position under AGP, NED, m."""
    scenario = load_scenario(resolve(SCENARIO), ["plant.server=real"])
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_scenario(scenario, Path(folder) / "run")
        trace = RunDirectory.open(Path(folder) / "run").trace
        names = trace.columns["flight_phase"].categories
        agp = trace.read("flight_phase")["flight_phase"][:, 0] == names.index("AGP")
        place = trace.vector("position")[agp, 0].mean(axis=0) if agp.any() else None
    return outcome.verdict.word, outcome.verdict.sentence, place


def main() -> int:
    """Fly, and say what came of it; 1 where a flight did not pass."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    keep_compiled_code()
    try:
        where = find_px4().where
    except NoPx4Error as error:
        tell(f"no PX4, nothing to fly: {error}")
        return 0
    tell(f"{count} flights of {SCENARIO} with {where}")
    words: Counter[str] = Counter()
    places = []
    start = time.monotonic()
    for number in range(1, count + 1):
        word, sentence, place = fly(number)
        words[word] += 1
        if place is not None:
            places.append(place)
        if word != "PASSED":
            tell(f"flight {number}: {sentence}")
        if number % 10 == 0:
            tell(f"{number} flown, {words['PASSED']} passed, {time.monotonic() - start:.0f} s")
    spread = np.ptp(places, axis=0)
    tell(f"{words['PASSED']} of {count} passed; {dict(words)}")
    tell(f"spread north {spread[0]:.3f} m, east {spread[1]:.3f} m, down {spread[2]:.3f} m")
    return int(words["PASSED"] != count)


def tell(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
