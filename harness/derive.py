"""Published columns computed from recorded rows, in batches and off the loop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.columns import CATEGORIES, is_boolean
from kernel.columns import AXES
from kernel.modes import Mode

Columns = dict[str, NDArray[Any]]


def derive(raw: Columns, metrics: dict[str, dict[str, Any]], lambda_decay: float) -> Columns:
    """Add what is published to what was recorded.

    Args:
        raw: Recorded columns, each of shape (rows,).
        metrics: By mode label, the metric ``p`` of one axis and its ``per_second``.
        lambda_decay: Rate at which the memory forgets, s⁻¹.

    Returns:
        The recorded columns and the derived ones; booleans and categories in their own types.
    """
    out = dict(raw)
    for name in ("position", "velocity"):
        for axis in AXES:
            measured = raw[f"measured_{name}_{axis}"]
            true = out.setdefault(f"{name}_{axis}", measured)
            error = raw[f"measured_error_{name}_{axis}"]
            out[f"error_{name}_{axis}"] = error + (measured - true)
    for name, values in raw.items():
        if name in CATEGORIES:
            out[name] = values.astype(np.int8)
        elif is_boolean(name):
            out[name] = values != 0.0

    rows = len(out["limited"])
    primal, per_second = np.full(rows, np.nan), np.full(rows, np.nan)
    for label, metric in metrics.items():
        here = out["control_mode"] == Mode.from_label(label)
        primal[here] = _metric_size(out, here, np.array(metric["p"]))
        per_second[here & ~out["limited"]] = metric["per_second"]
    out["primal_state"] = primal
    out["lipschitz_constant"] = per_second
    out["stability_margin"] = 1.0 - per_second
    out["lambda_decay"] = np.full(rows, lambda_decay)
    return out


def _metric_size(columns: Columns, rows: NDArray[np.bool_], p: NDArray[np.float64]) -> Any:
    """√(ξᵀPξ) over three equal axes; a metric of one state is on the velocity error alone."""
    names = ("error_velocity",) if len(p) == 1 else ("error_position", "error_velocity", "z")
    square = np.zeros(int(rows.sum()))
    for axis in AXES:
        parts = [
            columns[f"{'integral_state' if name == 'z' else name}_{axis}"][rows] for name in names
        ]
        state = np.stack(parts)
        square += np.einsum("in,ij,jn->n", state, p, state)
    return np.sqrt(square)
