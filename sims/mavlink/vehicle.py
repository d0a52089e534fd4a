"""PX4's idea of the vehicle that it flies: its parameters, made to fit the scenario's."""

from collections.abc import Mapping
from typing import Final

from sims.mavlink.config import Px4Config
from sims.quadrotor.config import QuadrotorConfig

G_M_S2: Final = 9.80665
"""What PX4 takes gravity to be (CONSTANTS_ONE_G)."""


def full_thrust_m_s2(vehicle: QuadrotorConfig) -> float:
    """Thrust acceleration of all rotors at full, by the mass as it is stated, m/s²."""
    rotors = vehicle.rotors
    return len(rotors.rotors) * rotors.max_thrust_n / vehicle.mass_kg


def parameters(config: Px4Config) -> dict[str, float]:
    """PX4's parameters that make it the pilot of this vehicle; the scenario's own win."""
    return {
        # Thrust grows with the square of a motor's command, as the rotors here have it.
        "THR_MDL_FAC": 1.0,
        "MPC_THR_HOVER": round(G_M_S2 / full_thrust_m_s2(config.vehicle), 4),
        "MIS_TAKEOFF_ALT": config.flight.take_off_altitude_m,
        **config.parameters,
    }


def environment(model: str, given: Mapping[str, float]) -> dict[str, str]:
    """What an autopilot is told as it is started.

    Args:
        model: PX4's name of what it flies.
        given: Parameters by name.
    """
    # Nine digits: PX4 has its parameters in 32 bits, and seven of a latitude are 10 m.
    parameters = {
        f"PX4_PARAM_{name}": str(value) if isinstance(value, int) else f"{value:.9g}"
        for name, value in given.items()
    }
    return {"PX4_SIM_MODEL": model, **parameters}


def sih_parameters(config: Px4Config) -> dict[str, float]:
    """The same where the physics is PX4's own: the vehicle is made of parameters as well.

    Source: PX4's ``simulator_sih``: thrust grows with the motor's command, not with its square; the
    arms are those of a square whose rotors lie ``SIH_L_ROLL`` and ``SIH_L_PITCH`` from the axes.
    """
    vehicle, home = config.vehicle, config.home
    rotors = vehicle.rotors
    count = len(rotors.rotors)
    ixx, iyy, izz = vehicle.inertia_kg_m2
    return {
        "SIH_MASS": vehicle.real_mass_kg,
        "SIH_IXX": ixx,
        "SIH_IYY": iyy,
        "SIH_IZZ": izz,
        "SIH_T_MAX": rotors.max_thrust_n,
        "SIH_Q_MAX": rotors.max_thrust_n * rotors.torque_per_thrust_m,
        "SIH_L_ROLL": sum(abs(rotor.right_m) for rotor in rotors.rotors) / count,
        "SIH_L_PITCH": sum(abs(rotor.forward_m) for rotor in rotors.rotors) / count,
        "SIH_KDV": vehicle.drag.linear_n_s_m,
        "SIH_T_TAU": rotors.time_constant_s,
        "SIH_LOC_LAT0": home.latitude_deg,
        "SIH_LOC_LON0": home.longitude_deg,
        "SIH_LOC_H0": home.altitude_m,
        **parameters(config),
        "THR_MDL_FAC": 0.0,
        **config.parameters,
    }
