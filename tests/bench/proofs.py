"""What proofs of known loops come to, and how long they take.

Run by ``nox -s bench``. Seconds are this machine's, beyond imports and the first proof of all.
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from proof_loops import OBLATE, POINT_MASS, STATE, closed, in_free_space

from harness.scenario.load import load_scenario
from harness.scenario.shipped import resolve
from harness.stability.problem import problem_of
from kernel.gains import Gains
from kernel.nominal import spectral_radius, tick_matrix
from kernel.proof.problem import Problem
from kernel.proof.prove import prove


def in_orbit(dt: float, delays: tuple[int, int], disturbance_m_s: float = 0.0) -> Problem:
    """Default gains about 8 km of a low orbit, ±1 km and ±10 m/s, J2 against a point mass."""
    arc = np.linspace(-0.5, 0.5, 101)[:, None] * np.array([0.0, 4e4, 4e4, -40.0, 0.0, 0.0])
    loop = closed(Gains(), POINT_MASS, OBLATE, OBLATE, dt=dt)
    states = (STATE + arc)[None]
    return Problem(loop, states, 1e3, 10.0, 50.0, delays=delays, disturbance_m_s=disturbance_m_s)


def show(name: str, problem: Problem, margin: bool = True) -> None:
    """Prove and print a row."""
    began = time.perf_counter()
    proof = prove(problem, margin)
    seconds = time.perf_counter() - began
    found, end = proof.contraction, ""
    if proof.margin is not None:
        end = f"delay margin {proof.margin.delays[1]} of {proof.constant_margin} ticks"
    rate = "" if found is None else f"{found.per_tick ** (1.0 / problem.dt):.5f} a second"
    if proof.level_set is not None and not margin:
        level = proof.level_set
        end = f"level set {level.reach_m:.3g} m, ends within {level.ultimate_m:.3g} m"
    sys.stdout.write(f"{name:42} {proof.verdict:8} {rate:18} {seconds:6.2f} s  {end}\n")


def main() -> None:
    """Print the table."""
    prove(in_free_space(), margin=False)
    spectral = spectral_radius(tick_matrix(Gains(), 0.1, 1)) ** 10
    sys.stdout.write(
        f"{'spectral, double integrator, 1 tick late':42} {'':8} {spectral:.5f} a second\n"
    )
    show("orbit, 10 Hz, 1 tick late", in_orbit(0.1, (1, 1), 1e-6), margin=False)
    show("double integrator, 10 Hz", in_free_space())
    show("orbit, 200 Hz, to 300 ms late", in_orbit(0.005, (0, 60)))
    show("orbit, 1 kHz, to 300 ms late", in_orbit(0.001, (0, 300)))
    station, _ = problem_of(load_scenario(resolve(Path("iss_slot"))))
    show("iss_slot, a whole orbit", station)


if __name__ == "__main__":
    main()
