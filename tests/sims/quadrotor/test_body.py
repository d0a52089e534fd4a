"""The body against closed forms, against an independent integration, and on the ground."""

import math
import re
from contextlib import suppress

import numpy as np
import pytest
from hovering import NO_DRAG, NO_LAG, STEP_S, hover
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from sims.faults import GravityError, MotorWeakness
from sims.plant import PlantError
from sims.quadrotor.body import Quadrotor
from sims.quadrotor.bullet_body import GRAVITY_M_S2 as G
from sims.quadrotor.bullet_body import TooFastError
from sims.quadrotor.config import NONE_IRIS, QuadrotorConfig
from sims.quadrotor.rotors import ControlError

IDLE = (0.0,) * 4
HIGH = (0.0, 0.0, -100.0)
HOVER = hover()
SECOND = round(1.0 / STEP_S)


def turned(axis, degrees):
    """Quaternion, scalar first."""
    x, y, z, w = Rotation.from_euler(axis, degrees, degrees=True).as_quat().tolist()
    return w, x, y, z


def fly(quadrotor, controls, steps=SECOND):
    for _ in range(steps):
        quadrotor.step(controls)
    return quadrotor


# In the air, against closed forms


def test_it_falls_by_half_g_t_squared_and_feels_nothing(built):
    quadrotor = built(drag=NO_DRAG)
    quadrotor.place(HIGH, velocity=(3.0, -2.0, -1.0))
    fly(quadrotor, IDLE, 2 * SECOND)
    assert quadrotor.position == pytest.approx((6.0, -4.0, -102.0 + 2.0 * G), abs=1e-9)
    assert quadrotor.velocity == pytest.approx((3.0, -2.0, -1.0 + 2.0 * G), abs=1e-10)
    assert quadrotor.specific_force == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert not quadrotor.on_ground


def test_energy_is_kept_in_free_flight(built):
    quadrotor = built(drag=NO_DRAG)
    quadrotor.place(HIGH, velocity=(10.0, 0.0, -30.0))

    def energy():
        return 0.5 * sum(v * v for v in quadrotor.velocity) - G * quadrotor.position[2]

    before = energy()
    fly(quadrotor, IDLE, 4 * SECOND)
    assert energy() == pytest.approx(before, rel=1e-12)


def test_it_hovers_where_thrust_is_weight(built):
    quadrotor = built()
    quadrotor.place(HIGH, controls=HOVER)
    fly(quadrotor, HOVER, 10 * SECOND)
    assert quadrotor.position == pytest.approx(HIGH, abs=1e-6)
    assert quadrotor.specific_force == pytest.approx((0.0, 0.0, -G), abs=1e-9)
    assert quadrotor.delivered_acceleration == pytest.approx((0.0, 0.0, -G), abs=1e-9)
    assert quadrotor.motor_outputs == pytest.approx([1.5 * G / 4.0 / 7.07] * 4)


def test_its_true_mass_falls_and_its_stated_mass_is_what_was_counted_with(built):
    quadrotor = built(true_mass_kg=1.8, drag=NO_DRAG)
    quadrotor.place(HIGH, controls=HOVER)
    fly(quadrotor, HOVER)
    sinks = G * (1.0 - 1.5 / 1.8)
    assert quadrotor.velocity[2] == pytest.approx(sinks, rel=1e-9)
    assert quadrotor.delivered_acceleration[2] == pytest.approx(-G * 1.5 / 1.8)


def test_tilted_thrust_pushes_sideways(built):
    quadrotor = built(drag=NO_DRAG)
    quadrotor.place(HIGH, quaternion=turned("ZYX", (40.0, -10.0, 25.0)), controls=HOVER)
    fly(quadrotor, HOVER)
    axes = Rotation.from_euler("ZYX", (40.0, -10.0, 25.0), degrees=True).as_matrix()
    acceleration = axes @ [0.0, 0.0, -G] + [0.0, 0.0, G]
    assert quadrotor.velocity == pytest.approx(acceleration, abs=1e-9)
    assert quadrotor.position == pytest.approx(HIGH + 0.5 * acceleration, abs=1e-9)


