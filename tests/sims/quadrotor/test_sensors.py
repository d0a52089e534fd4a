"""What sensors tell: the truth, their errors, and their faults."""

import math

import numpy as np
import pytest
from hovering import hover
from pydantic import TypeAdapter

from sims.faults import AnyFault
from sims.plant import PlantError
from sims.quadrotor.bullet_body import GRAVITY_M_S2 as G
from sims.quadrotor.config import HomeConfig, SensorsConfig
from sims.quadrotor.isa import pressure_altitude_m, pressure_pa
from sims.quadrotor.magnetic_field import field_gauss
from sims.quadrotor.sensors import Sensors

STEP_NS = 4_000_000
HIGH = (0.0, 0.0, -100.0)
NAMES = ("accelerometer", "gyroscope", "magnetometer", "barometer")


def sensors(seed=1, home=None, **config):
    return Sensors(SensorsConfig.model_validate(config), HomeConfig(**(home or {})), seed)


def fault(kind, sensor, **more):
    return TypeAdapter(AnyFault).validate_python({"kind": kind, "sensor": sensor, **more})


def read(suite, body, count, start=0):
    """What each sensor told at each of some steps of a body that stays as it is."""
    told = [suite.read((start + k) * STEP_NS, body) for k in range(count)]
    rows = {name: [getattr(readings, name) for readings in told] for name in NAMES}
    return {name: np.array(values, dtype=float) for name, values in rows.items()}


def fixes(suite, body, steps, start=0):
    """Every fix that arrived, with the step at which it did."""
    told = ((k, suite.fix(k * STEP_NS, body)) for k in range(start, start + steps))
    return [(k, fix) for k, fix in told if fix is not None]


# Readings


def test_readings_are_the_truth_with_noise_of_the_stated_size(built):
    body = built()
    body.place(HIGH, rate=(0.5, -1.0, 0.25), controls=hover())
    told = read(sensors(), body, 8000)
    for name, truth, noise in (
        ("accelerometer", (0.0, 0.0, -G), 0.05),
        ("gyroscope", (0.5, -1.0, 0.25), 0.003),
        ("magnetometer", field_gauss(HomeConfig()), 0.002),
    ):
        assert told[name].mean(axis=0) == pytest.approx(truth, abs=4.0 * noise / math.sqrt(8000))
        assert told[name].std(axis=0) == pytest.approx([noise] * 3, rel=0.04)
    pressure, altitude, temperature = told["barometer"].T
    assert 100.0 * pressure.mean() == pytest.approx(pressure_pa(588.0), abs=0.05)
    assert 100.0 * pressure.std() == pytest.approx(1.0, rel=0.04)
    assert altitude.mean() == pytest.approx(588.0, abs=0.01)
    assert temperature == pytest.approx([15.0 - 0.0065 * 588.0] * 8000)


def test_the_noise_of_one_axis_or_sensor_tells_nothing_of_another(built):
    told = read(sensors(), built(), 8000)
    columns = np.column_stack([told[name] for name in NAMES])[:, :10]
    assert np.abs(np.corrcoef(columns.T) - np.eye(10)).max() < 0.06


def test_biases_are_added(built):
    config = {
        "accelerometer": {"bias_m_s2": (0.1, -0.2, 0.3)},
        "gyroscope": {"bias_rad_s": (0.01, 0.02, -0.03)},
        "magnetometer": {"bias_gauss": (0.1, 0.0, -0.1)},
        "barometer": {"bias_pa": 50.0},
    }
    body = built()
    off, true = read(sensors(**config), body, 1), read(sensors(), body, 1)
    biases = (0.1, -0.2, 0.3), (0.01, 0.02, -0.03), (0.1, 0.0, -0.1)
    for name, bias in zip(NAMES[:3], biases, strict=True):
        assert off[name][0] - true[name][0] == pytest.approx(bias)
    assert off["barometer"][0, 0] - true["barometer"][0, 0] == pytest.approx(0.5)


