"""A formula in a scenario: the short form, the long one, and what an author is told."""

import pytest

from harness.scenario.load import load_scenario

EXPECT = "expect:\n"
LONG = "  spent:\n    «formula: %s\n    requirement: REQ-12\n    about: why\n"


def test_a_formula_may_stand_alone_or_with_more_to_say(edited):
    lines = "  short: always delta_v <= 2 m/s\n" + LONG.replace("«", "") % "delta_v <= 1"
    scenario = load_scenario(edited((EXPECT, EXPECT + lines)))
    short, long = scenario.model.expect["short"], scenario.model.expect["spent"]
    assert (short.formula, short.vehicle) == ("always delta_v <= 2 m/s", "all")
    assert (long.formula, long.requirement, long.about) == ("delta_v <= 1", "REQ-12", "why")
    plain = scenario.resolved()["expect"]
    assert plain["short"]["formula"] == "always delta_v <= 2 m/s"
    assert plain["settled_on_the_slot"]["statistic"] == "max"


def test_a_plain_limit_may_name_its_requirement(edited):
    path = edited(("  settled_on_the_slot:\n", "  settled_on_the_slot:\n    requirement: REQ-1\n"))
    assert load_scenario(path).model.expect["settled_on_the_slot"].requirement == "REQ-1"


def test_a_formula_over_several_lines_is_one(edited):
    lines = (
        "  folded: >-\n    always\n      delta_v <= 2\n  kept: |\n    always\n    delta_v <= 2\n"
    )
    assert set(load_scenario(edited((EXPECT, EXPECT + lines))).model.expect) > {"folded", "kept"}


@pytest.mark.parametrize(
    ("lines", "key"),
    [("  «a: %s\n", "expect.a"), (LONG, "expect.spent.formula")],
    ids=["alone", "with more"],
)
def test_what_is_wrong_is_told_at_its_line_with_a_caret_under_the_place(complaints, lines, key):
    formula = "always (norm(error_positon) <= 1)"
    path, (line, column), told = complaints((EXPECT, EXPECT + lines % formula))
    assert told == [
        f"{path}:{line}:{column}: {key}: no column 'error_positon'; did you mean 'error_position'?",
        f"    {formula}",
        "                 ^^^^^^^^^^^^^",
    ]


def test_every_formula_that_is_wrong_is_told(complaints):
    lines = "  a: x <= 1\n  b: always\n  c: {formula: delta_v <= 1, vehicle: iis}\n"
    _, _, told = complaints((EXPECT, EXPECT + lines))
    assert [line.split(": ")[1] for line in told if ": " in line] == [
        "expect.a",
        "expect.b",
        "expect.c.vehicle",
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("  a: {«signal: delta_v, formula: x}\n", "unknown key; allowed: about, formula, "),
        ("  a: {«formula: 3}\n", "found 3; expected a valid string"),
        ("  «a: 3\n", "found 3; expected a valid dictionary"),
    ],
)
def test_what_is_no_criterion_is_told(complaints, lines, message):
    path, (line, column), told = complaints((EXPECT, EXPECT + lines))
    assert told[0].startswith(f"{path}:{line}:{column}: expect.a")
    assert message in told[0]
