"""Faults that can't be are refused at their line; those that just can be are not."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from harness.errors import ScenarioError
from harness.manifest import build_manifest
from harness.scenario.explain import explain
from harness.scenario.load import load_scenario, load_scenarios, scenario_of_manifest
from harness.scenario.read import read_document
from harness.schedule import fault_events
from harness.trace.schema import TraceColumn
from sims.faults import Bias, Latency

BEFORE = "expect:\n"
KINDS = (
    "bias, clock_drift, clock_step, death, drift, dropout, duplication, freeze, gain_loss, "
    "gravity_error, hang, lag, latency, loss, motor_weakness, noise, offboard_loss, px4_failure, "
    "quantization, reordering, saturation, sensor_bias, sensor_drift, sensor_freeze, sensor_loss, "
    "sensor_noise, spikes, stuck"
)
LASTS = "{kind: freeze, at_s: %s, for_s: %s}"


def faulty(text, more=""):
    """An edit of the shipped station that gives it faults; it takes 5574 s at 10 Hz."""
    return BEFORE, f"{more}faults:\n{text}{BEFORE}"


CASES = {
    # what is written
    "an unknown kind": (
        "  slow: {«kind: latncy}\n",
        "slow.kind",
        "no kind 'latncy'; did you mean 'latency'?",
    ),
    "no kind": ("  «slow: {delay_ms: 3}\n", "slow", f"has no kind; allowed: {KINDS}"),
    "a kind that is no text": (
        "  slow: {«kind: 3}\n",
        "slow.kind",
        "no kind '3'; most like it: stuck, spikes, sensor_noise, sensor_loss, sensor_freeze",
    ),
    "a key in another unit": (
        "  slow: {kind: latency, «delay_s: 0.3}\n",
        "slow.delay_s",
        "unknown key; did you mean 'delay_ms'?",
    ),
    "a key of another kind": (
        "  loss: {kind: loss, probability: 1, «delay_ms: 3}\n",
        "loss.delay_ms",
        "unknown key; allowed: about, at_s, for_s, kind, path, probability, vehicle",
    ),
    "a missing key": ("  «probability: {kind: loss}\n", "probability.probability", "is missing"),
    "a fault that is none": (
        "  «slow: 3\n",
        "slow",
        "found 3; expected a valid dictionary or object to extract fields from",
    ),
    "a size of nothing": (
        "  «slow: {kind: latency}\n",
        "slow",
        "it changes nothing; give delay_ms or jitter_ms",
    ),
    "NaN": (
        "  fog: {kind: noise, «position_noise_m: .nan}\n",
        "fog.position_noise_m",
        "found nan; expected a finite number",
    ),
    "a delay that no clock counts to": (
        "  slow: {kind: latency, «delay_ms: 1e300}\n",
        "slow.delay_ms",
        "found 1e+300; expected less than or equal to 1000000000",
    ),
    "two axes": (
        "  off: {kind: bias, «position_m: [1, 2]}\n",
        "off.position_m.2",
        "is missing",
    ),
    "an unknown path": (
        "  slow: {kind: latency, delay_ms: 3, «path: up}\n",
        "slow.path",
        "found 'up'; expected 'observation' or 'command'",
    ),
    "a name in capitals": (
        "  «Slow: {kind: hang}\n",
        "Slow",
        "found 'Slow'; string should match pattern '^[a-z][a-z0-9_]*$'",
    ),
    "a number for a name": ("  «1: {kind: hang}\n", "1", "found 1; expected a valid string"),
    "a dead plant that comes back": (
        "  «gone: {kind: death, for_s: 1}\n",
        "gone",
        "what is gone does not come back; leave out for_s",
    ),
    # when
    "before the run": (
        "  a: {kind: hang, «at_s: -1}\n",
        "a.at_s",
        "found -1; expected greater than or equal to 0",
    ),
    "no length": ("  a: {kind: hang, «for_s: 0}\n", "a.for_s", "found 0; expected greater than 0"),
    "at the end of the run": (
        "  a: {kind: hang, «at_s: 5574}\n",
        "a.at_s",
        "5574 s is not before the end of the run, 5574 s",
    ),
    "after the last tick": (
        "  a: {kind: hang, «at_s: 5573.96}\n",
        "a.at_s",
        "5573.96 s is after the last tick, at 5573.9 s",
    ),
    "longer than the run": (
        "  a: {kind: hang, at_s: 5000, «for_s: 574.1}\n",
        "a.for_s",
        "it would last to 5574.1 s, after the end of the run at 5574 s; leave it out to last to "
        "the end",
    ),
    "shorter than a tick": (
        "  a: {kind: hang, at_s: 5000, «for_s: 0.049}\n",
        "a.for_s",
        "shorter than a tick of 0.1 s: never there",
    ),
    # whom
    "an unknown vehicle": (
        "  a: {kind: hang, «vehicle: isss}\n",
        "a.vehicle",
        "no vehicle 'isss'; did you mean 'iss'?",
    ),
    "gravity of one vehicle": (
        "  a: {kind: gravity_error, percent: 1, «vehicle: iss}\n",
        "a.vehicle",
        "it strikes the whole plant; write all, or leave out",
    ),
    "the death of one vehicle": (
        "  a: {kind: death, «vehicle: iss}\n",
        "a.vehicle",
        "it strikes the whole plant; write all, or leave out",
    ),
    # what is modelled
    "a clock that drifts too far": (
        "  «a: {kind: clock_drift, drift_ppm: 200, at_s: 73.9}\n",
        "a",
        "the clock would be 1.1 s wrong; at most 1 s is modelled",
    ),
    "a clock that is soon too slow": (
        "  «a: {kind: clock_drift, drift_ppm: -1e5, for_s: 10.1}\n",
        "a",
        "the clock would be 1.01 s wrong; at most 1 s is modelled",
    ),
    # together
    "frozen and missing": (
        "  ice: {kind: freeze, for_s: 10}\n  «fog: {kind: dropout, at_s: 9.9}\n",
        "fog",
        "contradicts 'ice': a measurement can't stay what it was and be missing",
    ),
    "stuck and weak": (
        "  weak: {kind: gain_loss, loss_percent: 5}\n  «jam: {kind: stuck}\n",
        "jam",
        "contradicts 'weak': what is stuck can't lag, saturate or lose more",
    ),
    "two delays of one path": (
        "  a: {kind: latency, delay_ms: 1, for_s: 5}\n"
        "  «b: {kind: latency, jitter_ms: 1, at_s: 4.9}\n",
        "b",
        "contradicts 'a': both are latency at the same time",
    ),
    "two lags of one vehicle and of all": (
        "  a: {kind: lag, time_constant_s: 1, vehicle: iss}\n"
        "  «b: {kind: lag, time_constant_s: 2}\n",
        "b",
        "contradicts 'a': both are lag at the same time",
    ),
    "after the plant's death": (
        "  end: {kind: death, at_s: 5}\n  a: {kind: hang, «at_s: 5}\n",
        "a.at_s",
        "the plant is dead by then, of 'end'",
    ),
    "a name like an axis": (
        "  «shift_x: {kind: hang}\n",
        "shift_x",
        "its column would pass for an axis of a vector; don't end in _x, _y or _z",
    ),
}


@pytest.mark.parametrize(("text", "key", "message"), CASES.values(), ids=CASES)
def test_a_fault_that_can_not_be_is_told_at_its_line(complaints, text, key, message):
    path, (line, column), told = complaints(faulty(text))
    assert told == [f"{path}:{line}:{column}: faults.{key}: {message}"]


LOSS, FREEZE = "kind: sensor_loss, sensor:", "kind: sensor_freeze, sensor:"
FAILURE = "kind: px4_failure, failure: off, unit:"


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (f"{LOSS} gnss", f"{LOSS} gnss", "both are sensor_loss at the same time"),
        (f"{LOSS} gnss", f"{FREEZE} gnss", "a sensor can't give what it gave and nothing"),
        (f"{FAILURE} gps", f"{FAILURE} gps", "both are px4_failure at the same time"),
        (f"{LOSS} gnss", f"{LOSS} barometer", None),
        (f"{LOSS} gnss", f"{FREEZE} barometer", None),
        (f"{FAILURE} gps", f"{FAILURE} gps, instance: 2", None),
    ],
)
def test_faults_of_one_sensor_contradict_each_other_and_those_of_two_do_not(
    complaints, one, other, why
):
    *_, told = complaints(faulty(f"  a: {{{one}}}\n  «b: {{{other}}}\n"))
    contradictions = [
        text.partition(" contradicts ")[2] for text in told if " contradicts " in text
    ]
    assert contradictions == ([f"'a': {why}"] if why else [])


@pytest.mark.parametrize("value", ["3", "[a]", "text"])
def test_faults_are_a_mapping(complaints, value):
    path, (line, column), told = complaints((BEFORE, f"«faults: {value}\n{BEFORE}"))
    assert told[0].startswith(f"{path}:{line}:{column}: faults: found ")


def test_all_that_is_wrong_is_told_at_once(complaints):
    _, _, told = complaints(
        faulty("  a: {kind: hang, at_s: 6000, vehicle: b}\n  c: {kind: hang}\n")
    )
    assert [line.split(": ", 2)[1] for line in told] == ["faults.a.at_s", "faults.a.vehicle"]


RIGHT = {
    "in the last tick": "  a: {kind: hang, at_s: 5573.9}\n",
    "rounded into the last tick": "  a: {kind: hang, at_s: 5573.94}\n",
    "to the very end": "  a: {kind: hang, at_s: 5000, for_s: 574}\n",
    "of one tick": "  a: {kind: hang, at_s: 5000, for_s: 0.051}\n",
    "a clock as far off as is modelled": "  a: {kind: clock_drift, drift_ppm: 1e5, for_s: 10}\n"
    "  b: {kind: clock_step, offset_ms: -1000}\n",
    "one after the other": "  a: {kind: freeze, for_s: 10}\n  b: {kind: dropout, at_s: 10}\n",
    "one before the other": "  a: {kind: stuck, at_s: 10}\n"
    "  b: {kind: saturation, limit_m_s2: 1, for_s: 10}\n",
    "one kind, one after the other": "  b: {kind: hang, at_s: 10}\n  a: {kind: hang, for_s: 10}\n",
    "a delay each way": "  a: {kind: latency, delay_ms: 1}\n"
    "  b: {kind: latency, delay_ms: 1, path: observation}\n",
    "what adds up": "  a: {kind: bias, position_m: [1, 0, 0]}\n"
    "  b: {kind: bias, position_m: [1, 0, 0]}\n  c: {kind: dropout, probability: 0.1}\n"
    "  d: {kind: gain_loss, loss_percent: 1}\n  e: {kind: lag, time_constant_s: 1}\n",
    "before the plant's death": "  a: {kind: death, at_s: 5}\n  b: {kind: hang, at_s: 4.9}\n",
    "said of the vehicle there is": "  a: {kind: stuck, vehicle: iss}\n",
    "a limit at each end": "  a: {kind: gravity_error, percent: -90}\n"
    "  b: {kind: loss, probability: 1}\n  c: {kind: gain_loss, loss_percent: 100}\n",
    "named like keys": "  kind: {kind: hang}\n  vehicle: {kind: stuck}\n"
    "  null_: {kind: loss, probability: 1}\n  x: {kind: freeze}\n",
    "none": "  a: null\n",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_can_just_be_is_no_error(edited, text):
    load_scenario(edited(faulty(text)))


def test_a_run_without_faults_may_say_so(edited):
    scenario = load_scenario(edited((BEFORE, f"faults: {{}}\n{BEFORE}")))
    assert not scenario.linked


PAIR = ("    - name: iss\n", "    - name: iss\n    - name: other\n      offset_rtn_m: [0, 50, 0]\n")


def test_two_vehicles_can_each_have_what_one_can_not_have_twice(edited):
    text = "  a: {kind: hang, vehicle: iss}\n  b: {kind: hang, vehicle: other}\n"
    load_scenario(edited(PAIR, faulty(text)))


def test_of_two_vehicles_the_nearest_name_is_told(complaints):
    _, _, told = complaints(PAIR, faulty("  a: {kind: hang, vehicle: othr}\n"))
    assert told[0].endswith("a.vehicle: no vehicle 'othr'; did you mean 'other'?")


def test_a_plant_without_faults_of_its_own_refuses_them(hover, tmp_path):
    hover()
    path = tmp_path / "hover.yaml"
    path.write_text(path.read_text() + "faults:\n  heavy: {kind: gravity_error, percent: 1}\n")
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert str(refused.value).endswith(
        ":14:11: faults.heavy.kind: plant 'glider' can't have gravity_error; it has none inside "
        "the plant"
    )


def test_a_plant_with_faults_of_its_own_names_them(hover, glider, tmp_path):
    glider.abilities["faults"] = frozenset({"flutter", "icing"})
    hover()
    path = tmp_path / "hover.yaml"
    path.write_text(path.read_text() + "faults:\n  heavy: {kind: gravity_error, percent: 1}\n")
    with pytest.raises(ScenarioError, match=r"gravity_error; it has flutter, icing$"):
        load_scenario(path)


def test_any_plant_can_have_what_the_harness_does(hover, tmp_path):
    hover()
    path = tmp_path / "hover.yaml"
    path.write_text(
        path.read_text() + "faults:\n  a: {kind: stuck}\n  b: {kind: clock_step, offset_ms: 1}\n"
        "  c: {kind: hang}\n  d: {kind: noise, position_noise_m: 1}\n"
    )
    assert load_scenario(path).linked


# families


def test_a_file_over_another_changes_adds_and_takes_back_faults(edited, tmp_path):
    edited(
        faulty("  slow: {kind: latency, delay_ms: 300}\n  fog: {kind: dropout, at_s: 5}\n"),
        name="base.yaml",
    )
    above = tmp_path / "above.yaml"
    above.write_text(
        "format: 1\ninclude: base.yaml\nname: another\nfaults:\n"
        "  slow: {delay_ms: 500}\n  fog: null\n  off: {kind: bias, position_m: [1, 0, 0]}\n"
    )
    faults = load_scenario(above).model.faults
    assert list(faults) == ["slow", "off"]
    assert isinstance(faults["slow"], Latency)
    assert faults["slow"].delay_ms == 500
    assert isinstance(faults["off"], Bias)


def test_a_fault_that_becomes_another_kind_is_told_where_its_old_keys_are(edited, tmp_path):
    base = edited(faulty("  a: {kind: latency, delay_ms: 300}\n"), name="base.yaml")
    above = tmp_path / "above.yaml"
    above.write_text("format: 1\ninclude: base.yaml\nfaults:\n  a: {kind: hang}\n")
    with pytest.raises(ScenarioError) as refused:
        load_scenario(above)
    told = str(refused.value)
    assert told.startswith(f"{base}:")
    assert "faults.a.delay_ms: unknown key" in told


def test_a_matrix_varies_a_fault_and_names_its_cells(edited):
    path = edited(
        faulty(
            "  slow: {kind: latency, delay_ms: 300}\n",
            "matrix:\n  faults.slow.delay_ms: [100, 200]\n"
            "  faults.slow.path: {up: command, down: observation}\n",
        )
    )
    found = [(s.cell, s.model.faults["slow"]) for s in load_scenarios(path)]
    assert [cell for cell, _ in found] == [
        *("delay_ms=100,path=up", "delay_ms=100,path=down"),
        *("delay_ms=200,path=up", "delay_ms=200,path=down"),
    ]
    assert [fault.delay_ms for _, fault in found] == [100, 100, 200, 200]


def test_a_matrix_can_take_a_fault_away(edited):
    text = "  slow: {kind: latency, delay_ms: 300}\n"
    whole = "matrix:\n  faults.slow: {with: {kind: hang}, without: null}\n"
    with_it, without = load_scenarios(edited(faulty(text, whole)))
    assert with_it.linked
    assert not without.linked


def test_a_fault_is_set_from_outside(edited):
    path = edited(faulty("  slow: {kind: latency, delay_ms: 300}\n"))
    sets = ["faults.slow.delay_ms=400", "faults.lost={kind: loss, probability: 0.5}"]
    faults = load_scenario(path, sets).model.faults
    assert (faults["slow"].delay_ms, faults["lost"].probability) == (400, 0.5)


# what becomes of them


def test_each_fault_is_a_column_that_says_when_it_acts(edited):
    columns = load_scenario(edited(faulty("  b: {kind: hang}\n  a: {kind: stuck}\n"))).columns
    names = list(columns)
    at = names.index("observation")
    assert names[at : at + 5] == [
        *("observation", "observation_age", "command_age", "fault_b", "fault_a")
    ]
    assert columns["fault_a"] == TraceColumn("fault_a", "bool", about="whether this fault acts")
    assert columns["observation"].categories == ("FRESH", "HELD", "PREDICTED")
    assert columns["command_age"].unit == "s"


def test_a_criterion_can_be_about_a_fault(edited):
    text = faulty("  a: {kind: hang, for_s: 1}\n")[1] + (
        "  comes_back:\n"
        "    formula: always (fault_a == 1 -> eventually[0:2] (observation == FRESH))\n"
    )
    load_scenario(edited((BEFORE, text)))


def test_faults_are_on_the_time_line_where_they_begin_and_end(edited):
    text = "  a: {kind: hang, at_s: 0.3, for_s: 0.4}\n  b: {kind: stuck, at_s: 0.7}\n"
    events = fault_events(load_scenario(edited(faulty(text))))
    assert events[3] == [("fault begins", "a")]
    assert events[7] == [("fault ends", "a"), ("fault begins", "b")]
    assert set(events) == {3, 7, 55741}  # the last is after the run


def test_what_is_resolved_is_what_was_run(edited, tmp_path):
    text = (
        "  a: {kind: bias, position_m: [1, 0, 0]}\n"
        "  b: {kind: latency, delay_ms: 3, jitter_ms: 1}\n"
        "  c: {kind: death, at_s: 4}\n  d: {kind: drift, velocity_m_s2: [0, 0, 1], for_s: 1}\n"
        "  e: {kind: reordering, probability: 0.5}\n"
    )
    scenario = load_scenario(edited(faulty(text, "timing: {late_observation: predict}\n")))
    again = scenario_of_manifest(build_manifest(scenario, {}), tmp_path)
    assert again.model.faults == scenario.model.faults
    assert list(again.model.faults) == list("abcde")
    assert again.model.timing == scenario.model.timing


def test_explain_says_where_a_faults_values_come_from(edited):
    path = edited(faulty("  slow: {kind: latency, delay_ms: 300}\n  gone: null\n"))
    sets = ["faults.slow.delay_ms=400"]
    told = explain(load_scenario(path, sets).resolved(), read_document(path, sets), path)
    lines = [line.strip() for line, _ in told]
    origin = {line.strip(): where for line, where in told}
    assert origin["delay_ms: 400.0"] == "--set faults.slow.delay_ms=400"
    assert origin["path: command"] == "default"
    assert origin["kind: latency"].startswith("scenario.yaml:")
    assert "gone:" not in lines


# whatever is written

words = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**6),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["all", "iss", "command", "observation", KINDS.split(", ", maxsplit=1)[0]]),
    st.lists(st.floats(allow_nan=False), min_size=3, max_size=3),
)
keys = st.sampled_from(
    [
        *("at_s", "for_s", "vehicle", "about", "probability", "position_m", "velocity_m_s"),
        *("delay_ms", "jitter_ms", "path", "later_ticks", "offset_ms", "drift_ppm", "percent"),
        *("limit_m_s2", "time_constant_s", "loss_percent", "position_noise_m", "kind", "x"),
    ]
)
names = st.one_of(
    st.sampled_from(["a", "b", "a_x", "kind", "latency"]),
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
)
whatever = st.dictionaries(
    names,
    st.one_of(
        st.builds(
            lambda kind, more: {**more, "kind": kind},
            st.sampled_from(KINDS.split(", ")),
            st.dictionaries(keys, words, max_size=4),
        ),
        words,
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def plain_station(iss_text):
    return YAML(typ="safe", pure=True).load(iss_text)


@given(whatever)
@settings(max_examples=150)
def test_any_faults_are_read_or_refused(plain_station, tmp_path_factory, written):
    stream = BytesIO()
    YAML(typ="safe", pure=True).dump({**plain_station, "faults": written}, stream)
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(stream.getvalue())
    with suppress(ScenarioError):
        fault_events(load_scenario(path))
