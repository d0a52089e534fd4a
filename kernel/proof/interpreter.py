"""Interprets a jitted function in ball arithmetic: enclosures of its outputs and their gradients.

The function is taken as JAX traced it, in real arithmetic: each operation of its program by its
rule in :mod:`kernel.proof.rules`.

A selection takes the branch that the box proves. Where it can prove neither, both values must be
the same expression on the surface on which it switches: then the function is continuous, and the
hull of both branches holds its value and its generalised Jacobian (Clarke, *Optimization and
Nonsmooth Analysis*, section 2.6). Otherwise it is an error: a jump has no Lipschitz constant.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel.proof.program import COMPARISONS, Program
from kernel.proof.rules import RULES
from kernel.proof.terms import ProofError, Tape, Term, Test, compared

Terms = Any
"""An object array of terms."""

_CONTRARY = {"gt": "le", "le": "gt", "lt": "ge", "ge": "lt", "eq": "ne", "ne": "eq"}


@dataclass(frozen=True)
class Truth:
    """A comparison over a box.

    Attributes:
        known: Whether it holds all over the box; None where it may hold or not.
        test: The comparison that decides, where one does: it switches where its sides are equal.
    """

    known: bool | None
    test: Test | None = None


class Interpreter:
    """Evaluates programs on one tape, over one box."""

    def __init__(self) -> None:
        self.tape = Tape(RULES)

    def run(self, program: Program, *arguments: Terms) -> list[Terms]:
        """The outputs of a program.

        Args:
            program: What :func:`kernel.proof.program.unrolled` gives.
            arguments: One object array of terms an argument.

        Raises:
            ProofError: A constant is not finite, or a truth is put out.
        """
        known: list[Any] = [None] * program.scalars
        for slots, argument in zip(program.inputs, arguments, strict=True):
            for slot, term in zip(slots.flat, argument.flat, strict=True):
                known[slot] = term
        for number, value in program.constants.items():
            known[number] = Truth(value) if isinstance(value, bool) else self.tape.constant(value)
        apply = self.tape.apply
        for step in program.steps:
            name, operands = step.name, [known[slot] for slot in step.operands]
            if name in RULES:
                known[step.result] = apply(name, *operands)
            elif name == "select":
                known[step.result] = self.select(step.place, *operands)
            else:
                known[step.result] = _truth(name, *operands)
        return [_array(slots, known) for slots in program.outputs]

    def select(self, place: str, which: Truth, if_false: Term, if_true: Term) -> Term:
        """One of two terms, by a truth."""
        if which.known is not None:
            return if_true if which.known else if_false
        if if_true is if_false:
            return if_true
        if which.test is None or not self._agree(which.test[1:], if_false, if_true):
            told = f"a selection that may jump where it switches, its branches differ: {place}"
            return Term(if_true.value.union(if_false.value), None, None, told)
        return self.tape.choice(which.test, if_false, if_true)

    def _agree(self, sides: tuple[Term, Term], one: Term, other: Term) -> bool:
        """Whether two terms are the same where the two sides are equal."""
        for old, new in (sides, sides[::-1]):
            replaced = [self.tape.substituted(term, old, new) for term in (one, other)]
            if replaced[0] is replaced[1] and not replaced[0].trouble:
                return True
        return False


def _truth(name: str, *operands: Any) -> Truth:
    if name in COMPARISONS:
        left, right = operands
        return Truth(compared(name, left, right), (name, left, right))
    if name == "not":
        return inverted(*operands)
    return both(*operands) if name == "and" else either(*operands)


def both(one: Truth, other: Truth) -> Truth:
    """Whether two truths hold."""
    if one.known is False or other.known is False:
        return Truth(False)
    if one.known and other.known:
        return Truth(True)
    # With one of them certain, the other alone decides.
    return Truth(None, other.test if one.known else one.test if other.known else None)


def inverted(one: Truth) -> Truth:
    """The contrary of a truth."""
    test = one.test and (_CONTRARY[one.test[0]], *one.test[1:])
    return Truth(None if one.known is None else not one.known, test)


def either(one: Truth, other: Truth) -> Truth:
    """Whether one of two truths holds."""
    return inverted(both(inverted(one), inverted(other)))


def _array(slots: Any, known: list[Any]) -> Terms:
    made = np.empty(slots.shape, dtype=object)
    for index in np.ndindex(slots.shape):
        made[index] = known[slots[index]]
        if isinstance(made[index], Truth):
            raise ProofError("a truth value is no result that could be proved of")
    return made
