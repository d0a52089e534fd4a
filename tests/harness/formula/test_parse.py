"""A formula is read as it is written down in books, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formula.parse import DEEPEST, parse
from harness.formula.syntax import (
    Apply,
    Comparison,
    FormulaError,
    Junction,
    Label,
    Name,
    Not,
    Number,
    Temporal,
    Until,
    pointed_at,
)


def said(node):  # noqa: PLR0911
    """The formula with every parenthesis, windows in seconds."""
    match node:
        case Number():
            return f"{node.value:g}{f' {node.unit}' if node.unit else ''}"
        case Label():
            return node.text
        case Name():
            return node.name + (f"@{node.vehicle}" if node.vehicle else "")
        case Apply(arguments=(a, b)) if not node.function.isalpha():
            return f"({said(a)} {node.function} {said(b)})"
        case Apply():
            return f"{node.function}({', '.join(map(said, node.arguments))})"
        case Comparison():
            return f"({said(node.left)} {node.operator} {said(node.right)})"
        case Not():
            return f"(not {said(node.inner)})"
        case Junction():
            return f"({said(node.left)} {node.operator} {said(node.right)})"
        case Temporal():
            return f"({node.operator}{window(node)} {said(node.inner)})"
        case Until():
            return f"({said(node.left)} until{window(node)} {said(node.right)})"


def window(node):
    start_s, end_s = node.window.start_s, node.window.end_s
    end = "" if end_s is None else f"{end_s:g}"
    return "" if (start_s, end_s) == (0.0, None) else f"[{start_s:g}:{end}]"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a <= 1", "(a <= 1)"),
        ("a+b*c^2 > -d", "((a + (b * (c ^ 2))) > -(d))"),
        ("a - b - c < 0", "(((a - b) - c) < 0)"),
        ("a ^ b ^ c < 2 ^ -1", "((a ^ (b ^ c)) < (2 ^ -(1)))"),
        ("-a^2 < 0", "(-((a ^ 2)) < 0)"),
        ("(a + b) * c >= .5e1", "(((a + b) * c) >= 5)"),
        ("not a <= 1 and b <= 2", "((not (a <= 1)) and (b <= 2))"),
        ("always a <= 1 and b <= 2", "((always (a <= 1)) and (b <= 2))"),
        ("a < 1 or b < 1 and c < 1", "((a < 1) or ((b < 1) and (c < 1)))"),
        ("a < 1 -> b < 1 -> c < 1", "((not (a < 1)) or ((not (b < 1)) or (c < 1)))"),
        ("a < 1 or b < 1 -> c < 1", "((not ((a < 1) or (b < 1))) or (c < 1))"),
        ("a < 1 and b < 1 until c < 1", "((a < 1) and ((b < 1) until (c < 1)))"),
        ("always[600:5400] (a <= 1)", "(always[600:5400] (a <= 1))"),
        ("always[0, 1.5](a <= 1)", "(always[0:1.5] (a <= 1))"),
        ("always [60 s : 90 s] a <= 1", "(always[60:90] (a <= 1))"),
        ("always[60:] a <= 1", "(always[60:] (a <= 1))"),
        ("eventually[0:3] always a < 1", "(eventually[0:3] (always (a < 1)))"),
        ("(a <= 1) until[0:20] (a <= 0)", "((a <= 1) until[0:20] (a <= 0))"),
        ("not not a < 1", "(not (not (a < 1)))"),
        ("a <= 50 m", "(a <= 50 m)"),
        ("a <= 50m and b <= 0.1 m/s^2", "((a <= 50 m) and (b <= 0.1 m/s^2))"),
        ("a <= 2 1/s or b <= 3 m*s", "((a <= 2 1/s) or (b <= 3 m*s))"),
        ("a <= 50 m/norm(b)", "(a <= (50 m / norm(b)))"),
        ("a <= 50 and b <= 2 or c <= 1", "(((a <= 50) and (b <= 2)) or (c <= 1))"),
        ("norm(p - p@chaser-2) <= 1", "(norm((p - p@chaser-2)) <= 1)"),
        ("norm(a, b, c) <= max(a, 2, b)", "(norm(a, b, c) <= max(a, 2, b))"),
        ("mode == STATION-KEEP", "(mode == STATION-KEEP)"),
        ("a\n  <=\n  1", "(a <= 1)"),
    ],
)
def test_a_formula_is_read_as_it_is_meant(text, meant):
    assert said(parse(text)) == meant


@pytest.mark.parametrize("text", ["a <= 1", "x until[1:2] y"])
def test_what_is_read_knows_its_place(text):
    formula = parse("  (a <= 1 m) and (norm(b) < c)")
    assert formula.at == (2, 30)
    assert formula.left.at == (2, 12)
    assert formula.right.left.at == (18, 25)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "the formula is empty", (0, 1)),
        ("  ", "the formula is empty", (0, 1)),
        ("a <= ", "expected a signal, a number or a condition, found the end", (5, 6)),
        ("(a <= 1", "expected ')', found the end", (7, 8)),
        ("a <= 1)", "expected an operator or the end, found ')'", (6, 7)),
        ("a <= c b", "expected an operator or the end, found 'b'", (7, 8)),
        ("a", "expected a condition, found a value; compare it: … <= …", (0, 1)),
        ("always a + 1", "expected a condition, found a value; compare it: … <= …", (7, 12)),
        ("(a < 1) + 1 < 2", "a comparison is no value", (0, 7)),
        ("0 <= a <= 1", "instead of a <= b <= c write a <= b and b <= c", (0, 6)),
        ("(always a < 1) < 2", "expected a value, found a condition", (0, 14)),
        ("norm(a < 1) < 2", "a comparison is no value", (5, 10)),
        ("always[1] a < 1", "expected ':' between the ends of the window, found ']'", (8, 9)),
        ("always[a:1] a < 1", "expected seconds from now, such as [0:60], found 'a'", (7, 8)),
        ("always[-1:1] a < 1", "expected seconds from now, such as [0:60], found '-'", (7, 8)),
        ("always[1:2 m] a < 1", "windows are in seconds, not in 'm'", (9, 12)),
        ("always[5:2] a < 1", "the window ends at 2 s, before it starts", (6, 11)),
        ("ALWAYS a < 1", "write always: keywords are lower case", (0, 6)),
        ("a < 1 And b < 1", "write and: keywords are lower case", (6, 9)),
        ("a = 1", "write == instead of =", (2, 3)),
        ("a != 1", "write not (… == …) instead of !=", (2, 4)),
        ("a < 1 && b < 1", "write and instead of &&", (6, 8)),
        ("a < 1 => b < 1", "write -> instead of =>", (6, 8)),
        ("a ≤ 1", "write <= instead of ≤", (2, 3)),
        ("a ** 2 < 1", "write ^ instead of **", (2, 4)),
        ("a < 1e999", "1e999 is too large for a number", (4, 9)),
        ("a < 1 ; b < 1", "';' means nothing in a formula", (6, 7)),
        ("a@ < 1", "found '@'", (1, 2)),
    ],
)
def test_what_is_no_formula_is_told_with_its_place(text, message, place):
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert message in str(refused.value)
    assert refused.value.at == place


def chains(n):
    return {
        "parentheses": "(" * n + "a < 1" + ")" * n,
        "open parentheses": "(" * n,
        "not": "not " * n + "a < 1",
        "always": "always " * n + "a < 1",
        "implies": "a < 1 -> " * n + "a < 1",
        "and": "a < 1 and " * n + "a < 1",
        "sum": "a + " * n + "a < 1",
        "sign": "- " * n + "a < 1",
        "power": "a ^ " * n + "a < 1",
        "calls": "abs(" * n + "a" + ")" * n + " < 1",
    }


@pytest.mark.parametrize("kind", chains(1))
def test_a_formula_nested_too_deep_is_refused_by_name(kind):
    for n in (DEEPEST + 1, 100_000):
        with pytest.raises(FormulaError, match=f"nested more than {DEEPEST} deep"):
            parse(chains(n)[kind])


@pytest.mark.parametrize("kind", sorted(set(chains(1)) - {"open parentheses"}))
def test_a_formula_may_nest_deeper_than_anyone_writes(kind):
    parse(chains(20)[kind])


words = st.sampled_from(
    [
        *("always", "eventually", "until", "not", "and", "or", "->", "(", ")", "[", "]", ":", ","),
        *("0", "1.5", "60s", "1e9", "-", "+", "*", "/", "^", "<=", "<", ">=", ">", "==", "norm"),
        *("position", "delta_v", "limited", "control_mode", "IDLE", "abs", "position@iss", "@"),
    ]
)
any_text = st.one_of(
    st.text(max_size=30), st.lists(words, max_size=15).map(" ".join), st.lists(words).map("".join)
)


@given(any_text)
def test_any_text_is_read_or_refused_and_can_be_pointed_at(text):
    try:
        formula = parse(text)
    except FormulaError as error:
        told = pointed_at(text, error).split("\n")
        assert len(told) == 3
        assert set(told[2].strip()) == {"^"}
        assert len(told[2]) <= len(told[1]) + 1
    else:
        assert said(parse(said(formula))) == said(formula)


def caret(text, at):
    return pointed_at(text, FormulaError(at, "wrong")).split("\n")[1:]


def test_the_caret_stands_under_the_place():
    assert caret("always (speed <= 1)", (8, 13)) == [
        "    always (speed <= 1)",
        "            ^^^^^",
    ]


def test_of_several_lines_the_one_with_the_place_is_shown():
    assert caret("always\n  (speed <= 1)", (10, 15)) == ["      (speed <= 1)", "       ^^^^^"]


def test_of_a_long_line_the_part_around_the_place_is_shown():
    text = "a < 1 and " * 40 + "b < 1" + " and a < 1" * 40
    line, mark = caret(text, (400, 401))
    assert len(line) <= 80
    assert line[mark.index("^")] == "b"
    assert line.strip()[0] == line[-1] == "…"


def test_what_would_break_the_line_is_shown_as_a_space():
    assert caret("a\u2028b\tc < 1", (4, 5)) == ["    a b c < 1", "        ^"]
