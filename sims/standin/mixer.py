"""From collective thrust and torque to the motors of PX4's ``none_iris`` airframe (10016)."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from sims.rotation import Vector

ROTORS: Final = (
    (0.1515, 0.245, 0.05),
    (-0.1515, -0.1875, 0.05),
    (0.1515, -0.245, -0.05),
    (-0.1515, 0.1875, -0.05),
)
"""Of each rotor: forward and right of the centre, m, and torque per thrust, m; positive turns
counter-clockwise from above, which turns the body clockwise."""


def _columns() -> list[list[float]]:
    """What each motor adds for a unit of roll, pitch and yaw torque, and of thrust.

    Scaled as PX4 scales them, so that its gains mean the same: entries of roll and pitch have a
    root mean square of √½, the largest of yaw and of thrust is 1.
    """
    effect = np.array([[-y, x, km, 1.0] for x, y, km in ROTORS]).T
    mix = np.linalg.inv(effect)
    scale = np.abs(mix).max(axis=0)
    scale[:2] = np.sqrt((mix[:, :2] ** 2).sum(axis=0) / 2.0)
    rows: list[list[float]] = (mix / scale).tolist()
    return rows


class Mixer:
    """Shares thrust and torque out to four motors within 0..1, attitude first."""

    def __init__(self) -> None:
        self._rows = _columns()
        self.saturated = False
        """Whether the last torque could not be had in full."""

    def motors(self, torque: Vector, thrust: float, curve: float) -> list[float]:
        """The motors' controls, 0..1, (4,).

        Roll and pitch are kept at the expense of thrust, and yaw is given what is left.

        Args:
            torque: Normalised, FRD.
            thrust: Collective, 0..1.
            curve: How much of a rotor's thrust goes with the square of its control, 0..1
                (``THR_MDL_FAC``); the rest is taken to be linear.
        """
        roll, pitch, yaw = torque
        lean = [row[0] * roll + row[1] * pitch for row in self._rows]
        turn = [row[2] * yaw for row in self._rows]
        share = self._room(lean, turn, thrust)
        wanted = [a + share * b for a, b in zip(lean, turn, strict=True)]
        low, high = min(wanted), max(wanted)
        squeeze = 1.0 / (high - low) if high - low > 1.0 else 1.0
        self.saturated = share < 1.0 or squeeze < 1.0
        if squeeze < 1.0:
            wanted = [squeeze * w for w in wanted]
            low, high = squeeze * low, squeeze * high
        # Thrust gives way: up where a motor would stop, but never by more than there is of it.
        base = min(max(thrust, min(-low, 2.0 * thrust)), 1.0 - high)
        return [_control(min(max(base + w, 0.0), 1.0), curve) for w in wanted]

    @staticmethod
    def _room(lean: Sequence[float], turn: Sequence[float], thrust: float) -> float:
        """The largest share of yaw that saturates no motor, at least 0.15."""
        share = 1.0
        for a, b in zip(lean, turn, strict=True):
            room = (1.0 - thrust - a) if b > 0.0 else (thrust + a)
            if b and abs(b) * share > room:
                share = max(room, 0.0) / abs(b)
        return max(share, 0.15)


def _control(thrust: float, curve: float) -> float:
    """The control that gives a thrust: the root of curve·u² + (1 − curve)·u = thrust."""
    if curve <= 0.0:
        return thrust
    linear = 1.0 - curve
    root = math.sqrt(linear * linear + 4.0 * curve * thrust)
    return min((root - linear) / (2.0 * curve), 1.0)
