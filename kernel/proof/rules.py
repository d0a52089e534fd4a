"""The table of operations: each one's enclosure and partial derivatives, over balls.

What is not here can't be part of a proof. There is no floor, round or sign: a quantizer enters a
proof as a bounded disturbance.
"""

from collections.abc import Callable, Sequence

from flint import arb

from kernel.proof.terms import ONE, ZERO, ProofError, Rule, ball

Enclosed = tuple[arb, Sequence[arb | None]]

_HALF = arb(0.5)
_UNBOUNDED = arb(0, "inf")


def _by(name: str, x: arb) -> arb:
    if x.contains(0):
        raise ProofError(f"{name} by a number that may be 0")
    return x


def _positive(name: str, x: arb) -> arb:
    if not x > 0:
        raise ProofError(f"{name} of a number that may be 0 or negative")
    return x


def _divide(x: arb, y: arb) -> Enclosed:
    inverse = 1 / _by("division", y)
    return x * inverse, (inverse, -x * inverse * inverse)


def _sqrt(x: arb) -> Enclosed:
    if x.lower() < 0:
        raise ProofError("square root of a number that may be negative")
    return _sqrt_of_nonnegative(x)


def _sqrt_of_nonnegative(x: arb) -> Enclosed:
    if x > 0:
        root = x.sqrt()
        return root, (_HALF / root,)
    return ball(ZERO, x.upper().max(ZERO).sqrt()), (_UNBOUNDED,)


def _square(x: arb) -> arb:
    if x.contains(0):
        largest = x.abs_upper()
        return ball(ZERO, largest * largest)
    return x * x


def _whole_power(x: arb, n: int) -> arb:
    if n < 0:
        return 1 / _whole_power(x, -n)
    if n == 0:
        return ONE
    return x * _whole_power(x, n - 1) if n % 2 else _square(_whole_power(x, n // 2))


def _power(x: arb, exponent: arb) -> Enclosed:
    if not exponent.is_exact():
        raise ProofError("power with an exponent that varies")
    if exponent.is_integer():
        n = int(float(exponent))
        base = x if n >= 0 else _by("division", x)
        return _whole_power(base, n), (n * _whole_power(base, n - 1) if n else ZERO, None)
    base = _positive("power", x)
    return base**exponent, (exponent * base ** (exponent - 1), None)


def _larger(x: arb, y: arb) -> Enclosed:
    if x >= y:
        return x, (ONE, None)
    if y >= x:
        return y, (None, ONE)
    either = ball(ZERO, ONE)
    return x.max(y), (either, either)


def _smaller(x: arb, y: arb) -> Enclosed:
    value, (by_x, by_y) = _larger(-x, -y)
    return -value, (by_x, by_y)


def _absolute(x: arb) -> Enclosed:
    return abs(x), (ONE if x >= 0 else -ONE if x <= 0 else ball(-ONE, ONE),)


def _tangent(x: arb) -> Enclosed:
    inverse = 1 / _by("division", x.cos())
    return x.tan(), (inverse * inverse,)


def _angle(y: arb, x: arb) -> Enclosed:
    if not (x > 0 or y > 0 or y < 0):
        raise ProofError("angle of a vector that may lie on its cut, the negative axis")
    inverse = 1 / (_square(x) + _square(y))
    return arb.atan2(y, x), (x * inverse, -y * inverse)


def _one(value: Callable[[arb], arb], slope: Callable[[arb, arb], arb]) -> Rule:
    """A smooth function of one number; its slope may be told from its value."""

    def rule(x: arb) -> Enclosed:
        result = value(x)
        return result, (slope(x, result),)

    return rule


RULES: dict[str, Rule] = {
    "add": lambda x, y: (x + y, (ONE, ONE)),
    "sub": lambda x, y: (x - y, (ONE, -ONE)),
    "mul": lambda x, y: (x * y, (y, x)),
    "div": _divide,
    "neg": lambda x: (-x, (-ONE,)),
    "square": lambda x: (_square(x), (2 * x,)),
    "abs": _absolute,
    "sqrt": _sqrt,
    "sqrt_of_nonnegative": _sqrt_of_nonnegative,
    "pow": _power,
    "max": _larger,
    "min": _smaller,
    "exp": _one(lambda x: x.exp(), lambda _, y: y),
    "expm1": _one(lambda x: x.expm1(), lambda _, y: y + 1),
    "log": lambda x: (_positive("logarithm", x).log(), (1 / x,)),
    "log1p": lambda x: (_positive("logarithm", 1 + x).log(), (1 / (1 + x),)),
    "sin": _one(lambda x: x.sin(), lambda x, _: x.cos()),
    "cos": _one(lambda x: x.cos(), lambda x, _: -x.sin()),
    "tan": _tangent,
    "tanh": _one(lambda x: x.tanh(), lambda _, y: 1 - y * y),
    "atan2": _angle,
}
