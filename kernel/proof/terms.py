"""Numbers that are proved to lie in balls, with their gradients: what the interpreter computes in.

A :class:`Term` is one real number, known to lie in ``value`` for every point of a box of inputs;
its gradient with respect to the inputs lies in ``gradient``. Terms are made by a :class:`Tape`,
which makes equal expressions once. So ``x - x`` is exactly 0 although x is only known to a ball,
and two expressions can be compared as such: without that, a command that is zero on the reference
would be known no better than gravity is over the box.

Source of the arithmetic: F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius
interval arithmetic", IEEE Transactions on Computers 66(8), 2017, through python-flint.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from flint import arb

Gradient = dict[int, arb]

ZERO, ONE, NOTHING = arb(0), arb(1), arb.nan()


class ProofError(Exception):
    """Nothing can be proved of this function, or not over this box; the message says why."""


class Term:
    """One real number in a ball, with its gradient.

    Attributes:
        value: Ball that holds it at every point of the box.
        gradient: Ball of the derivative by each input that it depends on, by the input's number.
        made: Operation and operands that it was made of; None of inputs and constants.
        trouble: Why nothing is known of it, if so. It may still be a branch that is never taken.
    """

    __slots__ = ("gradient", "made", "trouble", "value")

    def __init__(
        self,
        value: arb,
        gradient: Gradient | None = None,
        made: "tuple[str, tuple[Term, ...]] | None" = None,
        trouble: str = "",
    ) -> None:
        self.value = value
        self.gradient = gradient or {}
        self.made = made
        self.trouble = trouble


Rule = Callable[..., tuple[arb, Sequence[arb | None]]]
"""From the operands' balls to the balls of the result and of each partial derivative.

A rule raises ProofError where the operation is not defined all over the balls.
"""


CHOICE = "choice by "
"""What the name of a selection begins with; the comparison's follows."""

Test = tuple[str, Term, Term]
"""A comparison: its name and its two sides."""


def compared(name: str, left: Term, right: Term) -> bool | None:
    """Whether a comparison holds all over the box; None where it may or may not."""
    if left.trouble or right.trouble:
        return None
    if left is right:
        return name in ("ge", "le", "eq")
    x, y = left.value, right.value
    same = x.is_exact() and y.is_exact() and x == y
    always, never = {
        "gt": (x > y, x <= y),
        "ge": (x >= y, x < y),
        "lt": (x < y, x >= y),
        "le": (x <= y, x > y),
        "eq": (same, not x.overlaps(y)),
        "ne": (not x.overlaps(y), same),
    }[name]
    return True if always else False if never else None


def above(x: arb) -> float:
    """A float that is not below a ball, nor far above it."""
    most = x.upper()
    near = float(most)
    return near if most <= near else math.nextafter(near, math.inf)


def ball(low: arb | float, high: arb | float) -> arb:
    """The smallest ball that holds an interval."""
    return arb(low).union(arb(high))


def hull(terms: Sequence[Term]) -> tuple[arb, Gradient]:
    """Balls that hold each of some terms."""
    value, gradient = terms[0].value, dict(terms[0].gradient)
    for term in terms[1:]:
        value = value.union(term.value)
        keys = gradient.keys() | term.gradient.keys()
        gradient = {k: gradient.get(k, ZERO).union(term.gradient.get(k, ZERO)) for k in keys}
    return value, gradient