def controls_of(roll_n_m=0.0, pitch_n_m=0.0, yaw_n_m=0.0):
    """Controls of no_lag rotors for a torque about one axis, at the thrust of a hover."""
    shares = np.array(
        [(-r.right_m, r.forward_m, 0.05 if r.turns == "ccw" else -0.05, 1.0) for r in NONE_IRIS]
    ).T
    thrusts = np.linalg.solve(shares, [roll_n_m, pitch_n_m, yaw_n_m, 1.5 * G])
    return np.sqrt(thrusts / 7.07).tolist()


@pytest.mark.parametrize("heading", [0.0, 70.0, 180.0])
@pytest.mark.parametrize(
    ("axis", "torque", "inertia"),
    [
        (0, {"roll_n_m": 0.02}, 0.029),
        (1, {"pitch_n_m": -0.02}, 0.029),
        (2, {"yaw_n_m": 0.05}, 0.055),
    ],
)
def test_a_torque_turns_it_about_its_own_axis_by_half_alpha_t_squared(
    built, axis, torque, inertia, heading
):
    quadrotor = built(rotors=NO_LAG)
    quadrotor.place(HIGH, quaternion=turned("z", heading), controls=controls_of(**torque))
    fly(quadrotor, controls_of(**torque))
    alpha = next(iter(torque.values())) / inertia
    rate = [0.0, 0.0, 0.0]
    rate[axis] = alpha
    assert quadrotor.rate == pytest.approx(rate, abs=1e-9)
    w, x, y, z = quadrotor.quaternion
    turn = Rotation.from_euler("z", heading, degrees=True).inv() * Rotation.from_quat((x, y, z, w))
    angle = [0.0, 0.0, 0.0]
    angle[axis] = 0.5 * alpha
    assert turn.as_rotvec() == pytest.approx(angle, abs=1e-5)


@pytest.mark.parametrize(
    ("drag", "speed"),
    [
        ({"linear_n_s_m": 0.5, "quadratic_n_s2_m2": 0.0}, 1.5 * G / 0.5),
        ({"linear_n_s_m": 0.0, "quadratic_n_s2_m2": 0.04}, math.sqrt(1.5 * G / 0.04)),
    ],
)
def test_it_falls_at_last_as_fast_as_drag_carries_its_weight(built, drag, speed):
    quadrotor = built(drag=drag)
    quadrotor.place((0.0, 0.0, -5000.0))
    fly(quadrotor, IDLE, 60 * SECOND)
    assert quadrotor.velocity[2] == pytest.approx(speed, rel=1e-6)
    assert quadrotor.specific_force == pytest.approx((0.0, 0.0, -G), abs=1e-5)


def test_wind_takes_it_along_by_the_exponential_of_linear_drag(built):
    quadrotor = built(wind_ned_m_s=(6.0, -3.0, 0.0), drag={**NO_DRAG, "linear_n_s_m": 0.5})
    quadrotor.place(HIGH, controls=HOVER)
    fly(quadrotor, HOVER, 3 * SECOND)
    share = -math.expm1(-3.0 * 0.5 / 1.5)
    assert quadrotor.velocity == pytest.approx((6.0 * share, -3.0 * share, 0.0), abs=1e-5)
    assert quadrotor.wind == (6.0, -3.0, 0.0)


