"""The metric in which errors are measured: that of a certificate, or the nominal one without."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.stability.certificate import evidence_of
from kernel.proof.problem import Evidence
from kernel.proof.small_gain import jump_weight

if TYPE_CHECKING:
    from kernel.metric import NominalMetric

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """‖ξ‖_P, and what a claim in it says.

    Attributes:
        evidence: P and how it is meant; its delays are those of the claim.
        overshoot: μ.
        proved: Whether it bears a proof; else it is that of the nominal loop.
        lags: Whether thrust that lags is among its states.
    """

    evidence: Evidence
    overshoot: float
    proved: bool
    lags: bool = False

    @property
    def commands(self) -> int:
        """Commands in flight that are states."""
        return self.evidence.delays[1] if self.evidence.method == "metric" else 0

    @property
    def told(self) -> int:
        """States of an axis that the controller itself knows: these come first."""
        return len(self.evidence.p) - self.commands - int(self.lags)

    def size(self, error: Array, memory: Array, late: Array, had: Array) -> Array:
        """‖ξ‖_P at successive ticks, m.

        Args:
            error: Position and velocity error, (n, 6).
            memory: Of the controller, (n, 3).
            late: Commands in flight less those on the reference, youngest first,
                (n, commands, 3).
            had: Thrust had less the command on the reference, (n, 3); not read where it is none of
                the metric's states.
        """
        states = np.stack([error[:, :3], error[:, 3:], memory], axis=1)
        if self.told == 1:
            states = states[:, 1:2]
        lagging = [had[:, None]] if self.lags else []
        whole = np.concatenate([states, *lagging, late], axis=1)
        return np.asarray(np.sqrt(np.einsum("nsa,st,nta->n", whole, self.evidence.p, whole)))

    def size_at_entry(self, size: Array, changes: Array) -> Array:
        """What ‖ξ‖_P stays below from a tick on, whatever is in flight there, m.

        See :mod:`kernel.proof.small_gain`; a metric with commands in flight as states has them.

        Args:
            size: ‖ξ‖_P, (n,).
            changes: Squared lengths of the command's changes, less those on the reference, (n,).
        """
        summed = np.concatenate([np.zeros(1), np.cumsum(changes)])
        first = np.maximum(np.arange(len(changes)) + 1 - self.evidence.delays[1], 0)
        late = jump_weight(self.evidence) * (summed[1:] - summed[first])
        return np.asarray(np.sqrt(np.square(size) + np.maximum(late, 0.0)))


def proved_metric(given: dict[str, Any]) -> Metric | None:
    """The metric of a certificate; None where nothing was proved."""
    evidence = evidence_of(given["contraction"])
    if evidence is None:
        return None
    return Metric(evidence, float(given["overshoot"]), True, lags="thrust_lag_s" in given)


def nominal(found: "NominalMetric") -> Metric:
    """The metric of the nominal loop."""
    return Metric(Evidence("metric", found.per_tick, (0, 0), found.p), 1.0, False)


def as_told(metric: Metric) -> Evidence:
    """The evidence with P of what the controller knows alone, its Schur complement.

    It is the least that an error counts for, whatever is in flight and whatever thrust is had.
    """
    evidence, kept = metric.evidence, metric.told
    p = evidence.p
    own, cross, late = p[:kept, :kept], p[:kept, kept:], p[kept:, kept:]
    shadow = own - cross @ np.linalg.solve(late, cross.T) if len(late) else own
    return replace(evidence, p=0.5 * (shadow + shadow.T))
