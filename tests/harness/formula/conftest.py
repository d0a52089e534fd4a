"""Signals given as arrays, as a trace of one tick a second would hold them."""

from types import SimpleNamespace

import numpy as np
import pytest

from harness.formula.samples import Samples
from harness.trace.schema import TraceColumn


def _samples_of(undefined_as_nan=(), vehicles=("one",), rate_hz=1.0, **signals):
    """Samples of the first vehicle; each signal is (ticks,) or (ticks, vehicles)."""
    arrays = {n: np.asarray(s).reshape(-1, len(vehicles)) for n, s in signals.items()}
    columns = {
        name: TraceColumn(
            name,
            "bool" if array.dtype == bool else "float64",
            "m",
            undefined_as_nan=name in undefined_as_nan,
        )
        for name, array in arrays.items()
    }
    trace = SimpleNamespace(
        columns=columns, vehicles=vehicles, read=lambda *names: {n: arrays[n] for n in names}
    )
    return Samples(trace, vehicles[0], rate_hz, len(next(iter(arrays.values()))))


@pytest.fixture(scope="session")
def samples_of():
    """Makes samples of named signals."""
    return _samples_of
