"""The International Standard Atmosphere up to 11 km (ISO 2533)."""

import math
from typing import Final

SEA_LEVEL_PA: Final = 101_325.0
_SEA_LEVEL_K, _LAPSE_K_M, _EXPONENT = 288.15, 0.0065, 5.255_88
_ZERO_C_K = 273.15


def pressure_pa(altitude_m: float) -> float:
    """Pressure at an altitude, Pa; nothing is left of it from 44.3 km up."""
    share = max(0.0, 1.0 - _LAPSE_K_M / _SEA_LEVEL_K * altitude_m)
    return SEA_LEVEL_PA * math.pow(share, _EXPONENT)


def pressure_altitude_m(pressure: float) -> float:
    """Altitude at which a pressure (Pa, not negative) is, m."""
    return _SEA_LEVEL_K / _LAPSE_K_M * (1.0 - math.pow(pressure / SEA_LEVEL_PA, 1.0 / _EXPONENT))


def temperature_c(altitude_m: float) -> float:
    """Temperature at an altitude, °C."""
    return _SEA_LEVEL_K - _ZERO_C_K - _LAPSE_K_M * altitude_m
