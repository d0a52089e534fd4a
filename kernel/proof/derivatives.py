"""Derivatives of terms, as terms: their own gradients enclose second derivatives."""

from collections.abc import Callable
from functools import cache

from kernel.proof.terms import ProofError, Tape, Term

Partials = Callable[..., tuple[Term | None, ...]]
"""From tape, result and operands to the derivative by each operand; None is 0."""


def _times(tape: Tape, factor: float, term: Term) -> Term:
    return tape.apply("mul", tape.constant(factor), term)


def _over(tape: Tape, factor: float, term: Term) -> Term:
    return tape.apply("div", tape.constant(factor), term)


def _divide(tape: Tape, y: Term, _: Term, by: Term) -> tuple[Term, Term]:
    return _over(tape, 1.0, by), tape.apply("neg", tape.apply("div", y, by))


def _power(tape: Tape, _: Term, x: Term, n: Term) -> tuple[Term, None]:
    less = tape.apply("sub", n, tape.one)
    return tape.apply("mul", n, tape.apply("pow", x, less)), None


_PARTIALS: dict[str, Partials] = {
    "add": lambda tape, _, *__: (tape.one, tape.one),
    "sub": lambda tape, _, *__: (tape.one, tape.constant(-1.0)),
    "mul": lambda _, __, x, y: (y, x),
    "div": _divide,
    "neg": lambda tape, _, __: (tape.constant(-1.0),),
    "square": lambda tape, _, x: (_times(tape, 2.0, x),),
    "sqrt": lambda tape, y, _: (_over(tape, 0.5, y),),
    "sqrt_of_nonnegative": lambda tape, y, _: (_over(tape, 0.5, y),),
    "pow": _power,
    "exp": lambda _, y, __: (y,),
    "expm1": lambda tape, y, _: (tape.apply("add", y, tape.one),),
    "log": lambda tape, _, x: (_over(tape, 1.0, x),),
    "log1p": lambda tape, _, x: (_over(tape, 1.0, tape.apply("add", x, tape.one)),),
    "sin": lambda tape, _, x: (tape.apply("cos", x),),
    "cos": lambda tape, _, x: (tape.apply("neg", tape.apply("sin", x)),),
    "tan": lambda tape, y, _: (tape.apply("add", tape.one, tape.apply("square", y)),),
    "tanh": lambda tape, y, _: (tape.apply("sub", tape.one, tape.apply("square", y)),),
}


def derivative(tape: Tape, term: Term, index: int) -> Term:
    """The derivative of a term by an input, as a term.

    Raises:
        ProofError: It may have a kink in the box, or is of a function without a rule here.
    """

    @cache
    def of(one: Term) -> Term:
        if index not in one.gradient:
            return tape.zero
        if one.made is None:
            return tape.one
        name, operands = one.made
        if name not in _PARTIALS:
            raise ProofError(f"no second derivative of {name!r}")
        total = tape.zero
        for partial, operand in zip(_PARTIALS[name](tape, one, *operands), operands, strict=True):
            if partial is not None and (inner := of(operand)) is not tape.zero:
                total = tape.apply("add", total, tape.apply("mul", partial, inner))
        return total

    return of(term)
