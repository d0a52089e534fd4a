"""A value that can't be run is refused at its line, with what was found and what is allowed."""

import pytest

from harness.errors import ScenarioError
from harness.scenario.load import load_scenario
from harness.schedule import mode_schedule
from sims.registry import GRAVITY, names

TLE_1 = "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991"
TLE_2 = "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482"
TLE = f"  tle:\n    - {TLE_1}\n    - {TLE_2}\n"
OFFSET = "  offset_rtn_m: [0, -100, 0]\n"
SETTLED = "expect.settled_on_the_slot"
TOP_KEYS = (
    "baseline, certificate, clock, controller, description, duration_s, expect, faults, "
    "format, include, known_failure, matrix, modes, name, plant, rate_hz, reference, seed, timing"
)
GAINS = "antiwindup_gain_per_s2, k_i_per_s3, k_r_per_s2, k_v_per_s, lambda_decay_per_s"
ONE_LIMIT = "give one limit: either at_most or at_least"
ONE_ORBIT = "give the orbit once: either tle or state"
NO_RATE = "Hz is no control rate; allowed: 1e-6 to 1e6"
GRAVITIES = f"(known: {', '.join(names(GRAVITY))})"
MODES = "'IDLE', 'NULL-G', 'STATION-KEEP' or 'TRAJECTORY'"
STATE = "  state: {position_m: [6.8e6, 0, 0], velocity_m_s: [0, %s, 0]}\n"

