"""Certificates: made of a scenario, checked against it, and refused where they are not its own."""

import copy
import json

import pytest

from harness.errors import CertificateError
from harness.scenario.load import load_scenario, load_scenarios
from harness.scenario.shipped import resolve, shipped_folder, shipped_scenarios
from harness.stability.certificate import (
    certify,
    check,
    claimed,
    digest,
    read_certificate,
)

SHORT = ("duration_s=20", "expect.settled_on_the_slot.after_s=10")


def shipped(name, *sets):
    return load_scenario(resolve(shipped_folder() / f"{name}.yaml"), [*SHORT, *sets])


@pytest.fixture(scope="module")
def station():
    return shipped("iss_slot")


@pytest.fixture(scope="module")
def proved(station):
    # As a reader of the file gets it.
    return json.loads(json.dumps(certify(station, margin=False)))


def test_the_station_with_any_mass_within_a_tenth_is_proved(proved):
    assert proved["verdict"] == "PROVED"
    assert 0.0 < proved["bound_per_second"] < 1.0
    assert proved["ranges"]["thrust_had_over_commanded"] == [1 / 1.1, 1 / 0.9]
    level = proved["level_set"]
    # The 100 m from which the scenario starts lie in it.
    assert 100.0 < level["reach_m"] <= 200.0
    assert level["ultimate_m"] < 1.0


def test_its_own_certificate_holds(station, proved):
    assert check(station, proved) == []


def rehashed(certificate, forge):
    """A certificate with something forged, and every hash made to fit again."""
    forged = copy.deepcopy(certificate)
    forge(forged)
    forged["sha256"] = digest({k: v for k, v in forged.items() if k != "sha256"})
    return forged


def better(forged):
    evidence, dt = forged["contraction"], forged["region"]["tick_s"]
    evidence["per_tick"] *= 0.99**dt
    forged["bound_per_second"] = evidence["per_tick"] ** (1.0 / dt)


def larger(forged):
    forged["region"]["error_position_m"] *= 1.1


def later(forged):
    forged["ranges"]["delay_ticks"][1] += 1


def later_throughout(forged):
    later(forged)
    forged["contraction"]["delay_ticks"][1] += 1


def without_a_box(forged):
    forged["contraction"]["boxes"].pop()


def with_a_box_from_before_the_run(forged):
    """Counted from the end, as Python does, it would be another stretch than it says."""
    forged["contraction"]["boxes"] = [[0, -10, forged["region"]["ticks"] - 1]]


def with_the_metric_of_another_method(forged):
    forged["contraction"]["method"] = "metric"


def without_end(forged):
    forged["contraction"]["delay_ticks"][1] = 10**9


def less_overshoot(forged):
    forged["overshoot"] = 1.0


def other_numbers(forged):
    forged["bound_per_second"] *= 0.99


def wider_level(forged):
    forged["level_set"]["rho"] *= 1.1


def less_disturbed(forged):
    forged["assumed_disturbance"]["norm_m"] *= 2.0


def longer_margin(forged):
    forged["delay_margin_ms"] = 100.0


def upgraded(forged):
    forged["contraction"] = None


def better_told(forged):
    forged["reason"] = "Every error shrinks at least by 0.01 a second, whatever the delay."


def of_an_unknown_kind(forged):
    nothing = ("contraction", "margin", "level_set", "bound_per_second", "overshoot")
    forged.update(dict.fromkeys(nothing), verdict="PROVED ")


def undecided_with_a_bound(forged):
    forged.update(verdict="UNDECIDED", contraction=None, level_set=None)


def with_another_constant_margin(forged):
    forged["constant_delay_margin_ms"] = 1e9


def with_more_to_say(forged):
    forged["bound_per_minute"] = 0.0


def in_other_units(forged):
    evidence, small = forged["contraction"], 2.0**-40
    evidence["metric"] = [[entry * small for entry in row] for row in evidence["metric"]]
    evidence["weight"] *= small


def assuming_less(forged):
    forged["assumes"] = []


