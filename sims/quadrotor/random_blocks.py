"""Random numbers drawn in blocks: numpy's price is paid once for many steps."""

from collections.abc import Iterator, Sequence

import numpy as np

_ROWS = 256


def errors(
    random: np.random.Generator, deviation: Sequence[float], mean: Sequence[float]
) -> Iterator[list[float]]:
    """Independent normal numbers for ever, a row at a time.

    Args:
        random: Where they are drawn from; nobody else may draw from it.
        deviation: Standard deviation of each column.
        mean: Mean of each column.
    """
    size, middle = np.array(deviation), np.array(mean)
    while True:
        yield from (middle + size * random.standard_normal((_ROWS, len(size)))).tolist()