CASES = {
    # keys
    "a key written twice": ("seed: 1", "seed: 1\n«seed: 2", "", "key 'seed' is written twice"),
    "a key written twice inside the plant": (
        "  mass_kg: 420000",
        "  mass_kg: 420000\n  «mass_kg: 1",
        "",
        "key 'mass_kg' is written twice",
    ),
    "an unknown key at the top": (
        "rate_hz: 10",
        "rate_hz: 10\n«ratehz: 10",
        "ratehz",
        "unknown key; did you mean 'rate_hz'?",
    ),
    "an unknown key that resembles none": (
        "seed: 1",
        "seed: 1\n«zzz: 1",
        "zzz",
        f"unknown key; allowed: {TOP_KEYS}",
    ),
    "an unknown key in the plant": (
        "  mass_kg: 420000",
        "  mass_kg: 420000\n  «gravty: j2",
        "plant.gravty",
        "unknown key; did you mean 'gravity'?",
    ),
    "an unknown key in a vehicle": (
        "    - name: iss",
        "    - name: iss\n      «mas_kg: 3",
        "plant.vehicles.0.mas_kg",
        "unknown key; did you mean 'mass_kg'?",
    ),
    "an unknown key in the controller": (
        "bandwidth: 0.02",
        "bandwidth: 0.02\n  «gain: {}",
        "controller.gain",
        "unknown key; did you mean 'gains'?",
    ),
    "an unknown key in the gains": (
        "bandwidth: 0.02",
        "bandwidth: 0.02\n  gains: {«k_r: 1}",
        "controller.gains.k_r",
        f"unknown key; allowed: {GAINS}",
    ),
    "an unknown key in the reference": (
        "  kind: slot",
        "  kind: slot\n  «gravty: j2",
        "reference.gravty",
        "unknown key; did you mean 'gravity'?",
    ),
    "an unknown key in a criterion": (
        "    after_s: 2800",
        "    after_s: 2800\n    «until: 3000",
        f"{SETTLED}.until",
        "unknown key; did you mean 'until_s'?",
    ),
    "an unknown key in a mode change": (
        "  - at_s: 0",
        "  - at_s: 0\n    «at_min: 0",
        "modes.0.at_min",
        "unknown key; did you mean 'at_s'?",
    ),
    "a limit in a unit that is not the signal's": (
        "unit: m\n    after_s",
        "«unit: km\n    after_s",
        f"{SETTLED}.unit",
        "norm(error_position) is in 'm', not 'km'",
    ),
    # types
    "text for a number": (
        "rate_hz: 10",
        "«rate_hz: ten",
        "rate_hz",
        "found 'ten'; expected a valid number",
    ),
    "a number in quotes": (
        "rate_hz: 10",
        '«rate_hz: "10"',
        "rate_hz",
        "found '10'; expected a valid number",
    ),
    "a list for a number": (
        "rate_hz: 10",
        "«rate_hz: [10]",
        "rate_hz",
        "found a list; expected a valid number",
    ),
    "a mapping for a number": (
        "rate_hz: 10",
        "«rate_hz: {a: 1}",
        "rate_hz",
        "found a mapping; expected a valid number",
    ),
    "nothing for a number": (
        "rate_hz: 10",
        "«rate_hz:",
        "rate_hz",
        "found None; expected a valid number",
    ),
    "a boolean for a number": (
        "rate_hz: 10",
        "«rate_hz: true",
        "rate_hz",
        "found True; expected a valid number",
    ),
    "a boolean for a mass": (
        "mass_kg: 420000",
        "«mass_kg: true",
        "plant.mass_kg",
        "found True; expected a valid number",
    ),
    "a boolean for a seed": (
        "seed: 1",
        "«seed: true",
        "seed",
        "found True; expected a valid integer",
    ),
    "a fraction for a seed": (
        "seed: 1",
        "«seed: 1.5",
        "seed",
        "found 1.5; expected a valid integer",
    ),
    "a negative seed": (
        "seed: 1",
        "«seed: -1",
        "seed",
        "found -1; expected greater than or equal to 0",
    ),
    "a number for a name": (
        "name: ISS held on its J2 slot",
        "«name: 7",
        "name",
        "found 7; expected a valid string",
    ),
    "another format": ("format: 1", "«format: 2", "format", "found 2; expected 1"),
    # numbers
    "NaN": ("rate_hz: 10", "«rate_hz: .nan", "rate_hz", "found nan; expected a finite number"),
    "infinity": ("rate_hz: 10", "«rate_hz: .inf", "rate_hz", "found inf; expected a finite number"),
    "infinity in the plant": (
        "mass_kg: 420000",
        "«mass_kg: -.inf",
        "plant.mass_kg",
        "found -inf; expected a finite number",
    ),
    "NaN in a limit": (
        "at_most: 1.0",
        "«at_most: .nan",
        f"{SETTLED}.at_most",
        "found nan; expected a finite number",
    ),
    "a number too large for a double": (
        "rate_hz: 10",
        "«rate_hz: 1e400",
        "rate_hz",
        "found inf; expected a finite number",
    ),
    "a negative mass": (
        "mass_kg: 420000",
        "«mass_kg: -1",
        "plant.mass_kg",
        "found -1; expected greater than 0",
    ),
    "a bandwidth of zero": (
        "bandwidth: 0.02",
        "«bandwidth: 0",
        "controller.bandwidth",
        "found 0; expected greater than or equal to 0.000001",
    ),
    # length and rate
    "a negative duration": (
        "duration_s: 5574",
        "«duration_s: -5",
        "duration_s",
        "found -5; expected greater than 0",
    ),
    "no duration": (
        "duration_s: 5574",
        "«duration_s: 0",
        "duration_s",
        "found 0; expected greater than 0",
    ),
    "a duration no machine will finish": (
        "duration_s: 5574",
        "«duration_s: 1e12",
        "duration_s",
        "1e+13 ticks are more than any machine will finish",
    ),
    "a duration below a tick": (
        "duration_s: 5574",
        "«duration_s: 1e-300",
        "duration_s",
        "1e-300 s is no whole number of ticks at 10 Hz; nearest: 0.1",
    ),
    "a duration between ticks": (
        "duration_s: 5574",
        "«duration_s: 5600.05",
        "duration_s",
        "5600.05 s is no whole number of ticks at 10 Hz; nearest: 5600",
    ),
    "a negative rate": (
        "rate_hz: 10",
        "«rate_hz: -5",
        "rate_hz",
        "found -5; expected greater than 0",
    ),
    "a rate of zero": ("rate_hz: 10", "«rate_hz: 0", "rate_hz", "found 0; expected greater than 0"),
    "a rate without end": ("rate_hz: 10", "«rate_hz: 1e9", "rate_hz", f"1e+09 {NO_RATE}"),
    "a rate next to nothing": ("rate_hz: 10", "«rate_hz: 1e-300", "rate_hz", f"1e-300 {NO_RATE}"),
    "a rate above the plant's": (
        "rate_hz: 10",
        "«rate_hz: 1e5",
        "rate_hz",
        "plant 'orbit' runs at 0.0001 to 10000 Hz, not 100000",
    ),
    # kinds and names
    "an unknown plant": (
        "kind: orbit",
        "«kind: orbitt",
        "plant.kind",
        "no plant 'orbitt'; did you mean 'orbit'?",
    ),
    "a number for a plant": (
        "kind: orbit",
        "«kind: 3",
        "plant.kind",
        "no plant 3; allowed: libration, orbit, px4",
    ),
    "an unknown controller": (
        "kind: agp",
        "«kind: agpp",
        "controller.kind",
        "no controller 'agpp'; did you mean 'agp'?",
    ),
    "an unknown reference": (
        "kind: slot",
        "«kind: slott",
        "reference.kind",
        "no reference 'slott'; did you mean 'slot'?",
    ),
    "an unknown gravity of the plant": (
        "gravity: j2",
        "«gravity: j3",
        "plant.gravity",
        f"no gravity model 'j3' {GRAVITIES}",
    ),
    "an unknown gravity of the controller": (
        "kind: agp\n  gravity: j2",
        "kind: agp\n  «gravity: j3",
        "controller.gravity",
        f"no gravity model 'j3' {GRAVITIES}",
    ),
    "an unknown gravity of the slot": (
        "kind: slot\n  gravity: j2",
        "kind: slot\n  «gravity: pointmass",
        "reference.gravity",
        f"no gravity model 'pointmass' {GRAVITIES}",
    ),
    "an unknown central body": (
        "kind: orbit",
        "kind: orbit\n  «body: erth",
        "plant.body",
        "no central body 'erth' (known: earth, moon)",
    ),
    "an unknown clock": (
        "clock: lockstep",
        "«clock: wall",
        "clock",
        "found 'wall'; expected 'lockstep' or 'realtime'",
    ),
    "an unknown mode": (
        "mode: STATION-KEEP",
        "«mode: STATION-KEP",
        "modes.0.mode",
        f"found 'STATION-KEP'; expected {MODES}",
    ),
    "a vehicle in capitals": (
        "name: iss",
        "«name: ISS",
        "plant.vehicles.0.name",
        "found 'ISS'; string should match pattern '^[a-z][a-z0-9_-]*$'",
    ),
    "two vehicles of one name": (
        "  vehicles:\n    - name: iss",
        "  «vehicles:\n    - name: iss\n    - name: iss",
        "plant.vehicles",
        "two vehicles are named 'iss'; give each a name of its own",
    ),
    # elements
    "a TLE with a changed digit": (
        f"- {TLE_1}",
        f"- «{TLE_1[:-1]}2",
        "plant.tle.0",
        "TLE line 1: its checksum is 1 but it ends in '2'; a character was changed",
    ),
    "a TLE cut short": (
        f"- {TLE_2}",
        f"- «{TLE_2[:-6]}",
        "plant.tle.1",
        "TLE line 2 has 63 characters; a whole one has 69",
    ),
    "a TLE without its second line": (
        TLE,
        f"  «tle:\n    - {TLE_1}\n",
        "plant.tle.1",
        "is missing",
    ),
    "two orbits": (
        "plant:\n  kind: orbit\n",
        "«plant:\n  kind: orbit\n" + STATE % 7600,
        "plant",
        ONE_ORBIT,
    ),
    "an epoch without a time zone": (
        TLE,
        "  state:\n    position_m: [6.8e6, 0, 0]\n    velocity_m_s: [0, 7600, 0]\n"
        "    «epoch: 2019-12-09\n",
        "plant.state.epoch",
        "found '2019-12-09'; input should have timezone info",
    ),
    # criteria
    "an unknown column": (
        "signal: delta_v",
        "«signal: delta_w",
        "expect.delta_v_of_the_orbit.signal",
        "no column 'delta_w'; did you mean 'delta_v'?",
    ),
    "an unknown vector": (
        "signal: norm(error_position)",
        "«signal: norm(eror_position)",
        f"{SETTLED}.signal",
        "no vector 'eror_position'; did you mean 'error_position'?",
    ),
    "a vector without norm": (
        "signal: norm(error_position)",
        "«signal: error_position",
        f"{SETTLED}.signal",
        "'error_position' is a vector; write norm(error_position) or error_position_x",
    ),
    "a function that is none": (
        "signal: norm(error_position)",
        "«signal: max(error_position)",
        f"{SETTLED}.signal",
        "'max(error_position)' is not a signal; write a COLUMN, norm(VECTOR) or abs(COLUMN)",
    ),
    "a column that is no number": (
        "signal: delta_v",
        "«signal: abs(control_mode)",
        "expect.delta_v_of_the_orbit.signal",
        "no column 'control_mode'; most like it: ",
    ),
    "an unknown vehicle": (
        "    after_s: 2800",
        "    after_s: 2800\n    «vehicle: is",
        f"{SETTLED}.vehicle",
        "no vehicle 'is'; did you mean 'iss'?",
    ),
    "an unknown statistic": (
        "statistic: max",
        "«statistic: mean",
        f"{SETTLED}.statistic",
        "found 'mean'; expected 'max', 'min', 'rms' or 'final'",
    ),
    "a window that starts after the run": (
        "after_s: 2800",
        "«after_s: 9000",
        f"{SETTLED}.after_s",
        "9000 s is after the end of the run at 5574 s",
    ),
    "a window that ends after the run": (
        "after_s: 2800",
        "after_s: 2800\n    «until_s: 9000",
        f"{SETTLED}.until_s",
        "9000 s is after the end of the run at 5574 s",
    ),
    "a window that ends before it starts": (
        "settled_on_the_slot:\n",
        "«settled_on_the_slot:\n    until_s: 100\n",
        SETTLED,
        "the window ends at 100.0 s, before it starts",
    ),
    "both limits": (
        "settled_on_the_slot:\n",
        "«settled_on_the_slot:\n    at_least: 0\n",
        SETTLED,
        ONE_LIMIT,
    ),
    "a mode change after the end": (
        "    mode: STATION-KEEP",
        "    mode: STATION-KEEP\n  - mode: IDLE\n    «at_s: 6000",
        "modes.1.at_s",
        "6000 s is after the end of the run",
    ),
}