def in_no_time(forged):
    forged["seconds"] = "never"


FORGERIES = [
    better,
    larger,
    later,
    later_throughout,
    without_a_box,
    with_a_box_from_before_the_run,
    with_the_metric_of_another_method,
    without_end,
    less_overshoot,
    other_numbers,
    wider_level,
    less_disturbed,
    longer_margin,
    upgraded,
    better_told,
    of_an_unknown_kind,
    undecided_with_a_bound,
    with_another_constant_margin,
    with_more_to_say,
    in_other_units,
    assuming_less,
    in_no_time,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_with_every_hash_made_to_fit_does_not_hold(station, proved, forge):
    assert check(station, rehashed(proved, forge))


@pytest.mark.parametrize(
    "change",
    [
        "controller.gains={k_v_per_s: 0.62}",
        "controller.bandwidth=0.021",
        "plant.gravity=j6",
        "certificate.error_position_m=220",
        "certificate.mass_percent=11",
        "certificate.delay_ms=100",
        "certificate.disturbance_m=1e-5",
        "rate_hz=20",
    ],
)
def test_it_does_not_hold_for_another_scenario(proved, change):
    assert check(shipped("iss_slot", change), proved)


@pytest.mark.parametrize(
    "change",
    [
        "controller.gains={k_v_per_s: 0.9}",
        "certificate.error_position_m=220",
        "certificate.error_velocity_m_s=1.1",
        "certificate.mass_percent=40",
        "certificate.delay_ms=400",
        "certificate.disturbance_m=1e-5",
    ],
)
def test_a_proof_moved_to_a_scenario_that_claims_more_does_not_hold(proved, change):
    other = shipped("iss_slot", change)
    _, told = claimed(other)
    assert check(other, rehashed(proved, lambda forged: forged.update(told)))


def test_what_was_altered_is_told(station, proved):
    altered = copy.deepcopy(proved)
    altered["seconds"] = 0.1
    assert check(station, altered) == ["it was altered: its hash does not match"]


@pytest.mark.parametrize("was", [None, 2, "1"])
def test_another_format_is_named(station, proved, was):
    with pytest.raises(CertificateError, match=f"a certificate of format {was}"):
        check(station, {**proved, "format": was})


def test_a_part_that_is_missing_is_named(station, proved):
    def cut(forged):
        del forged["contraction"]["metric"]

    with pytest.raises(CertificateError, match="not a whole certificate: KeyError: 'metric'"):
        check(station, rehashed(proved, cut))


def test_a_box_without_end_is_named(station, proved):
    def endless(forged):
        forged["contraction"]["boxes"] = [[0, 0, float("inf")]]

    with pytest.raises(CertificateError, match="not a whole certificate: OverflowError"):
        check(station, rehashed(proved, endless))


def hover(*sets):
    """A loop in NULL-G, with its certificate."""
    claim = "{error_position_m: 1000, error_velocity_m_s: 10}"
    more = ("duration_s=1", "expect={x: {signal: delta_v, at_most: 99, unit: m/s}}", *sets)
    path = shipped_folder() / "null_g_hold.yaml"
    return load_scenario(path, (f"certificate={claim}", *more))


def test_a_margin_that_positions_may_undo_is_refused():
    """In NULL-G errors of position keep velocities up, the more the later commands are."""
    wide, narrow = hover(), hover("certificate.error_velocity_m_s=1e-3")
    with_margin, without = (json.loads(json.dumps(certify(one))) for one in (wide, narrow))
    assert with_margin["verdict"] == without["verdict"] == "CONTRACTION ONLY"
    assert with_margin["delay_margin_ms"] > (without["delay_margin_ms"] or 0.0)
    assert check(wide, with_margin) == check(narrow, without) == []

    def moved(forged):
        for key in ("margin", "delay_margin_ms", "margin_overshoot"):
            forged[key] = with_margin[key]

    assert check(narrow, rehashed(without, moved)) == [
        "the delay margin does not begin at no delay, or not bound everything"
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', "\0"])
def test_a_file_that_is_no_certificate_is_named(tmp_path, text):
    file = tmp_path / "certificate.json"
    file.write_text(text)
    with pytest.raises(CertificateError, match=r"certificate\.json: not a certificate"):
        read_certificate(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CertificateError, match="No such file"):
        read_certificate(tmp_path / "none.json")


def test_the_shipped_unstable_loop_is_refuted():
    scenario = shipped("iss_unstable")
    found = certify(scenario)
    assert found["verdict"] == "REFUTED"
    assert check(scenario, json.loads(json.dumps(found))) == []

    def faster(forged):
        forged["refutation"]["growth_per_tick"] *= 1.01

    def proved_too(forged):
        forged.update(bound_per_second=0.01, delay_margin_ms=1e6)

    def with_a_note(forged):
        forged["refutation"]["note"] = "it is certified safe all the same"

    assert check(scenario, rehashed(found, with_a_note))
    assert check(scenario, rehashed(found, faster))
    assert check(scenario, rehashed(found, proved_too))


def test_the_kepler_slot_says_what_can_not_be_claimed():
    # It asks for 13 mm/s² all the way round.
    sets = ("duration_s=20", "controller.a_max_m_s2=0.005")
    scenario = load_scenario(shipped_folder() / "iss_kepler_slot.yaml", sets)
    found = certify(scenario, margin=False)
    assert found["verdict"] == "CONTRACTION ONLY"
    assert "the command on the reference itself" in found["reason"]
    assert found["level_set"] is None
    assert check(scenario, found) == []


def test_a_synodic_loop_is_proved_with_its_delay_margin():
    sets = ("certificate={error_position_m: 100, error_velocity_m_s: 0.1}",)
    scenario = load_scenario(shipped_folder() / "sun_earth_l1.yaml", sets)
    found = certify(scenario)
    assert found["verdict"] == "PROVED"
    assert 0.5 < found["delay_margin_ms"] / found["constant_delay_margin_ms"] < 1.0
    assert check(scenario, found) == []


def test_without_a_claim_there_is_no_certificate():
    with pytest.raises(
        CertificateError, match="cubesat_slot: nothing is claimed; write 'certificate:'"
    ):
        certify(load_scenario(shipped_folder() / "cubesat_slot.yaml"))


def test_a_slot_strays_from_its_step_and_the_claim_says_by_how_much():
    """It is propagated more exactly than a tick of the twin goes, the more so the longer a tick."""
    _, coarse = claimed(shipped("iss_slot", "rate_hz=1"))
    _, fine = claimed(shipped("iss_slot"))
    assert 1e-4 < coarse["ranges"]["reference_strays"]["m"] < 1e-3
    assert fine["ranges"]["reference_strays"]["m"] < 1e-6


def test_a_slot_under_bodies_that_the_loop_does_not_know_strays_from_its_acceleration():
    sets = ("reference.third_bodies=[moon, sun]",)
    _, told = claimed(shipped("iss_slot", *sets))
    assert 1e-7 < told["ranges"]["reference_strays"]["m_s2"] < 1e-5


def test_a_plant_without_a_twin_is_named(station, monkeypatch):
    monkeypatch.setattr(type(station.plant_family), "twin", lambda *_: None)
    with pytest.raises(CertificateError, match="no certificate for this plant: 'orbit' has no"):
        certify(station)


def test_a_region_with_the_centre_of_the_earth_in_it_is_refused():
    told = (
        r"certificate\.error_position_m: a region of 7e\+06 m about the reference has the centre "
    )
    with pytest.raises(CertificateError, match=told + r"of the earth in it; write less than \d"):
        certify(shipped("iss_slot", "certificate.error_position_m=7e6"), margin=False)


def test_every_shipped_scenario_with_a_claim_names_a_mode_it_flies():
    claimed = [
        scenario
        for path in shipped_scenarios()
        for scenario in load_scenarios(path)
        if scenario.model.certificate is not None
    ]
    assert len(claimed) >= 3
