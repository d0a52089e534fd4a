"""PX4's idea of the vehicle that it flies: its parameters, made to fit the scenario's."""

from typing import Any, Final

from sims.mavlink.config import Px4Config
from sims.quadrotor.config import QuadrotorConfig

G_M_S2: Final = 9.80665


def full_thrust_m_s2(vehicle: QuadrotorConfig) -> float:
    """Thrust acceleration of all rotors at full, by the mass as it is stated, m/s²."""
    rotors = vehicle.rotors
    return len(rotors.rotors) * rotors.max_thrust_n / vehicle.mass_kg


def parameters(config: Px4Config) -> dict[str, Any]:
    """PX4's parameters that make it the pilot of this vehicle; the scenario's own win."""
    return {
        # Thrust grows with the square of a motor's command, as the rotors here have it.
        "THR_MDL_FAC": 1.0,
        "MPC_THR_HOVER": round(G_M_S2 / full_thrust_m_s2(config.vehicle), 4),
        "MIS_TAKEOFF_ALT": config.flight.take_off_altitude_m,
        **config.parameters,
    }
