"""From the text of a formula to its parts.

What binds least comes first: ``->``, ``or``, ``and``, ``until``, then ``not``, ``always`` and
``eventually``, comparisons, ``+ -``, ``* /``, the sign, ``^``. So ``always x <= 1 and y <= 2`` is
``(always x <= 1) and (y <= 2)``. Of several ``->``, ``until`` or ``^`` the last comes first.
"""

import math
from dataclasses import replace

from harness.formula.syntax import (
    Apply,
    Comparison,
    Condition,
    FormulaError,
    Junction,
    Label,
    Name,
    Node,
    Not,
    Number,
    Span,
    Temporal,
    Term,
    Until,
    Window,
    children,
)
from harness.formula.tokens import Token, tokens

DEEPEST = 50
"""How deep a formula may nest; nothing a person writes comes near."""

_BINDING = {"->": 1, "or": 2, "and": 3, "until": 4}
_CONDITION, _COMPARED, _SIGNED = 5, 6, 9
_BINDING |= dict.fromkeys(("<=", "<", ">=", ">", "=="), _COMPARED)
_BINDING |= {"+": 7, "-": 7, "*": 8, "/": 8, "^": 10}
_LAST_FIRST = ("->", "until", "^")


def parse(text: str) -> Condition:
    """Read a formula.

    Raises:
        FormulaError: It is none; the message says what was expected, the error where.
    """
    parser = _Parser(tokens(text))
    if parser.next.kind == "end":
        raise FormulaError((0, 1), "the formula is empty")
    whole = parser.expression(1, 0)
    if parser.next.kind != "end":
        raise parser.unexpected("an operator or the end")
    formula = _condition(whole)
    _bound_depth(formula)
    return formula


class _Parser:
    """Goes through the words of a formula by operator precedence."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._place = 0

    @property
    def next(self) -> Token:
        return self._words[self._place]

    def take(self) -> Token:
        token = self.next
        self._place += 1
        return token

    def expect(self, text: str) -> Token:
        if self.next.text != text:
            raise self.unexpected(repr(text))
        return self.take()

    def unexpected(self, wanted: str) -> FormulaError:
        found = repr(self.next.text) if self.next.kind != "end" else "the end"
        return FormulaError(self.next.at, f"expected {wanted}, found {found}")

    def expression(self, least: int, depth: int) -> Node:
        """An operand and the operators after it that bind no less than ``least``."""
        if depth > DEEPEST:
            raise _too_deep(self.next.at)
        left = self.operand(depth)
        while self.next.kind == "symbol" and _BINDING.get(self.next.text, 0) >= least:
            left = self.infix(left, depth)
        return left

    def infix(self, left: Node, depth: int) -> Node:
        operator = self.take().text
        window = self.window() if operator == "until" else None
        binding = _BINDING[operator]
        right = self.expression(binding + (operator not in _LAST_FIRST), depth + 1)
        at = left.at[0], right.at[1]
        if binding > _CONDITION:
            a, b = _term(left), _term(right)
            if binding == _COMPARED:
                return Comparison(at, operator, a, b)
            return Apply(at, operator, (a, b))
        p, q = _condition(left), _condition(right)
        if window is not None:
            return Until(at, window, p, q)
        if operator == "->":
            return Junction(at, "or", Not(p.at, p), q)
        return Junction(at, operator, p, q)

    def operand(self, depth: int) -> Node:
        token = self.take()
        match token.kind, token.text:
            case "number", _:
                return _number(token)
            case "label", _:
                return Label(token.at, token.text)
            case "name", _ if self.next.text == "(" and not token.more:
                return self.call(token, depth)
            case "name", _:
                return Name(token.at, token.text, token.more)
            case "symbol", "(" | "-" | "not" | "always" | "eventually":
                return self.prefixed(token, depth)
        self._place -= 1
        raise self.unexpected("a signal, a number or a condition")

    def prefixed(self, token: Token, depth: int) -> Node:
        if token.text == "(":
            whole = self.expression(1, depth + 1)
            return replace(whole, at=(token.at[0], self.expect(")").at[1]))
        if token.text == "-":
            term = _term(self.expression(_SIGNED, depth + 1))
            return Apply((token.at[0], term.at[1]), "-", (term,))
        window = self.window() if token.text != "not" else None
        inner = _condition(self.expression(_CONDITION, depth + 1))
        at = token.at[0], inner.at[1]
        if window is None:
            return Not(at, inner)
        return Temporal(at, token.text, window, inner)

    def call(self, function: Token, depth: int) -> Apply:
        self.expect("(")
        arguments = [_term(self.expression(1, depth + 1))]
        while self.next.text == ",":
            self.take()
            arguments.append(_term(self.expression(1, depth + 1)))
        end = self.expect(")").at[1]
        return Apply((function.at[0], end), function.text, tuple(arguments))

    def window(self) -> Window:
        """``[a:b]``, ``[a:]``, or nothing for all that is left of the run."""
        start = self.next.at[0]
        if self.next.text != "[":
            return Window((start, start + 1), 0.0, None)
        self.take()
        start_s = self.moment()
        if self.next.text not in (":", ","):
            raise self.unexpected("':' between the ends of the window")
        self.take()
        end_s = self.moment() if self.next.text != "]" else None
        at = start, self.expect("]").at[1]
        if end_s is not None and end_s < start_s:
            raise FormulaError(at, f"the window ends at {end_s:.9g} s, before it starts")
        return Window(at, start_s, end_s)

    def moment(self) -> float:
        if self.next.kind != "number":
            raise self.unexpected("seconds from now, such as [0:60]")
        token = self.take()
        if token.more not in ("", "s"):
            raise FormulaError(token.at, f"windows are in seconds, not in {token.more!r}")
        return _number(token).value


def _number(token: Token) -> Number:
    value = float(token.text)
    if not math.isfinite(value):
        raise FormulaError(token.at, f"{token.text} is too large for a number")
    return Number(token.at, value, token.more)


def _term(node: Node) -> Term:
    if isinstance(node, Comparison):
        raise FormulaError(
            node.at, "a comparison is no value; instead of a <= b <= c write a <= b and b <= c"
        )
    if not isinstance(node, Term):
        raise FormulaError(node.at, "expected a value, found a condition")
    return node


def _condition(node: Node) -> Condition:
    if not isinstance(node, Condition):
        raise FormulaError(node.at, "expected a condition, found a value; compare it: … <= …")
    return node


def _bound_depth(formula: Condition) -> None:
    """Long chains nest deep though no parenthesis does."""
    left: list[tuple[Node, int]] = [(formula, 0)]
    while left:
        node, depth = left.pop()
        if depth > DEEPEST:
            raise _too_deep(node.at)
        left.extend((child, depth + 1) for child in children(node))


def _too_deep(at: Span) -> FormulaError:
    return FormulaError(at, f"nested more than {DEEPEST} deep; make it several criteria")