@pytest.mark.parametrize(("old", "new", "key", "message"), CASES.values(), ids=CASES)
def test_a_bad_value_is_told_at_its_line_with_what_is_allowed(complaints, old, new, key, message):
    path, (line, column), told = complaints((old, new))
    whole = f"{path}:{line}:{column}: " + (f"{key}: " if key else "") + message
    assert len(told) == 1
    assert told[0].startswith(whole) if message.endswith(": ") else told[0] == whole


def test_a_missing_key_is_told(complaints):
    path, _, told = complaints(("rate_hz: 10\n", ""))
    assert told == [f"{path}:1:1: rate_hz: is missing"]


def test_a_missing_key_is_told_at_the_mapping_that_lacks_it(complaints):
    path, (line, column), told = complaints(("  mass_kg: 420000\n", ""), ("plant:", "«plant:"))
    assert told == [f"{path}:{line}:{column}: plant.mass_kg: is missing"]


def test_a_plant_without_kind_is_told_which_there_are(complaints):
    path, (line, column), told = complaints(("  kind: orbit\n", ""), ("plant:", "«plant:"))
    known = "libration, orbit, px4"
    assert told == [f"{path}:{line}:{column}: plant.kind: is missing; one of: {known}"]


def test_a_reference_without_kind_is_told_which_there_are(complaints):
    path, (line, column), told = complaints(("  kind: slot\n", ""), ("reference:", "«reference:"))
    (only,) = told
    assert only.startswith(f"{path}:{line}:{column}: reference")
    assert "slot" in only
    assert "fixed_point" in only


