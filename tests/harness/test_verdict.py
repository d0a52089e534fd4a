"""One word, one sentence, one exit code."""

from dataclasses import replace

import pytest

from harness.criteria import Result
from harness.errors import ExitCode
from harness.verdict import judge

GOOD = Result(
    name="near",
    judgement="PASSED",
    reason="",
    signal="norm(error_position)",
    statistic="max",
    unit="m",
    about="",
    basis="true",
    vehicle="iss",
    value=0.5,
    bound="at most",
    limit=1.0,
    margin=0.5,
    worst_s=3.0,
    window_s=(0.0, 5.0),
    undefined=0,
)
BAD = replace(GOOD, name="cheap", judgement="FAILED", value=68.49999, limit=2.0, unit="m/s")
LOST = replace(
    GOOD, name="calm", judgement="NOT EVALUATED", reason="the run reached 1 s of 5 s", value=None
)
HELD = replace(BAD, formula="always norm(error_position) <= 2", statistic="", unit="m", worst_s=3.5)
MODE = replace(
    HELD, signal="control_mode", value="IDLE", bound="equal to", limit="STATION-KEEP", unit=""
)
NAN = replace(BAD, name="finite", value=None, reason="the signal is not a number")


@pytest.mark.parametrize(
    ("results", "more", "word", "code", "sentence"),
    [
        ([GOOD], {}, "PASSED", 0, "near holds."),
        ([GOOD, GOOD], {}, "PASSED", 0, "All 2 criteria hold."),
        (
            [BAD],
            {},
            "FAILED",
            1,
            "cheap: max norm(error_position) is 68.5 m/s, at most 2 allowed.",
        ),
        (
            [GOOD, LOST, BAD],
            {},
            "FAILED",
            1,
            "1 of 3 criteria do not hold. "
            "cheap: max norm(error_position) is 68.5 m/s, at most 2 allowed.",
        ),
        (
            [HELD],
            {},
            "FAILED",
            1,
            "cheap: norm(error_position) is 68.5 m at 3.5 s, at most 2 demanded.",
        ),
        (
            [MODE],
            {},
            "FAILED",
            1,
            "cheap: control_mode is IDLE at 3.5 s, equal to STATION-KEEP demanded.",
        ),
        ([NAN], {}, "FAILED", 1, "finite: the signal is not a number."),
        (
            [GOOD, LOST],
            {},
            "FAILED",
            1,
            "calm could not be evaluated: the run reached 1 s of 5 s.",
        ),
        (
            [GOOD],
            {"failure": "The run ended early: the glider hit a bird."},
            "PLANT FAILED",
            3,
            "The run ended early: the glider hit a bird.",
        ),
        (
            [BAD],
            {"interruption": "The run was interrupted at 12.5 s."},
            "INTERRUPTED",
            130,
            "The run was interrupted at 12.5 s.",
        ),
    ],
)
def test_a_verdict_is_a_word_a_sentence_and_an_exit_code(results, more, word, code, sentence):
    verdict = judge(tuple(results), "a model", (), **more)
    assert (verdict.word, verdict.exit_code, verdict.sentence) == (word, code, sentence)


def test_the_verdict_file_says_all_of_it():
    plain = judge((GOOD, BAD), "a model", ("mind the gap",)).to_json()
    assert plain["format"] == 1
    assert plain["verdict"] == "FAILED"
    assert plain["exit_code"] == 1
    assert plain["plant_fidelity"] == "a model"
    assert plain["warnings"] == ["mind the gap"]
    assert [c["name"] for c in plain["criteria"]] == ["near", "cheap"]


def test_exit_codes_are_the_documented_ones():
    assert {code.name: code.value for code in ExitCode} == {
        "PASSED": 0,
        "FAILED": 1,
        "WRONG_INPUT": 2,
        "PLANT_FAILED": 3,
        "INTERLOCK": 4,
        "DEGRADED": 5,
        "INTERRUPTED": 130,
    }