class Tape:
    """Makes terms, equal expressions once.

    Attributes:
        zero, one: The constants.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._made: dict[tuple[object, ...], Term] = {}
        self._exact: dict[tuple[object, object], Term] = {}
        self.zero, self.one = self.constant(0.0), self.constant(1.0)

    def constant(self, number: float) -> Term:
        """A number of the program, exactly.

        Raises:
            ProofError: It is not finite.
        """
        exact = arb(number)
        if not exact.is_finite():
            raise ProofError(f"a constant of the function is {number}")
        return self._known(Term(exact))

    def apply(self, name: str, *terms: Term) -> Term:
        """The result of an operation of the table."""
        trouble = next((term.trouble for term in terms if term.trouble), "")
        if name == "pow" and terms[-1].gradient:
            trouble = trouble or "power with an exponent that varies"
        simple = None if trouble else self._simplified(name, terms)
        if simple is not None:
            return simple
        key = (name, *map(id, terms))
        if key not in self._made:
            self._made[key] = self._known(self._evaluated(name, terms, trouble))
        return self._made[key]

    def choice(self, test: Test, if_false: Term, if_true: Term) -> Term:
        """One of two terms by a comparison, where they agree wherever its sides are equal."""
        name, left, right = test
        known = compared(name, left, right)
        if known is not None or if_true is if_false:
            return if_true if known else if_false
        # What chose is part of it: other comparisons of the same terms choose otherwise.
        operands = (left, right, if_false, if_true)
        key = (CHOICE, name, *map(id, operands))
        if key not in self._made:
            trouble = next((term.trouble for term in operands if term.trouble), "")
            made = (f"{CHOICE}{name}", operands)
            self._made[key] = Term(*hull([if_false, if_true]), made, trouble)
        return self._made[key]

    def substituted(self, term: Term, old: Term, new: Term) -> Term:
        """A term made again with another in the place of one that it was made of."""
        done: dict[int, Term] = {id(old): new}

        def again(one: Term) -> Term:
            if id(one) not in done:
                name, operands = one.made or ("", ())
                parts = [again(operand) for operand in operands]
                if name.startswith(CHOICE):
                    left, right, *branches = parts
                    done[id(one)] = self.choice((name[len(CHOICE) :], left, right), *branches)
                else:
                    done[id(one)] = self.apply(name, *parts) if parts else one
            return done[id(one)]

        return again(term)

    def _known(self, term: Term) -> Term:
        """The one term of an exactly known number, whatever made it; other terms as they are."""
        if term.trouble or term.gradient or not term.value.is_exact():
            return term
        return self._exact.setdefault(term.value.man_exp(), term)

    def _evaluated(self, name: str, terms: tuple[Term, ...], trouble: str) -> Term:
        try:
            if trouble:
                raise ProofError(trouble)
            value, partials = self._rules[name](*(term.value for term in terms))
        except ProofError as error:
            return Term(NOTHING, None, (name, terms), str(error))
        gradient: Gradient = {}
        for term, slope in zip(terms, partials, strict=True):
            if slope is None:
                continue
            for index, inner in term.gradient.items():
                part = slope * inner
                gradient[index] = gradient[index] + part if index in gradient else part
        return Term(value, gradient, (name, terms))

    def _simplified(self, name: str, terms: tuple[Term, ...]) -> Term | None:
        """What is exactly so in real arithmetic, whatever the balls."""
        first, last = terms[0], terms[-1]
        zero, one, same = self.zero, self.one, first is last
        found: Term | None = None
        match name:
            case "add" if first is zero or last is zero:
                found = last if first is zero else first
            case "sub" if same or last is zero:
                found = zero if same else first
            case "mul" if first is zero or last is zero:
                found = zero
            case "mul" if first is one or last is one:
                found = last if first is one else first
            case "mul" if same:
                found = self.apply("square", first)
            case "div" if last is one or (same and not first.value.contains(0)):
                found = first if last is one else one
            case "pow" if last.value == 2:
                found = self.apply("square", first)
            case "pow" if last.value == 0.5:
                found = self.apply("sqrt", first)
            case "max" | "min" if same:
                found = first
            case "sqrt" | "sqrt_of_nonnegative" if first.made and first.made[0] == "square":
                found = self.apply("abs", *first.made[1])
            case "sqrt" if self._never_negative(first):
                found = self.apply("sqrt_of_nonnegative", first)
            case "abs" if first.value >= 0:
                found = first
        return found

    def _never_negative(self, term: Term) -> bool:
        """Whether it is so by the way it is made, where its ball reaches below zero."""
        if term.value >= 0:
            return True
        name, operands = term.made or ("", ())
        if name.startswith(CHOICE):
            operands = operands[2:]
        if name in ("add", "mul", "min") or name.startswith(CHOICE):
            return all(self._never_negative(operand) for operand in operands)
        if name == "max":
            return any(self._never_negative(operand) for operand in operands)
        return name in ("square", "abs", "sqrt_of_nonnegative", "exp")