def test_a_key_in_the_wrong_unit_is_told_with_the_right_one(complaints):
    path, (line, column), told = complaints(("duration_s: 5574", "«duration_min: 92.9"))
    assert f"{path}:1:1: duration_s: is missing" in told
    wanted = "duration_min: unknown key; did you mean 'duration_s'?"
    assert f"{path}:{line}:{column}: {wanted}" in told


def test_the_two_lines_of_a_tle_swapped_are_both_told(complaints):
    path, (line, _), told = complaints(
        (f"- {TLE_1}\n    - {TLE_2}", f"- «{TLE_2}\n    - {TLE_1}"),
    )
    assert told == [
        f"{path}:{line}:7: plant.tle.0: TLE line 1 starts with '2 '; expected '1 '",
        f"{path}:{line + 1}:7: plant.tle.1: TLE line 2 starts with '1 '; expected '2 '",
    ]


def test_no_orbit_at_all_is_told(complaints):
    path, (line, column), told = complaints((TLE, ""), ("plant:", "«plant:"))
    assert told == [f"{path}:{line}:{column}: plant: {ONE_ORBIT}"]


def test_no_limit_at_all_is_told(complaints):
    path, (line, column), told = complaints(
        ("    at_most: 1.0\n", ""), ("settled_on", "«settled_on")
    )
    assert told == [f"{path}:{line}:{column}: {SETTLED}: {ONE_LIMIT}"]