EAST_NOSE = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))
LEFT_UP = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
NOSE_UP = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
N, E, D = field_gauss(HomeConfig())


@pytest.mark.parametrize(
    ("quaternion", "seen"),
    [(EAST_NOSE, (E, -N, D)), (LEFT_UP, (N, D, -E)), (NOSE_UP, (-D, E, N))],
)
def test_the_field_is_seen_from_the_body(built, quaternion, seen):
    body = built()
    body.place(HIGH, quaternion=quaternion)
    told = read(sensors(), body, 4000)["magnetometer"].mean(axis=0)
    assert told == pytest.approx(seen, abs=2e-4)


def test_a_sensors_noise_is_its_own(built):
    body = built()
    plain = read(sensors(), body, 300)
    other = read(sensors(gyroscope={"noise_rad_s": 0.01}), body, 300)
    for name in ("accelerometer", "magnetometer", "barometer"):
        assert (plain[name] == other[name]).all()
    again, elsewhere = read(sensors(), body, 300), read(sensors(seed=2), body, 300)
    for name in NAMES:
        assert (plain[name] == again[name]).all()
        assert not (plain[name] == elsewhere[name]).all()


def test_nothing_that_stands_still_is_constant_in_px4s_16_bit_numbers(built):
    told = read(sensors(), built(), 200)
    for name, step in (("accelerometer", 4.8e-3), ("gyroscope", math.radians(0.061))):
        counts = np.trunc(told[name] / step)
        assert (np.diff(counts, axis=0) != 0).any(axis=1).mean() > 0.9


# GNSS


def test_fixes_come_at_their_rate_and_late_by_their_delay(built):
    arrived = fixes(sensors(gnss={"rate_hz": 10.0, "delay_s": 0.11}), built(), 251)
    assert [k for k, _ in arrived] == [28 + 25 * i for i in range(9)]
    assert [fix.taken_ns for _, fix in arrived] == [100_000_000 * i for i in range(9)]


@pytest.mark.parametrize("rate_hz", [3.0, 7.0, 30.0, 250.0])
def test_a_rate_that_is_no_whole_number_of_steps_is_kept_on_the_whole(built, rate_hz):
    arrived = fixes(sensors(gnss={"rate_hz": rate_hz, "delay_s": 0.0}), built(), 10 * 250)
    assert len(arrived) == pytest.approx(10 * rate_hz, abs=1)


def test_a_rate_above_the_steps_gives_one_a_step(built):
    arrived = fixes(sensors(gnss={"rate_hz": 1000.0, "delay_s": 0.0}), built(), 50)
    assert [k for k, _ in arrived] == list(range(50))


def test_a_fix_is_the_truth_in_mavlinks_units(built):
    body = built()
    body.place((1000.0, -2000.0, -50.0), velocity=(3.0, -4.0, 1.5))
    quiet = {"horizontal_noise_m": 0.0, "vertical_noise_m": 0.0, "velocity_noise_m_s": 0.0}
    home = {"latitude_deg": 0.0, "longitude_deg": 10.0, "altitude_m": 100.0}
    ((_, fix),) = fixes(sensors(home=home, gnss={**quiet, "delay_s": 0.0}), body, 1)
    degree = math.radians(1.0) * 6_371_000.0
    assert fix.latitude_e7 == pytest.approx(1e7 * 1000.0 / degree, abs=1)
    assert fix.longitude_e7 == pytest.approx(1e7 * (10.0 - 2000.0 / degree), abs=1)
    assert fix.altitude_mm == 150_000
    assert (fix.north_cm_s, fix.east_cm_s, fix.down_cm_s, fix.speed_cm_s) == (300, -400, 150, 500)
    assert fix.course_cdeg == pytest.approx(100.0 * (360.0 - math.degrees(math.atan2(4, 3))), abs=1)
    assert (fix.fix_type, fix.satellites, fix.eph_cm, fix.epv_cm) == (3, 12, 90, 150)


