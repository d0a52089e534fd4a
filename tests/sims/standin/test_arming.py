"""What keeps the stand-in from arming, and what it says then: PX4's own checks of a simulator."""

from collections.abc import Callable

import pytest
from rehearsal import Rehearsal, Vehicle

from sims.mavlink.modes import FlightMode
from sims.standin.sensors import Sensors as SensorSet

REJECTED = 1


def refusal(flight: Rehearsal) -> str:
    """Boot, try to arm, and give what it says against it."""
    flight.run(5.0)
    assert flight.arm() == REJECTED
    assert not flight.autopilot.commander.armed
    assert not flight.autopilot.commander.ready
    assert "Arming denied: Resolve system health failures first" in flight.onboard.texts()
    faults = [text for text in flight.onboard.texts() if text.startswith("Preflight Fail: ")]
    assert faults
    return "; ".join(faults)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (0x1, "Accel Sensor 0 missing"),
        (0x8, "Gyro Sensor 0 missing"),
        (0x40, "Compass Sensor 0 missing"),
        (0x200, "Baro Sensor 0 missing"),
        (0x800, "Baro Sensor 0 missing"),
        (0x1000, "Baro Sensor 0 missing"),
    ],
)
def test_a_sensor_counts_with_its_full_mask_only(missing: int, said: str) -> None:
    vehicle = Vehicle(step_s=0.02)
    vehicle.fields = 0x1FFF & ~missing
    assert said in refusal(Rehearsal(vehicle=vehicle))


def test_the_masks_alone_suffice() -> None:
    vehicle = Vehicle(step_s=0.02)
    vehicle.fields = 0x7 | 0x38 | 0x1C0 | 0x1A00
    flight = Rehearsal(vehicle=vehicle)
    flight.run(5.0)
    assert flight.arm() == 0


def test_sensors_without_noise_are_dead() -> None:
    vehicle = Vehicle(step_s=0.02)
    vehicle.still = True
    said = refusal(Rehearsal(vehicle=vehicle))
    for name in ("Accel", "Gyro", "Compass", "Baro"):
        assert f"No valid data from {name} 0" in said


@pytest.mark.parametrize(("noise", "stale"), [(0.9e-3, True), (2.2e-3, False)])
def test_noise_below_a_step_of_the_converter_is_none(noise: float, stale: bool) -> None:
    gyroscope = SensorSet().gyroscope  # a step is 1.06e-3 rad/s
    for count in range(150):
        gyroscope.hear(4000 * count, (0.0, noise * (count % 2), 0.0))
    assert gyroscope.stale is stale


def no_gps(flight: Rehearsal) -> None:
    flight.with_gps = False


def no_fix(flight: Rehearsal) -> None:
    flight.vehicle.fix_type = 2


@pytest.mark.parametrize(
    ("change", "said"), [(no_gps, "GPS Sensor 0 missing"), (no_fix, "GPS fix too low")]
)
def test_gnss_is_needed(change: Callable[[Rehearsal], None], said: str) -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    change(flight)
    assert said in refusal(flight)


@pytest.mark.parametrize("began_us", [5_000_000, 1_790_000_000_000_000], ids=["5 s", "Unix"])
def test_a_clock_that_begins_late_never_aligns(began_us: int) -> None:
    vehicle = Vehicle(step_s=0.02)
    vehicle.time_us = began_us
    flight = Rehearsal(vehicle=vehicle)
    assert "ekf2 missing data" in refusal(flight)
    assert flight.onboard.last("LOCAL_POSITION_NED") is None
    assert flight.onboard.last("ESTIMATOR_STATUS").flags == 0


def test_a_clock_that_begins_just_in_time_aligns() -> None:
    vehicle = Vehicle(step_s=0.02)
    vehicle.time_us = 4_900_000
    flight = Rehearsal(vehicle=vehicle)
    flight.run(2.0)
    assert flight.arm() == 0


def test_it_does_not_arm_before_it_has_booted() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.run(3.5)
    assert flight.arm() == REJECTED
    flight.until(lambda: flight.autopilot.commander.ready, 2.0)
    assert flight.arm() == 0


def test_force_arms_whatever_is_wrong() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.with_gps = False
    flight.run(5.0)
    assert flight.command(400, 1.0, 21196.0) == 0
    assert flight.autopilot.commander.armed


def test_its_health_is_told() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.run(4.0)
    assert not flight.onboard.last("SYS_STATUS").onboard_control_sensors_health & 0x1000_0000
    flight.run(1.0)
    assert flight.onboard.last("SYS_STATUS").onboard_control_sensors_health & 0x1000_0000
    assert flight.onboard.last("ESTIMATOR_STATUS").flags & 0x1F == 0x1F


def test_it_disarms_where_no_take_off_follows() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.run(5.0)
    assert flight.arm() == 0
    commander = flight.autopilot.commander
    assert flight.until(lambda: not commander.armed, 12.0) == pytest.approx(10.0, abs=0.1)
    assert "Disarmed by auto preflight disarming" in flight.onboard.texts()


def test_motors_stand_still_until_armed_and_idle_until_told() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.run(5.0)
    assert list(flight.controls) == [0.0] * 16
    assert flight.answers[-1].mode == 1
    flight.arm()
    flight.run(2.0)
    assert all(0.0 < control < 0.2 for control in flight.controls[:4])
    assert flight.answers[-1].mode == 0x81


def test_in_the_air_it_disarms_by_force_only() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.airborne(2.5)
    assert flight.command(400, 0.0) == 2
    assert flight.autopilot.commander.armed
    assert flight.command(400, 0.0, 21196.0) == 0
    assert list(flight.controls) == [0.0] * 16


def test_offboard_needs_a_stream() -> None:
    flight = Rehearsal(vehicle=Vehicle(step_s=0.02))
    flight.run(5.0)
    assert flight.mode(FlightMode.OFFBOARD) == REJECTED
    assert flight.autopilot.commander.mode is FlightMode.LOITER
