"""What a run directory says of stability: the certificate, and what the run showed beside it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.trace import files
from harness.trace.reader import NotARunDirectoryError, read_json
from kernel.gains import Gains

Array = NDArray[np.float64]
Plain = dict[str, Any]

_OF_A_CERTIFICATE = (
    *("verdict", "reason", "region", "ranges", "twin", "scenario", "assumed_disturbance"),
    *("bound_per_second", "overshoot", "level_set", "delay_margin_ms", "contraction", "margin"),
    *("refutation", "constant_delay_margin_ms", "seconds"),
)


@dataclass(frozen=True)
class Stability:
    """Stability as its sections read it.

    Attributes:
        path: The run directory.
        shown: What the run showed: ``stability.json``.
        certificate: What was proved, or None where nothing was to be proved.
        vehicles: How many vehicles flew.
    """

    path: Path
    shown: Plain
    certificate: Plain | None
    vehicles: int

    @classmethod
    def read(cls, path: Path, vehicles: int) -> "Stability | None":
        """Read it; None where nothing was held against a twin.

        Raises:
            NotARunDirectoryError: A file of it is damaged.
        """
        if not (path / files.STABILITY).exists():
            return None
        proved = path / files.CERTIFICATE
        certificate = read_json(proved) if proved.exists() else None
        lost = [key for key in _OF_A_CERTIFICATE if certificate and key not in certificate]
        if lost:
            raise NotARunDirectoryError(f"{files.CERTIFICATE} lacks {lost[0]}")
        return cls(path, read_json(path / files.STABILITY), certificate, vehicles)

    @property
    def metric(self) -> str | None:
        """Kind of the metric that errors were measured in: proved, nominal, or none at all."""
        kind: str | None = self.shown.get("metric")
        return kind if kind and (self.path / files.STABILITY_TABLE).exists() else None

    @property
    def covered(self) -> bool:
        """Whether the certificate is about this run."""
        return bool(self.shown.get("covers", False))

    @property
    def numbers(self) -> Plain:
        """The four numbers, those that there are not as None."""
        none: Plain = dict.fromkeys(("proved", "local", "observed", "decay"))
        return {**none, **self.shown.get("numbers", {})}

    @property
    def level_set(self) -> Plain | None:
        """The level set that was proved."""
        found: Plain | None = self.certificate["level_set"] if self.certificate else None
        return found

    @cached_property
    def size(self) -> Array:
        """‖ξ‖_P, m, (ticks, vehicles)."""
        return self._column("primal_state_m")

    @cached_property
    def residual(self) -> Array:
        """Model error of a tick ‖w‖_P, m, (ticks, vehicles)."""
        return self._column("residual_m")

    @cached_property
    def local(self) -> Array:
        """Local Lipschitz constant a second, (ticks, vehicles)."""
        return self._column("local_lipschitz_per_s")

    def _column(self, name: str) -> Array:
        with pq.ParquetFile(self.path / files.STABILITY_TABLE) as table:
            chunks = table.read(columns=[name]).column(name).chunks
        values = np.concatenate([np.from_dlpack(chunk) for chunk in chunks])
        return np.asarray(values.reshape(self.vehicles, -1).T)


def scaled_gains(controller: Plain) -> Gains:
    """The gains of a manifest's AGP controller, at its bandwidth."""
    plain = controller["gains"]
    return Gains(
        plain["k_r_per_s2"],
        plain["k_v_per_s"],
        plain["k_i_per_s3"],
        plain["lambda_decay_per_s"],
        plain["antiwindup_gain_per_s2"],
    ).at_bandwidth(controller["bandwidth"])