def test_no_modes_at_all_is_told(complaints):
    path, (line, column), (told,) = complaints(
        ("modes:\n  - at_s: 0\n    mode: STATION-KEEP", "«modes: []")
    )
    assert told.startswith(f"{path}:{line}:{column}: modes: ")
    assert "at least 1" in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "  - at_s: 0\n    mode: STATION-KEEP",
            "  - at_s: 1\n    mode: STATION-KEEP",
            "modes: the first entry is at 1.0 s; it must be at 0",
        ),
        (
            "    mode: STATION-KEEP",
            "    mode: STATION-KEEP\n  - {at_s: 9, mode: IDLE}\n  - {at_s: 5, mode: NULL-G}",
            "modes: entries must come in order of at_s, each later than the last",
        ),
        (
            "    mode: STATION-KEEP",
            "    mode: STATION-KEEP\n  - {at_s: 5, mode: IDLE}\n  - {at_s: 5, mode: NULL-G}",
            "modes: entries must come in order of at_s, each later than the last",
        ),
    ],
    ids=["late first", "backwards", "twice at once"],
)
def test_modes_out_of_order_are_told_where_the_modes_are(complaints, old, new, message):
    path, (line, _), (told,) = complaints((old, new), ("modes:", "«modes:"))
    assert told.startswith(f"{path}:")
    assert told.endswith(message)
    assert int(told.removeprefix(f"{path}:").split(":")[0]) >= line


def test_a_start_inside_the_earth_is_told(complaints):
    path, (line, column), (told,) = complaints(
        ("plant:", "«plant:"), ("[0, -100, 0]", "[-1000000, 0, 0]")
    )
    assert told.startswith(f"{path}:{line}:{column}: plant: iss starts ")
    assert told.endswith(" km inside the earth")


def test_a_slot_whose_perigee_is_inside_the_earth_is_told(complaints):
    path, (line, column), (told,) = complaints(
        (TLE + OFFSET, STATE % 5000), ("reference:", "«reference:")
    )
    assert told.startswith(f"{path}:{line}:{column}: reference: the slot of iss passes ")
    assert told.endswith(" km inside the earth")


def test_several_problems_are_told_at_once(complaints):
    path, _, told = complaints(
        ("rate_hz: 10", "rate_hz: ten"),
        ("duration_s: 5574", "duration_m: 5574"),
        ("at_most: 1.0", "at_most: big"),
    )
    keys = {line.removeprefix(f"{path}:").split(": ")[1] for line in told}
    assert keys == {
        "rate_hz",
        "duration_s",
        "duration_m",
        "expect.settled_on_the_slot.at_most",
    }


def test_problems_of_meaning_are_told_at_once_too(complaints):
    _, _, told = complaints(
        ("signal: delta_v", "signal: delta_w"),
        ("norm(error_position)", "error_position"),
        ("kind: slot\n  gravity: j2", "kind: slot\n  gravity: pointmass"),
    )
    assert len(told) == 3


def test_problems_of_the_plant_and_of_the_controller_are_told_at_once(complaints):
    _, _, told = complaints(
        ("mass_kg: 420000", "mass_kg: -1"), ("bandwidth: 0.02", "bandwidth: -2")
    )
    assert len(told) == 2


def test_two_mode_changes_in_one_tick_are_refused_or_the_last_one_holds(edited):
    modes = "    mode: STATION-KEEP\n  - {at_s: 0.02, mode: IDLE}\n  - {at_s: 5, mode: NULL-G}"
    path = edited(("    mode: STATION-KEEP", modes))
    try:
        schedule = mode_schedule(load_scenario(path))
    except ScenarioError:
        return
    ticks = [tick for tick, _ in schedule]
    assert len(set(ticks)) == len(ticks)
