"""A part of a spacecraft that can't be is refused at its line, by the path of its key."""

import pytest

from harness.scenario.load import load_scenario

LIMIT = "  thrust_limit_n: 7200  # about Zvezda's main engines and a docked Progress together\n"
VEHICLE = "    - name: iss\n"
JET = "{direction: [1, 0, 0], limit_n: 1.0}"
BODY = "{kind: rigid_body, inertia_kg_m2: [1, 2, 3], bandwidth_rad_s: 0.2, torque_limit_n_m: 1}"
SECOND = VEHICLE + "    - name: second\n"


def plant(text):
    """The plant with more in it."""
    return [(LIMIT, LIMIT + text + "\n")]


def jets(text):
    """The plant with these thrusters."""
    return [(LIMIT, "  thrusters:\n" + text + "\n")]


def vehicle(text):
    """A second vehicle with something of its own."""
    return [(VEHICLE, SECOND + text + "\n")]


CASES = {
    "an unknown key of a thruster": (
        jets("    - {direction: [1, 0, 0], limit_n: 1.0, «lags: 0.1}"),
        "plant.thrusters.0.lags",
        "unknown key; did you mean 'lag_s'?",
    ),
    "a thruster without its limit": (
        jets("    - «{direction: [1, 0, 0]}"),
        "plant.thrusters.0.limit_n",
        "is missing",
    ),
    "a thruster that points nowhere": (
        jets("    - {«direction: [0, 0, 0], limit_n: 1.0}"),
        "plant.thrusters.0.direction",
        "a direction of no length points nowhere",
    ),
    "a step above the limit": (
        jets("    - {direction: [1, 0, 0], limit_n: 1.0, «quantum_n: 2}"),
        "plant.thrusters.0.quantum_n",
        "one step is more than limit_n, so that it would never fire",
    ),
    "thrusters in one plane": (
        [(LIMIT, f"  «thrusters: [{JET}]\n")],
        "plant.thrusters",
        "the thrusters push in one plane only; no command out of it can be met",
    ),
    "a vehicle's own thrusters in one plane": (
        vehicle(f"      «thrusters: [{JET}]"),
        "plant.vehicles.1.thrusters",
        "the thrusters push in one plane only; no command out of it can be met",
    ),
    "an unknown key of a vehicle's own thruster": (
        vehicle("      thrusters: [{direction: [1, 0, 0], limit_n: 1.0, «lag: 0.1}]"),
        "plant.vehicles.1.thrusters.0.lag",
        "unknown key; did you mean 'lag_s'?",
    ),
    "two drives": (
        [("plant:\n", "«plant:\n"), (LIMIT, LIMIT + f"  thrusters: [{JET}]\n")],
        "plant",
        "give the drive once: either thrust_limit_n or thrusters",
    ),
    "a vehicle's two drives": (
        [(VEHICLE, VEHICLE + f"    - «name: second\n      thrust_limit_n: 3\n"
          f"      thrusters: [{JET}]\n")],
        "plant.vehicles.1",
        "give the drive once: either thrust_limit_n or thrusters",
    ),
    "more propellant than a vehicle weighs": (
        [(VEHICLE, VEHICLE + "    - «name: second\n"
          "      propellant: {specific_impulse_s: 220, fuel_kg: 420000}\n")],
        "plant.vehicles.1",
        "propellant.fuel_kg is 420000, all of the mass_kg of 420000 or more",
    ),
    "propellant without an impulse": (
        plant("  propellant: {«specific_impulse_s: 0, fuel_kg: 1}"),
        "plant.propellant.specific_impulse_s",
        "found 0; expected greater than 0",
    ),
    "an unknown kind of attitude": (
        plant("  attitude: {«kind: rigid}"),
        "plant.attitude.kind",
        "no attitude 'rigid'; did you mean 'rigid_body'?",
    ),
    "an attitude without its kind": (
        plant("  «attitude: {pointing: rtn}"),
        "plant.attitude",
        "has no kind; allowed: ideal, rigid_body",
    ),
    "an unknown key of an attitude": (
        plant("  attitude: " + BODY.replace("torque", "«torque_limit: 1, torque")),
        "plant.attitude.torque_limit",
        "unknown key; did you mean 'torque_limit_n_m'?",
    ),
    "an unknown pointing": (
        plant("  attitude: {kind: ideal, «pointing: rnt}"),
        "plant.attitude.pointing",
        "found 'rnt'; expected 'inertial' or 'rtn'",
    ),
    "a body that there can't be": (
        plant("  attitude: " + BODY.replace("inertia_kg_m2: [1", "«inertia_kg_m2: [0.9")),
        "plant.attitude.inertia_kg_m2",
        "no body has one moment of inertia above the sum of the others",
    ),
    "a vehicle's attitude loop too fast for the tick": (
        vehicle("      attitude: " + BODY.replace("bandwidth_rad_s: 0.2", "«bandwidth_rad_s: 6")),
        "plant.vehicles.1.attitude.bandwidth_rad_s",
        "6 rad/s is too fast for a loop at 10 Hz; at most 5",
    ),
    "a sensor faster than the loop": (
        plant("  sensors: {gnss: {«rate_hz: 20}}"),
        "plant.sensors.gnss.rate_hz",
        "20 Hz is faster than the loop that reads it; at most 10",
    ),
    "a vehicle's sensor faster than the loop": (
        vehicle("      sensors: {imu: {«rate_hz: 20}}"),
        "plant.vehicles.1.sensors.imu.rate_hz",
        "20 Hz is faster than the loop that reads it; at most 10",
    ),
    "an unknown sensor": (
        plant("  sensors: {«gps: {}}"),
        "plant.sensors.gps",
        "unknown key; allowed: gnss, imu, star_tracker",
    ),
    "an unknown key of a vehicle's sensor": (
        vehicle("      sensors: {star_tracker: {«noise_deg: 1}}"),
        "plant.vehicles.1.sensors.star_tracker.noise_deg",
        "unknown key; did you mean 'noise_rad'?",
    ),
    "noise below nothing": (
        plant("  sensors: {gnss: {«position_noise_m: -1}}"),
        "plant.sensors.gnss.position_noise_m",
        "found -1; expected greater than or equal to 0",
    ),
    "an ellipse with an unknown key": (
        vehicle("      slot_ellipse: {along_track_m: 1, «phase: 1}"),
        "plant.vehicles.1.slot_ellipse.phase",
        "unknown key; did you mean 'phase_rad'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_can_not_be_flown_is_refused_at_its_place(case, complaints):
    edits, key, message = CASES[case]
    path, (line, column), lines = complaints(*edits)
    assert lines == [f"{path}:{line}:{column}: {key}: {message}"]


def test_a_vehicle_may_have_parts_of_its_own(edited):
    own = vehicle("      thrust_limit_n: 42\n      mass_kg: 10\n      sensors: {gnss: {}}")
    spec = load_scenario(edited(*own)).spec
    assert spec.vehicles == ("iss", "second")
    assert spec.max_acceleration.tolist() == [7200 / 420000, 4.2]