def test_a_fix_has_noise_of_the_stated_size(built):
    body = built()
    suite = sensors(gnss={"rate_hz": 250.0, "delay_s": 0.0})
    told = [fix for _, fix in fixes(suite, body, 4000)]
    north = np.array([fix.latitude_e7 for fix in told]) * 1e-7 * math.radians(1.0) * 6_371_000.0
    assert north.std() == pytest.approx(0.2, rel=0.06)
    assert np.std([fix.altitude_mm for fix in told]) == pytest.approx(300.0, rel=0.06)
    assert np.std([fix.down_cm_s for fix in told]) == pytest.approx(5.0, rel=0.06)


def test_who_stands_has_no_course(built):
    assert all(fix.course_cdeg == 65_535 for _, fix in fixes(sensors(), built(), 500))


def test_a_course_to_the_north_is_never_360_degrees(built):
    body = built()
    body.place(HIGH, velocity=(20.0, 0.0, 0.0))
    suite = sensors(gnss={"rate_hz": 250.0, "velocity_noise_m_s": 0.001})
    assert all(0 <= fix.course_cdeg < 36_000 for _, fix in fixes(suite, body, 500))


def test_what_no_message_can_hold_is_kept_at_the_limit(built):
    body = built()
    body.place((0.0, 0.0, -3e6), velocity=(500.0, -500.0, 400.0))
    ((_, fix),) = fixes(sensors(gnss={"delay_s": 0.0}), body, 1)
    assert fix.altitude_mm == 2**31 - 1
    assert (fix.north_cm_s, fix.east_cm_s, fix.down_cm_s) == (32_767, -32_767, 32_767)
    assert fix.speed_cm_s == 65_534