def test_what_it_feels_is_what_changes_its_velocity_beside_gravity(built):
    quadrotor = built(wind_ned_m_s=(8.0, -5.0, 2.0))
    quadrotor.place(HIGH, quaternion=turned("ZYX", (200.0, 50.0, -30.0)), controls=HOVER)
    assert quadrotor.specific_force[2] < -5.0, "from the first moment"
    for _ in range(SECOND // 2):
        before, axes = np.array(quadrotor.velocity), np.array(quadrotor.axes)
        quadrotor.step((0.6, 0.55, 0.57, 0.58))
        felt = axes @ quadrotor.specific_force
        gained = (np.array(quadrotor.velocity) - before) / STEP_S - [0.0, 0.0, G]
        # The axes turn by up to 0.01 rad within a step.
        assert felt == pytest.approx(gained, abs=0.2)
        assert quadrotor.specific_force[2] < 0.0


# Against an independent integration of the same equations


def derivative(controls, wind, inertia=(0.029, 0.029, 0.055)):
    """The equations of motion over position, velocity, quaternion, rate and rotor speeds."""
    places = np.array([(r.forward_m, r.right_m, 0.0) for r in NONE_IRIS])
    turns = np.array([1.0 if r.turns == "ccw" else -1.0 for r in NONE_IRIS])

    def slope(_, state):
        velocity, (w, x, y, z), rate, speed = state[3:6], state[6:10], state[10:13], state[13:]
        thrust = 7.07 * speed**2
        axes = Rotation.from_quat((x, y, z, w)).as_matrix()
        air = velocity - wind
        drag = -(0.25 + 0.02 * np.linalg.norm(air)) * air
        force = axes @ [0.0, 0.0, -thrust.sum()] + drag + [0.0, 0.0, 1.5 * G]
        up = np.outer(thrust, [0.0, 0.0, -1.0])
        torque = np.cross(places, up).sum(axis=0)
        torque[2] += 0.05 * (turns @ thrust)
        spin = (torque - np.cross(rate, inertia * rate)) / inertia
        p, q, r = rate
        turning = 0.5 * np.array(
            [
                -x * p - y * q - z * r,
                w * p + y * r - z * q,
                w * q - x * r + z * p,
                w * r + x * q - y * p,
            ]
        )
        return np.concatenate([velocity, force / 1.5, turning, spin, (controls - speed) / 0.02])

    return slope


PARTS = slice(0, 3), slice(3, 6), slice(6, 10), slice(10, 13)


def test_a_wild_flight_is_that_of_the_equations_to_second_order(built):
    wind, hold_s = np.array([3.0, -2.0, 0.5]), 0.1
    random = np.random.default_rng(3)
    told = [np.clip(HOVER + 0.03 * random.standard_normal(4), 0.0, 1.0) for _ in range(20)]
    velocity, attitude, rate = (
        (2.0, -1.0, 0.5),
        turned("ZYX", (30.0, -20.0, 10.0)),
        (0.3, -0.2, 0.5),
    )
    state = np.concatenate([HIGH, velocity, attitude, rate, HOVER])
    for controls in told:
        slope = derivative(controls, wind)
        solved = solve_ivp(slope, (0, hold_s), state, method="DOP853", rtol=1e-10, atol=1e-11)
        state = solved.y[:, -1]
    errors = []
    for step_s in (0.01, 0.005):
        quadrotor = built(step_s=step_s, wind_ned_m_s=wind.tolist())
        quadrotor.place(HIGH, velocity, attitude, rate, HOVER)
        for controls in told:
            fly(quadrotor, controls.tolist(), round(hold_s / step_s))
        parts = quadrotor.position, quadrotor.velocity, quadrotor.quaternion, quadrotor.rate
        whole = np.concatenate(parts)
        errors.append([float(np.abs(whole - state[:13])[part].max()) for part in PARTS])
    coarse, fine = errors
    assert (np.array(fine) < [5e-4, 5e-4, 1e-4, 2e-4]).all()
    assert np.array(coarse) / fine == pytest.approx(4.0, rel=0.05)


def test_a_tumble_keeps_its_angular_momentum_and_energy(built):
    inertia = np.array([0.029, 0.035, 0.055])
    quadrotor = built(inertia_kg_m2=inertia.tolist(), drag=NO_DRAG)
    quadrotor.place((0.0, 0.0, -5000.0), rate=(1.0, 2.0, 3.0))

    def momentum():
        return np.array(quadrotor.axes) @ (inertia * quadrotor.rate)

    def energy():
        return 0.5 * float(inertia @ np.square(quadrotor.rate))

    before, had = momentum(), energy()
    fly(quadrotor, IDLE, 10 * SECOND)
    assert momentum() == pytest.approx(before, abs=1e-4)
    assert energy() == pytest.approx(had, rel=1e-4)


# On the ground


@pytest.mark.parametrize("step_s", [0.001, 0.004, 0.005, 0.008, 0.01, 0.02])
@pytest.mark.parametrize("wind", [(0.0, 0.0, 0.0), (8.0, -3.0, 0.0)])
def test_it_stands_still_and_feels_its_weight(built, step_s, wind):
    quadrotor = built(step_s=step_s, wind_ned_m_s=wind)
    for t in np.arange(0.0, 5.0, step_s):
        quadrotor.step(IDLE)
        assert quadrotor.on_ground
        assert quadrotor.position == pytest.approx((0.0, 0.0, 0.0), abs=2e-3)
        if t > 1.0:
            assert quadrotor.velocity == pytest.approx((0.0, 0.0, 0.0), abs=1e-4)
            assert quadrotor.rate == pytest.approx((0.0, 0.0, 0.0), abs=1e-4)
            # It leans into the wind a little, on its springs.
            assert quadrotor.specific_force == pytest.approx((0.0, 0.0, -G), abs=0.05)
            assert math.hypot(*quadrotor.specific_force) == pytest.approx(G, abs=2e-3)
    assert not quadrotor.crash


def test_it_lifts_off_when_thrust_exceeds_its_weight_and_not_before(built):
    quadrotor = built(drag=NO_DRAG)
    for share, leaves in ((0.99, False), (1.05, True)):
        fly(quadrotor, hover(1.5 * share), 2 * SECOND)
        assert quadrotor.on_ground is not leaves
        assert (quadrotor.position[2] < -0.5) is leaves
    assert quadrotor.position[:2] == pytest.approx((0.0, 0.0), abs=1e-3)


@pytest.mark.parametrize("step_s", [0.004, 0.01, 0.02])
@pytest.mark.parametrize(
    ("speed", "tilt", "sideways"), [(0.7, 0.0, 0.0), (0.7, 5.0, 0.3), (2.0, 10.0, 0.5)]
)
def test_a_landing_ends_at_rest_and_is_no_crash(built, step_s, speed, tilt, sideways):
    quadrotor = built(step_s=step_s)
    quadrotor.place((0.0, 0.0, -0.15), (sideways, 0.0, speed), turned("y", tilt))
    hardest = 0.0
    for _ in range(round(4.0 / step_s)):
        quadrotor.step(IDLE)
        hardest = max(hardest, *map(abs, quadrotor.specific_force))
        assert quadrotor.velocity[2] > -0.5 * (speed + 1.8), "it does not bounce much"
    assert quadrotor.on_ground
    assert not quadrotor.crash
    assert hardest < 30.0 * G
    assert quadrotor.position == pytest.approx((0.0, 0.0, 0.0), abs=0.15)
    assert quadrotor.position[2] == pytest.approx(0.0, abs=1e-3)
    assert quadrotor.velocity == pytest.approx((0.0, 0.0, 0.0), abs=1e-3)
    assert quadrotor.quaternion[0] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("speed", "roll", "told"),
    [
        (3.99, 0.0, ""),
        (4.1, 0.0, r"hit the ground at 4\.10 m/s"),
        (0.5, 55.0, ""),
        (0.5, 65.0, "touched the ground tilted by 6. degrees"),
        (0.5, 180.0, "touched the ground tilted by 1[678]. degrees"),
    ],
)
def test_a_crash_is_told_with_how(built, speed, roll, told):
    quadrotor = built(drag=NO_DRAG)
    carried = HOVER if roll == 0.0 else IDLE
    quadrotor.place((0.0, 0.0, -0.2), (0.0, 0.0, speed), turned("x", roll), controls=carried)
    for _ in range(SECOND):
        quadrotor.step(carried)
        if quadrotor.on_ground:
            break
        assert not quadrotor.crash
    assert bool(quadrotor.crash) is bool(told)
    assert re.search(told, quadrotor.crash)
    how = quadrotor.crash
    fly(quadrotor, IDLE, SECOND)
    assert not how or quadrotor.crash == how, "the first cause is kept"


