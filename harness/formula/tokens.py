"""The words of a formula."""

import re
from dataclasses import dataclass

from harness.formula.syntax import FormulaError, Span

KEYWORDS = ("always", "eventually", "until", "not", "and", "or")
_INSTEAD = {"=": "==", "!": "not", "&": "and", "&&": "and", "|": "or", "||": "or", "**": "^"}
_INSTEAD |= {"=>": "->", "→": "->", "≤": "<=", "≥": ">=", "·": "*", "×": "*", "−": "-"}
_INSTEAD |= dict.fromkeys(("!=", "<>", "≠"), "not (… == …)")
"""What people write who know another language, and what it is here."""

_TOKEN = re.compile(
    r"""
      (?P<number> (?: \d+ (?: \.\d* )? | \.\d+ ) (?: [eE][+-]?\d+ )? )
    | (?P<label> [A-Z][A-Z0-9_]* (?: -[A-Z0-9_]+ )* (?![\w@]) )
    | (?P<name> [A-Za-z_]\w* )
    | (?P<foreign> => | != | <> | \*\* | && | \|\| | [=!&|→≤≥·×−≠](?!=) )
    | (?P<symbol> <= | >= | == | -> | [-+*/^()<>\[\]:,@] )
    """,
    re.VERBOSE | re.ASCII,
)
_WORD = r"[A-Za-z]+(?:\^-?\d+)?"
# A unit ends where a name, a call or a vehicle would go on: "50 m/norm(x)" is in m.
_UNIT = re.compile(
    rf"\s*((?!(?i:{'|'.join(KEYWORDS)})\b)(?:1/)?{_WORD}(?:[*/]{_WORD})*)(?![\w(@])", re.ASCII
)
_VEHICLE = re.compile(r"@([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)")


@dataclass(frozen=True)
class Token:
    """A word.

    Attributes:
        kind: ``number``, ``label``, ``name``, ``symbol`` (keywords too), or ``end``.
        text: As written, without a number's unit or a name's vehicle.
        at: Its place, with unit or vehicle.
        more: Unit of a number, or vehicle of a name; empty without.
    """

    kind: str
    text: str
    at: Span
    more: str = ""


def tokens(text: str) -> list[Token]:
    """The words of a formula, and one of kind ``end``.

    Raises:
        FormulaError: It holds something that is no word of the language.
    """
    found = []
    place = _skip_space(text, 0)
    while place < len(text):
        token = _token(text, place)
        found.append(token)
        place = _skip_space(text, token.at[1])
    return [*found, Token("end", "", (len(text), len(text) + 1))]


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _token(text: str, place: int) -> Token:
    match = _TOKEN.match(text, place)
    if match is None:
        raise FormulaError((place, place + 1), f"{text[place]!r} means nothing in a formula")
    kind, word, at = str(match.lastgroup), match[0], match.span()
    if kind == "foreign":
        raise FormulaError(at, f"write {_INSTEAD[word]} instead of {word}")
    if kind == "number" and (unit := _UNIT.match(text, at[1])):
        return Token(kind, word, (place, unit.end()), unit[1])
    if kind == "name" and (vehicle := _VEHICLE.match(text, at[1])):
        return Token(kind, word, (place, vehicle.end()), vehicle[1])
    if kind in ("name", "label") and word.lower() in KEYWORDS:
        if word not in KEYWORDS:
            raise FormulaError(at, f"write {word.lower()}: keywords are lower case")
        kind = "symbol"
    return Token(kind, word, at)
