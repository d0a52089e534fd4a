"""Columns that an orbit plant reports, by what its vehicles are made of."""

from collections.abc import Sequence

from kernel.columns import Column, vector
from sims.orbit.spacecraft_config import RigidBodyAttitude, SpacecraftConfig

BODY = "body"


def columns_of(crafts: Sequence[SpacecraftConfig], frame: str) -> tuple[Column, ...]:
    """All columns; a vehicle without the part that one is about leaves it at zero.

    Args:
        crafts: The vehicles.
        frame: Frame of the states.
    """
    columns = list(always(frame))
    if any(craft.propellant for craft in crafts):
        columns += [
            Column("mass", "kg", about="present mass"),
            Column("fuel_used", "kg", about="propellant used since the start"),
        ]
    thrusters = max(len(craft.thrusters or ()) for craft in crafts)
    columns += [
        Column(f"thruster_{i}_force", "N", about="force of the thruster in the tick's last step")
        for i in range(1, thrusters + 1)
    ]
    if any(isinstance(craft.attitude, RigidBodyAttitude) for craft in crafts):
        columns += [
            *_quaternion("attitude", frame, "true attitude, body to frame"),
            *vector("angular_velocity", "rad/s", BODY, "true angular velocity"),
            Column("attitude_error", "rad", about="angle from the axes the body is steered to"),
        ]
    if any(craft.sensors.gnss for craft in crafts):
        columns.append(Column("measurement_age", "s", about="age of the fix last handed over"))
    if any(craft.sensors.imu for craft in crafts):
        columns += [
            *vector("measured_specific_force", "m/s^2", BODY, "accelerometers, past tick's mean"),
            *vector("measured_angular_velocity", "rad/s", BODY, "gyroscopes"),
        ]
    if any(craft.sensors.star_tracker for craft in crafts):
        columns += _quaternion("measured_attitude", frame, "star tracker, body to frame")
    return tuple(columns)


def always(frame: str) -> tuple[Column, ...]:
    """Columns of every orbit plant."""
    return (
        *vector("position", "m", frame, "true position"),
        *vector("velocity", "m/s", frame, "true velocity"),
        *vector("delivered_acceleration", "m/s^2", frame, "mean thrust acceleration, past tick"),
        *vector("unrealised_acceleration", "m/s^2", frame, "commanded less delivered"),
        Column("delta_v", "m/s", about="thrust acceleration delivered, integrated since the start"),
    )


def _quaternion(name: str, frame: str, about: str) -> list[Column]:
    return [Column(f"{name}_{part}", "", frame, about) for part in "wxyz"]
