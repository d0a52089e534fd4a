"""What a formula consists of: conditions (true or false) and terms (values), with their places.

``a -> b`` has no node of its own: it is ``not a or b``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[int, int]
"""First character, and the one after the last."""

_SHOWN = 72
"""Characters of a long formula that an error shows, so that no terminal breaks the line."""


@dataclass(frozen=True)
class Number:
    """A number, with its unit where one was written."""

    at: Span
    value: float
    unit: str


@dataclass(frozen=True)
class Label:
    """A value of a category, such as ``STATION-KEEP``."""

    at: Span
    text: str


@dataclass(frozen=True)
class Name:
    """A column, or a vector without its axis; of another vehicle where one is named."""

    at: Span
    name: str
    vehicle: str


@dataclass(frozen=True)
class Apply:
    """A function or an arithmetic operator, applied; the sign is ``-`` of one argument."""

    at: Span
    function: str
    arguments: tuple["Term", ...]


@dataclass(frozen=True)
class Comparison:
    """Two terms compared: the atom of a formula."""

    at: Span
    operator: str
    left: "Term"
    right: "Term"


@dataclass(frozen=True)
class Not:
    """The opposite."""

    at: Span
    inner: "Condition"


@dataclass(frozen=True)
class Junction:
    """``and`` or ``or``."""

    at: Span
    operator: str
    left: "Condition"
    right: "Condition"


@dataclass(frozen=True)
class Window:
    """A stretch of time from now, both ends included; to the end of the run without ``end_s``."""

    at: Span
    start_s: float
    end_s: float | None


@dataclass(frozen=True)
class Temporal:
    """``always`` or ``eventually``."""

    at: Span
    operator: str
    window: Window
    inner: "Condition"


@dataclass(frozen=True)
class Until:
    """The right side comes to hold within the window; before that, the left side holds."""

    at: Span
    window: Window
    left: "Condition"
    right: "Condition"


Term = Number | Label | Name | Apply
Condition = Comparison | Not | Junction | Temporal | Until
Node = Term | Condition


class FormulaError(ValueError):
    """A formula that can't be used.

    Attributes:
        at: The place in the text that it is about.
    """

    def __init__(self, at: Span, message: str) -> None:
        super().__init__(message)
        self.at = at


def pointed_at(text: str, error: FormulaError) -> str:
    """The message of an error, the line of the formula it is about, and a caret under the place."""
    start, end = error.at
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", line_start)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    column = start - line_start
    cut = max(0, min(column - _SHOWN // 2, len(line) - _SHOWN))
    shown = "".join(c if c.isprintable() else " " for c in line[cut : cut + _SHOWN])
    width = max(1, min(end - start, len(shown) - (column - cut)))
    before, after = "…" if cut else "", "…" if cut + _SHOWN < len(line) else ""
    indent = " " * (4 + len(before) + column - cut)
    return f"{error}\n    {before}{shown}{after}\n{indent}{'^' * width}"


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order they are written."""
    match node:
        case Apply():
            return node.arguments
        case Comparison() | Junction() | Until():
            return node.left, node.right
        case Not() | Temporal():
            return (node.inner,)
    return ()


def names(node: Node) -> Iterator[Name]:
    """Every signal that a node mentions."""
    if isinstance(node, Name):
        yield node
    for child in children(node):
        yield from names(child)
