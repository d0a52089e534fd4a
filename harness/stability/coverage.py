"""Whether a run is what its certificate is about: the twin check, the level set, the limits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.stability.flown import Flown
from harness.stability.metric import Metric
from harness.stability.twin_check import COMPONENTS, Checked

Array = NDArray[np.float64]

NOT_COVERED = "CERTIFICATE DOES NOT COVER THIS RUN"
_ROUNDING = 1.0 + 1e-9


@dataclass(frozen=True)
class Seen:
    """What is known of one vehicle."""

    flight: Flown
    checked: Checked
    local_ticks: NDArray[np.int64]
    local_per_second: Array

    @property
    def proved_size(self) -> Array:
        """‖ξ‖_P at the ticks of which the proof speaks, else NaN."""
        size = np.full(len(self.checked.size), np.nan)
        size[self.checked.ticks] = self.checked.size[self.checked.ticks]
        return size


def coverage(given: dict[str, Any], metric: Metric, seen: list[Seen]) -> tuple[bool, str]:
    """Whether a run is what its certificate is about, and a sentence on it."""
    if not metric.proved:
        return False, f"{given['verdict']}: {given['reason']}"
    for one in seen:
        if why := _why_not_covered(given, metric, one):
            who = f"{one.flight.vehicle}: " if len(seen) > 1 else ""
            return False, f"{NOT_COVERED}: {who}{why}."
    worst = max(float(one.checked.residual.max()) for one in seen)
    assumed = given["assumed_disturbance"]["norm_m"]
    ticks = sum(len(one.checked.ticks) for one in seen)
    of = sum(len(one.flight.seconds) - 1 for one in seen)
    return True, (
        f"The certificate covers this run at {ticks} of {of} ticks: there its model was off by at "
        f"most {worst:.2g} m a tick, and {assumed:.2g} m were assumed."
    )


def _why_not_covered(given: dict[str, Any], metric: Metric, one: Seen) -> str:
    if not len(one.checked.ticks):
        return "the loop was never in the proved mode without a limit"
    if why := _model_was_off(given, one):
        return why
    if given["level_set"] is None:
        return _outside_the_region(given["region"], one)
    return _outside_the_level_set(given, metric, one)


def _model_was_off(given: dict[str, Any], one: Seen) -> str:
    """Where a tick went otherwise by more than was assumed, as a whole or in a part."""
    off, strays = given["assumed_disturbance"], given["ranges"]["reference_strays"]
    dt, most = given["region"]["tick_s"], max(given["ranges"]["thrust_had_over_commanded"])
    pushed = strays["m_s2"] * most * dt
    parts = one.checked.components
    limits = {
        "position": off["position_m"] + strays["m"] + 0.5 * dt * pushed,
        "velocity": off["velocity_m_s"] + strays["m_s"] + pushed,
    }
    held = [("", "m", one.checked.residual, off["norm_m"])]
    for name, limit in limits.items():
        held.append((f" of {name}", COMPONENTS[name], parts[name], limit))
    for what, unit, found, limit in held:
        worst = int(np.argmax(found))
        beyond = ~(found <= limit * _ROUNDING)
        if beyond[worst]:
            at = one.flight.seconds[one.checked.ticks[worst]]
            return (
                f"its model was off by {found[worst]:.3g} {unit}{what} at {at:.9g} s where "
                f"{limit:.3g} {unit} were assumed, at {np.sum(beyond)} of {len(found)} ticks by "
                "more than that"
            )
    return ""


def _outside_the_level_set(given: dict[str, Any], metric: Metric, one: Seen) -> str:
    """Where a run was not in the level set, or did what it can't do in it; empty if nowhere."""
    rho, seconds = given["level_set"]["rho"], one.flight.seconds
    inside = _entered(given, metric, one)
    if inside is None:
        least = one.checked.size_at_entry[one.checked.ticks].min() / metric.overshoot
        return f"it was never in the level set of {rho:.4g} m, at the least {least:.4g} m"
    # Limited or not: in the level set no command is.
    after = np.flatnonzero(one.flight.closed & (np.arange(len(seconds)) >= inside))
    left = after[one.checked.size[after] > metric.overshoot * rho * _ROUNDING]
    if len(left):
        return f"it left the level set at {seconds[left[0]]:.9g} s"
    limited = after[~one.flight.applies[after]]
    return f"a command was limited at {seconds[limited[0]]:.9g} s" if len(limited) else ""


def _outside_the_region(region: dict[str, Any], one: Seen) -> str:
    """Where a run left the region of which a rate is claimed; empty if it did not."""
    wide = np.repeat([region["error_position_m"], region["error_velocity_m_s"]], 3)
    beyond = (np.abs(one.flight.error) > wide).any(axis=1)
    outside = np.flatnonzero(beyond & one.flight.closed)
    return f"it left the region at {one.flight.seconds[outside[0]]:.9g} s" if len(outside) else ""


def _entered(given: dict[str, Any], metric: Metric, one: Seen) -> int | None:
    """The first tick from which the proof says that the level set is kept to."""
    ticks = one.checked.ticks
    kept = metric.overshoot * given["level_set"]["rho"] * _ROUNDING
    inside = ticks[one.checked.size_at_entry[ticks] <= kept]
    return int(inside[0]) if len(inside) else None


def in_level_set(given: dict[str, Any], metric: Metric, seen: list[Seen]) -> Any:
    """Since when each vehicle has been in the level set, and what ‖ξ‖_P stays below from there."""
    if given["level_set"] is None or not metric.proved:
        return None
    entered = {one.flight.vehicle: _entered(given, metric, one) for one in seen}
    inside = [(one, tick) for one in seen if (tick := entered[one.flight.vehicle]) is not None]
    return {
        "entered_s": {
            **dict.fromkeys(entered),
            **{one.flight.vehicle: float(one.flight.seconds[tick]) for one, tick in inside},
        },
        "size_at_entry_m": {
            one.flight.vehicle: float(one.checked.size_at_entry[tick]) for one, tick in inside
        },
    }
