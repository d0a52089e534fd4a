"""Loops of random gains are answered as eigenvalues and simulations say."""

import sys

import numpy as np
from amount import of_the_whole, seed
from proof_loops import in_free_space

from kernel.gains import Gains
from kernel.nominal import spectral_radius, tick_matrix
from kernel.proof.prove import prove


def drawn(generator, wanted):
    """Gains over two decades and a half, ticks and delays; both stable loops and others."""
    while wanted:
        gains = Gains(*np.exp(generator.uniform(-5.0, 1.0, 4)))
        dt = float(generator.choice([0.02, 0.1, 0.25]))
        delay = int(generator.integers(0, 4))
        radius = spectral_radius(tick_matrix(gains, dt, delay)) ** (1.0 / dt)
        if not 0.98 <= radius <= 1.02:
            wanted -= 1
            yield gains, dt, delay, radius


def grown(gains, dt, delay, seconds=2000.0):
    """Natural logarithm of how much an error grows in the end."""
    a = tick_matrix(gains, dt, delay)
    state = np.random.default_rng(1).normal(size=len(a))
    log = 0.0
    for _ in range(round(seconds / dt / 64)):
        state = np.linalg.matrix_power(a, 64) @ state
        size = np.linalg.norm(state)
        log, state = log + np.log(size), state / size
    return log


def test_random_loops_are_answered_as_eigenvalues_say():
    generator = np.random.default_rng(seed())
    answers = {"PROVED": [], "REFUTED": []}
    for gains, dt, delay, radius in drawn(generator, of_the_whole(1000)):
        expected = "PROVED" if radius < 1.0 else "REFUTED"
        problem = in_free_space(gains, dt, delays=(delay, delay))
        verdict = prove(problem, margin=False).verdict
        other = {"PROVED": "REFUTED", "REFUTED": "PROVED"}[expected]
        assert verdict != other, (gains, dt, delay, radius)
        assert (grown(gains, dt, delay) < 0.0) == (expected == "PROVED")
        answers[expected].append(verdict == expected)
    for expected, answered in answers.items():
        sys.stdout.write(f"{expected}: {sum(answered)} of {len(answered)}\n")
        assert len(answered) > of_the_whole(1000) / 10
        assert np.mean(answered) >= 0.95
