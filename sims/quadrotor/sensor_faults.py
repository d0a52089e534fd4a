"""Faults of one sensor: what becomes of its values."""

import numpy as np

from sims.faults import (
    SensorBias,
    SensorDrift,
    SensorFreeze,
    SensorLoss,
    SensorNoise,
    VehicleSensorFault,
)

Values = tuple[float, ...]


class SensorFaults:
    """The faults that a sensor has now.

    Errors add up; what is frozen stays at what was handed out last; what is lost is lost.
    """

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._errors: list[tuple[SensorBias | SensorDrift | SensorNoise, int]] = []
        self._frozen = self._lost = 0
        self._last: Values | None = None

    def switch(self, fault: VehicleSensorFault, on: bool, t_ns: int, last: Values | None) -> None:
        """Switch one on or off.

        Args:
            fault: Of this sensor.
            on: Whether it begins.
            t_ns: Time inside the run.
            last: What the sensor handed out last, if anything.
        """
        count = 1 if on else -1
        match fault:
            case SensorLoss():
                self._lost = max(0, self._lost + count)
            case SensorFreeze():
                self._frozen = max(0, self._frozen + count)
                self._last = last
            case SensorBias() | SensorDrift() | SensorNoise():
                if on:
                    self._errors.append((fault, t_ns))
                else:
                    self._errors = [(f, since) for f, since in self._errors if f != fault]

    def spoil(self, values: Values, t_ns: int) -> Values | None:
        """What the sensor hands out in place of values; None for nothing."""
        if self._lost:
            return None
        if self._frozen and self._last is not None:
            return self._last
        for fault, since_ns in self._errors:
            sizes = fault.sizes()
            if isinstance(fault, SensorDrift):
                elapsed_s = (t_ns - since_ns) * 1e-9
                sizes = tuple(size * elapsed_s for size in sizes)
            elif isinstance(fault, SensorNoise):
                drawn = self._random.standard_normal(len(sizes)).tolist()
                sizes = tuple(size * number for size, number in zip(sizes, drawn, strict=True))
            values = tuple(value + size for value, size in zip(values, sizes, strict=True))
        if self._frozen:
            self._last = values
        return values
