"""Hash chain over the rows of a trace: an altered, missing or reordered row changes its end.

The chain starts at SHA-512 of the column list and goes on, a row at a time, with
``h = SHA-512(h + row)``. A row is its columns in order without padding: little-endian int64 and
IEEE 754 float64, one byte for a bool and for a category's code. It covers the logical content, not
the file's bytes, which compression and library versions may change.
"""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.trace.schema import TraceColumn

_ENCODING = {"int64": "<i8", "float64": "<f8", "bool": "u1", "category": "i1"}


class RowChain:
    """The chain over one trace, fed in batches of any size."""

    def __init__(self, columns: list[TraceColumn]) -> None:
        self._row = np.dtype([(column.name, _ENCODING[column.kind]) for column in columns])
        head = [[column.name, column.kind, list(column.categories)] for column in columns]
        self._digest = hashlib.sha512(json.dumps(head, separators=(",", ":")).encode()).digest()
        self.rows = 0

    def extend(self, batch: Mapping[str, NDArray[np.generic]]) -> None:
        """Add the rows of a batch, given by column; categories by code."""
        names = self._row.names or ()
        packed = np.empty(len(batch[names[0]]), dtype=self._row)
        for name in names:
            packed[name] = batch[name]
        content, width, digest = packed.tobytes(), self._row.itemsize, self._digest
        sha512 = hashlib.sha512
        for start in range(0, len(content), width):
            digest = sha512(digest + content[start : start + width]).digest()
        self._digest = digest
        self.rows += len(packed)

    def hexdigest(self) -> str:
        """The end of the chain so far."""
        return self._digest.hex()