# Faults


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_sensor_tells_nothing_and_the_others_are_as_they_were(built, name):
    body, suite = built(), sensors()
    whole = read(sensors(), body, 30)
    lost = fault("sensor_loss", name)
    read(suite, body, 10)
    suite.inject(lost, on=True)
    during = [suite.read(k * STEP_NS, body) for k in range(10, 20)]
    suite.inject(lost, on=False)
    after = read(suite, body, 10, start=20)
    assert all(getattr(readings, name) is None for readings in during)
    for other in set(NAMES) - {name}:
        assert [getattr(r, other) for r in during] == list(map(tuple, whole[other][10:20]))
    assert (after[name] == whole[name][20:]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_sensor_tells_what_it_told_last(built, name):
    body, suite = built(), sensors()
    before = read(suite, body, 10)[name][-1]
    suite.inject(fault("sensor_freeze", name), on=True)
    body.place(HIGH, rate=(1.0, 2.0, 3.0))
    during = read(suite, body, 10, start=10)[name]
    compared = slice(0, 1) if name == "barometer" else slice(None)
    assert (during[:, compared] == before[compared]).all()
    suite.inject(fault("sensor_freeze", name), on=False)
    after = read(suite, body, 10, start=20)[name]
    assert not (after == before).any()


def test_a_sensor_frozen_before_it_told_anything_tells_its_first_reading(built):
    suite = sensors()
    suite.inject(fault("sensor_freeze", "gyroscope"), on=True)
    told = read(suite, built(), 5)["gyroscope"]
    assert (told == told[0]).all()


@pytest.mark.parametrize(
    "absent",
    [
        fault("sensor_loss", "gyroscope"),
        fault("sensor_freeze", "gyroscope"),
        fault("sensor_bias", "gyroscope", rate_rad_s=(1, 0, 0)),
    ],
)
def test_switching_off_what_is_not_there_changes_nothing(built, absent):
    suite, body = sensors(), built()
    suite.inject(absent, on=False)
    assert (read(suite, body, 5)["gyroscope"] == read(sensors(), body, 5)["gyroscope"]).all()


ERRORS = {
    "accelerometer": ({"acceleration_m_s2": (1, 2, 3)}, {"acceleration_m_s3": (1, 2, 3)}),
    "gyroscope": ({"rate_rad_s": (1, 2, 3)}, {"rate_rad_s2": (1, 2, 3)}),
    "magnetometer": ({"field_gauss": (1, 2, 3)}, {"field_gauss_s": (1, 2, 3)}),
    "barometer": ({"pressure_pa": 100}, {"pressure_pa_s": 100}),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_bias_adds_and_a_drift_grows_from_its_start(built, name):
    bias, drift = ERRORS[name]
    body, suite = built(), sensors()
    whole = read(sensors(), body, 160)[name]
    size = np.array([1.0]) if name == "barometer" else np.array([1.0, 2.0, 3.0])
    read(suite, body, 10)
    biased, drifting = fault("sensor_bias", name, **bias), fault("sensor_drift", name, **drift)
    suite.inject(biased, on=True)
    suite.inject(drifting, on=True)
    off = (read(suite, body, 50, start=10)[name] - whole[10:60])[:, : len(size)]
    elapsed = STEP_NS * 1e-9 * np.arange(1, 51)
    assert off == pytest.approx(size + elapsed[:, None] * size)
    suite.inject(biased, on=False)
    off = (read(suite, body, 50, start=60)[name] - whole[60:110])[:, : len(size)]
    assert off == pytest.approx((elapsed[:, None] + 0.2) * size)
    suite.inject(drifting, on=False)
    assert (read(suite, body, 50, start=110)[name] == whole[110:]).all()


def test_noise_adds_by_its_size(built):
    suite = sensors()
    suite.inject(fault("sensor_noise", "accelerometer", acceleration_noise_m_s2=1.2), on=True)
    told = read(suite, built(), 4000)["accelerometer"]
    assert told.std(axis=0) == pytest.approx([math.hypot(1.2, 0.05)] * 3, rel=0.06)


def test_a_barometer_never_shows_less_than_nothing(built):
    suite = sensors()
    suite.inject(fault("sensor_bias", "barometer", pressure_pa=-1e6), on=True)
    air = suite.read(0, built()).barometer
    assert air.pressure_hpa == 0.0
    assert air.pressure_altitude_m == pressure_altitude_m(0.0)


def test_faults_of_gnss_strike_its_fixes(built):
    body, suite = built(), sensors(gnss={"delay_s": 0.0})
    whole = [fix for _, fix in fixes(sensors(gnss={"delay_s": 0.0}), body, 250)]
    lost, frozen = fault("sensor_loss", "gnss"), fault("sensor_freeze", "gnss")
    moved = fault("sensor_bias", "gnss", position_m=(0, 0, -7), velocity_m_s=(1, 0, 0))
    told = []
    for k, (one, on) in enumerate(
        ((lost, True), (lost, False), (frozen, True), (frozen, False), (moved, True))
    ):
        told.append([fix for _, fix in fixes(suite, body, 50, start=50 * k)])
        suite.inject(one, on)
    plain, missing, back, stuck, after = told
    assert plain == whole[:2]
    assert missing == []
    assert back == whole[4:6]
    assert [fix[2:] for fix in stuck] == [back[-1][2:]] * 2
    assert [fix.taken_ns for fix in stuck] == [600_000_000, 700_000_000]
    assert after == whole[8:10]
    ((_, first), *_) = fixes(suite, body, 50, start=250)
    assert first.altitude_mm == pytest.approx(488_000 + 7000, abs=1500)
    assert first.north_cm_s == pytest.approx(100, abs=25)


def test_a_fault_of_something_else_is_refused():
    with pytest.raises(PlantError, match="a quadrotor's sensors can't have OffboardLoss"):
        sensors().inject(TypeAdapter(AnyFault).validate_python({"kind": "offboard_loss"}), on=True)
