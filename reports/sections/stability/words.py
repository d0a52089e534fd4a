"""Contraction factors, durations and powers of ten as a reader wants them."""

import math
import re
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"))
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def factor(value: float, up: bool = False, step: float | None = None) -> str:
    """A factor a second near 1, in as many digits as tell it from 1.

    Args:
        value: The factor.
        up: Round up: of a bound nothing may be given away.
        step: How far the next factor is that it must be told from; a twentieth of its own distance
            from 1 where there is none.
    """
    off = abs(1.0 - value)
    if off == 0.0:
        return "1"
    least, step = (3, off / 20.0) if step is None else (1, step)
    decimals = max(least, math.ceil(-math.log10(step) - 1e-9))
    if decimals <= 7:
        mode = ROUND_CEILING if up else ROUND_HALF_EVEN
        return str(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), mode))
    digits = 10.0 ** math.floor(math.log10(step))
    whole = math.floor if up and value < 1.0 else round
    sign = "−" if value < 1.0 else "+"
    return f"1\u202f{sign}\u202f{scientific(whole(off / digits + 1e-6) * digits)}"


def scientific(value: float, digits: int = 3) -> str:
    """A number as one digit, more digits and a power of ten where it is small or large."""
    return powers(f"{value:.{digits}g}")


def powers(text: str) -> str:
    """Text with its numbers like 2e-06 written as 2·10⁻⁶."""

    def written(found: re.Match[str]) -> str:
        mantissa, exponent = found.groups()
        power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
        return power if mantissa == "1" else f"{mantissa}·{power}"

    return re.sub(r"([\d.]+)e([-+]\d+)", written, text)


def quantity(value: float, unit: str) -> str:
    """A number in three digits, with its unit."""
    large = 1e3 <= abs(value) < 1e7
    return f"{f'{value:,.0f}' if large else scientific(value)}\u202f{unit}"


def lasting(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds == 0.0:
        return "0\u202fs"
    for size, unit in _UNITS:
        # Seconds are read more easily than one minute and a half.
        if seconds >= (2.0 if size >= 60.0 else 1.0) * size * (1.0 - 1e-9):
            return f"{seconds / size:.3g}\u202f{unit}"
    return quantity(seconds / 1e-3, "ms")
