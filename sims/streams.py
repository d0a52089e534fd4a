"""Random streams: one for each consumer, made of the run's seed and the consumer's name."""

import hashlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of a named consumer in a run; adding one changes no other."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32)
    return np.random.default_rng([seed, *words.tolist()])