@settings(max_examples=30, deadline=None)
@example(0.0625, 0.0625, 0.001, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0, 1.0))  # 7 N turn 60 g too fast
@given(
    mass=st.floats(0.05, 50.0),
    arm=st.floats(0.03, 0.5),
    step_s=st.sampled_from([0.001, 0.004, 0.02]),
    roll=st.floats(-180.0, 180.0),
    speed=st.floats(0.0, 30.0),
    rate=st.floats(-20.0, 20.0),
    controls=st.tuples(*[st.floats(0.0, 1.0)] * 4),
)
def test_a_crash_does_not_explode_or_it_is_told(mass, arm, step_s, roll, speed, rate, controls):
    moment = mass * arm * arm
    config = QuadrotorConfig.model_validate(
        {"mass_kg": mass, "inertia_kg_m2": (moment, moment, 1.8 * moment)}
    )
    quadrotor = Quadrotor(config, step_s, 1)
    quadrotor.place((0.0, 0.0, -1.0), (speed, 0.0, speed), turned("x", roll), (rate, 0.0, rate))
    with suppress(TooFastError):
        for _ in range(round(2.0 / step_s)):
            quadrotor.step(IDLE if quadrotor.crash else controls)
    fastest = 2.0 * speed + 2.0 * (G + 4.0 * 7.07 / mass) + 30.0
    assert math.hypot(*quadrotor.velocity) < fastest
    assert quadrotor.position[2] < 0.3, "it does not sink through the ground"
    quadrotor.close()


