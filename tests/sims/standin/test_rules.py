"""Each rule acts: what a harness has to bear really happens."""

import importlib
import os
import pkgutil
import signal
from collections import Counter

import pytest
from pymavlink.dialects import v20 as dialects
from rehearsal import Rehearsal, Vehicle

from sims.mavlink.modes import FlightMode
from sims.standin.dialect import mavlink
from sims.standin.rules import RULES, UnknownMessages, UnknownRuleError, make_rules

FIRST = "HEARTBEAT"


def answered(flight: Rehearsal, steps: int) -> list[bool]:
    return [bool(flight.step()) for _ in range(steps)]


def test_early_freewheel_answers_every_fifth_message_until_its_end() -> None:
    flight = Rehearsal(rules=["early_freewheel=0.8"])
    seen = answered(flight, 99)  # to 0.792 s
    assert seen == [number % 5 == 0 for number in range(1, 100)]
    assert all(answered(flight, 50))


@pytest.mark.parametrize(("step_s", "every"), [(0.002, 2), (0.004, 1), (0.008, 1)])
def test_half_rate_answers_one_of_two_short_steps(step_s: float, every: int) -> None:
    flight = Rehearsal(rules=["half_rate"], vehicle=Vehicle(step_s=step_s))
    flight.step()
    seen = answered(flight, 100)
    assert sum(seen) == 100 // every


def test_slow_boot_is_ready_later() -> None:
    flight = Rehearsal(rules=["slow_boot=3"])
    flight.run(5.0)
    assert flight.onboard.last("HOME_POSITION") is None
    assert flight.arm() == 1
    flight.until(lambda: flight.autopilot.commander.ready, 5.0)
    assert flight.now_s == pytest.approx(7.2, abs=0.05)


def test_never_ready_never_arms() -> None:
    flight = Rehearsal(rules=["never_ready"])
    flight.run(15.0)
    assert not flight.onboard.last("SYS_STATUS").onboard_control_sensors_health & 0x1000_0000
    assert flight.arm() == 1


def test_other_system_id_is_not_the_one_it_was_told() -> None:
    flight = Rehearsal(rules=["other_system_id"])
    flight.step()
    assert flight.onboard.last(FIRST).get_srcSystem() == 2
    flight = Rehearsal(rules=["other_system_id=77"])
    flight.step()
    assert flight.onboard.last(FIRST).get_srcSystem() == 77


@pytest.mark.parametrize(("rules", "version"), [([], 0x0111), (["wrong_version"], 0x0108)])
def test_wrong_version_is_of_long_ago(rules: list[str], version: int) -> None:
    flight = Rehearsal(rules=rules)
    flight.command(512, 148.0)
    assert flight.onboard.last("AUTOPILOT_VERSION").flight_sw_version >> 16 == version


def test_acks_come_twice() -> None:
    flight = Rehearsal(rules=["acks_twice"])
    flight.run(0.1)
    flight.mode(FlightMode.LAND)
    flight.run(0.1)
    assert len(flight.onboard.all("COMMAND_ACK")) == 2


def test_the_first_acks_are_lost_and_the_command_obeyed() -> None:
    flight = Rehearsal(rules=["first_acks_lost=2"])
    for _ in range(3):
        flight.onboard.send(mavlink.MAVLink_command_long_message(1, 1, 21, 0, *[0.0] * 7))
        flight.step()
        assert flight.autopilot.commander.mode is FlightMode.LAND
    assert len(flight.onboard.all("COMMAND_ACK")) == 1


def test_foreign_heartbeats_are_not_the_vehicle_s() -> None:
    flight = Rehearsal(rules=["foreign_heartbeats"])
    flight.run(2.0)
    sources = Counter(
        (beat.get_srcSystem(), beat.get_srcComponent()) for beat in flight.onboard.all(FIRST)
    )
    assert sources == {(1, 1): 3, (42, 1): 3, (255, 190): 3}
    other = next(beat for beat in flight.onboard.all(FIRST) if beat.get_srcSystem() == 42)
    assert other.base_mode & 0x80
    assert other.custom_mode == FlightMode.OFFBOARD


def test_unknown_messages_come_between_the_known() -> None:
    flight = Rehearsal(rules=["unknown_messages"])
    flight.run(1.0)
    kinds = Counter(message.get_type() for message in flight.onboard.heard)
    assert {kind for kind in kinds if kind.startswith("UNKNOWN")} == {
        f"UNKNOWN_{number}" for number in UnknownMessages.IDS
    }
    assert kinds["BAD_DATA"] == 0
    assert kinds["ATTITUDE_QUATERNION"] > 0


def test_unknown_messages_are_unknown_to_all_dialects() -> None:
    """One that a client knew would be taken for a frame of another version of it."""
    for module in pkgutil.iter_modules(dialects.__path__):
        dialect = importlib.import_module(f"{dialects.__name__}.{module.name}")
        assert not set(UnknownMessages.IDS) & set(dialect.mavlink_map)


def test_drops_lose_a_share_both_ways_and_the_same_for_the_same_seed() -> None:
    def heard(rules: list[str], seed: int) -> list[str]:
        flight = Rehearsal(rules=rules, seed=seed)
        for _ in range(500):
            flight.onboard.send(mavlink.MAVLink_timesync_message(0, 1))
            flight.step()
        return [message.get_type() for message in flight.onboard.heard]

    whole, some, again, other = heard([], 1), *(heard(["drops=0.3"], s) for s in (1, 1, 2))
    assert whole.count("TIMESYNC") == 500
    assert some.count("TIMESYNC") == pytest.approx(500 * 0.7 * 0.7, rel=0.15)
    streamed = whole.count("ATTITUDE_QUATERNION")
    assert some.count("ATTITUDE_QUATERNION") == pytest.approx(0.7 * streamed, rel=0.15)
    assert some == again != other


def test_drops_spare_the_simulator() -> None:
    assert all(answered(Rehearsal(rules=["drops=0.9"]), 200))


def test_late_estimates_come_late_with_true_stamps() -> None:
    flight = Rehearsal(rules=["late_estimates=100"])
    flight.run(1.0)
    for _ in range(50):
        flight.onboard.heard.clear()
        flight.step()
        for told in flight.onboard.all("ATTITUDE_QUATERNION"):
            late_ms = flight.vehicle.time_us // 1000 - told.time_boot_ms
            assert 100 <= late_ms <= 120  # it waits for the next message of any kind
    assert any(m.get_type() == "ATTITUDE_QUATERNION" for m in flight.ground.heard)


@pytest.mark.parametrize("rule", ["die_at", "hang_at"])
def test_it_dies_or_hangs_when_told(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class EndedError(Exception):
        """Instead of the process."""

    def end(*_: object) -> None:
        raise EndedError

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(signal, "pause", end)
    flight = Rehearsal(rules=[f"{rule}=0.5"])
    flight.run(0.496)
    with pytest.raises(EndedError):
        flight.run(0.016)
    assert flight.now_s == pytest.approx(0.5, abs=0.01)


def test_it_spins_on_disconnect_only_when_told() -> None:
    assert [name for name, rule in RULES.items() if rule.spins] == ["spins_on_disconnect"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "no rule 'nonsense'; there are acks_twice, die_at"),
        ("die_at=soon", "'soon' is no number"),
        ("drops=1", "the share lost is at least 0 and below 1"),
        ("slow_boot=nan", "no finite number"),
    ],
)
def test_a_rule_that_is_none_is_named(text: str, said: str) -> None:
    with pytest.raises(UnknownRuleError, match=said):
        make_rules([text], 0)


def test_every_rule_says_what_it_does() -> None:
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.__doc__