def test_what_turns_too_fast_for_its_steps_is_told(built):
    quadrotor = built(mass_kg=0.06, inertia_kg_m2=(2e-4, 2e-4, 4e-4))
    quadrotor.place(HIGH)
    with pytest.raises(TooFastError, match=r"or the step of 0\.004 s is too long"):
        fly(quadrotor, (0.0, 0.0, 0.0, 1.0))


# Use


@pytest.mark.parametrize(
    ("controls", "told"),
    [
        ((0.5, 0.5, 0.5), "3 motor controls; the quadrotor has 4"),
        ((0.5,) * 8, "8 motor controls"),
        ((0.5, math.nan, 0.5, 0.5), "control of motor 2 is nan; it must be from 0 to 1"),
        ((0.5, 0.5, 0.5, math.inf), "motor 4 is inf"),
        ((-1e-9, 0.5, 0.5, 0.5), "motor 1 is -1e-09"),
        ((0.5, 0.5, 1.0 + 1e-9, 0.5), "motor 3 is 1.0"),
    ],
)
def test_controls_that_are_none_are_refused(built, controls, told):
    with pytest.raises(ControlError, match=told):
        built().step(controls)


def test_controls_at_their_limits_are_none_the_less_controls(built):
    built().step((0.0, 1.0, 0.0, 1.0))


@pytest.mark.parametrize("step_s", [0.0, -0.004, 0.000499, 0.0201, math.nan, math.inf])
def test_a_step_that_is_none_is_refused(step_s):
    with pytest.raises(PlantError, match=r"give 0\.0005 to 0\.02 s"):
        Quadrotor(QuadrotorConfig(), step_s, 1)


def test_equal_seeds_fly_alike_bit_for_bit_and_others_do_not(built):
    gusts = {"standard_deviation_m_s": 1.0}
    flown = []
    for seed in (1, 1, 2):
        quadrotor = built(seed=seed, gusts=gusts)
        quadrotor.place(HIGH, controls=HOVER)
        flown.append(fly(quadrotor, HOVER).position)
    assert flown[0] == flown[1] != flown[2]


def test_two_fly_at_once_as_each_does_alone(built):
    alone = built()
    alone.place(HIGH)
    fly(alone, HOVER)
    one, other = built(), built()
    one.place(HIGH)
    for _ in range(SECOND):
        one.step(HOVER)
        other.step((1.0,) * 4)
    assert one.position == alone.position
    assert other.position[2] < -1.0


def test_a_weak_motor_gives_less_and_recovers(built):
    quadrotor = built()
    quadrotor.place(HIGH, controls=HOVER)
    weak = MotorWeakness(kind="motor_weakness", motor=2, loss_percent=40.0)
    weaker = MotorWeakness(kind="motor_weakness", motor=2, loss_percent=50.0)
    carries = 1.5 * G / 4.0 / 7.07
    for fault, on, share in ((weak, True, 0.6), (weaker, True, 0.3), (weak, False, 0.5)):
        quadrotor.inject(fault, on)
        quadrotor.step(HOVER)
        assert quadrotor.motor_outputs == pytest.approx(
            [carries, share * carries, carries, carries]
        )
    quadrotor.inject(weaker, on=False)
    quadrotor.inject(weaker, on=False)  # what is not there can be switched off
    quadrotor.step(HOVER)
    assert quadrotor.motor_outputs == pytest.approx([carries] * 4)


def test_a_motor_that_has_stopped_turns_it_over(built):
    quadrotor = built()
    quadrotor.place(HIGH, controls=HOVER)
    quadrotor.inject(MotorWeakness(kind="motor_weakness", motor=1, loss_percent=100.0), on=True)
    fly(quadrotor, HOVER, SECOND // 4)
    roll, pitch, _ = quadrotor.rate
    assert roll > 1.0, "the front right motor is gone: right goes down"
    assert pitch < -0.5, "and the nose"


def test_a_fault_of_something_else_is_refused(built):
    with pytest.raises(PlantError, match="a quadrotor's body can't have GravityError"):
        built().inject(GravityError(kind="gravity_error", percent=1.0), on=True)


def test_it_can_be_closed_twice(built):
    quadrotor = built()
    quadrotor.close()
    quadrotor.close()
